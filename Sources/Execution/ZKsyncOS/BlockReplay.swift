import Primitives
import Transactions

/// Executes stored blocks again: for recovery, settlement and followers. Belongs to one thread.
///
/// A block is a pure function of its record and the state before it, so the same block must come out, bit for bit.
public struct BlockReplay {
  private let engine: ExecutionEngine

  /// - Parameter engine: what the thread keeps from block to block.
  public init(engine: ExecutionEngine = ExecutionEngine()) { self.engine = engine }

  /// Executes the block of `record` on the state before it, and checks that its hash, and that of its output where the
  /// record has one, are the stored ones.
  public func run(_ record: ReplayRecord, on state: any StateView) throws(ReplayError) -> BlockOutput {
    let number = record.context.number
    let output: BlockOutput
    var refused: (hash: Bytes32, reason: Rejection)?
    do throws(BlockError) {
      var executor = try BlockExecutor(context: record.context, state: state, engine: engine)
      for transaction in record.transactions {
        guard case .rejected(let reason) = try executor.execute(transaction) else { continue }
        refused = (transaction.hash, reason)
        break
      }
      output = try executor.seal()
    } catch {
      throw .execution(block: number, error)
    }
    if let refused { throw .rejected(block: number, transaction: refused.hash, refused.reason) }
    guard output.blockHash == record.blockHash else {
      throw .differs(block: number, stored: record.blockHash, computed: output.blockHash)
    }
    if let stored = record.outputHash {
      let computed = output.outputHash
      guard computed == stored else { throw .outputDiffers(block: number, stored: stored, computed: computed) }
    }
    return output
  }
}

/// Why a stored block is not reproduced.
public enum ReplayError: Error, Hashable, Sendable {
  /// The state could not be read, or the block cannot be executed at all.
  case execution(block: UInt64, BlockError)
  /// A transaction of the block is refused.
  case rejected(block: UInt64, transaction: Bytes32, Rejection)
  /// Another block came out.
  case differs(block: UInt64, stored: Bytes32, computed: Bytes32)
  /// The block of the record came out, and what it did, or cost, is not what it was.
  case outputDiffers(block: UInt64, stored: Bytes32, computed: Bytes32)
}

extension ReplayError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .execution(let block, let error): "block \(block) cannot be executed again: \(error)"
    case .rejected(let block, let transaction, let reason):
      "block \(block) cannot be executed again: transaction \(transaction) is refused: \(reason)"
    case .differs(let block, let stored, let computed):
      "block \(block) was executed again and has the hash \(computed) instead of \(stored)"
    case .outputDiffers(let block, let stored, let computed):
      "block \(block) was executed again and its output has the hash \(computed) instead of \(stored)"
    }
  }
}
