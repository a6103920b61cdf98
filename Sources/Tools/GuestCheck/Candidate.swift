import EVM
import Primitives
import Transactions
import ZKsyncOS

/// A transaction offered to a block.
enum Candidate {
  /// As the node offers it: the sender was recovered before.
  case recovered(RecoveredTransaction)
  /// In the virtual machine's form; the block checks the signature.
  case form(VMTransaction)
  /// Bytes that should be the virtual machine's encoding.
  case bytes([UInt8])

  /// What the guest is given.
  func encoded() throws -> [UInt8] {
    switch self {
    case .recovered(let transaction): try VMTransaction(transaction).encoded
    case .form(let transaction): transaction.encoded
    case .bytes(let bytes): bytes
    }
  }

  /// Whether L1 requested it.
  var isL1: Bool {
    get throws {
      switch self {
      case .recovered(let transaction): if case .request = transaction.transaction { true } else { false }
      case .form(let transaction): transaction.isL1
      case .bytes(let bytes): try VMTransaction(decoding: bytes).isL1
      }
    }
  }

  /// Who sends it, unless that is for L1 to say.
  var sender: Address? {
    switch self {
    case .recovered(let transaction):
      if case .signed = transaction.transaction { transaction.sender } else { nil }
    case .form(let transaction): transaction.isL1 ? nil : transaction.from
    case .bytes: nil
    }
  }

  func offer<T: Tracer>(
    to executor: inout BlockExecutor, tracer: inout T
  ) throws(BlockError) -> TransactionOutcome {
    switch self {
    case .recovered(let transaction): try executor.execute(transaction, tracer: &tracer)
    case .form(let transaction): try executor.execute(transaction, tracer: &tracer)
    case .bytes(let bytes): try executor.execute(encoded: bytes, tracer: &tracer)
    }
  }

  func offer(to executor: inout BlockExecutor) throws(BlockError) -> TransactionOutcome {
    switch self {
    case .recovered(let transaction): try executor.execute(transaction)
    case .form(let transaction): try executor.execute(transaction)
    case .bytes(let bytes): try executor.execute(encoded: bytes)
    }
  }
}

/// A candidate that a block refused.
public struct RefusedCandidate: Sendable {
  /// Transactions that the block included before.
  public var position: Int
  /// What the guest is given to say what *it* thinks.
  public var encoded: [UInt8]
  public var reason: Rejection
}
