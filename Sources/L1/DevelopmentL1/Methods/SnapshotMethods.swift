// Going back, and making what was otherwise.

import JSON
import JSONRPC
import Primitives
import Transactions

extension DevelopmentMethods {
  func addSnapshotMethods(to table: inout MethodTable) {
    table.add(
      ["evm_snapshot", "anvil_snapshot"], .pooled, "Remembers the chain, the pool and the clock.",
      result: "quantity, the id"
    ) { [self] (_, _, writer) throws(RPCError) in writer.quantity(chain.snapshot()) }
    table.add(
      ["evm_revert", "anvil_revert"], .heavy,
      "Makes everything what it was at a snapshot. It and all later ones are used up.",
      parameters: [.required("id", "quantity")], result: "boolean, whether there was such a snapshot"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let id = try parameters.required("id", as: UInt64.self)
      writer.boolean(try changing { () throws(ChainError) in try chain.revert(to: id) })
    }
    table.add(
      ["anvil_rollback"], .heavy, "Drops the newest blocks.",
      parameters: [.optional("depth", "quantity")], result: "null"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let depth = try parameters.optional("depth", as: UInt64.self) ?? 1
      try changing { () throws(ChainError) in try chain.rollBack(depth: depth) }
      writer.null()
    }
    table.add(
      "anvil_reorg", .heavy,
      "Drops the newest blocks and makes as many in their place. With `keep` what was in them comes in again, each one "
        + "block later; without, it is gone.",
      parameters: [
        .required("options", "depth, or an object of depth, tx_block_pairs and keep"),
        .optional("pairs", "array of [raw transaction or transaction request, index of the block]"),
      ], result: "null"
    ) { [self] (parameters, context, writer) throws(RPCError) in
      var options = try parameters.required("options", as: ReorganisationOptions.self)
      if let pairs = try parameters.optional("pairs", as: ReorganisationPairs.self) { options.pairs = pairs.values }
      var pairs: [(transaction: RecoveredTransaction, block: UInt64)] = []
      for (value, block) in options.pairs {
        pairs.append((try transaction(of: value, context), block))
      }
      try changing { () throws(ChainError) in
        try chain.reorganise(depth: options.depth, pairs: pairs, keepsTransactions: options.keepsTransactions)
      }
      writer.null()
    }
  }

  /// The transaction that a raw envelope or a request names.
  private func transaction(of value: JSONValue, _ context: RPCContext) throws(RPCError) -> RecoveredTransaction {
    guard let envelope = value.data else { return try unsigned(of: value, context) }
    do throws(TransactionError) {
      return try RecoveredTransaction(.signed(try SignedTransaction(envelope: envelope)))
    } catch {
      throw .invalidParameters("a transaction of the reorganisation cannot be read: \(error)")
    }
  }
}

private struct ReorganisationOptions: RPCParameter {
  var depth: UInt64 = 0
  var pairs: [(JSONValue, UInt64)] = []
  var keepsTransactions = false

  init(parameter value: JSONValue) throws(InvalidParameter) {
    guard value.kind == .object else {
      depth = try UInt64(parameter: value)
      return
    }
    try value.forEachMember { (name, field) throws(InvalidParameter) in
      if field.isNull { return }
      switch name {
      case "depth": depth = try UInt64(parameter: field)
      case "tx_block_pairs", "txBlockPairs": pairs = try ReorganisationPairs(parameter: field).values
      case "keep": keepsTransactions = try Bool(parameter: field)
      default: throw InvalidParameter("unknown field \(name.prefix(80))")
      }
    }
  }
}

private struct ReorganisationPairs: RPCParameter {
  private static let limit = 10_000
  var values: [(JSONValue, UInt64)] = []

  init(parameter value: JSONValue) throws(InvalidParameter) {
    guard let pairs = value.elements(atMost: Self.limit + 1), pairs.count <= Self.limit else {
      throw InvalidParameter("expected at most \(Self.limit) pairs of a transaction and a block")
    }
    for pair in pairs {
      guard let parts = pair.elements(atMost: 3), parts.count == 2 else {
        throw InvalidParameter("expected a pair of a transaction and the index of a block")
      }
      values.append((parts[0], try UInt64(parameter: parts[1])))
    }
  }
}
