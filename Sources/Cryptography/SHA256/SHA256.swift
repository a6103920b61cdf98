import Primitives

/// SHA-256 (FIPS 180-4): the precompile at 0x02 and the versioned hashes of blobs.
///
/// Our own, since neither use is hot and a library would cost the build more than these lines.
public struct SHA256: Sendable {
  /// Bytes that one compression absorbs.
  public static let blockSize = 64

  private var state = initialState
  private var block = InlineArray<64, UInt8>(repeating: 0)
  private var filled = 0
  private var total: UInt64 = 0

  public init() {}

  /// Absorbs more of the message.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard var source = bytes.baseAddress else { return }
    var left = bytes.count
    total &+= UInt64(left)
    if filled > 0 {
      let count = min(left, Self.blockSize - filled)
      fill(from: source, count: count)
      source += count
      left -= count
      guard filled == Self.blockSize else { return }
      compressBlock()
    }
    while left >= Self.blockSize {
      Self.compress(&state, source)
      source += Self.blockSize
      left -= Self.blockSize
    }
    fill(from: source, count: left)
  }

  /// Absorbs more of the message.
  public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  /// The digest of what was absorbed. The hasher is left as it is: it can take more, and be asked again.
  public func finalize() -> Bytes32 {
    var last = self
    last.block[filled] = 0x80
    last.clear(from: filled + 1)
    if filled >= Self.blockSize - 8 {
      last.compressBlock()
      last.clear(from: 0)
    }
    let bits = total &* 8
    withUnsafeMutableBytes(of: &last.block) {
      $0.storeBytes(of: bits.bigEndian, toByteOffset: Self.blockSize - 8, as: UInt64.self)
    }
    last.compressBlock()
    let s = last.state
    return Bytes32(
      UInt256(
        l0: UInt64(s[6]) << 32 | UInt64(s[7]), l1: UInt64(s[4]) << 32 | UInt64(s[5]),
        l2: UInt64(s[2]) << 32 | UInt64(s[3]), l3: UInt64(s[0]) << 32 | UInt64(s[1])))
  }

  /// The digest of `bytes`.
  public static func hash(_ bytes: UnsafeRawBufferPointer) -> Bytes32 {
    var hasher = SHA256()
    hasher.update(bytes)
    return hasher.finalize()
  }

  /// The digest of `bytes`.
  public static func hash(_ bytes: [UInt8]) -> Bytes32 { bytes.withUnsafeBytes { hash($0) } }

  private mutating func fill(from source: UnsafeRawPointer, count: Int) {
    let offset = filled
    withUnsafeMutableBytes(of: &block) {
      ($0.baseAddress.unsafelyUnwrapped + offset).copyMemory(from: source, byteCount: count)
    }
    filled += count
  }

  private mutating func clear(from offset: Int) {
    for index in offset..<Self.blockSize { block[index] = 0 }
  }

  private mutating func compressBlock() {
    withUnsafeBytes(of: &block) { Self.compress(&state, $0.baseAddress.unsafelyUnwrapped) }
    filled = 0
  }

  /// The compression function (FIPS 180-4, section 6.2.2).
  @inline(never)
  private static func compress(_ state: inout SIMD8<UInt32>, _ block: UnsafeRawPointer) {
    var w = InlineArray<64, UInt32>(repeating: 0)
    for index in 0..<16 {
      w[unchecked: index] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: 4 &* index, as: UInt32.self))
    }
    for index in 16..<64 {
      let x = w[unchecked: index &- 15], y = w[unchecked: index &- 2]
      let small0 = rotate(x, 7) ^ rotate(x, 18) ^ x &>> 3
      let small1 = rotate(y, 17) ^ rotate(y, 19) ^ y &>> 10
      w[unchecked: index] = w[unchecked: index &- 16] &+ small0 &+ w[unchecked: index &- 7] &+ small1
    }
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    @inline(__always)
    func input(_ round: Int) -> UInt32 { roundConstants[unchecked: round] &+ w[unchecked: round] }
    // A round changes two of the eight words and renames all; after eight rounds the names are back.
    for round in stride(from: 0, to: 64, by: 8) {
      Self.round(a, b, c, &d, e, f, g, &h, input(round))
      Self.round(h, a, b, &c, d, e, f, &g, input(round &+ 1))
      Self.round(g, h, a, &b, c, d, e, &f, input(round &+ 2))
      Self.round(f, g, h, &a, b, c, d, &e, input(round &+ 3))
      Self.round(e, f, g, &h, a, b, c, &d, input(round &+ 4))
      Self.round(d, e, f, &g, h, a, b, &c, input(round &+ 5))
      Self.round(c, d, e, &f, g, h, a, &b, input(round &+ 6))
      Self.round(b, c, d, &e, f, g, h, &a, input(round &+ 7))
    }
    state = state &+ SIMD8(a, b, c, d, e, f, g, h)
  }

  @inline(__always)
  private static func round(
    _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32, _ f: UInt32, _ g: UInt32,
    _ h: inout UInt32, _ input: UInt32
  ) {
    let big1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    let first = h &+ big1 &+ (g ^ e & (f ^ g)) &+ input
    let big0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    d = d &+ first
    h = first &+ big0 &+ (a & b | c & (a | b))
  }

  @inline(__always)
  private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { word &>> count | word &<< (32 &- count) }
}

private let initialState = SIMD8<UInt32>(
  0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19)

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, section 4.2.2).
private let roundConstants: InlineArray<64, UInt32> = [
  0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
  0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
  0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
  0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
  0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
  0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
  0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
  0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
]
