import Batches
import Primitives

/// What a transaction of the operator does with batches.
public enum SettlementStep: UInt8, Sendable, CaseIterable, Comparable {
  /// L1 has the batch and its pubdata.
  case commit = 0
  /// L1 has accepted a proof of it.
  case prove = 1
  /// Its messages can be proved, its requests have left the queue: it is final.
  case execute = 2

  public static func < (a: SettlementStep, b: SettlementStep) -> Bool { a.rawValue < b.rawValue }
}

/// How far a batch has come on L1, and where each step was made.
public struct BatchProgress: Hashable, Sendable {
  public var number: BatchNumber
  public var commit: L1Reference?
  public var prove: L1Reference?
  public var execute: L1Reference?

  public init(
    number: BatchNumber, commit: L1Reference? = nil, prove: L1Reference? = nil, execute: L1Reference? = nil
  ) {
    self.number = number
    self.commit = commit
    self.prove = prove
    self.execute = execute
  }

  /// Where a step was made; `nil` where it was not yet.
  public subscript(step: SettlementStep) -> L1Reference? {
    get {
      switch step {
      case .commit: commit
      case .prove: prove
      case .execute: execute
      }
    }
    set {
      switch step {
      case .commit: commit = newValue
      case .prove: prove = newValue
      case .execute: execute = newValue
      }
    }
  }

  var isEmpty: Bool { commit == nil && prove == nil && execute == nil }
}

// The form on disk: a mark and, where there is one, the reference, for each step; numbers big-endian.

extension BatchProgress {
  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    for step in SettlementStep.allCases {
      guard let reference = self[step] else {
        bytes.append(0)
        continue
      }
      bytes.append(1)
      bytes.append(reference.transaction)
      bytes.append(bigEndian: reference.block)
      bytes.append(reference.blockHash)
      bytes.append(bigEndian: reference.timestamp)
    }
    return bytes
  }

  /// Reads ``encoded``; `nil` for bytes that are something else.
  init?(_ number: BatchNumber, decoding bytes: ArraySlice<UInt8>) {
    self.init(number: number)
    var reader = ByteReader(bytes)
    for step in SettlementStep.allCases {
      guard let mark: UInt8 = reader.bigEndian() else { return nil }
      if mark == 0 { continue }
      guard let transaction = reader.bytes32(), let block: UInt64 = reader.bigEndian(), let hash = reader.bytes32(),
        let timestamp: UInt64 = reader.bigEndian()
      else { return nil }
      self[step] = L1Reference(transaction: transaction, block: block, blockHash: hash, timestamp: timestamp)
    }
    guard reader.remaining == 0 else { return nil }
  }
}
