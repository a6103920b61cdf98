import Cryptography
import JSON
import Primitives
import Transactions

/// The transaction of a state test, with its alternatives.
package struct TransactionTemplate: Sendable {
  package let sender: Address
  let nonce: UInt256
  let to: Address?
  let data: [[UInt8]]
  let gasLimit: [UInt256]
  /// `nil` for a value that does not fit 256 bits: no such transaction can be sent.
  let value: [UInt256?]
  let gasPrice: UInt256?
  let maxFeePerGas: UInt256?
  let maxPriorityFeePerGas: UInt256?
  /// One for each alternative of the data; `nil` where the transaction has none.
  let accessLists: [AccessList?]
  let blobVersionedHashes: [Bytes32]?
  let maxFeePerBlobGas: UInt256?
  /// `nil` where the transaction has none, and where one does not fit an envelope.
  let authorizations: [Authorization?]?

  init(_ value: JSONValue) throws(StateTestError) {
    guard
      let key = Secp256k1.PrivateKey(try value.require("secretKey").bytes32.orMissing("secretKey")),
      let publicKey = Secp256k1.publicKey(of: key)
    else { throw .missing("secretKey") }
    sender = publicKey.address
    nonce = try value.require("nonce").number("nonce")
    // A creation has an empty text here, not even "0x".
    let destination = try value.require("to").string.orMissing("to")
    to = destination.isEmpty || destination == "0x" ? nil : try Address(hex: destination).orMissing("to")
    data = try value.list("data") { (item) throws(StateTestError) in try item.data.orMissing("data") }
    gasLimit = try value.list("gasLimit") { (item) throws(StateTestError) in try item.number("gasLimit") }
    self.value = try value.list("value") { (item) throws(StateTestError) in try? item.number("value") }
    gasPrice = try value["gasPrice"]?.number("gasPrice")
    maxFeePerGas = try value["maxFeePerGas"]?.number("maxFeePerGas")
    maxPriorityFeePerGas = try value["maxPriorityFeePerGas"]?.number("maxPriorityFeePerGas")
    maxFeePerBlobGas = try value["maxFeePerBlobGas"]?.number("maxFeePerBlobGas")
    accessLists =
      value["accessLists"] == nil
      ? []
      : try value.list("accessLists") { (item) throws(StateTestError) in
        item.isNull ? nil : try Self.readAccessList(item)
      }
    blobVersionedHashes =
      value["blobVersionedHashes"] == nil
      ? nil
      : try value.list("blobVersionedHashes") { (item) throws(StateTestError) in
        try item.bytes32.orMissing("blobVersionedHashes")
      }
    authorizations =
      value["authorizationList"] == nil
      ? nil
      : try value.list("authorizationList") { (item) throws(StateTestError) in try Self.readAuthorization(item) }
  }

  /// The transaction of one combination; `nil` where its fields exceed what an envelope can hold.
  package func transaction(data dataIndex: Int, gas gasIndex: Int, value valueIndex: Int, chainID: UInt64)
    -> SignedTransaction?
  {
    guard
      data.indices.contains(dataIndex), gasLimit.indices.contains(gasIndex), value.indices.contains(valueIndex),
      let value = value[valueIndex], let nonce = UInt64(exactly: nonce), let gas = UInt64(exactly: gasLimit[gasIndex])
    else { return nil }
    let signed = authorizations?.compactMap(\.self) ?? []
    guard signed.count == authorizations?.count ?? 0 else { return nil }
    let accessList = accessLists.indices.contains(dataIndex) ? accessLists[dataIndex] : nil
    let kind: SignedTransaction.Kind =
      if authorizations != nil {
        .setCode
      } else if blobVersionedHashes != nil {
        .blob
      } else if maxFeePerGas != nil {
        .dynamicFee
      } else if accessList != nil {
        .accessList
      } else {
        .legacy
      }
    return SignedTransaction(
      kind: kind, chainID: kind == .legacy ? nil : chainID, nonce: nonce, gasLimit: gas,
      maxFeePerGas: maxFeePerGas ?? gasPrice ?? .zero, maxPriorityFeePerGas: maxPriorityFeePerGas ?? gasPrice ?? .zero,
      to: to, value: value, input: data[dataIndex], accessList: accessList ?? AccessList(),
      maxFeePerBlobGas: maxFeePerBlobGas ?? .zero, blobVersionedHashes: blobVersionedHashes ?? [],
      authorizations: signed)
  }

  private static func readAuthorization(_ value: JSONValue) throws(StateTestError) -> Authorization? {
    let address = try value.require("address").address.orMissing("address")
    let chainID = try value.require("chainId").number("chainId"), nonce = try value.require("nonce").number("nonce")
    let parity = try value.require("v").number("v")
    let r = try value.require("r").number("r"), s = try value.require("s").number("s")
    guard let nonce = UInt64(exactly: nonce), parity < 256 else { return nil }
    return Authorization(chainID: chainID, address: address, nonce: nonce, yParity: UInt8(parity.l0), r: r, s: s)
  }

  private static func readAccessList(_ value: JSONValue) throws(StateTestError) -> AccessList {
    var items: [AccessList.Item] = []
    for item in try value.elements.orMissing("accessLists") {
      items.append(
        AccessList.Item(
          address: try item.require("address").address.orMissing("address"),
          storageKeys: try item.list("storageKeys") { (key) throws(StateTestError) in
            Bytes32(try key.number("storageKeys"))
          }))
    }
    return AccessList(items)
  }
}

extension JSONValue {
  func list<T>(
    _ name: StaticString, _ read: (JSONValue) throws(StateTestError) -> T
  ) throws(StateTestError) -> [T] {
    var items: [T] = []
    for element in try require(name).elements.orMissing("\(name)") { items.append(try read(element)) }
    return items
  }
}
