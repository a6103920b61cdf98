// What waits, and is to be forgotten.

import JSON
import JSONRPC
import Primitives

extension DevelopmentMethods {
  func addPoolMethods(to table: inout MethodTable) {
    table.add(
      ["anvil_dropTransaction", "hardhat_dropTransaction"], .pooled, "Forgets a transaction that waits.",
      parameters: [.required("hash", "32 bytes")], result: "its hash, or null where it does not wait"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let hash = try parameters.required("hash", as: Bytes32.self)
      if chain.dropTransaction(hash) { writer.data(hash) } else { writer.null() }
    }
    table.add(
      ["anvil_dropAllTransactions", "hardhat_dropAllTransactions"], .pooled, "Forgets everything that waits.",
      result: "null"
    ) { [self] (_, _, writer) throws(RPCError) in
      chain.dropTransactions(of: nil)
      writer.null()
    }
    table.add(
      ["anvil_removePoolTransactions"], .pooled, "Forgets what waits of one sender.",
      parameters: [.required("address", "address")], result: "null"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      chain.dropTransactions(of: try parameters.required("address", as: Address.self))
      writer.null()
    }
  }
}
