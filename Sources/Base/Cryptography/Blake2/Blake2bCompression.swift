/// The compression function F of BLAKE2b (RFC 7693, section 3.2) with any number of rounds: the precompile at 0x09
/// (EIP-152).
public enum Blake2bCompression {
  /// Compresses one block into the state.
  ///
  /// - Parameters:
  ///   - state: 64 bytes, the words h0 ... h7, each least significant byte first; rewritten.
  ///   - block: 128 bytes, the words of the message block, each least significant byte first.
  ///   - total: the offset counter, as two words, low then high.
  ///   - isLast: whether the block ends the message.
  ///   - rounds: how often to mix; BLAKE2b itself takes 12. Time is proportional to it, a few nanoseconds each.
  public static func compress(
    state: UnsafeMutableRawPointer, block: UnsafeRawPointer, total: (UInt64, UInt64), isLast: Bool, rounds: UInt32
  ) {
    let m = block
    var v = Work(state, total: total, isLast: isLast)
    var left = rounds
    // The schedule SIGMA (RFC 7693, section 2.7) repeats after ten rounds.
    while left > 0 {
      if left == 0 { break }
      left &-= 1
      v.round(m, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
      if left == 0 { break }
      left &-= 1
      v.round(m, 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3)
      if left == 0 { break }
      left &-= 1
      v.round(m, 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4)
      if left == 0 { break }
      left &-= 1
      v.round(m, 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8)
      if left == 0 { break }
      left &-= 1
      v.round(m, 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13)
      if left == 0 { break }
      left &-= 1
      v.round(m, 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9)
      if left == 0 { break }
      left &-= 1
      v.round(m, 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11)
      if left == 0 { break }
      left &-= 1
      v.round(m, 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10)
      if left == 0 { break }
      left &-= 1
      v.round(m, 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5)
      if left == 0 { break }
      left &-= 1
      v.round(m, 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0)
    }
    v.fold(into: state)
  }
}

/// The sixteen words that the rounds work on.
private struct Work {
  var v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15: UInt64

  @inline(__always)
  init(_ state: UnsafeRawPointer, total: (UInt64, UInt64), isLast: Bool) {
    @inline(__always)
    func h(_ index: Int) -> UInt64 { state.loadUnaligned(fromByteOffset: 8 &* index, as: UInt64.self) }
    (v0, v1, v2, v3, v4, v5, v6, v7) = (h(0), h(1), h(2), h(3), h(4), h(5), h(6), h(7))
    // The initialization vector, which is SHA-512's.
    (v8, v9) = (0x6a09_e667_f3bc_c908, 0xbb67_ae85_84ca_a73b)
    (v10, v11) = (0x3c6e_f372_fe94_f82b, 0xa54f_f53a_5f1d_36f1)
    (v12, v13) = (0x510e_527f_ade6_82d1 ^ total.0, 0x9b05_688c_2b3e_6c1f ^ total.1)
    (v14, v15) = (0x1f83_d9ab_fb41_bd6b, 0x5be0_cd19_137e_2179)
    if isLast { v14 = ~v14 }
  }

  @inline(__always)
  func fold(into state: UnsafeMutableRawPointer) {
    @inline(__always)
    func fold(_ index: Int, _ a: UInt64, _ b: UInt64) {
      let word = state.loadUnaligned(fromByteOffset: 8 &* index, as: UInt64.self) ^ a ^ b
      state.storeBytes(of: word, toByteOffset: 8 &* index, as: UInt64.self)
    }
    fold(0, v0, v8)
    fold(1, v1, v9)
    fold(2, v2, v10)
    fold(3, v3, v11)
    fold(4, v4, v12)
    fold(5, v5, v13)
    fold(6, v6, v14)
    fold(7, v7, v15)
  }

  /// A round: four columns, then four diagonals.
  @inline(__always)
  mutating func round(
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
    _ a: inout UInt64, _ b: inout UInt64, _ c: inout UInt64, _ d: inout UInt64, _ m: UnsafeRawPointer, _ x: Int,
    _ y: Int
  ) {
    a = a &+ b &+ m.loadUnaligned(fromByteOffset: 8 &* x, as: UInt64.self)
    d = rotate(d ^ a, 32)
    c = c &+ d
    b = rotate(b ^ c, 24)
    a = a &+ b &+ m.loadUnaligned(fromByteOffset: 8 &* y, as: UInt64.self)
    d = rotate(d ^ a, 16)
    c = c &+ d
    b = rotate(b ^ c, 63)
  }

  @inline(__always)
  private static func rotate(_ word: UInt64, _ count: UInt64) -> UInt64 { word &>> count | word &<< (64 &- count) }
}
