import CRocksDB
import Synchronization

/// Writers wait for the disk where it cannot keep up with them.
///
/// RocksDB takes ``DatabaseOptions/writeBuffersBytes`` as the point where it begins to flush, and goes on taking writes
/// while it flushes: on a slow disk they would fill the memory.
final class Backpressure: Sendable {
  private let bound: Int
  private let written = Atomic<Int>(0)

  init(bound: Int) { self.bound = bound }

  /// Counts bytes about to be written; whether so many came that it is time to look at the memory.
  func isDue(_ bytes: Int) -> Bool {
    guard written.add(bytes, ordering: .relaxed).newValue >= max(bound / 4, 1) else { return false }
    written.store(0, ordering: .relaxed)
    return true
  }

  /// Bytes at which writers wait.
  var limit: UInt64 { 2 * UInt64(bound) }
}

extension Database {
  /// Flushes what holds most, and waits for it, until all unsorted writes together are below the limit.
  func waitForFlushes(_ backpressure: Backpressure) throws(RocksDBError) {
    for _ in columnHandles {
      let sizes = columnHandles.values.map { ($0, writeBufferBytes($0)) }
      guard sizes.reduce(0, { $0 + $1.1 }) > backpressure.limit, let largest = sizes.max(by: { $0.1 < $1.1 }) else {
        return
      }
      try flush(handle: largest.0)
    }
  }
}
