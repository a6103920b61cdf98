// Going back to an earlier block.

import JSON
import JSONRPC
import Primitives

/// What remembers blocks, and lets the chain go back to them.
public protocol ChainSnapshots: Sendable {
  /// Remembers the newest block; the id by which it is found again.
  func take(_ context: RPCContext) throws(RPCError) -> UInt64

  /// Goes back to a block that was remembered, which uses up the snapshot and all later ones; false where there is none of
  /// this id. Throws why it cannot.
  func revert(to id: UInt64, _ context: RPCContext) throws(RPCError) -> Bool
}

extension DevelopmentMethods {
  func addSnapshotMethods(to table: inout MethodTable) {
    table.add(
      ["anvil_snapshot", "evm_snapshot"], .heavy,
      "Remembers the newest block. No batch is made of later ones, so that L1 gets none of them, until there is no snapshot "
        + "any more, or the chain is 900 blocks ahead of it, which ends it.",
      result: "quantity, the id"
    ) { [self] (_, context, writer) throws(RPCError) in
      writer.quantity(try snapshots.take(context))
    }
    table.add(
      ["anvil_revert", "evm_revert"], .heavy,
      "Goes back to the block that a snapshot remembers, with state, tree, subscriptions and time. Transactions of later "
        + "blocks are gone, requests of L1 come again, and what waits goes on waiting. The snapshot and all later ones are "
        + "used up.",
      parameters: [.required("id", "quantity")], result: "boolean, whether there was such a snapshot",
      refusals: [.init(-32_000, "the snapshot has ended, and L1 may have later blocks")]
    ) { [self] (parameters, context, writer) throws(RPCError) in
      writer.boolean(try snapshots.revert(to: try parameters.required("id", as: UInt64.self), context))
    }
  }
}
