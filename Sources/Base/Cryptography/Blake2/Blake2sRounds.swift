/// What BLAKE2s computes with: one 32-bit word, or the same word of eight independent messages.
protocol Blake2sWord: BitwiseCopyable, Sendable {
  static func &+ (a: Self, b: Self) -> Self
  static func ^ (a: Self, b: Self) -> Self
  init(_ word: UInt32)
  /// Rotates every word right by 0 < `count` < 32.
  func rotatedRight(_ count: UInt32) -> Self
}

extension UInt32: Blake2sWord {
  @inline(__always)
  func rotatedRight(_ count: UInt32) -> UInt32 { self &>> count | self &<< (32 &- count) }
}

extension SIMD8<UInt32>: Blake2sWord {
  @inline(__always)
  init(_ word: UInt32) { self.init(repeating: word) }

  @inline(__always)
  func rotatedRight(_ count: UInt32) -> Self {
    self &>> SIMD8(repeating: count) | self &<< SIMD8(repeating: 32 &- count)
  }
}

/// The chaining value of BLAKE2s: eight words.
struct Blake2sState<Word: Blake2sWord>: Sendable {
  var h0, h1, h2, h3, h4, h5, h6, h7: Word

  /// The state before the first block, for a digest of 32 bytes without a key (RFC 7693, section 2.5: the parameter
  /// word 0x01010020 is folded into h0).
  @inline(__always)
  init() {
    (h0, h1, h2, h3) = (Word(iv[0] ^ 0x0101_0020), Word(iv[1]), Word(iv[2]), Word(iv[3]))
    (h4, h5, h6, h7) = (Word(iv[4]), Word(iv[5]), Word(iv[6]), Word(iv[7]))
  }

  /// The function F of RFC 7693, section 3.2.
  ///
  /// - Parameters:
  ///   - block: the sixteen words of the message block, least significant byte first; no alignment needed.
  ///   - total: how many bytes of the message are absorbed with this block.
  ///   - isLast: whether the block ends the message.
  @inline(never)
  mutating func compress(_ block: UnsafeRawPointer, total: UInt64, isLast: Bool, rounds: Blake2s256.Rounds = .ten) {
    var v = Blake2sWork(self, total: total, isLast: isLast)
    v.mixSeven(block)
    if rounds == .ten { v.mixLastThree(block) }
    h0 = h0 ^ v.v0 ^ v.v8
    h1 = h1 ^ v.v1 ^ v.v9
    h2 = h2 ^ v.v2 ^ v.v10
    h3 = h3 ^ v.v3 ^ v.v11
    h4 = h4 ^ v.v4 ^ v.v12
    h5 = h5 ^ v.v5 ^ v.v13
    h6 = h6 ^ v.v6 ^ v.v14
    h7 = h7 ^ v.v7 ^ v.v15
  }
}

/// The sixteen words that the rounds of BLAKE2s work on, each a local of its own: they stay in registers, and a message
/// word is an operand in memory.
private struct Blake2sWork<Word: Blake2sWord> {
  var v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15: Word

  @inline(__always)
  init(_ state: Blake2sState<Word>, total: UInt64, isLast: Bool) {
    (v0, v1, v2, v3) = (state.h0, state.h1, state.h2, state.h3)
    (v4, v5, v6, v7) = (state.h4, state.h5, state.h6, state.h7)
    (v8, v9, v10, v11) = (Word(iv[0]), Word(iv[1]), Word(iv[2]), Word(iv[3]))
    v12 = Word(iv[4] ^ UInt32(truncatingIfNeeded: total))
    v13 = Word(iv[5] ^ UInt32(truncatingIfNeeded: total &>> 32))
    v14 = Word(isLast ? ~iv[6] : iv[6])
    v15 = Word(iv[7])
  }

  /// The first seven rounds; the numbers are the rows of the message schedule SIGMA (RFC 7693, section 2.7).
  @inline(__always)
  mutating func mixSeven(_ m: UnsafeRawPointer) {
    round(m, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
    round(m, 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3)
    round(m, 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4)
    round(m, 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8)
    round(m, 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13)
    round(m, 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9)
    round(m, 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11)
  }

  /// The rounds that the reduced hash leaves out.
  @inline(__always)
  mutating func mixLastThree(_ m: UnsafeRawPointer) {
    round(m, 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10)
    round(m, 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5)
    round(m, 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0)
  }

  /// A round: four columns, then four diagonals.
  @inline(__always)
  private mutating func round(
    _ m: UnsafeRawPointer, _ s0: Int, _ s1: Int, _ s2: Int, _ s3: Int, _ s4: Int, _ s5: Int, _ s6: Int, _ s7: Int,
    _ s8: Int, _ s9: Int, _ s10: Int, _ s11: Int, _ s12: Int, _ s13: Int, _ s14: Int, _ s15: Int
  ) {
    Self.mix(&v0, &v4, &v8, &v12, m, s0, s1)
    Self.mix(&v1, &v5, &v9, &v13, m, s2, s3)
    Self.mix(&v2, &v6, &v10, &v14, m, s4, s5)
    Self.mix(&v3, &v7, &v11, &v15, m, s6, s7)
    Self.mix(&v0, &v5, &v10, &v15, m, s8, s9)
    Self.mix(&v1, &v6, &v11, &v12, m, s10, s11)
    Self.mix(&v2, &v7, &v8, &v13, m, s12, s13)
    Self.mix(&v3, &v4, &v9, &v14, m, s14, s15)
  }

  /// The function G.
  @inline(__always)
  private static func mix(
    _ a: inout Word, _ b: inout Word, _ c: inout Word, _ d: inout Word, _ m: UnsafeRawPointer, _ x: Int, _ y: Int
  ) {
    a = a &+ b &+ m.loadUnaligned(fromByteOffset: x &* MemoryLayout<Word>.size, as: Word.self)
    d = (d ^ a).rotatedRight(16)
    c = c &+ d
    b = (b ^ c).rotatedRight(12)
    a = a &+ b &+ m.loadUnaligned(fromByteOffset: y &* MemoryLayout<Word>.size, as: Word.self)
    d = (d ^ a).rotatedRight(8)
    c = c &+ d
    b = (b ^ c).rotatedRight(7)
  }
}

/// The initialization vector, which is SHA-256's (RFC 7693, section 2.6).
private let iv: InlineArray<8, UInt32> = [
  0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
]
