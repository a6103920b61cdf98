import RocksDB

/// Why the store of settlement cannot be used.
public enum SettlementStoreError: Error, Equatable, Sendable {
  /// Another process, or another handle in this one, has the store open.
  case inUse(path: String)
  /// A value that nothing of ours wrote.
  case corrupt(String)
  case database(RocksDBError)
}

extension SettlementStoreError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .inUse(let path): "another process uses this database (\(path))"
    case .corrupt(let what): "what is stored of settlement is damaged: \(what)"
    case .database(let error): "\(error)"
    }
  }
}
