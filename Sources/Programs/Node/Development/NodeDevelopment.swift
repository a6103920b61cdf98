import ChainStorage
import Concurrency
import DevelopmentL1
import JSONRPC
import L1Contracts
import NodeOptions
import Primitives
import Sequencer
import Telemetry
import Transactions
import ZKsyncAPI

/// What a node has for those who develop.
enum NodeDevelopment {
  /// Seconds that blocks may be ahead of L1, which takes an hour: less, as L1's own time is only nearly the system's.
  private static let lead: UInt64 = 45 * 60

  /// How the chain is moved; `nil` where nobody moves it.
  static func control(
    _ configuration: NodeConfiguration, _ options: SequencerOptions, _ storage: ChainStorage, clock: TimeSource
  ) throws(TransactionError) -> DevelopmentControl? {
    guard configuration.development.hasMethods || configuration.development.hasContracts else { return nil }
    let control = DevelopmentControl(clock: MovableClock(clock))
    if configuration.development.hasContracts, storage.log.last == 0, let order = try contracts(options) {
      control.order(order)
    }
    return control
  }

  /// The methods, over a sequencer that a control moves.
  static func methods(
    _ configuration: NodeConfiguration, _ sequencer: Sequencer, _ control: DevelopmentControl,
    snapshots: NodeSnapshots, l1: EmbeddedL1?, followsOtherL1: Bool, clock: TimeSource
  ) -> MethodTable {
    DevelopmentMethods(sequencer: sequencer, control: control, payer: .rich, snapshots: snapshots) {
      (timestamp) throws(RPCError) in
      if let l1 {
        do throws(ChainError) { try l1.chain.chain.advanceTime(to: timestamp) } catch {
          throw .refused("the time of L1 cannot go along: \(error)")
        }
      } else if followsOtherL1, timestamp > clock.unixSeconds() + lead {
        throw .refused(
          "L1 takes no block that is more than an hour ahead of it, and its time is not this node's to move: at most "
            + "\(clock.unixSeconds() + lead) now")
      }
    }.methods
  }

  /// The first block, as far as it is not what L1 requests: the rich account pays for the contracts.
  private static func contracts(_ options: SequencerOptions) throws(TransactionError) -> BlockOrder? {
    guard let rich = DevelopmentAccount.rich else { return nil }
    let feeCap = max(10_000, UInt256(options.baseFee.saturatedUInt64) &* 4)
    func paid(_ nonce: UInt64, to: Address, value: UInt256 = .zero, input: [UInt8] = [], gas: UInt64)
      throws(TransactionError) -> RecoveredTransaction
    {
      let transaction = SignedTransaction(
        kind: .dynamicFee, chainID: options.chainID, nonce: nonce, gasLimit: gas, maxFeePerGas: feeCap,
        maxPriorityFeePerGas: .zero, to: to, value: value, input: input)
      return RecoveredTransaction(.signed(try transaction.signed(with: rich.key)), sender: rich.address)
    }
    var order = BlockOrder()
    order.awaitsRequest = true
    order.transactions = [
      try paid(0, to: L2Contracts.create2Signer, value: L2Contracts.create2Funds, gas: 21_000),
      try RecoveredTransaction(Transaction(envelope: L2Contracts.create2Creation)),
      try paid(
        1, to: L2Contracts.create2Deployer, input: [UInt8](repeating: 0, count: 32) + L2Contracts.faucetTokenCreation,
        gas: 3_000_000),
    ]
    return order
  }
}
