import Primitives

extension SignedTransaction {
  /// The EIP-2718 envelope: the type byte and the RLP list of the fields, or the bare list of a legacy transaction.
  public var envelope: [UInt8] {
    if kind == .typedData { return typedDataEnvelope }
    let v: UInt256 =
      switch (kind, chainID) {
      // EIP-155 hides the chain id in v.
      case (.legacy, let chainID?): UInt256(chainID) &* 2 &+ UInt256(UInt64(35 + signature.yParity))
      case (.legacy, nil): UInt256(UInt64(27 + signature.yParity))
      default: UInt256(UInt64(signature.yParity))
      }
    return encoded {
      $0.append(v)
      $0.append(UInt256(signature.r))
      $0.append(UInt256(signature.s))
    }
  }

  /// The bytes whose keccak256 the sender signs (EIP-155, EIP-2930, EIP-1559, EIP-4844, EIP-7702).
  var signingMessage: [UInt8] {
    encoded {
      guard kind == .legacy, let chainID else { return }
      $0.append(chainID)
      $0.append(0 as UInt64)
      $0.append(0 as UInt64)
    }
  }

  /// The type byte, if any, and the list of the unsigned fields with those that `body` appends behind them.
  private func encoded(_ body: (inout RLPWriter) -> Void) -> [UInt8] {
    var writer = RLPWriter()
    if kind != .legacy { writer.append(encoded: CollectionOfOne(kind.rawValue)) }
    writer.appendList {
      appendUnsignedFields(to: &$0)
      body(&$0)
    }
    return writer.encoded
  }

  /// The fields before the signature, in the order of the type's EIP.
  private func appendUnsignedFields(to writer: inout RLPWriter) {
    if kind != .legacy { writer.append(chainID ?? 0) }
    writer.append(nonce)
    if kind != .legacy && kind != .accessList { writer.append(maxPriorityFeePerGas) }
    writer.append(maxFeePerGas)
    writer.append(gasLimit)
    if let to { writer.append(to) } else { writer.append(bytes: EmptyCollection()) }
    writer.append(value)
    writer.append(bytes: input)
    if kind != .legacy { accessList.write(to: &writer) }
    if kind == .blob {
      writer.append(maxFeePerBlobGas)
      writer.appendList { for hash in blobVersionedHashes { $0.append(hash) } }
    }
    if kind == .setCode { writer.appendList { for item in authorizations { item.write(to: &$0) } } }
  }
}
