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
      let hashes = ethereumHashes(chainID: chainID, accessList: type == 0x00 ? AccessList() : try accessList)
      return PricedHash(hash: hashes.signingHash, messageLengths: [hashes.signedLength])
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
      let hashes = ethereumHashes(chainID: chainID, accessList: type == 0x00 ? AccessList() : try accessList)
      return PricedHash(hash: hashes.hash, messageLengths: [hashes.length])
    default:
      let body = encoded
      var hasher = Keccak256()
      hasher.update(Bytes32(0x20 as UInt256))
      hasher.update(body)
      return PricedHash(hash: hasher.finalize(), messageLengths: [32 + body.count])
    }
  }

  /// Both hashes of a transaction of type 0, 1 or 2, and the bytes of the RLP lists that they are of.
  public struct EthereumHashes: Sendable {
    public let hash: Bytes32
    public let length: Int
    public let signingHash: Bytes32
    public let signedLength: Int
  }

  /// Both hashes of a transaction of type 0, 1 or 2, whose lists begin alike and are written once. Who knows the sender
  /// already has no use for what was signed: without `needsSigned` that hash is zero, and only its length is right.
  public func ethereumHashes(chainID: UInt64, accessList: AccessList, needsSigned: Bool = true) -> EthereumHashes {
    var writer = RLPWriter()
    if type != 0x00 { writer.append(chainID) }
    writer.append(nonce)
    if type == 0x02 { writer.append(UInt256(maxPriorityFeePerGas)) }
    writer.append(UInt256(maxFeePerGas))
    writer.append(gasLimit)
    if reserved[1].isZero { writer.append(to) } else { writer.append(bytes: EmptyCollection()) }
    writer.append(value)
    writer.append(bytes: data)
    if type != 0x00 {
      if accessList.isEmpty { writer.append(encoded: CollectionOfOne(0xc0)) } else { accessList.write(to: &writer) }
    }
    let common = writer.encoded.count

    let isProtected = type == 0x00 && !reserved[0].isZero
    var v = UInt256(UInt64(signature.last ?? 0))
    if isProtected { v = v &+ UInt256(chainID) &* 2 &+ 8 }
    writer.append(UInt256(bigEndianBytes: signature.prefix(32)) ?? .zero)
    writer.append(UInt256(bigEndianBytes: signature.dropFirst(32).prefix(32)) ?? .zero)
    writer.append(v)
    let whole = writer.encoded.count
    if isProtected {
      writer.append(chainID)
      writer.append(0 as UInt64)
      writer.append(0 as UInt64)
    }
    return writer.encoded.withUnsafeBytes { bytes in
      let shared = UnsafeRawBufferPointer(rebasing: bytes[..<common])
      let named = hashOfList(shared, UnsafeRawBufferPointer(rebasing: bytes[common..<whole]))
      let rest = UnsafeRawBufferPointer(rebasing: bytes[whole...])
      let signed =
        needsSigned
        ? hashOfList(shared, rest) : (.zero, RLP.listLength(count: shared.count + rest.count))
      return EthereumHashes(
        hash: named.hash, length: named.length, signingHash: signed.hash, signedLength: signed.length)
    }
  }

  /// The hash of the type byte, if there is one, and the list of the items in two pieces; the length is the list's.
  private func hashOfList(
    _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer
  ) -> (hash: Bytes32, length: Int) {
    let count = first.count + second.count
    var hasher = Keccak256()
    let header = withUnsafeTemporaryAllocation(byteCount: 10, alignment: 1) { buffer in
      var size = 0
      func put(_ byte: UInt8) {
        buffer[size] = byte
        size += 1
      }
      if type != 0x00 { put(type) }
      if count < 56 {
        put(0xc0 + UInt8(count))
      } else {
        let width = 8 - count.leadingZeroBitCount / 8
        put(0xf7 + UInt8(width))
        for index in (0..<width).reversed() { put(UInt8(truncatingIfNeeded: count >> (8 * index))) }
      }
      hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<size]))
      return type == 0x00 ? size : size - 1
    }
    hasher.update(first)
    hasher.update(second)
    return (hasher.finalize(), header + count)
  }

  /// The EIP-712 hash of the transaction as typed data.
  private func typedDataHash(chainID: UInt64) -> PricedHash {
    let data = TypedData(self)
    return PricedHash(hash: data.hash(chainID: chainID), messageLengths: data.messageLengths)
  }
}
