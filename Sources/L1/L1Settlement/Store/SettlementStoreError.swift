import RocksDB

/// Why the store of settlement cannot be used.
public enum SettlementStoreError: Error, Equatable, Sendable {
  /// Another process, or another handle in this one, has the store open.
  case inUse(path: String)
  /// The database in the folder `path` cannot be opened, because what is on disk is not what was written.
  case damaged(path: String, String)
  /// A value that nothing of ours wrote.
  case corrupt(String)
  case database(RocksDBError)
}

extension SettlementStoreError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .inUse(let path): "another process uses this database (\(path))"
    case .damaged(let path, let reason):
      "the store of what was sent to L1 is damaged (\(path)): \(reason); restore the folder from a backup, or remove it: L1 "
        + "itself says which batches it has, and nothing is sent while transactions of ours wait there"
    case .corrupt(let what): "what is stored of settlement is damaged: \(what)"
    case .database(let error): "\(error)"
    }
  }
}
