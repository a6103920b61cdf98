// The version of the protocol, as clients of Era ask for it.

import EthereumAPI
import JSON
import JSONRPC
import Primitives

extension ZKsyncAPI {
  /// Of the contracts on L1 that the node's batches are for: 0.28.
  private static let minorVersion: UInt64 = 28

  func addProtocolMethods(to table: inout MethodTable) {
    table.add(
      "zks_getProtocolVersion", .inline, "The version of the protocol between L1 and L2.",
      parameters: [.optional("id", "number")], result: "object, or null for another version than 28",
      differences: "Hashes of system contracts are zero: ZKsync OS has none."
    ) { (parameters, _, writer) throws(RPCError) in
      let id = try parameters.optional("id", as: UInt64.self) ?? Self.minorVersion
      guard id == Self.minorVersion else { return writer.null() }
      writer.beginObject()
      writer.key("minorVersion")
      writer.number(id)
      writer.key("timestamp")
      writer.number(0)
      for name in ["bootloaderCodeHash", "defaultAccountCodeHash"] {
        writer.key(name)
        writer.data(Bytes32.zero)
      }
      for name in ["evmSimulatorCodeHash", "l2SystemUpgradeTxHash"] {
        writer.key(name)
        writer.null()
      }
      // The same under the names of older clients.
      writer.key("version_id")
      writer.number(id)
      writer.key("base_system_contracts")
      writer.systemContracts()
      writer.key("l2_system_upgrade_tx_hash")
      writer.null()
      writer.endObject()
    }
  }
}
