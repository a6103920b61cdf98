// Where the chain settles.

import EthereumAPI
import JSON
import JSONRPC
import Primitives

extension ZKsyncAPI {
  func addContractMethods(to table: inout MethodTable) {
    let settlement = settlement
    let orNull = "null where there is no L1, or it has not answered yet"
    table.add(
      "zks_L1ChainId", .inline, "The chain id of the L1 that the chain settles on.", result: "quantity, or \(orNull)"
    ) { (_, _, writer) in
      if let id = settlement.l1ChainID { writer.quantity(id) } else { writer.null() }
    }
    table.add(
      "zks_getBridgehubContract", .inline, "The bridgehub on L1, the entrance for deposits.",
      result: "address, or \(orNull)"
    ) { (_, _, writer) in writer.address(settlement.contracts?.bridgehub) }
    table.add(
      "zks_getMainContract", .inline, "The chain's own contract on L1, which has the batches.",
      result: "address, or \(orNull)"
    ) { (_, _, writer) in writer.address(settlement.contracts?.chain) }
    table.add(
      "zks_getBytecodeSupplierContract", .inline,
      "The contract on L1 that tells of bytecode for protocol upgrades: our chains have none.", result: "null",
      differences: "zksync-os-server has one for upgrades of the protocol."
    ) { (_, _, writer) in writer.null() }
    table.add(
      "zks_getBridgeContracts", .inline, "The bridges on both layers.",
      result: "object with seven addresses, zero for a bridge that there is not",
      differences:
        "There is one bridge, that of L1 (`l1SharedDefaultBridge`, the asset router), and none on L2: withdrawals "
        + "of ether go through the base token, 0x…800a, or through a helper contract."
    ) { (_, _, writer) in
      writer.beginObject()
      for name in ["l1Erc20DefaultBridge", "l2Erc20DefaultBridge"] { writer.named(name, Address.zero) }
      writer.named("l1SharedDefaultBridge", settlement.contracts?.sharedBridge ?? .zero)
      for name in ["l2SharedDefaultBridge", "l1WethBridge", "l2WethBridge", "l2LegacySharedBridge"] {
        writer.named(name, Address.zero)
      }
      writer.endObject()
    }
  }
}

extension JSONWriter {
  /// An address, or null.
  fileprivate mutating func address(_ address: Address?) {
    if let address { data(address) } else { null() }
  }

  fileprivate mutating func named(_ name: String, _ address: Address) {
    key(name)
    data(address)
  }
}
