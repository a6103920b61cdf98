import Batches
import ChainStorage

/// Why a chain does not go back.
public enum RollbackError: Error, Sendable {
  /// There is no database, or another process has it open.
  case unusable(String)
  /// The chain ends before that block.
  case noSuchBlock(UInt64, last: UInt64)
  /// L1 has executed a batch with a later block, which stays for ever.
  case executed(batch: UInt64, block: UInt64)
  /// L1 has a batch with a later block, or may get it: it was sent.
  case committed(batch: UInt64, block: UInt64, keep: UInt64)
  /// There are batches with later blocks, and nothing says whether L1 has them.
  case unknownOnL1(first: BatchNumber, last: BatchNumber)
  /// A store failed on the way.
  case failed(String)
}

extension RollbackError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unusable(let reason): reason
    case .noSuchBlock(let block, let last): "there is no block \(block): the last is \(last)"
    case .executed(let batch, let block):
      "L1 has executed batch \(batch), and with it block \(block): what is executed stays for ever, and the chain cannot go back "
        + "below that block"
    case .committed(let batch, let block, let keep):
      "L1 has batch \(batch), with block \(block), or may get it, as it was sent: take it back there first (zkos l1 revert "
        + "\(keep)) and let the node see that, or say with --force that L1 will never have it"
    case .unknownOnL1(let first, let last):
      "batches \(first) to \(last) have later blocks, and it is not known whether L1 has them (there is no l1_sender that has "
        + "looked): say with --force that it has not"
    case .failed(let reason):
      "\(reason); the chain is as long as before, or as it was to become: start the node, or do this again"
    }
  }
}
