import Primitives

extension L2Transaction {
  /// The EIP-2718 envelope: the type byte and the RLP list of the fields, or the bare list of a legacy transaction.
  public var envelope: [UInt8] {
    let v: UInt256 =
      switch (kind, chainID) {
      // EIP-155 hides the chain id in v.
      case (.legacy, let chainID?): UInt256(chainID) &* 2 &+ UInt256(UInt64(35 + signature.yParity))
      case (.legacy, nil): UInt256(UInt64(27 + signature.yParity))
      default: UInt256(UInt64(signature.yParity))
      }
    let fields = unsignedFields + [RLP.encode(v), RLP.encode(UInt256(signature.r)), RLP.encode(UInt256(signature.s))]
    return Self.envelope(kind, fields)
  }

  /// The encoded fields before the signature, in the order of the type's EIP.
  var unsignedFields: [[UInt8]] {
    let destination = RLP.encode(to?.bytes ?? [])
    let call = [RLP.encode(gasLimit), destination, RLP.encode(value), RLP.encode(input)]
    switch kind {
    case .legacy:
      return [RLP.encode(nonce), RLP.encode(maxFeePerGas)] + call
    case .accessList:
      return [RLP.encode(chainID ?? 0), RLP.encode(nonce), RLP.encode(maxFeePerGas)] + call + [accessList.encoded]
    case .dynamicFee, .blob:
      var fields = [
        RLP.encode(chainID ?? 0), RLP.encode(nonce), RLP.encode(maxPriorityFeePerGas), RLP.encode(maxFeePerGas),
      ]
      fields += call + [accessList.encoded]
      if kind == .blob {
        fields += [
          RLP.encode(maxFeePerBlobGas), RLP.encodeList(blobVersionedHashes.map { RLP.encode($0) }),
        ]
      }
      return fields
    }
  }

  static func envelope(_ kind: Kind, _ fields: [[UInt8]]) -> [UInt8] {
    let list = RLP.encodeList(fields)
    return kind == .legacy ? list : [kind.rawValue] + list
  }
}
