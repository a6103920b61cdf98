import JSON
import JSONRPC

/// Bundles of calls, each in a block of its own, as Erigon and Reth take them.
struct CallBundles: RPCParameter {
  struct Bundle {
    var calls: [TransactionRequest] = []
    var block = SimulationOverrides.BlockFields()
  }

  /// More than fit into the gas that a request may have.
  private static let mostCalls = 10_000, mostBundles = 1_000

  private(set) var bundles: [Bundle] = []

  init(parameter value: JSONValue) throws(InvalidParameter) {
    guard let elements = value.elements(atMost: Self.mostBundles + 1) else {
      throw InvalidParameter("expected an array of bundles, found \(value.kind)")
    }
    guard elements.count <= Self.mostBundles else {
      throw InvalidParameter("too many bundles (max \(Self.mostBundles))")
    }
    guard !elements.isEmpty else { throw InvalidParameter("empty bundles") }
    var count = 0
    for element in elements {
      guard element.kind == .object else { throw InvalidParameter("expected a bundle, found \(element.kind)") }
      var bundle = Bundle()
      try element.forEachMember { (name, field) throws(InvalidParameter) in
        if field.isNull { return }
        switch name {
        case "transactions":
          guard let calls = field.elements(atMost: Self.mostCalls + 1 - count) else {
            throw InvalidParameter("expected an array of transactions, found \(field.kind)")
          }
          count += calls.count
          guard count <= Self.mostCalls else { throw InvalidParameter("too many calls (max \(Self.mostCalls))") }
          for call in calls { bundle.calls.append(try TransactionRequest(parameter: call)) }
        case "blockOverride", "blockOverrides": bundle.block = try BlockOverrides(parameter: field).block
        default: break
        }
      }
      bundles.append(bundle)
    }
  }
}

/// After which transactions of which block bundles run.
struct SimulationContext: RPCParameter {
  var block = BlockID.latest
  /// After so many transactions of the block; `nil` after all.
  var transactions: Int?

  init() {}

  init(parameter value: JSONValue) throws(InvalidParameter) {
    guard value.kind == .object else { throw InvalidParameter("expected a context, found \(value.kind)") }
    try value.forEachMember { (name, field) throws(InvalidParameter) in
      if field.isNull { return }
      switch name {
      case "blockNumber", "block": block = try BlockID(parameter: field)
      case "transactionIndex":
        if field.integer == -1 { return }
        let index = try UInt64(parameter: field)
        guard let index = Int(exactly: index) else { throw InvalidParameter("the transaction index is too large") }
        transactions = index
      default: break
      }
    }
  }
}
