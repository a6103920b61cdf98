// The computations that guests delegate to circuits of their own: 256-bit integers and BLAKE2s rounds.

import Primitives

/// One operation on two 256-bit integers in memory.
///
/// x10 is the address of `a` (read, always rewritten), x11 of `b` (read), x12 the control mask, replaced by a flag.
/// Source: zksync-airbender `delegations/u256_ops_with_control.rs`.
enum BigIntegerDelegation {
  @inline(never)
  static func execute(_ x: UnsafeMutablePointer<UInt32>, _ memory: UnsafeMutableRawPointer) -> DelegationFault? {
    guard isRAM(x[10], alignment: 32, count: 32) else { return .stateAddress }
    guard isRAM(x[11], alignment: 32, count: 32) else { return .operandAddress }
    guard x[10] != x[11] else { return .sameAddress }
    let target = (memory + Int(x[10])).assumingMemoryBound(to: UInt256.self)
    let a = target.pointee
    let b = (memory + Int(x[11])).assumingMemoryBound(to: UInt256.self).pointee
    let control = x[12]
    let carry = UInt256(UInt64(control >> 6 & 1))
    switch control & ~(1 << 6) {
    case 1 << 0: x[12] = store(a.addingReportingOverflow(b), then: { $0.addingReportingOverflow(carry) }, in: target)
    case 1 << 1:
      x[12] = store(a.subtractingReportingOverflow(b), then: { $0.subtractingReportingOverflow(carry) }, in: target)
    case 1 << 2:
      x[12] = store(b.subtractingReportingOverflow(a), then: { $0.subtractingReportingOverflow(carry) }, in: target)
    case 1 << 3:
      let product = a.multipliedFullWidth(by: b)
      target.pointee = product.low
      x[12] = flag(!product.high.isZero)
    case 1 << 4:
      target.pointee = a.multipliedFullWidth(by: b).high
      x[12] = 0
    case 1 << 5: x[12] = flag(a == b)
    case 1 << 7: x[12] = store((b, false), then: { $0.addingReportingOverflow(carry) }, in: target)
    default: return .control
    }
    return nil
  }

  /// Stores the result of the operation and of the carry after it; the flag is set if either overflowed.
  @inline(__always)
  private static func store(
    _ first: (partialValue: UInt256, overflow: Bool),
    then carry: (UInt256) -> (partialValue: UInt256, overflow: Bool), in target: UnsafeMutablePointer<UInt256>
  ) -> UInt32 {
    let second = carry(first.partialValue)
    target.pointee = second.partialValue
    return flag(first.overflow) | flag(second.overflow)
  }

  @inline(__always)
  private static func flag(_ condition: Bool) -> UInt32 { UInt32(unsafeBitCast(condition, to: UInt8.self)) }
}

/// One BLAKE2s round (RFC 7693) on a state of 24 words: h[0…7], then v[0…15].
///
/// x10 is the address of the state, x11 of the message, x12 selects the round (bit r), x13 holds the control bits.
/// Source: zksync-airbender `delegations/blake2_round_function_with_compression_mode.rs`.
enum Blake2sDelegation {
  static let lastRound: UInt32 = 1
  static let inputIsRightNode: UInt32 = 2
  static let compressesNodes: UInt32 = 4

  @inline(never)
  static func execute(_ x: UnsafeMutablePointer<UInt32>, _ memory: UnsafeMutableRawPointer) -> DelegationFault? {
    guard isRAM(x[10], alignment: 128, count: 128) else { return .stateAddress }
    guard isRAM(x[11], alignment: 4, count: 64) else { return .operandAddress }
    guard x[10] != x[11] else { return .sameAddress }
    let control = x[13]
    guard x[12].nonzeroBitCount == 1, x[12] < 1 << 10, control < 8 else { return .control }
    let round = x[12].trailingZeroBitCount
    let h = (memory + Int(x[10])).assumingMemoryBound(to: UInt32.self)
    let v = h + 8
    let input = (memory + Int(x[11])).assumingMemoryBound(to: UInt32.self)
    let compresses = control & compressesNodes != 0
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 16) { message in
      let m = message.baseAddress!
      if compresses {
        let isRight = control & inputIsRightNode != 0
        for i in 0..<8 {
          m[i] = isRight ? input[i] : h[i]
          m[8 + i] = isRight ? h[i] : input[i]
        }
      } else {
        for i in 0..<16 { m[i] = input[i] }
      }
      if round == 0 { start(h, v, compresses) }
      mix(v, m, round)
    }
    if control & lastRound != 0 {
      for i in 0..<8 { h[i] = (compresses ? nodeInitial(i) : h[i]) ^ v[i] ^ v[i + 8] }
    }
    return nil
  }

  /// Fills the working vector. A hash leaves v[12] and v[14] to the guest, which puts the counter and the flag there.
  private static func start(_ h: UnsafeMutablePointer<UInt32>, _ v: UnsafeMutablePointer<UInt32>, _ compresses: Bool) {
    for i in 0..<8 { v[i] = compresses ? nodeInitial(i) : h[i] }
    for i in 0..<8 where compresses || (i != 4 && i != 6) { v[8 + i] = initial[i] }
    if compresses {
      v[12] ^= 64
      v[14] ^= 0xFFFF_FFFF
    }
  }

  private static func mix(_ v: UnsafeMutablePointer<UInt32>, _ m: UnsafePointer<UInt32>, _ round: Int) {
    var (v0, v1, v2, v3) = (v[0], v[1], v[2], v[3])
    var (v4, v5, v6, v7) = (v[4], v[5], v[6], v[7])
    var (v8, v9, v10, v11) = (v[8], v[9], v[10], v[11])
    var (v12, v13, v14, v15) = (v[12], v[13], v[14], v[15])
    @inline(__always) func word(_ i: Int) -> UInt32 { m[Int(permutation[round * 16 + i])] }
    quarter(&v0, &v4, &v8, &v12, word(0), word(1))
    quarter(&v1, &v5, &v9, &v13, word(2), word(3))
    quarter(&v2, &v6, &v10, &v14, word(4), word(5))
    quarter(&v3, &v7, &v11, &v15, word(6), word(7))
    quarter(&v0, &v5, &v10, &v15, word(8), word(9))
    quarter(&v1, &v6, &v11, &v12, word(10), word(11))
    quarter(&v2, &v7, &v8, &v13, word(12), word(13))
    quarter(&v3, &v4, &v9, &v14, word(14), word(15))
    (v[0], v[1], v[2], v[3]) = (v0, v1, v2, v3)
    (v[4], v[5], v[6], v[7]) = (v4, v5, v6, v7)
    (v[8], v[9], v[10], v[11]) = (v8, v9, v10, v11)
    (v[12], v[13], v[14], v[15]) = (v12, v13, v14, v15)
  }

  /// The function G.
  @inline(__always)
  private static func quarter(
    _ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32, _ d: inout UInt32, _ x: UInt32, _ y: UInt32
  ) {
    a = a &+ b &+ x
    d = rotate(d ^ a, 16)
    c = c &+ d
    b = rotate(b ^ c, 12)
    a = a &+ b &+ y
    d = rotate(d ^ a, 8)
    c = c &+ d
    b = rotate(b ^ c, 7)
  }

  @inline(__always)
  private static func rotate(_ x: UInt32, _ count: UInt32) -> UInt32 { (x &>> count) | (x &<< (32 &- count)) }

  /// The initial state of a hash of 32 bytes without key.
  @inline(__always)
  private static func nodeInitial(_ i: Int) -> UInt32 { i == 0 ? initial[0] ^ 0x0101_0020 : initial[i] }

  private static let initial: InlineArray<8, UInt32> = [
    0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
  ]

  private static let permutation: InlineArray<160, UInt8> = [
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
}

/// Whether `count` bytes at `address` lie in RAM, aligned.
@inline(__always)
private func isRAM(_ address: UInt32, alignment: UInt32, count: UInt32) -> Bool {
  address & (alignment - 1) == 0 && address >= AddressSpace.romSize && address <= AddressSpace.size - count
}
