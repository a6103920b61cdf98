import Concurrency

/// What the stores do, with its time, for those who watch them. Times are nanoseconds.
public enum StorageEvent: Sendable {
  /// Where the value of a slot was found.
  public enum SlotSource: Sendable {
    /// Among the writes of blocks that were not on disk yet.
    case recentBlocks
    /// In the caches or the database.
    case base
  }

  /// A record of the replay log became durable.
  case recordAppended(time: UInt64)
  /// A slot was read; `scanned` are the blocks in memory that were looked at for it.
  case slotRead(SlotSource, scanned: Int, time: UInt64)
  case preimageRead(time: UInt64)
  /// The state of a block became readable.
  case stateAppended(time: UInt64)
  /// The state of a block was written to its database.
  case stateFlushed(slots: Int, preimages: Int, time: UInt64)
  /// A block became visible.
  case blockPublished(transactions: Int, time: UInt64)
  /// A block was written to its database, with keys and values of so many bytes.
  case blockFlushed(number: UInt64, transactions: Int, bytes: Int, time: UInt64)
}

/// Called on the thread where the event happens, before the caller of the store goes on: it must be quick.
public typealias StorageObserver = @Sendable (StorageEvent) -> Void

/// Measures for an observer; costs nothing where there is none.
struct EventTimer {
  private let observer: StorageObserver?
  private let start: UInt64

  @inline(__always)
  init(_ observer: StorageObserver?) {
    self.observer = observer
    start = observer == nil ? 0 : MonotonicClock.nanoseconds
  }

  @inline(__always)
  func stop(_ event: (UInt64) -> StorageEvent) {
    if let observer { observer(event(MonotonicClock.nanoseconds - start)) }
  }
}
