// What the explorer Otterscan asks for, as Erigon answers it.
// Source: Otterscan's `docs/custom-jsonrpc.md`, API level 8.

import JSON
import JSONRPC
import Primitives
import Tracers

extension EthereumAPI {
  private static let apiLevel = 8

  func addOtterscanMethods(to table: inout MethodTable) {
    guard let tracer = optional.transactionTracer else { return }
    table.add("ots_getApiLevel", .inline, "The version of Otterscan's methods.", result: "number") {
      (_, _, writer) in writer.number(Self.apiLevel)
    }
    table.add(
      "ots_hasCode", .pooled, "Whether an account has code after a block.",
      parameters: [.required("address", "address"), .optional("block", "block")], result: "boolean",
      refusals: [.blockNotFound, .stateNotAvailable]
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let address = try parameters.required("address", as: Address.self)
      let number = try blocks.stateNumber(of: try parameters.optional("block"))
      writer.boolean(try hasCode(address, after: number))
    }
    table.add(
      "ots_getTransactionError", .heavy, "The data with which a transaction reverted.",
      parameters: [.required("hash", "32 bytes")],
      result: "data: empty for a success, for a failure without data; null where there is no transaction",
      refusals: [.stateNotAvailable]
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let hash = try parameters.required("hash", as: Bytes32.self)
      let kind = TraceKind.calls(CallTracer.Options(onlyTopCall: true))
      guard let trace = try trace(of: hash, kind, with: tracer, context) else { return writer.null() }
      let root = try? JSONValue(parsing: trace.json)
      if root?["error"] != nil, let output = root?["output"] { writer.value(output) } else { writer.string("0x") }
    }
    table.add(
      "ots_traceTransaction", .heavy, "The calls of a transaction.", parameters: [.required("hash", "32 bytes")],
      result:
        "array of objects with `type`, `depth`, `from`, `to`, `value`, `input`, `output`; null where there is no transaction",
      refusals: [.stateNotAvailable]
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let hash = try parameters.required("hash", as: Bytes32.self)
      guard let trace = try trace(of: hash, .flatCalls(.init()), with: tracer, context) else { return writer.null() }
      writer.beginArray()
      try Self.forEachCall(of: trace.json) { (call) throws(RPCError) in writer.otterscanCall(call) }
      writer.endArray()
    }
    table.add(
      "ots_getInternalOperations", .heavy,
      "What inner calls of a transaction transferred, created and destroyed, as far as it was not undone.",
      parameters: [.required("hash", "32 bytes")],
      result:
        "array of objects with `type` (0 transfer, 1 self-destruct, 2 create, 3 create2), `from`, `to`, `value`; null where there is no transaction",
      refusals: [.stateNotAvailable]
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let hash = try parameters.required("hash", as: Bytes32.self)
      guard let trace = try trace(of: hash, .flatCalls(.init()), with: tracer, context) else { return writer.null() }
      try writeInternalOperations(trace.json, &writer)
    }
    table.add(
      "ots_getContractCreator", .heavy, "The transaction that created a contract, and who did.",
      parameters: [.required("address", "address")],
      result: "object with `hash` and `creator`, or null for what is no contract or was created by no transaction",
      refusals: [.stateNotAvailable]
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let address = try parameters.required("address", as: Address.self)
      try writeCreator(of: address, with: tracer, context, &writer)
    }
    addOtterscanBlockMethods(to: &table)
    addOtterscanSearch(to: &table)
  }

  private func hasCode(_ address: Address, after number: UInt64) throws(RPCError) -> Bool {
    try faults.reading { () throws(ChainReadError) in try !state.code(of: address, after: number).isEmpty }
  }

  private func writeInternalOperations(_ json: [UInt8], _ writer: inout JSONWriter) throws(RPCError) {
    // The depth of the call that failed last, while those below it are told.
    var failed = Int.max
    writer.beginArray()
    try Self.forEachCall(of: json) { (call) throws(RPCError) in
      let depth = call["traceAddress"]?.elements(atMost: 2_048)?.count ?? 0
      if depth > failed { return }
      failed = call["error"] == nil ? .max : depth
      guard depth > 0, failed == .max, let action = call["action"] else { return }
      let value = action["value"]?.quantity ?? action["balance"]?.quantity ?? .zero
      switch call["type"]?.string {
      case "call" where action["callType"]?.string == "call" && !value.isZero:
        writer.operation(0, action["from"], action["to"], value)
      case "suicide": writer.operation(1, action["address"], action["refundAddress"], value)
      case "create":
        let isSalted = action["creationMethod"]?.string == "create2"
        writer.operation(isSalted ? 3 : 2, action["from"], call["result"]?["address"], value)
      default: break
      }
    }
    writer.endArray()
  }

  /// Finds the block that gave an account its code by halving the range of blocks, and the creation by executing it again.
  private func writeCreator(
    of address: Address, with tracer: any TransactionTracer, _ context: RPCContext, _ writer: inout JSONWriter
  ) throws(RPCError) {
    var before: UInt64 = 0, after = chain.head.number
    guard try hasCode(address, after: after), try !hasCode(address, after: 0) else { return writer.null() }
    while before + 1 < after {
      try context.checkCancellation()
      let middle = before + (after - before) / 2
      if try hasCode(address, after: middle) { after = middle } else { before = middle }
    }
    var creation: (hash: Bytes32, creator: Address)?
    try eachTrace(ofBlock: after, .flatCalls(.init()), with: tracer, context) { (hash, json) throws(RPCError) in
      try Self.forEachCall(of: json) { (call) throws(RPCError) in
        guard call["type"]?.string == "create", call["result"]?["address"]?.address == address,
          let creator = call["action"]?["from"]?.address
        else { return }
        creation = (hash, creator)
      }
    }
    guard let creation else { return writer.null() }
    writer.beginObject()
    writer.key("hash")
    writer.data(creation.hash)
    writer.key("creator")
    writer.data(creation.creator)
    writer.endObject()
  }
}

extension JSONWriter {
  fileprivate mutating func operation(_ type: Int, _ from: JSONValue?, _ to: JSONValue?, _ value: UInt256) {
    beginObject()
    key("type")
    number(type)
    key("from")
    if let from { self.value(from) } else { null() }
    key("to")
    if let to { self.value(to) } else { null() }
    key("value")
    quantity(value)
    endObject()
  }

  fileprivate mutating func otterscanCall(_ call: JSONValue) {
    let action = call["action"], result = call["result"]
    let kind = action?["callType"]?.string ?? action?["creationMethod"]?.string ?? "selfdestruct"
    beginObject()
    key("type")
    string(kind.uppercased())
    key("depth")
    number(call["traceAddress"]?.elements(atMost: 2_048)?.count ?? 0)
    for (name, value) in [
      ("from", action?["from"] ?? action?["address"]),
      ("to", action?["to"] ?? action?["refundAddress"] ?? result?["address"]),
      // What neither moves value nor can has none.
      ("value", kind == "staticcall" || kind == "delegatecall" ? nil : action?["value"] ?? action?["balance"]),
    ] {
      key(name)
      if let value { self.value(value) } else { null() }
    }
    key("input")
    if let input = action?["input"] ?? action?["init"] { value(input) } else { string("0x") }
    key("output")
    if let output = result?["output"] ?? result?["code"] { value(output) } else { string("0x") }
    endObject()
  }
}
