import Concurrency
import Primitives
import Tracers

/// What is traced, and how much of it may be told.
public struct TraceOptions: Sendable, Equatable {
  public var kind: TraceKind
  /// Bytes that are collected of one trace before it is written, and of one that nobody takes while it grows. A trace that
  /// would have more ends with ``TraceError/tooLarge`` as soon as that is certain.
  public var maxBytes: Int

  public init(_ kind: TraceKind, maxBytes: Int) {
    self.kind = kind
    self.maxBytes = maxBytes
  }
}

/// Why there is no trace.
public enum TraceError: Error, Sendable, Equatable {
  /// The call cannot be run, or nobody waits any more.
  case simulation(SimulationError)
  case tooLarge
}

/// Executes again what has been executed, and tells how it goes. Called on worker threads, several at once; ends with
/// `.simulation(.cancelled)` soon after `cancellation` is, or after nobody takes the text any more.
public protocol TransactionTracer: Sendable {
  /// Writes the trace of one transaction, one JSON value. After an error the text may have a part of it.
  typealias Write = (TraceText) throws(TraceError) -> Void

  /// Executes block `number` again and calls `found` for each transaction in their order, with its hash and what writes its
  /// trace, to be called once. With an index only that transaction is told of, and what comes after it is not executed.
  /// Nothing is called for a block that is not there.
  func trace(
    block number: UInt64, only index: Int?, _ options: TraceOptions, cancellation: Cancellation,
    _ found: (_ transaction: Bytes32, _ write: Write) throws(TraceError) -> Void
  ) throws(TraceError)

  /// Writes the trace, one JSON value, of a call like those of ``Simulator``. A call that fails has a trace too.
  func trace(
    _ call: SimulatedCall, after number: UInt64, _ overrides: SimulationOverrides, _ options: TraceOptions,
    into text: TraceText, cancellation: Cancellation
  ) throws(TraceError)
}
