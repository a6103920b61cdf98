import Primitives

// The envelope under which the node stores L1 transactions and shows them raw: the reference node's type byte 0x2a and
// the RLP list [hash, from, to, gas limit, gas per pubdata, max fee, max priority fee, nonce, value, to mint, refund
// recipient, input, factory deps, y parity, r, s]. An upgrade has the same fields behind 0x2b.

extension L1Transaction {
  static let priorityEnvelopeType: UInt8 = 0x2a
  static let upgradeEnvelopeType: UInt8 = 0x2b

  public var envelope: [UInt8] {
    let fields: [[UInt8]] = [
      RLP.encode(hash), RLP.encode(from), RLP.encode(to), RLP.encode(gasLimit), RLP.encode(UInt64(gasPerPubdataLimit)),
      RLP.encode(UInt256(maxFeePerGas)), RLP.encode(UInt256(maxPriorityFeePerGas)), RLP.encode(nonce),
      RLP.encode(value), RLP.encode(toMint), RLP.encode(refundRecipient), RLP.encode(input),
      RLP.encodeList(factoryDeps.map { RLP.encode($0) }), RLP.encode(UInt64(0)), RLP.encode(UInt64(0)),
      RLP.encode(UInt64(0)),
    ]
    return [kind == .priority ? Self.priorityEnvelopeType : Self.upgradeEnvelopeType] + RLP.encodeList(fields)
  }

  init(envelope: [UInt8]) throws(TransactionError) {
    guard let type = envelope.first else { throw .empty }
    let kind: Kind
    switch type {
    case Self.priorityEnvelopeType: kind = .priority
    case Self.upgradeEnvelopeType: kind = .upgrade
    default: throw .unsupportedType(type)
    }
    let (claimed, transaction) = try reading { () throws(RLPError) -> (Bytes32, L1Transaction) in
      var fields = try RLPReader.list(envelope.dropFirst())
      let claimed = try fields.readBytes32()
      var transaction = L1Transaction(
        kind: kind, from: try fields.readAddress(), to: try fields.readAddress(), gasLimit: try fields.readUInt64(),
        gasPerPubdataLimit: try L1Transaction.narrow(try fields.readUInt64()),
        maxFeePerGas: try L1Transaction.narrow(try fields.readUInt256()),
        maxPriorityFeePerGas: try L1Transaction.narrow(try fields.readUInt256()), nonce: try fields.readUInt64(),
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
