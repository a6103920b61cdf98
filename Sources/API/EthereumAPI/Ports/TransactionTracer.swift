import Concurrency
import Primitives
import Tracers

/// What is traced, and how much of it may be told.
public struct TraceOptions: Sendable, Equatable {
  public var kind: TraceKind
  /// Bytes of JSON of one trace. A trace that would have more ends with ``TraceError/tooLarge`` as soon as that is certain.
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
/// `.simulation(.cancelled)` soon after `cancellation` is.
public protocol TransactionTracer: Sendable {
  /// Executes block `number` again and calls `found` with the trace of each transaction, in their order: its hash and one
  /// JSON value. With an index only the trace of that transaction is given, and what comes after it is not executed. Nothing
  /// is given for a block that is not there.
  func trace(
    block number: UInt64, only index: Int?, _ options: TraceOptions, cancellation: Cancellation,
    _ found: (_ transaction: Bytes32, _ json: [UInt8]) throws(TraceError) -> Void
  ) throws(TraceError)

  /// The trace, one JSON value, of a call like those of ``Simulator``. A call that fails has a trace too.
  func trace(
    _ call: SimulatedCall, after number: UInt64, _ overrides: SimulationOverrides, _ options: TraceOptions,
    cancellation: Cancellation
  ) throws(TraceError) -> [UInt8]
}
