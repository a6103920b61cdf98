import JSONRPC

/// Methods that a read node cannot answer out of its own stores, since only the node that builds the blocks makes batches and
/// talks to L1: those are passed on.
enum MainNodeMethods {
  private static let names = [
    "zks_L1BatchNumber", "zks_getL1BatchBlockRange", "zks_getL1BatchDetails", "zks_L1ChainId",
    "zks_getBridgehubContract",
    "zks_getMainContract", "zks_getBytecodeSupplierContract", "zks_getBridgeContracts", "zks_getL1GasPrice",
    "zks_getFeeParams", "zks_getBatchFeeInput", "zks_estimateGasL1ToL2", "zks_getL2ToL1LogProof",
    "zks_getL2ToL1MsgProof",
    "zks_getBlockDetails", "zks_getTransactionDetails",
  ]

  /// Has them answered by the main node.
  static func pass(from methods: MethodTable, to mainNode: MainNode) -> MethodTable {
    var table = methods
    for name in names {
      guard let documentation = methods.documentation.first(where: { $0.name == name }) else { continue }
      table.addDeferred(
        name, .pooled, documentation.summary, parameters: documentation.parameters, result: documentation.result,
        refusals: documentation.refusals, differences: documentation.differences,
        inBatch: { (parameters, _, writer) throws(RPCError) in
          writer.value(try mainNode.answer(name, try parameters.byPosition()))
        }
      ) { (parameters, _, reply) throws(RPCError) in
        mainNode.answer(name, try parameters.byPosition(), with: reply)
      }
    }
    return table
  }
}
