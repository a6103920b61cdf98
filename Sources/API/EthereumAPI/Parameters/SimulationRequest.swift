import JSON
import JSONRPC

/// What `eth_simulateV1` is asked to do. Source: execution-apis, `EthSimulatePayload`.
struct SimulationRequest: RPCParameter {
  struct Block {
    var overrides = SimulationOverrides()
    var calls: [TransactionRequest] = []
  }

  /// As many as BLOCKHASH can see.
  static let mostBlocks = 256
  /// More than fit into the gas that a request may have.
  static let mostCalls = 10_000

  /// One more than there may be where there were too many.
  private(set) var blocks: [Block] = []
  /// One more than there may be where there were too many.
  private(set) var callCount = 0
  var showsTransfers = false
  var validates = false
  var returnsFullTransactions = false

  init(parameter value: JSONValue) throws(InvalidParameter) {
    guard value.kind == .object else { throw InvalidParameter("expected an object, found \(value.kind)") }
    var list: JSONValue?
    try value.forEachMember { (name, field) throws(InvalidParameter) in
      if field.isNull { return }
      switch name {
      case "blockStateCalls": list = field
      case "traceTransfers": showsTransfers = try Bool(parameter: field)
      case "validation": validates = try Bool(parameter: field)
      case "returnFullTransactions": returnsFullTransactions = try Bool(parameter: field)
      default: break
      }
    }
    guard let elements = list?.elements(atMost: Self.mostBlocks + 1) else {
      throw InvalidParameter("blockStateCalls is missing, or no array")
    }
    guard !elements.isEmpty else { throw InvalidParameter("empty input") }
    for element in elements { blocks.append(try block(element)) }
  }

  private mutating func block(_ value: JSONValue) throws(InvalidParameter) -> Block {
    guard value.kind == .object else { throw InvalidParameter("expected a block, found \(value.kind)") }
    var block = Block()
    var calls: JSONValue?
    try value.forEachMember { (name, field) throws(InvalidParameter) in
      if field.isNull { return }
      switch name {
      case "blockOverrides": block.overrides.block = try BlockOverrides(parameter: field).block
      case "stateOverrides": block.overrides.accounts = try StateOverrides(parameter: field).accounts
      case "calls": calls = field
      default: break
      }
    }
    guard let calls else { return block }
    guard let elements = calls.elements(atMost: Self.mostCalls + 1 - callCount) else {
      throw InvalidParameter("expected an array of calls, found \(calls.kind)")
    }
    callCount += elements.count
    for element in elements { block.calls.append(try TransactionRequest(parameter: element)) }
    return block
  }
}
