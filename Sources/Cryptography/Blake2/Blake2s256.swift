import Primitives

/// BLAKE2s with a 32-byte digest and no key (RFC 7693), one message at a time.
@frozen
public struct Blake2s256: Sendable {
  @usableFromInline var h: SIMD8<UInt32>
  @usableFromInline var buffer: InlineArray<16, UInt32>
  /// Bytes waiting in `buffer`; the last block is compressed only at the end.
  @usableFromInline var buffered = 0
  /// Bytes compressed so far.
  @usableFromInline var counter: UInt64 = 0

  @usableFromInline static let initial = SIMD8<UInt32>(
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19)

  /// Begins an incremental hash.
  public init() {
    h = Self.initial
    // The parameter block: digest length 32, key length 0, fanout 1, depth 1.
    h[0] ^= 0x0101_0020
    buffer = .init(repeating: 0)
  }

  /// The hash of `bytes`.
  public static func hash(_ bytes: UnsafeRawBufferPointer) -> Bytes32 {
    var hasher = Blake2s256()
    hasher.update(bytes)
    return hasher.finalize()
  }

  /// The hash of `bytes`.
  @inlinable
  public static func hash(_ bytes: [UInt8]) -> Bytes32 { bytes.withUnsafeBytes { hash($0) } }

  /// The hash of `bytes`.
  @inlinable
  public static func hash(_ bytes: ArraySlice<UInt8>) -> Bytes32 { bytes.withUnsafeBytes { hash($0) } }

  /// Absorbs further bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var offset = 0
    while offset < bytes.count {
      if buffered == 64 {
        counter &+= 64
        compress(isLast: false)
        buffered = 0
      }
      let count = min(64 &- buffered, bytes.count &- offset)
      withUnsafeMutableBytes(of: &buffer) { block in
        UnsafeMutableRawBufferPointer(rebasing: block[buffered..<buffered &+ count])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset &+ count]))
      }
      buffered &+= count
      offset &+= count
    }
  }

  /// Absorbs further bytes.
  @inlinable
  public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  /// Absorbs further bytes.
  @inlinable
  public mutating func update(_ bytes: Bytes32) { bytes.withUnsafeBytes { update($0) } }

  /// Ends the hash. The hasher must not be used afterwards.
  public mutating func finalize() -> Bytes32 {
    withUnsafeMutableBytes(of: &buffer) { block in
      for index in buffered..<64 { block[index] = 0 }
    }
    counter &+= UInt64(buffered)
    compress(isLast: true)
    return withUnsafeBytes(of: h) { Bytes32(loading: $0.baseAddress.unsafelyUnwrapped) }
  }

  private mutating func compress(isLast: Bool) {
    var v = Blake2sLanes(h: h, counter: counter, isLast: isLast)
    v.rounds(buffer)
    h ^= SIMD8(
      v.v0 ^ v.v8, v.v1 ^ v.v9, v.v2 ^ v.v10, v.v3 ^ v.v11, v.v4 ^ v.v12, v.v5 ^ v.v13, v.v6 ^ v.v14, v.v7 ^ v.v15)
  }
}

/// The sixteen working words of a compression, in locals.
private struct Blake2sLanes {
  var v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15: UInt32

  @inline(__always)
  init(h: SIMD8<UInt32>, counter: UInt64, isLast: Bool) {
    (v0, v1, v2, v3) = (h[0], h[1], h[2], h[3])
    (v4, v5, v6, v7) = (h[4], h[5], h[6], h[7])
    (v8, v9, v10, v11) = (0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a)
    v12 = 0x510e_527f ^ UInt32(truncatingIfNeeded: counter)
    v13 = 0x9b05_688c ^ UInt32(truncatingIfNeeded: counter >> 32)
    v14 = isLast ? ~0x1f83_d9ab : 0x1f83_d9ab
    v15 = 0x5be0_cd19
  }

  @inline(__always)
  static func mix(
    _ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32, _ d: inout UInt32, _ x: UInt32, _ y: UInt32
  ) {
    a = a &+ b &+ x
    d = rotr(d ^ a, 16)
    c = c &+ d
    b = rotr(b ^ c, 12)
    a = a &+ b &+ y
    d = rotr(d ^ a, 8)
    c = c &+ d
    b = rotr(b ^ c, 7)
  }

  @inline(__always)
  static func rotr(_ x: UInt32, _ n: UInt32) -> UInt32 { x &>> n | x &<< (32 &- n) }

  @inline(__always)
  mutating func rounds(_ m: InlineArray<16, UInt32>) {
    var round = 0
    while round < 10 {
      let base = round &* 16
      @inline(__always) func word(_ index: Int) -> UInt32 {
        UInt32(littleEndian: m[Int(schedule[base &+ index])])
      }
      Self.mix(&v0, &v4, &v8, &v12, word(0), word(1))
      Self.mix(&v1, &v5, &v9, &v13, word(2), word(3))
      Self.mix(&v2, &v6, &v10, &v14, word(4), word(5))
      Self.mix(&v3, &v7, &v11, &v15, word(6), word(7))
      Self.mix(&v0, &v5, &v10, &v15, word(8), word(9))
      Self.mix(&v1, &v6, &v11, &v12, word(10), word(11))
      Self.mix(&v2, &v7, &v8, &v13, word(12), word(13))
      Self.mix(&v3, &v4, &v9, &v14, word(14), word(15))
      round &+= 1
    }
  }
}

/// Which message word each step of each round takes (RFC 7693, section 2.7).
let schedule: InlineArray<160, UInt8> = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
  11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4,
  7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8,
  9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13,
  2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9,
  12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11,
  13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10,
  6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5,
  10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0,
]
