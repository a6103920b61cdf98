// Accounts, now and after any block that is kept.

import JSON
import JSONRPC
import Primitives

extension EthereumAPI {
  func addAccountMethods(to table: inout MethodTable) {
    table.add(
      "eth_getBalance", .pooled, "The balance of an account, in wei.",
      parameters: [.required("address", "address"), .optional("blockId", "block")], result: "quantity",
      refusals: [.blockNotFound, .stateNotAvailable],
      immediate: { [self] (parameters, _, writer) throws(RPCError) in
        guard let account = try residentAccount(&parameters) else { return false }
        writer.quantity(account.balance)
        return true
      }
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let address = try parameters.required("address", as: Address.self)
      let number = try blocks.stateNumber(of: try parameters.optional("blockId"))
      writer.quantity(try faults.reading { () throws(ChainReadError) in try state.balance(of: address, after: number) })
    }
    table.add(
      "eth_getTransactionCount", .pooled,
      "The nonce of an account; for `pending` the one after its executable transactions.",
      parameters: [.required("address", "address"), .optional("blockId", "block")], result: "quantity",
      refusals: [.blockNotFound, .stateNotAvailable],
      immediate: { [self] (parameters, _, writer) throws(RPCError) in
        guard let account = try residentAccount(&parameters, orPending: false) else { return false }
        writer.quantity(account.nonce)
        return true
      }
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let address = try parameters.required("address", as: Address.self)
      let id = try parameters.optional("blockId", as: BlockID.self)
      let number = try blocks.stateNumber(of: id)
      let nonce = try faults.reading { () throws(ChainReadError) in try state.nonce(of: address, after: number) }
      guard id == .pending else { return writer.quantity(nonce) }
      let next = try faults.reading { () throws(ChainReadError) in try submitter.pendingNonce(of: address) }
      writer.quantity(max(nonce, next))
    }
    table.add(
      "eth_getCode", .pooled, "The code of an account.",
      parameters: [.required("address", "address"), .optional("blockId", "block")], result: "data",
      refusals: [.blockNotFound, .stateNotAvailable]
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let address = try parameters.required("address", as: Address.self)
      let number = try blocks.stateNumber(of: try parameters.optional("blockId"))
      writer.data(try faults.reading { () throws(ChainReadError) in try state.code(of: address, after: number) })
    }
    table.add(
      "eth_getAccountInfo", .pooled, "Balance, nonce and code of an account.",
      parameters: [.required("address", "address"), .required("blockId", "block")],
      result: "object with `balance`, `nonce` and `code`", refusals: [.blockNotFound, .stateNotAvailable]
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let address = try parameters.required("address", as: Address.self)
      let number = try blocks.stateNumber(of: try parameters.required("blockId"))
      let (balance, nonce, code) = try faults.reading { () throws(ChainReadError) in
        (
          try state.balance(of: address, after: number), try state.nonce(of: address, after: number),
          try state.code(of: address, after: number)
        )
      }
      writer.beginObject()
      writer.key("balance")
      writer.quantity(balance)
      writer.key("nonce")
      writer.quantity(nonce)
      writer.key("code")
      writer.data(code)
      writer.endObject()
    }
    table.add(
      "eth_getStorageAt", .pooled, "A slot of an account's storage.",
      parameters: [
        .required("address", "address"), .required("key", "32 bytes or a quantity"), .optional("blockId", "block"),
      ], result: "32 bytes", refusals: [.blockNotFound, .stateNotAvailable]
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let address = try parameters.required("address", as: Address.self)
      let key = try parameters.required("key", as: StorageKey.self).key
      let number = try blocks.stateNumber(of: try parameters.optional("blockId"))
      writer.data(
        try faults.reading { () throws(ChainReadError) in try state.storage(of: address, key: key, after: number) })
    }
    table.add(
      "eth_getStorageValues", .pooled, "Slots of the storage of several accounts, up to 1,024 in all.",
      parameters: [
        .required("slots", "object from addresses to arrays of keys, each 32 bytes or a quantity"),
        .optional("blockId", "block"),
      ], result: "object from addresses to arrays of 32 bytes", refusals: [.blockNotFound, .stateNotAvailable]
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let accounts = try parameters.required("slots", as: StorageQuery.self).accounts
      let number = try blocks.stateNumber(of: try parameters.optional("blockId"))
      writer.beginObject()
      for (name, address, keys) in accounts {
        try context.checkCancellation()
        writer.key(name)
        writer.beginArray()
        for key in keys {
          writer.data(
            try faults.reading { () throws(ChainReadError) in try state.storage(of: address, key: key, after: number) })
        }
        writer.endArray()
      }
      writer.endObject()
    }
  }

  /// Of the account and the block that parameters name, what is in memory.
  private func residentAccount(
    _ parameters: inout Parameters, orPending: Bool = true
  ) throws(RPCError) -> (balance: UInt256, nonce: UInt64)? {
    let address = try parameters.required("address", as: Address.self)
    let id = try parameters.optional("blockId", as: BlockID.self)
    guard orPending || id != .pending, let number = blocks.residentStateNumber(of: id) else { return nil }
    return state.residentAccount(address, after: number)
  }
}

/// Slots of several accounts. Source: execution-apis, `eth_getStorageValues`; the limit is geth's.
private struct StorageQuery: RPCParameter {
  private static let most = 1_024

  private(set) var accounts: [(name: String, address: Address, keys: [Bytes32])] = []

  init(parameter value: JSONValue) throws(InvalidParameter) {
    guard value.kind == .object else { throw InvalidParameter("expected an object, found \(value.kind)") }
    var count = 0
    try value.forEachMember { (name, field) throws(InvalidParameter) in
      guard let address = Address(hex: name) else { throw InvalidParameter("\(name.prefix(80)) is no address") }
      guard let elements = field.elements(atMost: Self.most + 1 - count) else {
        throw InvalidParameter("expected an array of keys, found \(field.kind)")
      }
      count += elements.count
      guard count <= Self.most else { throw InvalidParameter("too many slots (max \(Self.most))") }
      var keys: [Bytes32] = []
      for element in elements { keys.append(try StorageKey(parameter: element).key) }
      accounts.append((name, address, keys))
    }
    guard count > 0 else { throw InvalidParameter("empty request") }
  }
}

extension EthereumAPI {
  /// Wei that an account has now.
  public func balance(of address: Address) throws(RPCError) -> UInt256 {
    let number = chain.head.number
    return try faults.reading { () throws(ChainReadError) in try state.balance(of: address, after: number) }
  }
}

/// A slot of a contract's storage: 32 bytes, or a number with or without leading zeros.
public struct StorageKey: RPCParameter {
  public let key: Bytes32

  public init(parameter value: JSONValue) throws(InvalidParameter) {
    if let bytes = value.bytes32 {
      key = bytes
    } else if let text = value.string, text.hasPrefix("0x"), let number = UInt256(hex: text) {
      key = Bytes32(number)
    } else {
      throw InvalidParameter("unable to decode storage key: expected at most 32 hexadecimal bytes")
    }
  }
}
