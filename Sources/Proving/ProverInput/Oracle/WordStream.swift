import Primitives

/// Words in the order in which a guest reads them, with the serialization of every type that crosses the oracle.
///
/// The guest is a 32-bit machine and the reference host a 64-bit one; all types are defined as lists of machine words on
/// which both agree, so everything is a multiple of two words. Source: zksync-os `zk_ee/src/kv_markers/kv_impls.rs`.
public struct WordStream: Sendable {
  public private(set) var words: [UInt32] = []

  public init() {}

  public var count: Int { words.count }

  public mutating func reserve(_ count: Int) { words.reserveCapacity(words.count + count) }

  public mutating func removeAll() { words.removeAll(keepingCapacity: true) }

  /// The number of words that follow: how every answer begins.
  public mutating func append(count: Int) { words.append(UInt32(count)) }

  /// Two words: the value and zero.
  public mutating func append(_ value: Bool) { append(UInt64(value ? 1 : 0)) }

  /// Two words, the low half first. Narrower integers are written the same way.
  public mutating func append(_ value: UInt64) {
    words.append(UInt32(truncatingIfNeeded: value))
    words.append(UInt32(value >> 32))
  }

  /// Eight words of the *number*, the least significant first.
  public mutating func append(_ value: UInt256) {
    append(value.l0)
    append(value.l1)
    append(value.l2)
    append(value.l3)
  }

  /// Eight words of the *bytes*: word i is bytes 4i … 4i+3, little-endian.
  public mutating func append(_ value: Bytes32) {
    append(UInt64(littleEndian: value.w0))
    append(UInt64(littleEndian: value.w1))
    append(UInt64(littleEndian: value.w2))
    append(UInt64(littleEndian: value.w3))
  }

  /// Six words of the address as a number, the least significant first.
  public mutating func append(_ address: Address) {
    let number = UInt256(address)
    append(number.l0)
    append(number.l1)
    append(number.l2)
  }

  /// The bytes as little-endian words, zero padded to a multiple of eight bytes. Their count is not included.
  public mutating func append(bytes: [UInt8]) {
    words.reserveCapacity(words.count + Self.count(ofBytes: bytes.count))
    bytes.withUnsafeBytes { buffer in
      let whole = buffer.count & ~7
      for offset in stride(from: 0, to: whole, by: 8) {
        append(UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
      }
      guard whole < buffer.count else { return }
      var last: UInt64 = 0
      for offset in whole..<buffer.count { last |= UInt64(buffer[offset]) << UInt64(8 * (offset - whole)) }
      append(last)
    }
  }

  /// Words that `byteCount` bytes take.
  public static func count(ofBytes byteCount: Int) -> Int { (byteCount + 7) / 8 * 2 }
}
