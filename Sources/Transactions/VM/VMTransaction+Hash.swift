import Cryptography
import Primitives

// The two hashes that the virtual machine computes of a transaction: what the sender signed, and the name that goes into
// the block's rolling hash.
//
// Source: zksync-os `basic_bootloader/src/bootloader/transaction/mod.rs`.

extension VMTransaction {
  /// A hash, and what the virtual machine pays for it.
  public struct PricedHash: Sendable, Equatable {
    public let hash: Bytes32
    /// Bytes of each message that is hashed on the way, in the order in which native resources are charged for them. The
    /// type byte before an RLP list is free.
    public let messageLengths: [Int]
  }

  /// What the sender signs on the chain with `chainID`: Ethereum's signing hash, or that of EIP-712 with zkSync's domain.
  /// An L1 transaction, which nobody signs, has none: `nil`. Throws where the access list is malformed.
  public func signingHash(chainID: UInt64) throws(VMTransactionError) -> PricedHash? {
    switch type {
    case 0x71:
      return typedDataHash(chainID: chainID)
    case 0x00...0x02:
      let list = try ethereumList(chainID: chainID) {
        guard type == 0x00, !reserved[0].isZero else { return }
        $0.append(chainID)
        $0.append(0 as UInt64)
        $0.append(0 as UInt64)
      }
      return ethereumHash(of: list)
    default:
      return nil
    }
  }

  /// The hash under which the block and its proof know the transaction. That of types 0, 1 and 2 is *not* Ethereum's: r
  /// and s come before v, and v is never a bare parity. Throws where the access list is malformed.
  public func hash(chainID: UInt64) throws(VMTransactionError) -> PricedHash {
    switch type {
    case 0x71:
      let signed = typedDataHash(chainID: chainID)
      return PricedHash(
        hash: Keccak256.hash(signed.hash, Keccak256.hash(signature)),
        messageLengths: signed.messageLengths + [signature.count + 64])
    case 0x00...0x02:
      let r = UInt256(bigEndianBytes: signature.prefix(32)) ?? .zero
      let s = UInt256(bigEndianBytes: signature.dropFirst(32).prefix(32)) ?? .zero
      var v = UInt256(UInt64(signature.last ?? 0))
      if type == 0x00, !reserved[0].isZero { v = v &+ UInt256(chainID) &* 2 &+ 8 }
      let list = try ethereumList(chainID: chainID) {
        $0.append(r)
        $0.append(s)
        $0.append(v)
      }
      return ethereumHash(of: list)
    default:
      let body = encoded
      var hasher = Keccak256()
      hasher.update(Bytes32(0x20 as UInt256))
      hasher.update(body)
      return PricedHash(hash: hasher.finalize(), messageLengths: [32 + body.count])
    }
  }

  private func ethereumHash(of list: [UInt8]) -> PricedHash {
    PricedHash(hash: Keccak256.hash(type == 0x00 ? list : [type] + list), messageLengths: [list.count])
  }

  /// The RLP list of a legacy, EIP-2930 or EIP-1559 transaction, ended by the fields that `body` appends.
  private func ethereumList(chainID: UInt64, _ body: (inout RLPWriter) -> Void) throws(VMTransactionError) -> [UInt8] {
    let accessList = type == 0x00 ? AccessList() : try self.accessList
    var writer = RLPWriter()
    writer.appendList {
      if type != 0x00 { $0.append(chainID) }
      $0.append(nonce)
      if type == 0x02 { $0.append(UInt256(maxPriorityFeePerGas)) }
      $0.append(UInt256(maxFeePerGas))
      $0.append(gasLimit)
      if reserved[1].isZero { $0.append(to) } else { $0.append(bytes: EmptyCollection()) }
      $0.append(value)
      $0.append(bytes: data)
      if type != 0x00 { accessList.write(to: &$0) }
      body(&$0)
    }
    return writer.encoded
  }

  /// The EIP-712 hash of the transaction as typed data of the domain "zkSync", version "2".
  private func typedDataHash(chainID: UInt64) -> PricedHash {
    var domain = Keccak256()
    for word in Self.domainWords { domain.update(word) }
    domain.update(Bytes32(UInt256(chainID)))

    let dependencies = factoryDeps.flatMap(\.bytes)
    var structure = Keccak256()
    structure.update(Self.transactionTypeHash)
    for word in [
      UInt256(UInt64(type)), UInt256(from), UInt256(to), UInt256(gasLimit), UInt256(UInt64(gasPerPubdataLimit)),
      UInt256(maxFeePerGas), UInt256(maxPriorityFeePerGas), UInt256(paymaster), nonce, value,
    ] { structure.update(Bytes32(word)) }
    structure.update(Keccak256.hash(data))
    structure.update(Keccak256.hash(dependencies))
    structure.update(Keccak256.hash(paymasterInput))

    var message = Keccak256()
    message.update([0x19, 0x01])
    message.update(domain.finalize())
    message.update(structure.finalize())
    return PricedHash(
      hash: message.finalize(),
      messageLengths: [128, 448, data.count, dependencies.count, paymasterInput.count, 66])
  }

  /// The hashes of the domain's type, its name and its version.
  private static let domainWords: [Bytes32] = [
    Keccak256.hash(utf8: "EIP712Domain(string name,string version,uint256 chainId)"), Keccak256.hash(utf8: "zkSync"),
    Keccak256.hash(utf8: "2"),
  ]

  private static let transactionTypeHash = Keccak256.hash(
    utf8: "Transaction(uint256 txType,uint256 from,uint256 to,uint256 gasLimit,uint256 gasPerPubdataByteLimit,"
      + "uint256 maxFeePerGas,uint256 maxPriorityFeePerGas,uint256 paymaster,uint256 nonce,uint256 value,bytes data,"
      + "bytes32[] factoryDeps,bytes paymasterInput)")
}
