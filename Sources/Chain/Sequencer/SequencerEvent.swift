/// What the sequencer does, with its time, for those who watch it. Times are nanoseconds.
public enum SequencerEvent: Sendable {
  /// The block builder waited for a transaction.
  case waited(time: UInt64)
  /// A transaction was executed, whether it is in the block or was rejected.
  case executed(time: UInt64)
  /// A block was sealed.
  case sealed(time: UInt64)
  /// A block of the log was executed again.
  case replayed(block: UInt64, transactions: Int)
}

/// Called on the thread where the event happens, before that goes on: it must be quick.
public typealias SequencerObserver = @Sendable (SequencerEvent) -> Void
