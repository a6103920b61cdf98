import Primitives
import Transactions
import ZKsyncOS

/// What settlement asks of the chain's storage: durable blocks by number, and the state after any of them.
///
/// Called from several threads. Errors may be of any type; they stop settlement, not the chain.
public protocol SettlementChain: Sendable {
  /// The last block that is durable.
  var lastBlock: UInt64 { get }

  /// The record of a block; `nil` where there is none.
  func record(_ number: UInt64) throws -> ReplayRecord?

  /// The state after block `number`; 0 is the state before the first block.
  func state(after number: UInt64) throws -> any StateView & Sendable
}

/// A durable block with everything that executing it produced.
public struct UnsettledBlock: Sendable {
  public var record: ReplayRecord
  public var output: BlockOutput

  public init(record: ReplayRecord, output: BlockOutput) {
    self.record = record
    self.output = output
  }

  public var number: UInt64 { record.context.number }

  /// Keys of the slots that the block touched and left as they were, in the order in which the proving run verifies them.
  var readKeys: [Bytes32] { output.touchedSlots.filter { $0.initial == $0.current }.map(\.flatKey) }
}

extension UnsettledBlock {
  /// Executes a stored block again, over the state before it.
  init(
    replaying number: UInt64, from chain: any SettlementChain, engine: ExecutionEngine
  ) throws(SettlementError) {
    let record: ReplayRecord?
    let state: any StateView & Sendable
    do {
      record = try chain.record(number)
      state = try chain.state(after: number - 1)
    } catch {
      throw .chain(block: number, "\(error)")
    }
    guard let record else { throw .missingRecord(block: number) }
    var refused: (hash: Bytes32, reason: Rejection)?
    do throws(BlockError) {
      var executor = try BlockExecutor(context: record.context, state: state, engine: engine)
      for transaction in record.transactions where refused == nil {
        if case .rejected(let reason) = try executor.execute(transaction) { refused = (transaction.hash, reason) }
      }
      output = try executor.seal()
    } catch {
      throw .execution(block: number, error)
    }
    if let refused { throw .replayRejected(block: number, transaction: refused.hash, refused.reason) }
    guard output.blockHash == record.blockHash else {
      throw .replayDiffers(block: number, stored: record.blockHash, computed: output.blockHash)
    }
    self.record = record
  }
}
