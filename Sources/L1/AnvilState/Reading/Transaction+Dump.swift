import Cryptography
import JSON
import Primitives
import Transactions

extension StateDump.Transaction {
  /// Reads a transaction in any of its forms: with a `type` as JSON-RPC shows it, in an object named after its kind
  /// (`{"EIP1559": …}`), and either of them beside an `impersonated_sender`.
  init(_ value: JSONValue, at path: String, unknown: inout [String]) throws(StateDumpError) {
    guard value.kind == .object else { throw .invalid(path: path, expected: "an object") }
    if let inner = value["transaction"] {
      var fields = try Fields(value, at: path)
      fields.ignore("transaction")
      let sender = try fields.optionalAddress("impersonated_sender")
      unknown += fields.unknown
      self.init(
        try Self.signed(inner, at: path + ".transaction", isImpersonated: sender != nil, &unknown),
        impersonatedSender: sender)
    } else {
      self.init(try Self.signed(value, at: path, isImpersonated: false, &unknown))
    }
  }

  /// The kinds by the names that objects around transactions have.
  private static let kinds: [(name: StaticString, kind: SignedTransaction.Kind)] = [
    ("Legacy", .legacy), ("EIP2930", .accessList), ("EIP1559", .dynamicFee), ("EIP4844", .blob), ("EIP7702", .setCode),
  ]

  private static func signed(
    _ value: JSONValue, at path: String, isImpersonated: Bool, _ unknown: inout [String]
  ) throws(StateDumpError) -> SignedTransaction {
    for (name, kind) in kinds {
      if let inner = value[name] {
        return try signed(inner, kind, at: "\(path).\(name)", isImpersonated: isImpersonated, &unknown)
      }
    }
    return try signed(value, nil, at: path, isImpersonated: isImpersonated, &unknown)
  }

  private static func signed(
    _ value: JSONValue, _ kind: SignedTransaction.Kind?, at path: String, isImpersonated: Bool,
    _ unknown: inout [String]
  ) throws(StateDumpError) -> SignedTransaction {
    var fields = try Fields(value, at: path)
    let type = try fields.optionalNumber("type")
    guard let kind = kind ?? SignedTransaction.Kind(rawValue: UInt8(truncatingIfNeeded: type ?? 0)), type ?? 0 <= 4
    else { throw .invalid(path: path + ".type", expected: "a type from 0x0 to 0x4") }
    let gasPrice = try fields.optionalWord("gasPrice")
    let maxFee: UInt256, tip: UInt256
    switch kind {
    case .legacy, .accessList:
      guard let gasPrice else { throw .missing(path: path + ".gasPrice") }
      (maxFee, tip) = (gasPrice, gasPrice)
    default: (maxFee, tip) = (try fields.word("maxFeePerGas"), try fields.word("maxPriorityFeePerGas"))
    }
    var transaction = SignedTransaction(
      kind: kind, chainID: try fields.optionalNumber("chainId"), nonce: try fields.number("nonce"),
      gasLimit: try fields.number("gas", "gasLimit"), maxFeePerGas: maxFee, maxPriorityFeePerGas: tip,
      to: try fields.optionalAddress("to"), value: try fields.optionalWord("value") ?? .zero,
      input: try fields.optionalData("input", "data") ?? [])
    transaction.accessList = try accessList(&fields, &unknown)
    if kind == .blob {
      transaction.maxFeePerBlobGas = try fields.optionalWord("maxFeePerBlobGas") ?? .zero
      for (hash, place) in try fields.elements("blobVersionedHashes") {
        guard let hash = hash.bytes32 else { throw .invalid(path: place, expected: "0x and 64 digits") }
        transaction.blobVersionedHashes.append(hash)
      }
    }
    if kind == .setCode { transaction.authorizations = try authorizations(&fields, &unknown) }
    try readSignature(&fields, into: &transaction)
    let hash = try fields.optionalHash("hash")
    // What belongs to JSON-RPC or to the network, not to the transaction.
    fields.ignore(
      "from", "blockHash", "blockNumber", "transactionIndex", "sidecar", "blobs", "commitments", "proofs",
      "accessList", "authorizationList", "blobVersionedHashes", "maxFeePerBlobGas")
    unknown += fields.unknown
    // A transaction that was read wrongly would live on under another hash.
    if let hash, !isImpersonated, hash != transaction.hash {
      throw .invalid(path: path + ".hash", expected: "the hash of the transaction, which is \(transaction.hash)")
    }
    return transaction
  }

  /// r, s and the parity, which older legacy transactions have in `v` only (EIP-155).
  private static func readSignature(
    _ fields: inout Fields, into transaction: inout SignedTransaction
  ) throws(StateDumpError) {
    let r = try fields.optionalWord("r") ?? .zero, s = try fields.optionalWord("s") ?? .zero
    let parity = try fields.optionalWord("yParity", "odd_y_parity"), v = try fields.optionalWord("v") ?? .zero
    var odd = parity ?? v
    if parity == nil, v >= 35 {
      odd = v &- 35
      if transaction.chainID == nil { transaction.chainID = UInt64(exactly: odd >> 1) }
    } else if parity == nil, v >= 27 {
      odd = v &- 27
    }
    transaction.signature = Secp256k1.Signature(r: Bytes32(r), s: Bytes32(s), yParity: UInt8(odd.l0 & 1))
  }

  private static func accessList(
    _ fields: inout Fields, _ unknown: inout [String]
  ) throws(StateDumpError) -> AccessList {
    var list = AccessList()
    for (element, path) in try fields.elements("accessList") {
      var item = try Fields(element, at: path)
      var keys: [Bytes32] = []
      for (key, place) in try item.elements("storageKeys") {
        guard let key = key.bytes32 else { throw .invalid(path: place, expected: "0x and 64 digits") }
        keys.append(key)
      }
      list.items.append(AccessList.Item(address: try item.address("address"), storageKeys: keys))
      unknown += item.unknown
    }
    return list
  }

  private static func authorizations(
    _ fields: inout Fields, _ unknown: inout [String]
  ) throws(StateDumpError) -> [Authorization] {
    var list: [Authorization] = []
    for (element, path) in try fields.elements("authorizationList") {
      var item = try Fields(element, at: path)
      let chainID = try item.word("chainId")
      let address = try item.address("address")
      let nonce = try item.number("nonce")
      let parity = try item.number("yParity", "v")
      let r = try item.word("r"), s = try item.word("s")
      guard let parity = UInt8(exactly: parity) else { throw .invalid(path: path + ".yParity", expected: "0x0 or 0x1") }
      list.append(
        Authorization(chainID: chainID, address: address, nonce: nonce, yParity: parity, r: r, s: s))
      unknown += item.unknown
    }
    return list
  }
}
