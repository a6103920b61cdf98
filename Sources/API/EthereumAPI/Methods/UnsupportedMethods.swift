// Methods that exist in name, so that clients learn why there is no answer.

import JSONRPC

extension EthereumAPI {
  func addUnsupportedMethods(to table: inout MethodTable) {
    let reasons: [(String, [String])] = [
      ("node has no signer accounts", ["eth_sendTransaction", "eth_sign", "eth_signTransaction", "eth_signTypedData"]),
      ("unsupported as ZKsync OS has a different storage layout than Ethereum", ["eth_getProof", "eth_getAccount"]),
      (
        "unimplemented",
        [
          "eth_coinbase", "eth_simulateV1", "eth_callMany", "eth_createAccessList",
        ]
      ),
    ]
    for (reason, names) in reasons {
      for name in names {
        table.add(
          name, .inline, "Not offered: \(reason).", refusals: [.init(-32_603, reason)]
        ) { (_, _, _) throws(RPCError) in throw .unsupported(reason) }
      }
    }
  }
}
