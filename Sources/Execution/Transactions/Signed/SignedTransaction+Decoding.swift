import Cryptography
import Primitives

extension SignedTransaction {
  /// Decodes an envelope strictly: canonical RLP, exact field counts and widths, a signature in range. Whether the
  /// signature belongs to anybody is found by ``recoverSender()``.
  public init(envelope: [UInt8]) throws(TransactionError) {
    guard let first = envelope.first else { throw .empty }
    if first >= 0xc0 {
      self = try Self.decodeLegacy(try reading { () throws(RLPError) in try RLPReader.list(envelope) })
      return
    }
    guard let kind = Kind(rawValue: first), kind != .legacy else { throw .unsupportedType(first) }
    let fields = try reading { () throws(RLPError) in try RLPReader.list(envelope.dropFirst()) }
    self = kind == .typedData ? try Self.decodeTypedData(fields) : try Self.decodeTyped(kind, fields)
  }

  private static func decodeLegacy(_ list: RLPReader) throws(TransactionError) -> SignedTransaction {
    var fields = list
    var (transaction, v) = try reading { () throws(RLPError) -> (SignedTransaction, UInt256) in
      let nonce = try fields.readUInt64()
      let gasPrice = try fields.readUInt256()
      var transaction = SignedTransaction(
        kind: .legacy, chainID: nil, nonce: nonce, gasLimit: try fields.readUInt64(), maxFeePerGas: gasPrice,
        maxPriorityFeePerGas: gasPrice, to: try readDestination(&fields), value: try fields.readUInt256(),
        input: Array(try fields.readBytes()))
      let v = try fields.readUInt256()
      transaction.signature = try readRS(&fields)
      try fields.finish()
      return (transaction, v)
    }
    switch v {
    case 27, 28:
      transaction.signature.yParity = UInt8(v.l0 - 27)
    case 35...:
      let doubled = v &- 35
      transaction.signature.yParity = UInt8(doubled.l0 & 1)
      guard let chainID = UInt64(exactly: doubled >> 1) else { throw .invalidField("v") }
      transaction.chainID = chainID
    default:
      throw .invalidSignature
    }
    try transaction.checkSignatureRange()
    return transaction
  }

  private static func decodeTyped(_ kind: Kind, _ list: RLPReader) throws(TransactionError) -> SignedTransaction {
    var fields = list
    let (transaction, parity) = try reading { () throws(RLPError) -> (SignedTransaction, UInt256) in
      let chainID = try fields.readUInt64()
      let nonce = try fields.readUInt64()
      let firstFee = try fields.readUInt256()
      let maxFee = kind == .accessList ? firstFee : try fields.readUInt256()
      var transaction = SignedTransaction(
        kind: kind, chainID: chainID, nonce: nonce, gasLimit: try fields.readUInt64(), maxFeePerGas: maxFee,
        maxPriorityFeePerGas: firstFee, to: try readDestination(&fields), value: try fields.readUInt256(),
        input: Array(try fields.readBytes()))
      transaction.accessList = try AccessList(reading: try fields.readList())
      if kind == .blob {
        transaction.maxFeePerBlobGas = try fields.readUInt256()
        var hashes = try fields.readList()
        while !hashes.isAtEnd { transaction.blobVersionedHashes.append(try hashes.readBytes32()) }
      }
      if kind == .setCode {
        var items = try fields.readList()
        while !items.isAtEnd { transaction.authorizations.append(try Authorization(reading: try items.readList())) }
      }
      let parity = try fields.readUInt256()
      transaction.signature = try readRS(&fields)
      try fields.finish()
      return (transaction, parity)
    }
    guard parity <= 1 else { throw .invalidSignature }
    var result = transaction
    result.signature.yParity = UInt8(parity.l0)
    try result.checkSignatureRange()
    if kind == .blob || kind == .setCode, result.to == nil { throw .invalidField("to") }
    return result
  }

  static func readDestination(_ fields: inout RLPReader) throws(RLPError) -> Address? {
    let bytes = try fields.readBytes()
    if bytes.isEmpty { return nil }
    guard let address = Address(bytes) else { throw .badLength }
    return address
  }

  private static func readRS(_ fields: inout RLPReader) throws(RLPError) -> Secp256k1.Signature {
    let r = try fields.readUInt256()
    return Secp256k1.Signature(r: Bytes32(r), s: Bytes32(try fields.readUInt256()), yParity: 0)
  }

  func checkSignatureRange() throws(TransactionError) {
    let r = UInt256(signature.r), s = UInt256(signature.s)
    guard !r.isZero, r < Secp256k1.order, !s.isZero, s < Secp256k1.order else { throw .invalidSignature }
  }
}
