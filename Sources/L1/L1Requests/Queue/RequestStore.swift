import Primitives
import RocksDB

/// Why the queue on the disk is of no use. Everything in it can be read from L1 again.
public enum RequestStoreError: Error, Sendable, Equatable, CustomStringConvertible {
  case database(path: String, RocksDBError)
  /// An entry that nobody wrote so.
  case damaged(path: String)

  public var description: String {
    switch self {
    case .database(let path, .corruption(let reason)), .database(let path, .inputOutput(let reason)):
      "the queue of requests in \(path) cannot be used: \(reason); where the disk is sound, stop the node and remove the "
        + "folder: it is read from L1 again"
    case .database(let path, let error): "the queue of requests in \(path) cannot be used: \(error)"
    case .damaged(let path):
      "the queue of requests in \(path) is damaged: remove the folder, and it is read from L1 again"
    }
  }
}

/// The requests on the disk, by their ids. How far L1 was read follows from the newest, and from what L1 has counted since.
final class RequestStore: Sendable {
  /// A request that no block can have.
  struct Refusal: Sendable, Equatable {
    var id: UInt64
    var hash: Bytes32
    var reason: String
  }

  /// A request that stands on L1 with another hash than in a block of the chain.
  struct Conflict: Sendable, Equatable {
    var id: UInt64
    /// The block of the chain, where it is known.
    var block: UInt64?
  }

  /// What is changed together.
  struct Change {
    var puts: [QueuedRequest] = []
    /// Requests with these ids are forgotten.
    var removals: [Range<UInt64>] = []
    /// Set, or taken back.
    var refusal: Refusal??
    /// Set, or taken back.
    var conflict: Conflict??
  }

  private static let refusalKey = Array("refusal".utf8)
  private static let conflictKey = Array("conflict".utf8)
  private static let originKey = Array("origin".utf8)

  private let path: String
  private let database: Database
  private let requests: Column
  private let state: Column

  init(path: String) throws(RequestStoreError) {
    self.path = path
    var options = DatabaseOptions()
    options.blockCacheBytes = 1 << 20
    options.writeBuffersBytes = 4 << 20
    options.maxLogBytes = 8 << 20
    do throws(RocksDBError) {
      database = try Database(
        path: path, columns: [ColumnOptions("requests"), ColumnOptions("state")], options: options)
      requests = try database.column("requests")
      state = try database.column("state")
    } catch { throw .database(path: path, error) }
  }

  /// Writes a copy that can be opened on its own into the folder `path`, which does not exist.
  func checkpoint(to path: String) throws(RequestStoreError) {
    try asked { () throws(RocksDBError) in try database.checkpoint(to: path) }
  }

  /// From which L1 and contract the queue was read; `nil` for an empty one.
  var origin: [UInt8]? {
    get throws(RequestStoreError) { try asked { () throws(RocksDBError) in try state.value(Self.originKey) } }
  }

  /// Begins anew, for another L1.
  func reset(origin: [UInt8]) throws(RequestStoreError) {
    let batch = WriteBatch()
    batch.deleteRange(requests, from: [], to: [UInt8](repeating: 0xff, count: 9))
    batch.delete(state, Self.refusalKey)
    batch.delete(state, Self.conflictKey)
    batch.put(state, Self.originKey, origin)
    try asked { () throws(RocksDBError) in try database.write(batch, sync: true) }
  }

  var refusal: Refusal? {
    get throws(RequestStoreError) {
      guard let bytes = try asked({ () throws(RocksDBError) in try state.value(Self.refusalKey) }) else { return nil }
      guard bytes.count >= 40, let id = UInt64(bigEndianBytes: bytes[..<8]), let hash = Bytes32(bytes[8..<40]) else {
        throw .damaged(path: path)
      }
      return Refusal(id: id, hash: hash, reason: String(decoding: bytes[40...], as: UTF8.self))
    }
  }

  var conflict: Conflict? {
    get throws(RequestStoreError) {
      guard let bytes = try asked({ () throws(RocksDBError) in try state.value(Self.conflictKey) }) else { return nil }
      guard let id = UInt64(bigEndianBytes: bytes.prefix(8)) else { throw .damaged(path: path) }
      return Conflict(id: id, block: UInt64(bigEndianBytes: bytes.dropFirst(8)))
    }
  }

  func request(_ id: UInt64) throws(RequestStoreError) -> QueuedRequest? {
    guard let bytes = try asked({ () throws(RocksDBError) in try requests.value(id.bigEndianBytes) }) else {
      return nil
    }
    guard let request = QueuedRequest(bytes), request.id == id else { throw .damaged(path: path) }
    return request
  }

  /// The request with the highest id.
  var newest: QueuedRequest? {
    get throws(RequestStoreError) {
      let cursor = requests.cursor()
      guard try asked({ () throws(RocksDBError) in try cursor.seekToLast() }) else { return nil }
      guard let request = QueuedRequest(cursor.value) else { throw .damaged(path: path) }
      return request
    }
  }

  /// Applies a change as a whole.
  ///
  /// - Parameter sync: whether it must survive the machine. What is only read from L1 again need not.
  func apply(_ change: Change, sync: Bool) throws(RequestStoreError) {
    let batch = WriteBatch()
    for range in change.removals where !range.isEmpty {
      batch.deleteRange(requests, from: range.lowerBound.bigEndianBytes, to: range.upperBound.bigEndianBytes)
    }
    for request in change.puts { batch.put(requests, request.id.bigEndianBytes, request.encoded) }
    switch change.refusal {
    case .some(let refusal?):
      batch.put(state, Self.refusalKey, refusal.id.bigEndianBytes + refusal.hash.bytes + Array(refusal.reason.utf8))
    case .some(nil): batch.delete(state, Self.refusalKey)
    case nil: break
    }
    switch change.conflict {
    case .some(let conflict?):
      batch.put(state, Self.conflictKey, conflict.id.bigEndianBytes + (conflict.block?.bigEndianBytes ?? []))
    case .some(nil): batch.delete(state, Self.conflictKey)
    case nil: break
    }
    try asked { () throws(RocksDBError) in try database.write(batch, sync: sync) }
  }

  private func asked<R>(_ body: () throws(RocksDBError) -> R) throws(RequestStoreError) -> R {
    do throws(RocksDBError) { return try body() } catch { throw .database(path: path, error) }
  }
}
