import Concurrency
import Primitives

/// What is to be told of an execution: geth's tracers, with their options.
public enum TraceKind: Sendable, Equatable {
  /// Every instruction; the default.
  case structLogs(StructLogOptions)
  /// `callTracer`: the tree of calls.
  case calls(onlyTopCall: Bool, withLog: Bool)
  /// `prestateTracer`: what was touched as it was before; with `diffMode` before and after what changed.
  case prestate(isDifference: Bool)
  /// `4byteTracer`: which functions were called.
  case fourByte
  /// `noopTracer`: nothing, an empty object.
  case nothing
}

/// Options of the default tracer, in geth's meaning.
public struct StructLogOptions: Sendable, Equatable {
  public var disableStack = false
  public var disableStorage = false
  public var enableMemory = false
  public var enableReturnData = false
  /// Most steps that are told; `nil` for all that fit.
  public var limit: Int?

  public init() {}
}

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
