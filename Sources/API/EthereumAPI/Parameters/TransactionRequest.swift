import JSON
import JSONRPC
import Primitives
import Transactions

/// The transaction object of `eth_call` and `eth_estimateGas`.
struct TransactionRequest: RPCParameter {
  var from: Address?
  var to: Address?
  var gas: UInt64?
  var gasPrice: UInt256?
  var maxFeePerGas: UInt256?
  var maxPriorityFeePerGas: UInt256?
  var value: UInt256?
  var input: [UInt8] = []
  var nonce: UInt64?
  /// The chain that it is meant for, where that is said.
  var chainID: UInt64?
  var accessList = AccessList()
  /// Of a set-code transaction (EIP-7702).
  var authorizations: [Authorization]?
  /// Whether there are fields of a kind of transaction that cannot be simulated.
  private var hasBlobs = false

  init(parameter value: JSONValue) throws(InvalidParameter) {
    guard value.kind == .object else { throw InvalidParameter("expected a transaction object, found \(value.kind)") }
    var data: [UInt8]?
    var input: [UInt8]?
    try value.forEachMember { (name, field) throws(InvalidParameter) in
      if field.isNull { return }
      switch name {
      case "from": from = try Address(parameter: field)
      case "to": to = try Address(parameter: field)
      case "gas": gas = try UInt64(parameter: field)
      case "gasPrice": gasPrice = try UInt256(parameter: field)
      case "maxFeePerGas": maxFeePerGas = try UInt256(parameter: field)
      case "maxPriorityFeePerGas": maxPriorityFeePerGas = try UInt256(parameter: field)
      case "value": self.value = try UInt256(parameter: field)
      case "nonce": nonce = try UInt64(parameter: field)
      case "chainId": chainID = try UInt64(parameter: field)
      case "data": data = try HexData(parameter: field).bytes
      case "input": input = try HexData(parameter: field).bytes
      case "accessList": accessList = try Self.accessList(field)
      // Some clients send a price for blobs with every transaction.
      case "maxFeePerBlobGas" where try UInt256(parameter: field).isZero: break
      case "maxFeePerBlobGas", "blobVersionedHashes", "blobs": hasBlobs = true
      case "authorizationList": authorizations = try Self.authorizations(field)
      default: break
      }
    }
    if let data, let input, data != input {
      throw InvalidParameter(
        "both \"data\" and \"input\" are set and not equal. Please use \"input\" to pass call data")
    }
    self.input = input ?? data ?? []
  }

  private static func accessList(_ value: JSONValue) throws(InvalidParameter) -> AccessList {
    guard value.kind == .array else { throw InvalidParameter("expected an access list, found \(value.kind)") }
    var list: [AccessList.Item] = []
    try value.forEachElement { (item) throws(InvalidParameter) in
      guard let address = item["address"] else { throw InvalidParameter("an access list item needs an address") }
      var keys: [Bytes32] = []
      try item["storageKeys"]?.forEachElement { (key) throws(InvalidParameter) in
        keys.append(try Bytes32(parameter: key))
      }
      list.append(AccessList.Item(address: try Address(parameter: address), storageKeys: keys))
    }
    return AccessList(list)
  }

  /// As many as a call may carry.
  private static let authorizationLimit = 1_000

  private static func authorizations(_ value: JSONValue) throws(InvalidParameter) -> [Authorization] {
    guard let elements = value.elements(atMost: authorizationLimit + 1) else {
      throw InvalidParameter("expected a list of authorizations, found \(value.kind)")
    }
    guard elements.count <= authorizationLimit else { throw InvalidParameter("too many authorizations") }
    var list: [Authorization] = []
    for element in elements {
      func field<T: RPCParameter>(_ name: StaticString) throws(InvalidParameter) -> T {
        guard let field = element[name] else { throw InvalidParameter("an authorization needs the field \(name)") }
        return try T(parameter: field)
      }
      let parity: UInt64 = try element["yParity"] == nil ? field("v") : field("yParity")
      guard parity <= 28 else { throw InvalidParameter("the parity of a signature is 0 or 1") }
      list.append(
        Authorization(
          chainID: try field("chainId"), address: try field("address"), nonce: try field("nonce"),
          yParity: UInt8(parity >= 27 ? parity - 27 : parity), r: try field("r"), s: try field("s")))
    }
    return list
  }

  /// The call with its price settled and its gas not yet. The checks and their words are those of geth and alloy.
  ///
  /// - Parameter allowsAuthorizations: whether the chain knows them (EIP-7702).
  func simulatedCall(baseFee: UInt64, allowsAuthorizations: Bool) throws(RPCError) -> SimulatedCall {
    try checkKind(allowsAuthorizations: allowsAuthorizations)
    var call = SimulatedCall()
    call.from = from ?? .zero
    call.to = to
    call.value = value ?? .zero
    call.input = input
    call.accessList = accessList
    call.authorizations = authorizations ?? []
    call.nonce = nonce
    call.gasPrice = try price(baseFee: UInt256(baseFee))
    return call
  }

  /// Refuses kinds of transactions that the chain does not have.
  ///
  /// - Parameter allowsAuthorizations: whether the chain knows them (EIP-7702).
  func checkKind(allowsAuthorizations: Bool) throws(RPCError) {
    if authorizations != nil, !allowsAuthorizations { throw .refused("EIP-7702 transactions are not supported") }
    if hasBlobs { throw .refused("EIP-4844 transactions are not supported") }
  }

  /// The kind of the transaction that it describes.
  var kind: SignedTransaction.Kind {
    if authorizations != nil { return .setCode }
    guard gasPrice != nil else { return .dynamicFee }
    return accessList.isEmpty ? .legacy : .accessList
  }

  /// Wei per gas that the call would pay: zero where it names no fee.
  private func price(baseFee: UInt256) throws(RPCError) -> UInt256 {
    if let gasPrice {
      guard maxFeePerGas == nil, maxPriorityFeePerGas == nil else {
        throw .refused("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified")
      }
      return gasPrice
    }
    let tip = maxPriorityFeePerGas ?? .zero
    guard let cap = maxFeePerGas else { return maxPriorityFeePerGas == nil ? .zero : baseFee &+ tip }
    guard cap >= tip else {
      throw .refused("maxFeePerGas (\(cap)) < maxPriorityFeePerGas (\(tip))")
    }
    if cap.isZero { return .zero }
    guard cap >= baseFee else { throw .refused("max fee per gas less than block base fee") }
    return min(cap, baseFee &+ min(tip, cap &- baseFee))
  }
}
