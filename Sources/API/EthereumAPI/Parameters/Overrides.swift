// State and block overrides of `eth_call` and `eth_estimateGas`, as geth takes them.

import JSON
import JSONRPC
import Primitives

/// An object from addresses to what is different about them.
struct StateOverrides: RPCParameter {
  var accounts: [Address: SimulationOverrides.Account] = [:]

  init(parameter value: JSONValue) throws(InvalidParameter) {
    guard value.kind == .object else { throw InvalidParameter("expected state overrides, found \(value.kind)") }
    try value.forEachMember { (name, fields) throws(InvalidParameter) in
      guard let address = Address(hex: name) else { throw InvalidParameter("\(name.prefix(80)) is no address") }
      guard fields.kind == .object else { throw InvalidParameter("expected an object for \(address)") }
      var account = SimulationOverrides.Account()
      try fields.forEachMember { (name, field) throws(InvalidParameter) in
        if field.isNull { return }
        switch name {
        case "nonce": account.nonce = try UInt64(parameter: field)
        case "balance": account.balance = try UInt256(parameter: field)
        case "code": account.code = try HexData(parameter: field).bytes
        case "state": account.state = try Self.slots(field)
        case "stateDiff": account.stateDifference = try Self.slots(field)
        case "movePrecompileToAddress": account.precompileMovedTo = try Address(parameter: field)
        default: throw InvalidParameter("unknown state override \(name.prefix(80))")
        }
      }
      if account.state != nil, !account.stateDifference.isEmpty {
        throw InvalidParameter("account \(address) has both 'state' and 'stateDiff'")
      }
      accounts[address] = account
    }
  }

  private static func slots(_ value: JSONValue) throws(InvalidParameter) -> [Bytes32: Bytes32] {
    guard value.kind == .object else { throw InvalidParameter("expected storage slots, found \(value.kind)") }
    var slots: [Bytes32: Bytes32] = [:]
    try value.forEachMember { (name, field) throws(InvalidParameter) in
      guard let key = Bytes32(hex: name) else { throw InvalidParameter("\(name.prefix(80)) is no storage key") }
      slots[key] = try Bytes32(parameter: field)
    }
    return slots
  }
}

/// An object of what is different about the block.
struct BlockOverrides: RPCParameter {
  var block = SimulationOverrides.BlockFields()

  init(parameter value: JSONValue) throws(InvalidParameter) {
    guard value.kind == .object else { throw InvalidParameter("expected block overrides, found \(value.kind)") }
    try value.forEachMember { (name, field) throws(InvalidParameter) in
      if field.isNull { return }
      switch name {
      case "number", "blockNumber": block.number = try UInt64(parameter: field)
      case "time", "timestamp": block.timestamp = try UInt64(parameter: field)
      case "gasLimit": block.gasLimit = try UInt64(parameter: field)
      case "feeRecipient", "coinbase": block.beneficiary = try Address(parameter: field)
      case "prevRandao", "random": block.randomness = try Bytes32(parameter: field)
      case "baseFeePerGas", "baseFee": block.baseFee = try UInt256(parameter: field)
      case "blobBaseFee": block.blobBaseFee = try UInt256(parameter: field)
      // There is no beacon chain to take money from.
      case "withdrawals":
        guard let elements = field.elements(atMost: 1), elements.isEmpty else {
          throw InvalidParameter("withdrawals are not supported")
        }
      // Since the merge (EIP-4399) no instruction tells it.
      case "difficulty": _ = try UInt256(parameter: field)
      default: throw InvalidParameter("unknown block override \(name.prefix(80))")
      }
    }
  }
}
