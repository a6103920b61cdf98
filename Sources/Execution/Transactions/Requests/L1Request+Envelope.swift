import Primitives

// The envelope under which the node stores L1 transactions and shows them raw: the reference node's type byte 0x2a and
// the RLP list [hash, from, to, gas limit, gas per pubdata, max fee, max priority fee, nonce, value, to mint, refund
// recipient, input, factory deps, y parity, r, s]. An upgrade has the same fields behind 0x2b.

extension L1Request {
  static let priorityEnvelopeType: UInt8 = 0x2a
  static let upgradeEnvelopeType: UInt8 = 0x2b

  public var envelope: [UInt8] {
    var writer = RLPWriter()
    writer.append(encoded: CollectionOfOne(kind == .priority ? Self.priorityEnvelopeType : Self.upgradeEnvelopeType))
    writer.appendList {
      $0.append(hash)
      $0.append(from)
      $0.append(to)
      $0.append(gasLimit)
      $0.append(UInt64(gasPerPubdataLimit))
      $0.append(UInt256(maxFeePerGas))
      $0.append(UInt256(maxPriorityFeePerGas))
      $0.append(nonce)
      $0.append(value)
      $0.append(toMint)
      $0.append(refundRecipient)
      $0.append(bytes: input)
      $0.appendList { for hash in factoryDeps { $0.append(hash) } }
      // Stands for the signature: y parity, r, s.
      for _ in 0..<3 { $0.append(0 as UInt64) }
    }
    return writer.encoded
  }

  init(envelope: [UInt8]) throws(TransactionError) {
    guard let type = envelope.first else { throw .empty }
    let kind: Kind
    switch type {
    case Self.priorityEnvelopeType: kind = .priority
    case Self.upgradeEnvelopeType: kind = .upgrade
    default: throw .unsupportedType(type)
    }
    let (claimed, transaction) = try reading { () throws(RLPError) -> (Bytes32, L1Request) in
      var fields = try RLPReader.list(envelope.dropFirst())
      let claimed = try fields.readBytes32()
      var transaction = L1Request(
        kind: kind, from: try fields.readAddress(), to: try fields.readAddress(), gasLimit: try fields.readUInt64(),
        gasPerPubdataLimit: try L1Request.narrow(try fields.readUInt64()),
        maxFeePerGas: try L1Request.narrow(try fields.readUInt256()),
        maxPriorityFeePerGas: try L1Request.narrow(try fields.readUInt256()), nonce: try fields.readUInt64(),
        value: try fields.readUInt256(), toMint: try fields.readUInt256(), refundRecipient: try fields.readAddress(),
        input: Array(try fields.readBytes()))
      var deps = try fields.readList()
      while !deps.isAtEnd { transaction.factoryDeps.append(try deps.readBytes32()) }
      for _ in 0..<3 where try !fields.readUInt256().isZero { throw .badLength }
      try fields.finish()
      return (claimed, transaction)
    }
    guard claimed == transaction.hash else { throw .invalidField("hash") }
    self = transaction
  }

  private static func narrow(_ number: UInt64) throws(RLPError) -> UInt32 {
    guard let narrow = UInt32(exactly: number) else { throw .badLength }
    return narrow
  }

  private static func narrow(_ number: UInt256) throws(RLPError) -> UInt128 {
    guard let narrow = UInt128(exactly: number) else { throw .badLength }
    return narrow
  }
}
