import Cryptography
import Primitives

// The envelope of a typed-data transaction: 0x71 and the RLP list [nonce, tip, fee, gas, to, value, data, chain id, "", "",
// chain id, from, gas per pubdata, [dependency …], signature, [paymaster, input]], where the signature is r ‖ s ‖ v.
//
// Accounts are those that have keys: whoever signs sends. Dependencies are deployed by transactions of another kind, and no
// paymaster is paid. Source: zksync-ethers `utils.ts`, zksync-era `core/lib/types/src/transaction_request.rs`.

extension SignedTransaction {
  var typedDataEnvelope: [UInt8] {
    var writer = RLPWriter()
    writer.append(encoded: CollectionOfOne(kind.rawValue))
    writer.appendList {
      $0.append(nonce)
      $0.append(maxPriorityFeePerGas)
      $0.append(maxFeePerGas)
      $0.append(gasLimit)
      if let to { $0.append(to) } else { $0.append(bytes: EmptyCollection()) }
      $0.append(value)
      $0.append(bytes: input)
      $0.append(chainID ?? 0)
      $0.append(bytes: EmptyCollection())
      $0.append(bytes: EmptyCollection())
      $0.append(chainID ?? 0)
      $0.append(claimedSender)
      $0.append(UInt64(gasPerPubdataLimit))
      $0.appendList { _ in }
      $0.append(bytes: signature.bytes)
      $0.appendList { _ in }
    }
    return writer.encoded
  }

  static func decodeTypedData(_ list: RLPReader) throws(TransactionError) -> SignedTransaction {
    var fields = list
    let raw = try reading { () throws(RLPError) in try TypedDataFields(&fields) }
    // Of an old transaction's r and s nothing is left, and v is the chain id.
    guard raw.chainIDs.0 == raw.chainIDs.1, raw.oldSignature.isZero else { throw .invalidField("chainId") }
    guard let gasPerPubdata = UInt32(exactly: raw.gasPerPubdata) else { throw .invalidField("gasPerPubdata") }
    // The virtual machine keeps fees in 128 bits.
    guard raw.fee.bitWidth <= 128 else { throw .invalidField("maxFeePerGas") }
    guard raw.tip.bitWidth <= 128 else { throw .invalidField("maxPriorityFeePerGas") }
    guard let to = raw.to else { throw .invalidField("to") }
    guard !raw.hasDependencies else { throw .unsupportedFeature("factory dependencies") }
    guard !raw.hasPaymaster else { throw .unsupportedFeature("paymasters") }
    guard let signature = Secp256k1.Signature(bytes: raw.signature) else { throw .invalidSignature }
    let transaction = SignedTransaction(
      kind: .typedData, chainID: raw.chainIDs.0, nonce: raw.nonce, gasLimit: raw.gasLimit, maxFeePerGas: raw.fee,
      maxPriorityFeePerGas: raw.tip, to: to, value: raw.value, input: raw.input, gasPerPubdataLimit: gasPerPubdata,
      claimedSender: raw.from, signature: signature)
    try transaction.checkSignatureRange()
    return transaction
  }
}

/// The sixteen fields as they stand in the envelope.
private struct TypedDataFields {
  let nonce: UInt64
  let tip: UInt256
  let fee: UInt256
  let gasLimit: UInt64
  let to: Address?
  let value: UInt256
  let input: [UInt8]
  let chainIDs: (UInt64, UInt64)
  /// r and s of a transaction that is not signed this way, one over the other.
  let oldSignature: UInt256
  let from: Address
  let gasPerPubdata: UInt64
  let hasDependencies: Bool
  let signature: [UInt8]
  let hasPaymaster: Bool

  init(_ fields: inout RLPReader) throws(RLPError) {
    nonce = try fields.readUInt64()
    tip = try fields.readUInt256()
    fee = try fields.readUInt256()
    gasLimit = try fields.readUInt64()
    to = try SignedTransaction.readDestination(&fields)
    value = try fields.readUInt256()
    input = Array(try fields.readBytes())
    let first = try fields.readUInt64()
    oldSignature = try fields.readUInt256() | fields.readUInt256()
    chainIDs = (first, try fields.readUInt64())
    from = try fields.readAddress()
    gasPerPubdata = try fields.readUInt64()
    hasDependencies = try !fields.readList().isAtEnd
    signature = Array(try fields.readBytes())
    hasPaymaster = try !fields.readList().isAtEnd
    try fields.finish()
  }
}

extension Secp256k1.Signature {
  /// r ‖ s ‖ v with v = 27 or 28, 65 bytes.
  var bytes: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 65) { buffer, count in
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      r.withUnsafeBytes { bytes.copyMemory(from: $0) }
      s.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: bytes[32...]).copyMemory(from: $0) }
      bytes[64] = 27 + yParity
      count = 65
    }
  }

  init?(bytes: [UInt8]) {
    guard bytes.count == 65, let r = Bytes32(bytes[..<32]), let s = Bytes32(bytes[32..<64]),
      bytes[64] == 27 || bytes[64] == 28
    else { return nil }
    self.init(r: r, s: s, yParity: bytes[64] - 27)
  }
}
