import JSON

/// The calls of one message, checked whole before any of them runs.
struct RPCRequest: Sendable {
  struct Call: Sendable {
    /// Where the id stands; `nil` where the call has none that could be echoed.
    var id: Range<Int>?
    var isNotification = false
    /// As the table names it; `nil` where it has no such method.
    var method: String?
    var handler: MethodTable.Handler?
    var deferred: MethodTable.DeferredHandler?
    var immediate: MethodTable.ImmediateHandler?
    /// Whether the answer is given however long it is.
    var isWhole = false
    /// Whether not everybody may make the call.
    var isProtected = false
    var parameters: Range<Int>?
    /// Why the call cannot be made.
    var error: RPCError?
  }

  let text: [UInt8]
  private(set) var calls: [Call] = []
  private(set) var isBatch = false
  /// Where the calls run: all of them where the heaviest must.
  private(set) var execution = MethodTable.Execution.inline

  /// Whether the reply is given however long it is. The answers of a batch can be asked for one by one.
  var isWhole: Bool { !isBatch && calls.first?.isWhole == true }

  /// Depth that a message may have: the parameters with the deepest nesting, access lists and overrides, need six.
  private static let maxDepth = 64

  init(parsing text: [UInt8], methods: MethodTable, batchLimit: Int) throws(RPCError) {
    self.text = text
    do throws(JSONError) {
      try text.withReader(maxDepth: Self.maxDepth) { (reader) throws(JSONError) in
        try parse(&reader, methods, batchLimit: batchLimit)
      }
    } catch {
      throw .parseError(error)
    }
    if isBatch, calls.isEmpty { throw .invalidRequest("empty batch") }
    if calls.count > batchLimit { throw .invalidRequest("batch too large, the limit is \(batchLimit) calls") }
  }

  private mutating func parse(
    _ reader: inout JSONReader, _ methods: MethodTable, batchLimit: Int
  ) throws(JSONError) {
    if try reader.nextKind() == .array {
      isBatch = true
      try reader.beginArray()
      while try reader.nextElement() {
        // Beyond the limit nothing is kept, but the rest is read: a text that is not JSON is that in the first place.
        if calls.count > batchLimit { try reader.skipValue() } else { try parseCall(&reader, methods) }
      }
    } else {
      try parseCall(&reader, methods)
    }
    try reader.finish()
  }

  private mutating func parseCall(_ reader: inout JSONReader, _ methods: MethodTable) throws(JSONError) {
    var call = Call()
    guard try reader.nextKind() == .object else {
      try reader.skipValue()
      call.error = .invalidRequest("not an object")
      calls.append(call)
      return
    }
    var hasVersion = false
    var method: JSONStringToken?
    var fault: String?
    try reader.beginObject()
    while let key = try reader.nextKey() {
      let kind = try reader.nextKind()
      if reader.equals(key, "jsonrpc"), kind == .string {
        hasVersion = reader.equals(try reader.readString(), "2.0")
      } else if reader.equals(key, "method"), kind == .string {
        method = try reader.readString()
      } else if reader.equals(key, "id"), kind == .string || kind == .number || kind == .null {
        call.id = try reader.skipValue()
      } else if reader.equals(key, "params"), kind == .array || kind == .object || kind == .null {
        let range = try reader.skipValue()
        call.parameters = kind == .null ? nil : range
      } else {
        if reader.equals(key, "id") { fault = "the id must be a string, a number or null" }
        if reader.equals(key, "params") { fault = "the params must be an array or an object" }
        try reader.skipValue()
      }
    }
    if !hasVersion { fault = fault ?? "jsonrpc must be \"2.0\"" }
    if let fault {
      call.error = .invalidRequest(fault)
    } else if let method {
      // Nothing is replied to a call without an id, whatever becomes of it.
      call.isNotification = call.id == nil
      let known = method.hasEscapes ? nil : methods.method(named: reader.bytes(of: method))
      call.method = known?.name
      call.handler = known?.handler
      call.deferred = known?.deferred
      call.immediate = known?.immediate
      call.isWhole = known?.documentation.isWhole ?? false
      call.isProtected = known?.isProtected ?? false
      if known == nil { call.error = methods.refusal(ofUnknown: Self.shown(reader.string(of: method))) }
      execution = max(execution, known?.execution ?? .inline)
    } else {
      call.error = .invalidRequest("no method")
    }
    calls.append(call)
  }

  /// A name as an error message repeats it: a stranger decides how long it is.
  private static func shown(_ name: String) -> String { name.utf8.count <= 100 ? name : String(name.prefix(100)) + "…" }
}
