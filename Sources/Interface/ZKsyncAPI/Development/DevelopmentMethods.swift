import ChainStorage
import EthereumAPI
import JSON
import JSONRPC
import L1Contracts
import Mempool
import Primitives
import Sequencer

/// The methods by which whoever develops moves the chain: those of anvil, Hardhat and Ganache that leave every block one
/// that can be proved. The others are there in name, and say why they are not and what does the same on the development L1.
///
/// Source of the shapes: foundry, `crates/anvil/src/eth/api.rs`; Hardhat's network reference.
public struct DevelopmentMethods: Sendable {
  let sequencer: Sequencer
  let control: DevelopmentControl
  /// Who gives what `anvil_setBalance` adds.
  let payer: DevelopmentAccount?
  let snapshots: any ChainSnapshots
  /// Prepares L1 for blocks of this time, in seconds since 1970, or throws why it would not take them.
  let admitTime: @Sendable (UInt64) throws(RPCError) -> Void

  /// - Parameters:
  ///   - payer: owns what `anvil_setBalance` gives; nobody gives anything where it is `nil`.
  ///   - snapshots: what lets the chain go back.
  ///   - admitTime: prepares L1 for blocks of this time, in seconds since 1970, or throws why it would not take them.
  public init(
    sequencer: Sequencer, control: DevelopmentControl, payer: DevelopmentAccount?, snapshots: any ChainSnapshots,
    admitTime: @escaping @Sendable (UInt64) throws(RPCError) -> Void
  ) {
    self.sequencer = sequencer
    self.control = control
    self.payer = payer
    self.snapshots = snapshots
    self.admitTime = admitTime
  }

  /// All of them, for a dispatcher.
  public var methods: MethodTable {
    var table = MethodTable()
    addMiningMethods(to: &table)
    addTimeMethods(to: &table)
    addBalanceMethods(to: &table)
    addSnapshotMethods(to: &table)
    addRefusedMethods(to: &table)
    return table
  }

  /// Makes blocks, and waits until readers see them; the number of the last.
  @discardableResult
  func make(_ order: BlockOrder, _ context: RPCContext) throws(RPCError) -> UInt64 {
    do throws(OrderError) { return try sequencer.make(order) { context.cancellation.isCancelled } } catch {
      if case .cancelled = error { throw .cancelled(context.cancellation.reason) }
      throw .refused("\(error)")
    }
  }
}
