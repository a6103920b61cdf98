import JSON
import JSONRPC
import Primitives

/// Which tracer a client wants and with what options, as geth takes them: the default tracer, or one by its name. A timeout of
/// its own and how many blocks may be executed for a state are taken and have no effect.
struct TraceConfiguration: RPCParameter {
  var kind = TraceKind.structLogs(StructLogOptions())
  /// Of `debug_traceCall`.
  var overrides = SimulationOverrides()

  init() {}

  init(parameter value: JSONValue) throws(InvalidParameter) {
    guard value.kind == .object else { throw InvalidParameter("expected trace options, found \(value.kind)") }
    var name: String?
    var options = TracerOptions()
    var steps = StructLogOptions()
    try value.forEachMember { (key, field) throws(InvalidParameter) in
      if field.isNull { return }
      switch key {
      case "tracer": name = try String(parameter: field)
      case "tracerConfig": options = try TracerOptions(parameter: field)
      case "disableStack": steps.disableStack = try Bool(parameter: field)
      case "disableStorage": steps.disableStorage = try Bool(parameter: field)
      case "enableMemory": steps.enableMemory = try Bool(parameter: field)
      case "enableReturnData": steps.enableReturnData = try Bool(parameter: field)
      case "limit":
        // Zero is no limit of the client's own.
        let limit = try UInt64(parameter: field)
        steps.limit = limit == 0 ? nil : Int(clamping: limit)
      case "stateOverrides": overrides.accounts = try StateOverrides(parameter: field).accounts
      case "blockOverrides": overrides.block = try BlockOverrides(parameter: field).block
      case "timeout", "reexec": break
      default: throw InvalidParameter("unknown trace option \(key.prefix(80))")
      }
    }
    kind =
      switch name {
      case nil, "": .structLogs(steps)
      case "callTracer": .calls(onlyTopCall: options.onlyTopCall, withLog: options.withLog)
      case "prestateTracer": .prestate(isDifference: options.diffMode)
      case "4byteTracer": .fourByte
      case "noopTracer": .nothing
      case let name?: throw InvalidParameter("there is no tracer \(name.prefix(80))")
      }
  }
}

/// Options of the tracers that have names.
private struct TracerOptions: RPCParameter {
  var onlyTopCall = false, withLog = false, diffMode = false

  init() {}

  init(parameter value: JSONValue) throws(InvalidParameter) {
    guard value.kind == .object else { throw InvalidParameter("expected tracer options, found \(value.kind)") }
    try value.forEachMember { (key, field) throws(InvalidParameter) in
      if field.isNull { return }
      switch key {
      case "onlyTopCall": onlyTopCall = try Bool(parameter: field)
      case "withLog": withLog = try Bool(parameter: field)
      case "diffMode": diffMode = try Bool(parameter: field)
      default: throw InvalidParameter("unknown tracer option \(key.prefix(80))")
      }
    }
  }
}
