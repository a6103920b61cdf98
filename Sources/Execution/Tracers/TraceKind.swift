/// What is to be told of an execution: geth's tracers, with their options.
public indirect enum TraceKind: Sendable, Equatable {
  /// Every instruction; the default.
  case structLogs(StructLogger.Options)
  /// `callTracer`: the tree of calls.
  case calls(CallTracer.Options)
  /// `flatCallTracer`: the calls as a list.
  case flatCalls(FlatCallTracer.Options)
  /// `prestateTracer`: what was touched as it was before, or before and after.
  case prestate(PrestateTracer.Options)
  /// `4byteTracer`: which functions were called.
  case fourByte
  /// `noopTracer`: nothing, an empty object.
  case nothing
  /// `muxTracer`: several of the others at once, each at most once.
  case several([TraceKind])

  /// The name that clients give it; `nil` for the default.
  public var name: StaticString? {
    switch self {
    case .structLogs: nil
    case .calls: "callTracer"
    case .flatCalls: "flatCallTracer"
    case .prestate: "prestateTracer"
    case .fourByte: "4byteTracer"
    case .nothing: "noopTracer"
    case .several: "muxTracer"
    }
  }

  /// Whether it needs to see every instruction.
  public var observesSteps: Bool {
    switch self {
    case .structLogs: true
    case .prestate, .calls, .flatCalls, .fourByte, .nothing: false
    case .several(let kinds): kinds.contains { $0.observesSteps }
    }
  }
}
