/// Thirty-two bytes: a hash, a storage key, a storage value.
///
/// Held as four words in memory order, so that the value *is* its bytes: `withUnsafeBytes` needs no copy.
@frozen
public struct Bytes32: Sendable {
  /// Bytes 0–7, as they lie in memory; `w1`, `w2` and `w3` follow.
  public var w0: UInt64
  public var w1: UInt64
  public var w2: UInt64
  public var w3: UInt64

  @inlinable @inline(__always)
  public init(w0: UInt64, w1: UInt64, w2: UInt64, w3: UInt64) {
    self.w0 = w0
    self.w1 = w1
    self.w2 = w2
    self.w3 = w3
  }

  @inlinable @inline(__always)
  public static var zero: Bytes32 { Bytes32(w0: 0, w1: 0, w2: 0, w3: 0) }

  @inlinable @inline(__always)
  public var isZero: Bool { (w0 | w1 | w2 | w3) == 0 }

  /// Reads 32 bytes; no alignment needed.
  @inlinable @inline(__always)
  public init(loading bytes: UnsafeRawPointer) {
    self.init(
      w0: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
      w1: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
      w2: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
      w3: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
  }

  /// Writes 32 bytes; no alignment needed.
  @inlinable @inline(__always)
  public func store(to bytes: UnsafeMutableRawPointer) {
    bytes.storeBytes(of: w0, toByteOffset: 0, as: UInt64.self)
    bytes.storeBytes(of: w1, toByteOffset: 8, as: UInt64.self)
    bytes.storeBytes(of: w2, toByteOffset: 16, as: UInt64.self)
    bytes.storeBytes(of: w3, toByteOffset: 24, as: UInt64.self)
  }

  /// Exactly 32 bytes; `nil` for any other count.
  @inlinable
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == 32 else { return nil }
    self = .zero
    withUnsafeMutableBytes(of: &self) { $0.copyBytes(from: bytes) }
  }

  /// The number, most significant byte first.
  @inlinable @inline(__always)
  public init(_ number: UInt256) {
    self.init(
      w0: number.l3.bigEndian, w1: number.l2.bigEndian, w2: number.l1.bigEndian, w3: number.l0.bigEndian)
  }

  /// The 32 bytes.
  @inlinable
  public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

  @inlinable @inline(__always)
  public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    try Swift.withUnsafeBytes(of: self, body)
  }

  /// The byte at `index`, 0 ≤ index < 32.
  @inlinable
  public subscript(index: Int) -> UInt8 {
    precondition(index >= 0 && index < 32, "index out of range")
    return withUnsafeBytes { $0[index] }
  }
}

extension UInt256 {
  /// The number that the bytes spell, most significant first.
  @inlinable @inline(__always)
  public init(_ bytes: Bytes32) {
    self.init(
      l0: UInt64(bigEndian: bytes.w3), l1: UInt64(bigEndian: bytes.w2), l2: UInt64(bigEndian: bytes.w1),
      l3: UInt64(bigEndian: bytes.w0))
  }
}

extension Bytes32: Hashable {
  @inlinable @inline(__always)
  public static func == (a: Bytes32, b: Bytes32) -> Bool {
    ((a.w0 ^ b.w0) | (a.w1 ^ b.w1) | (a.w2 ^ b.w2) | (a.w3 ^ b.w3)) == 0
  }

  @inlinable
  public func hash(into hasher: inout Hasher) { hasher.combine(SeededHash.mix(w0, w1, w2, w3)) }

  @inlinable
  public func _rawHashValue(seed: Int) -> Int { SeededHash.mix(w0, w1, w2, w3, seed: seed) }
}

extension Bytes32: Comparable {
  /// The order of the bytes, first byte first.
  @inlinable @inline(__always)
  public static func < (a: Bytes32, b: Bytes32) -> Bool { UInt256(a) < UInt256(b) }
}

extension Bytes32: CustomStringConvertible {
  /// `0x` and 64 lower-case digits.
  public var description: String { withUnsafeBytes { Hex.encode($0) } }

  /// Exactly 64 hexadecimal digits, with or without `0x`.
  public init?(hex text: some StringProtocol) {
    self = .zero
    guard withUnsafeMutableBytes(of: &self, { Hex.read(text, exactly: 32, to: $0.baseAddress.unsafelyUnwrapped) })
    else { return nil }
  }
}
