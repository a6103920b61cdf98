// Ether, the only token that the chain itself knows.

import EthereumAPI
import JSON
import JSONRPC
import Primitives

extension ZKsyncAPI {
  /// What stands for ether on L1, and the base token of L2.
  private static let etherOnL1 = Address(1), baseToken = Address(0x800a)

  func addTokenMethods(to table: inout MethodTable) {
    table.add(
      "zks_getBaseTokenL1Address", .inline, "The token on L1 that pays for gas here: ether, which has the address 1.",
      result: "address"
    ) { (_, _, writer) in writer.data(Self.etherOnL1) }
    table.add(
      "zks_getAllAccountBalances", .pooled, "The balances of an account.",
      parameters: [.required("address", "address")],
      result: "object from tokens to quantities", refusals: [.init(-32_603, "the state cannot be read")],
      differences: "The one token is ether, under the address of the base token."
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let address = try parameters.required("address", as: Address.self)
      let balance = try ethereum.balance(of: address)
      writer.beginObject()
      writer.key(Self.baseToken.description)
      writer.quantity(balance)
      writer.endObject()
    }
    table.add(
      "zks_getConfirmedTokens", .inline, "Tokens of L1 that are known to be bridged: none.",
      parameters: [.optional("from", "number"), .optional("limit", "number")], result: "empty array"
    ) { (_, _, writer) in
      writer.beginArray()
      writer.endArray()
    }
  }
}
