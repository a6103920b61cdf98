/// The permutation Keccak-f[1600] (FIPS 202, section 3.3): 24 rounds over 25 lanes of 64 bits.
///
/// The lanes are named as stored, `aN` being lane (x, y) with N = x + 5·y. A round is one expression from lanes to lanes,
/// written out, so that all 25 live in registers and on the stack of the one function; a loop over an array of lanes is
/// seven times slower. On processors with BMI the compiler turns `~b & c` and the rotations into one instruction each.
struct KeccakState: Sendable {
  var a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23,
    a24: UInt64

  /// All zeros: the state before anything is absorbed.
  @inline(__always)
  init() {
    (a0, a1, a2, a3, a4) = (0, 0, 0, 0, 0)
    (a5, a6, a7, a8, a9) = (0, 0, 0, 0, 0)
    (a10, a11, a12, a13, a14) = (0, 0, 0, 0, 0)
    (a15, a16, a17, a18, a19) = (0, 0, 0, 0, 0)
    (a20, a21, a22, a23, a24) = (0, 0, 0, 0, 0)
  }

  /// Twenty-four rounds.
  @inline(never)
  mutating func permute() {
    var lanes = self
    var index = 0
    // Two rounds an iteration: what one leaves is where the next looks, so that no lane has to be moved.
    while index < 24 {
      lanes = lanes.round(roundConstants[unchecked: index]).round(roundConstants[unchecked: index &+ 1])
      index &+= 2
    }
    self = lanes
  }

  /// θ, ρ, π, χ and ι.
  @inline(__always)
  private func round(_ constant: UInt64) -> KeccakState {
    let c0 = a0 ^ a5 ^ a10 ^ a15 ^ a20
    let c1 = a1 ^ a6 ^ a11 ^ a16 ^ a21
    let c2 = a2 ^ a7 ^ a12 ^ a17 ^ a22
    let c3 = a3 ^ a8 ^ a13 ^ a18 ^ a23
    let c4 = a4 ^ a9 ^ a14 ^ a19 ^ a24
    let d0 = c4 ^ rotate(c1, 1)
    let d1 = c0 ^ rotate(c2, 1)
    let d2 = c1 ^ rotate(c3, 1)
    let d3 = c2 ^ rotate(c4, 1)
    let d4 = c3 ^ rotate(c0, 1)
    var next = self
    (next.a0, next.a1, next.a2, next.a3, next.a4) = chi(
      a0 ^ d0, rotate(a6 ^ d1, 44), rotate(a12 ^ d2, 43), rotate(a18 ^ d3, 21), rotate(a24 ^ d4, 14))
    (next.a5, next.a6, next.a7, next.a8, next.a9) = chi(
      rotate(a3 ^ d3, 28), rotate(a9 ^ d4, 20), rotate(a10 ^ d0, 3), rotate(a16 ^ d1, 45), rotate(a22 ^ d2, 61))
    (next.a10, next.a11, next.a12, next.a13, next.a14) = chi(
      rotate(a1 ^ d1, 1), rotate(a7 ^ d2, 6), rotate(a13 ^ d3, 25), rotate(a19 ^ d4, 8), rotate(a20 ^ d0, 18))
    (next.a15, next.a16, next.a17, next.a18, next.a19) = chi(
      rotate(a4 ^ d4, 27), rotate(a5 ^ d0, 36), rotate(a11 ^ d1, 10), rotate(a17 ^ d2, 15), rotate(a23 ^ d3, 56))
    (next.a20, next.a21, next.a22, next.a23, next.a24) = chi(
      rotate(a2 ^ d2, 62), rotate(a8 ^ d3, 55), rotate(a14 ^ d4, 39), rotate(a15 ^ d0, 41), rotate(a21 ^ d1, 2))
    next.a0 ^= constant
    return next
  }
}

@inline(__always)
private func rotate(_ lane: UInt64, _ count: UInt64) -> UInt64 { lane &<< count | lane &>> (64 &- count) }

/// χ on one plane.
@inline(__always)
private func chi(
  _ b0: UInt64, _ b1: UInt64, _ b2: UInt64, _ b3: UInt64, _ b4: UInt64
) -> (UInt64, UInt64, UInt64, UInt64, UInt64) {
  (b0 ^ ~b1 & b2, b1 ^ ~b2 & b3, b2 ^ ~b3 & b4, b3 ^ ~b4 & b0, b4 ^ ~b0 & b1)
}

/// ι's constants, one a round.
private let roundConstants: InlineArray<24, UInt64> = [
  0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
  0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
  0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
  0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
  0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
  0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
]
