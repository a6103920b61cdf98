import Batches
import RocksDB

/// Why the store of batches and proofs cannot do what it was asked for.
public enum ProofStoreError: Error, Sendable {
  /// Another process has the database in the folder `path` open.
  case inUse(path: String)
  case database(RocksDBError)
  /// A stored value does not have the form in which this program writes it.
  case corrupt(column: String, number: BatchNumber)
  /// A value was written by a version of this program that this one does not know.
  case unknownFormat(column: String, version: UInt8)
  /// The form of batches on disk has only room for batch n of block n.
  case unsupportedBlocks(batch: BatchNumber, blocks: ClosedRange<UInt64>)
}

extension ProofStoreError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .inUse(let path): "another node uses this database (\(path))"
    case .database(let error): "batches: \(error)"
    case .corrupt(let column, let number): "batches: entry \(number) of \(column) is damaged"
    case .unknownFormat(let column, let version):
      "batches: values of format \(version) in \(column) are not known to this version"
    case .unsupportedBlocks(let batch, let blocks):
      "batches: batch \(batch) of the blocks \(blocks.lowerBound) to \(blocks.upperBound) cannot be stored"
    }
  }
}
