// Calls as lists, in the form that Parity began and that indexers ask for.

import JSON
import JSONRPC
import Primitives
import Tracers

extension EthereumAPI {
  /// Blocks that one filter of traces may span: each is executed again.
  private static let maxFilteredBlocks: UInt64 = 1_000

  /// Parity's words, and no calls of precompiles.
  private static let flat = TraceKind.flatCalls(FlatCallTracer.Options(convertParityErrors: true))

  func addParityMethods(to table: inout MethodTable) {
    guard let tracer = optional.transactionTracer else { return }
    let tooLarge = MethodDocumentation.Refusal(-32_000, "the traces are too large")
    let list = "array of traces: `action`, `result` or `error`, `traceAddress` and where it is"
    table.add(
      "trace_block", .heavy, "The calls of all transactions of a block.", parameters: [.required("block", "block")],
      result: list, refusals: [.blockNotFound, .stateNotAvailable, tooLarge],
      differences: "There are no rewards of miners."
    ) { [self] (parameters, context, writer) throws(RPCError) in
      guard let number = try blocks.number(of: try parameters.required("block")) else {
        throw .refused("block not found")
      }
      writer.beginArray()
      if number > 0 {
        try eachTrace(ofBlock: number, Self.flat, with: tracer, context) { (_, json) throws(RPCError) in
          try Self.forEachCall(of: json) { (call) throws(RPCError) in writer.value(call) }
          try context.flow(&writer)
        }
      }
      writer.endArray()
    }
    table.add(
      "trace_transaction", .heavy, "The calls of a transaction.", parameters: [.required("hash", "32 bytes")],
      result: list + "; null where there is no transaction", refusals: [.stateNotAvailable, tooLarge]
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let hash = try parameters.required("hash", as: Bytes32.self)
      guard let trace = try trace(of: hash, Self.flat, with: tracer, context) else { return writer.null() }
      writer.raw(trace.json)
    }
    table.add(
      "trace_get", .heavy, "The call of a transaction to which a path leads.",
      parameters: [.required("hash", "32 bytes"), .required("indices", "array of quantities: the path")],
      result: "trace, or null where there is none", refusals: [.stateNotAvailable, tooLarge]
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let hash = try parameters.required("hash", as: Bytes32.self)
      let path = try parameters.required("indices", as: TracePath.self).steps
      var found: JSONValue?
      if let trace = try trace(of: hash, Self.flat, with: tracer, context) {
        try Self.forEachCall(of: trace.json) { (call) throws(RPCError) in
          let steps = call["traceAddress"]?.elements?.compactMap(\.unsignedInteger)
          if found == nil, steps == path { found = call }
        }
      }
      if let found { writer.value(found) } else { writer.null() }
    }
    table.add(
      "trace_filter", .heavy, "The calls in some blocks, by who makes and who gets them.",
      parameters: [
        .required(
          "filter",
          "object: `fromBlock`, `toBlock`, `fromAddress`, `toAddress` (both, where both are named), `after`, `count`")
      ], result: list,
      refusals: [
        .init(-32_000, "more than \(Self.maxFilteredBlocks) blocks"), .blockNotFound, .stateNotAvailable, tooLarge,
      ], differences: "There is no index: blocks that have transactions are executed again."
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let filter = try parameters.required("filter", as: TraceFilter.self)
      try self.filter(filter, with: tracer, context, &writer)
    }
    addReplayMethods(to: &table, tracer, tooLarge)
  }

  private func addReplayMethods(
    to table: inout MethodTable, _ tracer: any TransactionTracer, _ tooLarge: MethodDocumentation.Refusal
  ) {
    let types = MethodDocumentation.Parameter.required("traceTypes", "array: \"trace\"")
    let result = "object with `output`, `trace`, and `stateDiff` and `vmTrace`, which are null"
    table.add(
      "trace_replayTransaction", .heavy, "What a transaction returned, and its calls.",
      parameters: [.required("hash", "32 bytes"), types], result: result + "; null where there is no transaction",
      refusals: [.stateNotAvailable, tooLarge], differences: "Only `trace` can be asked for."
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let hash = try parameters.required("hash", as: Bytes32.self)
      _ = try parameters.required("traceTypes", as: TraceTypes.self)
      guard let trace = try trace(of: hash, Self.flat, with: tracer, context) else { return writer.null() }
      Self.writeReplay(trace.json, of: nil, &writer)
    }
    table.add(
      "trace_replayBlockTransactions", .heavy, "What the transactions of a block returned, and their calls.",
      parameters: [.required("block", "block"), types], result: "array of objects as of `trace_replayTransaction`",
      refusals: [.blockNotFound, .stateNotAvailable, tooLarge], differences: "Only `trace` can be asked for."
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let id = try parameters.required("block", as: BlockID.self)
      _ = try parameters.required("traceTypes", as: TraceTypes.self)
      guard let number = try blocks.number(of: id) else { throw .refused("block not found") }
      writer.beginArray()
      if number > 0 {
        try eachTrace(ofBlock: number, Self.flat, with: tracer, context) { (hash, json) throws(RPCError) in
          Self.writeReplay(json, of: hash, &writer)
          try context.flow(&writer)
        }
      }
      writer.endArray()
    }
    table.add(
      "trace_call", .heavy, "What a call returns on the state after a block, and its calls.",
      parameters: [.required("request", "transaction request"), types, .optional("block", "block")], result: result,
      refusals: [.init(-32_000, "the call can never be valid"), .blockNotFound, .stateNotAvailable, tooLarge],
      differences: "Only `trace` can be asked for."
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let request = try parameters.required("request", as: TransactionRequest.self)
      _ = try parameters.required("traceTypes", as: TraceTypes.self)
      var trace = JSONWriter()
      try traceCall(
        request, at: try parameters.optional("block"), SimulationOverrides(), Self.flat, with: tracer, context, &trace)
      Self.writeReplay(trace.bytes, of: nil, &writer)
    }
  }

  private static func writeReplay(_ json: [UInt8], of hash: Bytes32?, _ writer: inout JSONWriter) {
    let calls = (try? JSONValue(parsing: json))?.elements(atMost: .max) ?? []
    let result = calls.first?["result"]
    writer.beginObject()
    writer.key("output")
    if let output = result?["output"] ?? result?["code"] {
      writer.value(output)
    } else {
      writer.string("0x")
    }
    writer.key("stateDiff")
    writer.null()
    writer.key("trace")
    writer.beginArray()
    for call in calls { writer.call(call) }
    writer.endArray()
    if let hash {
      writer.key("transactionHash")
      writer.data(hash)
    }
    writer.key("vmTrace")
    writer.null()
    writer.endObject()
  }

  private func filter(
    _ filter: TraceFilter, with tracer: any TransactionTracer, _ context: RPCContext, _ writer: inout JSONWriter
  ) throws(RPCError) {
    guard let first = try blocks.number(of: filter.from ?? .latest),
      let last = try blocks.number(of: filter.to ?? .latest)
    else { throw .refused("block not found") }
    guard first <= last else { throw .invalidParameters("fromBlock is after toBlock") }
    guard last - first < Self.maxFilteredBlocks else {
      throw .refused(
        "traces are filtered in at most \(Self.maxFilteredBlocks) blocks at a time, \(first) to "
          + "\(first + Self.maxFilteredBlocks - 1) for example")
    }
    var skipped: UInt64 = 0, given: UInt64 = 0
    writer.beginArray()
    for number in max(first, 1)...max(last, 1) where number <= last {
      try context.checkCancellation()
      let hashes = try faults.reading { () throws(ChainReadError) in try chain.transactionHashes(ofBlock: number) }
      guard hashes?.isEmpty == false else { continue }
      try eachTrace(ofBlock: number, Self.flat, with: tracer, context) { (_, json) throws(RPCError) in
        try Self.forEachCall(of: json) { (call) throws(RPCError) in
          guard given < filter.count ?? .max, filter.matches(call) else { return }
          if skipped < filter.after {
            skipped += 1
            return
          }
          given += 1
          writer.value(call)
        }
        try context.flow(&writer)
      }
      if given == filter.count { break }
    }
    writer.endArray()
  }

  /// Gives the calls of a list, which our own tracer wrote.
  static func forEachCall(of json: [UInt8], _ body: (JSONValue) throws(RPCError) -> Void) throws(RPCError) {
    guard let list = try? JSONValue(parsing: json) else { throw .internalError("a trace is not readable") }
    try list.forEachElement { (call) throws(RPCError) in try body(call) }
  }
}

extension JSONWriter {
  /// A call without the place of its transaction, which a replay does not tell.
  fileprivate mutating func call(_ call: JSONValue) {
    beginObject()
    call.forEachMember { (name, value) in
      switch name {
      case "blockHash", "blockNumber", "transactionHash", "transactionPosition": return
      default:
        key(name)
        self.value(value)
      }
    }
    endObject()
  }
}

/// What is asked for besides the calls is not offered.
private struct TraceTypes: RPCParameter {
  init(parameter value: JSONValue) throws(InvalidParameter) {
    guard let types = value.elements(atMost: 4) else {
      throw InvalidParameter("expected an array of trace types, found \(value.kind)")
    }
    for type in types where type.string != "trace" {
      throw InvalidParameter("only the trace type \"trace\" is offered")
    }
  }
}

/// The way through the tree of calls to one of them.
private struct TracePath: RPCParameter {
  var steps: [UInt64] = []

  init(parameter value: JSONValue) throws(InvalidParameter) {
    // As deep as calls can be.
    guard let elements = value.elements(atMost: 1_025) else {
      throw InvalidParameter("expected an array of quantities, found \(value.kind)")
    }
    for element in elements { steps.append(try UInt64(parameter: element)) }
  }
}

/// Which calls `trace_filter` is about.
private struct TraceFilter: RPCParameter {
  var from: BlockID?, to: BlockID?
  /// Nobody in particular where they are empty.
  var fromAddresses: Set<Address> = [], toAddresses: Set<Address> = []
  /// How many are left out, and how many are given at most.
  var after: UInt64 = 0, count: UInt64?

  /// Addresses that may be named.
  private static let mostAddresses = 1_000

  init(parameter value: JSONValue) throws(InvalidParameter) {
    guard value.kind == .object else { throw InvalidParameter("expected a filter object, found \(value.kind)") }
    try value.forEachMember { (name, field) throws(InvalidParameter) in
      if field.isNull { return }
      switch name {
      case "fromBlock": from = try BlockID(parameter: field)
      case "toBlock": to = try BlockID(parameter: field)
      case "fromAddress": fromAddresses = try Self.addresses(field)
      case "toAddress": toAddresses = try Self.addresses(field)
      case "after": after = try UInt64(parameter: field)
      case "count": count = try UInt64(parameter: field)
      default: throw InvalidParameter("unknown field \(name.prefix(80))")
      }
    }
  }

  private static func addresses(_ value: JSONValue) throws(InvalidParameter) -> Set<Address> {
    guard let elements = value.elements(atMost: mostAddresses + 1) else { return [try Address(parameter: value)] }
    guard elements.count <= mostAddresses else { throw InvalidParameter("too many addresses") }
    var addresses: Set<Address> = []
    for element in elements { addresses.insert(try Address(parameter: element)) }
    return addresses
  }

  func matches(_ call: JSONValue) -> Bool {
    guard let action = call["action"] else { return false }
    func has(_ addresses: Set<Address>, _ value: JSONValue?) -> Bool {
      addresses.isEmpty || value?.address.map { addresses.contains($0) } ?? false
    }
    return has(fromAddresses, action["from"] ?? action["address"])
      && has(toAddresses, action["to"] ?? action["refundAddress"] ?? call["result"]?["address"])
  }
}
