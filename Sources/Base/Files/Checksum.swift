/// XXH64 with seed 0: the checksum of what is stored and covered by no hash.
/// Source: the xxHash specification (Cyan4973/xxHash, `doc/xxhash_spec.md`).
package enum Checksum {
  private static let p1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let p2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let p3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let p4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let p5: UInt64 = 0x27D4_EB2F_1656_67C5

  @inline(__always)
  private static func rotate(_ x: UInt64, _ n: UInt64) -> UInt64 { x &<< n | x &>> (64 &- n) }

  @inline(__always)
  private static func round(_ accumulator: UInt64, _ lane: UInt64) -> UInt64 {
    rotate(accumulator &+ lane &* p2, 31) &* p1
  }

  package static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    let count = bytes.count
    guard let base = bytes.baseAddress else { return finish(p5) }
    var offset = 0
    var sum: UInt64
    @inline(__always) func word(_ at: Int) -> UInt64 {
      UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self))
    }
    if count >= 32 {
      var (a, b, c, d) = (p1 &+ p2, p2, UInt64(0), 0 &- p1)
      while offset &+ 32 <= count {
        a = round(a, word(offset))
        b = round(b, word(offset &+ 8))
        c = round(c, word(offset &+ 16))
        d = round(d, word(offset &+ 24))
        offset &+= 32
      }
      sum = rotate(a, 1) &+ rotate(b, 7) &+ rotate(c, 12) &+ rotate(d, 18)
      for lane in [a, b, c, d] { sum = (sum ^ round(0, lane)) &* p1 &+ p4 }
    } else {
      sum = p5
    }
    sum &+= UInt64(count)
    while offset &+ 8 <= count {
      sum = rotate(sum ^ round(0, word(offset)), 27) &* p1 &+ p4
      offset &+= 8
    }
    if offset &+ 4 <= count {
      let half = UInt32(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
      sum = rotate(sum ^ UInt64(half) &* p1, 23) &* p2 &+ p3
      offset &+= 4
    }
    while offset < count {
      sum = rotate(sum ^ UInt64(bytes[offset]) &* p5, 11) &* p1
      offset &+= 1
    }
    return finish(sum)
  }

  private static func finish(_ sum: UInt64) -> UInt64 {
    var sum = sum
    sum = (sum ^ sum &>> 33) &* p2
    sum = (sum ^ sum &>> 29) &* p3
    return sum ^ sum &>> 32
  }
}
