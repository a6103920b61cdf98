// Accounts and settings as somebody wants them.

import JSON
import JSONRPC
import Primitives

extension DevelopmentMethods {
  func addStateMethods(to table: inout MethodTable) {
    table.add(
      ["anvil_setBalance", "hardhat_setBalance"], .pooled, "Sets what an account owns.",
      parameters: [.required("address", "address"), .required("balance", "quantity, wei")], result: "null"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let address = try parameters.required("address", as: Address.self)
      let balance = try parameters.required("balance", as: Word.self).number
      try edit(.balance(address, balance))
      writer.null()
    }
    table.add(
      ["anvil_setNonce", "hardhat_setNonce", "evm_setAccountNonce"], .pooled, "Sets the nonce of an account.",
      parameters: [.required("address", "address"), .required("nonce", "quantity")], result: "null"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let address = try parameters.required("address", as: Address.self)
      try edit(.nonce(address, try parameters.required("nonce", as: UInt64.self)))
      writer.null()
    }
    table.add(
      ["anvil_setCode", "hardhat_setCode"], .pooled, "Sets the code of an account.",
      parameters: [.required("address", "address"), .required("code", "data")], result: "null"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let address = try parameters.required("address", as: Address.self)
      try edit(.code(address, try parameters.required("code", as: HexData.self).bytes))
      writer.null()
    }
    table.add(
      ["anvil_setStorageAt", "hardhat_setStorageAt"], .pooled, "Sets a slot of an account.",
      parameters: [.required("address", "address"), .required("slot", "quantity"), .required("value", "32 bytes")],
      result: "true"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let address = try parameters.required("address", as: Address.self)
      let slot = try parameters.required("slot", as: Word.self).number
      try edit(.slot(address, slot, try parameters.required("value", as: Word.self).number))
      writer.boolean(true)
    }
    table.add(
      ["anvil_setCoinbase", "hardhat_setCoinbase"], .pooled, "Sets who gets the tips of later blocks.",
      parameters: [.required("address", "address")], result: "null"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let address = try parameters.required("address", as: Address.self)
      try set { $0.coinbase = address }
      writer.null()
    }
    table.add(
      ["anvil_setChainId"], .pooled, "Sets the id that signatures name from now on.",
      parameters: [.required("chainId", "quantity")], result: "null"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let chainID = try parameters.required("chainId", as: UInt64.self)
      try set { $0.chainID = chainID }
      writer.null()
    }
    table.add(
      ["anvil_setNextBlockBaseFeePerGas", "hardhat_setNextBlockBaseFeePerGas"], .pooled,
      "Sets the base fee of the next block alone.", parameters: [.required("baseFee", "quantity, wei per gas")],
      result: "null"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let baseFee = try parameters.required("baseFee", as: UInt64.self)
      try set { $0.nextBaseFee = baseFee }
      writer.null()
    }
    table.add(
      ["anvil_setMinGasPrice", "hardhat_setMinGasPrice"], .pooled, "Sets the tip below which transactions are refused.",
      parameters: [.required("price", "quantity, wei per gas")], result: "null"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let price = try parameters.required("price", as: UInt64.self)
      try set { $0.minGasPrice = price }
      writer.null()
    }
    table.add(
      ["evm_setBlockGasLimit", "anvil_setBlockGasLimit"], .pooled, "Sets the gas of later blocks.",
      parameters: [.required("gasLimit", "quantity")], result: "true"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let limit = try parameters.required("gasLimit", as: UInt64.self)
      guard (21_000...ChainSettings.mostGas).contains(limit) else {
        throw .invalidParameters("a gas limit from 21000 to 2^40 is expected")
      }
      try set { $0.gasLimit = limit }
      writer.boolean(true)
    }
  }

  private func edit(_ edit: StateEdit) throws(RPCError) {
    try changing { () throws(ChainError) in try chain.edit(edit) }
  }

  private func set(_ body: (inout ChainSettings) -> Void) throws(RPCError) {
    try changing { () throws(ChainError) in
      try chain.change { (settings, _) throws(ChainError) in body(&settings) }
    }
  }
}
