// Accounts, now and after any block that is kept.

import JSON
import JSONRPC
import Primitives

extension NodeAPI {
  func addAccountMethods(to table: inout MethodTable) {
    table.add("eth_getBalance", .pooled) { [self] (parameters, _, writer) throws(RPCError) in
      let address = try parameters.required("address", as: Address.self)
      let number = try stateNumber(of: try parameters.optional("blockId"))
      writer.quantity(try reading { () throws(ChainReadError) in try state.balance(of: address, after: number) })
    }
    table.add("eth_getTransactionCount", .pooled) { [self] (parameters, _, writer) throws(RPCError) in
      let address = try parameters.required("address", as: Address.self)
      let id = try parameters.optional("blockId", as: BlockID.self)
      let number = try stateNumber(of: id)
      let nonce = try reading { () throws(ChainReadError) in try state.nonce(of: address, after: number) }
      writer.quantity(id == .pending ? submitter.pendingNonce(of: address, accountNonce: nonce) : nonce)
    }
    table.add("eth_getCode", .pooled) { [self] (parameters, _, writer) throws(RPCError) in
      let address = try parameters.required("address", as: Address.self)
      let number = try stateNumber(of: try parameters.optional("blockId"))
      writer.data(try reading { () throws(ChainReadError) in try state.code(of: address, after: number) })
    }
    table.add("eth_getStorageAt", .pooled) { [self] (parameters, _, writer) throws(RPCError) in
      let address = try parameters.required("address", as: Address.self)
      let key = try parameters.required("key", as: StorageKey.self).key
      let number = try stateNumber(of: try parameters.optional("blockId"))
      writer.data(
        try reading { () throws(ChainReadError) in try state.storage(of: address, key: key, after: number) })
    }
  }
}

/// A slot of a contract's storage: 32 bytes, or a number with or without leading zeros.
struct StorageKey: RPCParameter {
  let key: Bytes32

  init(parameter value: JSONValue) throws(InvalidParameter) {
    if let bytes = value.bytes32 {
      key = bytes
    } else if let text = value.string, text.hasPrefix("0x"), let number = UInt256(hex: text) {
      key = Bytes32(number)
    } else {
      throw InvalidParameter("unable to decode storage key: expected at most 32 hexadecimal bytes")
    }
  }
}
