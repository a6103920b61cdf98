import Primitives
import RocksDB
import ZKsyncOS

/// Why a store cannot do what it was asked for.
public enum StorageError: Error, Equatable, Sendable {
  /// Another process has the database in the folder `path` open.
  case inUse(path: String)
  /// RocksDB failed.
  case database(RocksDBError)
  /// A value does not have the form in which this program writes it. Names the store and the key.
  case corrupt(store: String, key: String)
  /// A value was written by a version of this program that this one does not know.
  case unknownFormat(store: String, version: UInt8)
  /// Blocks are stored one after the other, without gap and without overwriting.
  case notContiguous(store: String, expected: UInt64, given: UInt64)
  /// The record of a block is not what was written.
  case badChecksum(block: UInt64)
  /// A database cannot be opened, because what is on disk is not what was written.
  case damaged(StoreDamage)
  /// The database of a store is not there, though the replay log has blocks.
  case missing(StoreDamage)
  /// The record of a block cannot be decoded.
  case badRecord(block: UInt64, ReplayRecordError)
  /// The state of a block that is not there yet.
  case unknownBlock(UInt64)
  /// The directory belongs to a chain with another genesis.
  case otherGenesis(store: String, stored: Bytes32, configured: Bytes32)
  /// The databases below `directory` are those of another chain.
  case otherChain(directory: String, stored: ChainIdentity, configured: ChainIdentity)
  /// A store knows a block with another hash than the replay log, or one that the log does not have.
  case contradiction(store: String, block: UInt64)
}

extension StorageError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .inUse(let path): "another node uses this database (\(path))"
    case .database(let error): error.description
    case .corrupt(let store, let key): "\(store): the value of \(key) is damaged"
    case .unknownFormat(let store, let version): "\(store): values of format \(version) are not known to this version"
    case .notContiguous(let store, let expected, let given):
      "\(store): block \(given) was given where block \(expected) comes next"
    case .badChecksum(let block): "replay log: the record of block \(block) is damaged: its checksum is another"
    case .damaged(let damage), .missing(let damage): damage.description
    case .badRecord(let block, let error): "replay log: the record of block \(block) is damaged: \(error)"
    case .unknownBlock(let number): "block \(number) is not known"
    case .otherGenesis(let store, let stored, let configured):
      "\(store) belongs to another chain: its genesis is \(stored), not \(configured)"
    case .otherChain(let directory, let stored, let configured):
      "the database in \(directory) is of \(stored.differences(from: configured)), "
        + "and the node is configured for \(configured.differences(from: stored))"
    case .contradiction(let store, let block):
      "\(store): block \(block) is not the block in the replay log: one of them is of another chain, or the log of an older "
        + "day; restore what belongs together"
    }
  }
}

/// Runs database operations and gives their error the type of this module.
@inline(__always)
func stored<T>(_ body: () throws(RocksDBError) -> T) throws(StorageError) -> T {
  do throws(RocksDBError) { return try body() } catch {
    if case .inUse(let path) = error { throw .inUse(path: path) }
    throw .database(error)
  }
}
