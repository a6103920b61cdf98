import JSON
import JSONRPC
import Primitives
import Tracers

/// Which tracer a client wants and with what options, as geth takes them: the default tracer, or one by its name. A timeout of
/// its own and how many blocks may be executed for a state are taken and have no effect; like geth, options that do not exist
/// are not looked at.
struct TraceConfiguration: RPCParameter {
  var kind = TraceKind.structLogs(StructLogger.Options())
  /// Of `debug_traceCall`.
  var overrides = SimulationOverrides()

  init() {}

  init(parameter value: JSONValue) throws(InvalidParameter) {
    guard value.kind == .object else { throw InvalidParameter("expected trace options, found \(value.kind)") }
    var name = ""
    var options: JSONValue?
    var steps = StructLogger.Options()
    try value.forEachMember { (key, field) throws(InvalidParameter) in
      if field.isNull { return }
      switch key {
      case "tracer": name = try String(parameter: field)
      case "tracerConfig": options = field
      case "disableStack": steps.disableStack = try Bool(parameter: field)
      case "disableStorage": steps.disableStorage = try Bool(parameter: field)
      case "enableMemory": steps.enableMemory = try Bool(parameter: field)
      case "enableReturnData": steps.enableReturnData = try Bool(parameter: field)
      // What came before the two above in clients that still send it.
      case "disableMemory": steps.enableMemory = try !Bool(parameter: field)
      case "disableReturnData": steps.enableReturnData = try !Bool(parameter: field)
      case "limit":
        // Zero is no limit of the client's own.
        let limit = try UInt64(parameter: field)
        if limit > 0 { steps.limit = min(steps.limit, Int(clamping: limit)) }
      case "stateOverrides": overrides.accounts = try StateOverrides(parameter: field).accounts
      case "blockOverrides": overrides.block = try BlockOverrides(parameter: field).block
      default: break
      }
    }
    kind = name.isEmpty ? .structLogs(steps) : try TraceKind(name: name, options: options)
  }
}

extension TraceKind {
  /// The tracers with names, for who asks for one that there is not.
  private static let names =
    "callTracer, flatCallTracer, prestateTracer, 4byteTracer, noopTracer, muxTracer, and without a name the struct logger"

  /// A tracer by its name, with its `tracerConfig`.
  fileprivate init(name: String, options: JSONValue?) throws(InvalidParameter) {
    func flag(_ key: StaticString) throws(InvalidParameter) -> Bool {
      guard let field = options?[key], !field.isNull else { return false }
      return try Bool(parameter: field)
    }
    if let options, options.kind != .object {
      throw InvalidParameter("expected tracer options, found \(options.kind)")
    }
    switch name {
    case "callTracer":
      self = .calls(CallTracer.Options(onlyTopCall: try flag("onlyTopCall"), withLog: try flag("withLog")))
    case "flatCallTracer":
      self = .flatCalls(
        FlatCallTracer.Options(
          convertParityErrors: try flag("convertParityErrors"), includePrecompiles: try flag("includePrecompiles")))
    case "prestateTracer":
      self = .prestate(
        PrestateTracer.Options(
          diffMode: try flag("diffMode"), disableCode: try flag("disableCode"),
          disableStorage: try flag("disableStorage"), includeEmpty: try flag("includeEmpty")))
    case "4byteTracer": self = .fourByte
    case "noopTracer": self = .nothing
    case "muxTracer":
      var kinds: [TraceKind] = []
      var names: Set<String> = []
      try options?.forEachMember { (name, options) throws(InvalidParameter) in
        guard name != "muxTracer" else { throw InvalidParameter("muxTracer cannot hold itself") }
        guard names.insert(name).inserted else { throw InvalidParameter("muxTracer names \(name.prefix(80)) twice") }
        kinds.append(try TraceKind(name: name, options: options.isNull ? nil : options))
      }
      self = .several(kinds)
    default:
      throw InvalidParameter("there is no tracer \(name.prefix(80)), and none in JavaScript; there are \(Self.names)")
    }
  }
}
