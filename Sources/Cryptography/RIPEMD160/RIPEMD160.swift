import Primitives

/// RIPEMD-160 (Dobbertin, Bosselaers, Preneel 1996; ISO/IEC 10118-3): the precompile at 0x03.
public enum RIPEMD160 {
  /// The twenty bytes of the digest of `bytes`.
  public static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var state: State = (0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0)
    var offset = 0
    if let source = bytes.baseAddress {
      while bytes.count &- offset >= 64 {
        compress(&state, source + offset)
        offset &+= 64
      }
    }
    // The rest, one bit, zeros, and the length in bits, least significant byte first: one block or two.
    var tail = [UInt8](bytes[offset...])
    tail.append(0x80)
    while tail.count & 63 != 56 { tail.append(0) }
    let bits = UInt64(bytes.count) &* 8
    for shift in stride(from: UInt64(0), to: 64, by: 8) { tail.append(UInt8(truncatingIfNeeded: bits &>> shift)) }
    tail.withUnsafeBytes {
      for start in stride(from: 0, to: $0.count, by: 64) {
        compress(&state, $0.baseAddress.unsafelyUnwrapped + start)
      }
    }
    return [state.0, state.1, state.2, state.3, state.4].flatMap { word in
      [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word &>> $0) }
    }
  }

  /// The twenty bytes of the digest of `bytes`.
  public static func hash(_ bytes: [UInt8]) -> [UInt8] { bytes.withUnsafeBytes { hash($0) } }

  private typealias State = (UInt32, UInt32, UInt32, UInt32, UInt32)

  /// Two lines of 80 steps over the same block, in five rounds of sixteen; the right line takes the functions backwards.
  private static func compress(_ state: inout State, _ block: UnsafeRawPointer) {
    var (left, right) = (state, state)
    for step in 0..<80 {
      let round = step &>> 4
      line(&left, block, step, round, leftWords, leftRotations, leftConstants[round])
      line(&right, block, step, 4 &- round, rightWords, rightRotations, rightConstants[round])
    }
    state = (
      state.1 &+ left.2 &+ right.3, state.2 &+ left.3 &+ right.4, state.3 &+ left.4 &+ right.0,
      state.4 &+ left.0 &+ right.1, state.0 &+ left.1 &+ right.2
    )
  }

  @inline(__always)
  private static func line(
    _ s: inout State, _ block: UnsafeRawPointer, _ step: Int, _ function: Int, _ words: InlineArray<80, UInt8>,
    _ rotations: InlineArray<80, UInt8>, _ constant: UInt32
  ) {
    let mixed: UInt32 =
      switch function {
      case 0: s.1 ^ s.2 ^ s.3
      case 1: s.1 & s.2 | ~s.1 & s.3
      case 2: (s.1 | ~s.2) ^ s.3
      case 3: s.1 & s.3 | s.2 & ~s.3
      default: s.1 ^ (s.2 | ~s.3)
      }
    let word = UInt32(littleEndian: block.loadUnaligned(fromByteOffset: 4 &* Int(words[step]), as: UInt32.self))
    let sum = rotate(s.0 &+ mixed &+ word &+ constant, UInt32(rotations[step])) &+ s.4
    s = (s.4, sum, s.1, rotate(s.2, 10), s.3)
  }

  @inline(__always)
  private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { word &<< count | word &>> (32 &- count) }
}

private let leftConstants: InlineArray<5, UInt32> = [0, 0x5a82_7999, 0x6ed9_eba1, 0x8f1b_bcdc, 0xa953_fd4e]
private let rightConstants: InlineArray<5, UInt32> = [0x50a2_8be6, 0x5c4d_d124, 0x6d70_3ef3, 0x7a6d_76e9, 0]

/// Which word of the block each step takes, and by how much it rotates.
private let leftWords: InlineArray<80, UInt8> = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  7, 4, 13, 1, 10, 6, 15, 3, 12, 0, 9, 5, 2, 14, 11, 8,
  3, 10, 14, 4, 9, 15, 8, 1, 2, 7, 0, 6, 13, 11, 5, 12,
  1, 9, 11, 10, 0, 8, 12, 4, 13, 3, 7, 15, 14, 5, 6, 2,
  4, 0, 5, 9, 7, 12, 2, 10, 14, 1, 3, 8, 11, 6, 15, 13,
]
private let rightWords: InlineArray<80, UInt8> = [
  5, 14, 7, 0, 9, 2, 11, 4, 13, 6, 15, 8, 1, 10, 3, 12,
  6, 11, 3, 7, 0, 13, 5, 10, 14, 15, 8, 12, 4, 9, 1, 2,
  15, 5, 1, 3, 7, 14, 6, 9, 11, 8, 12, 2, 10, 0, 4, 13,
  8, 6, 4, 1, 3, 11, 15, 0, 5, 12, 2, 13, 9, 7, 10, 14,
  12, 15, 10, 4, 1, 5, 8, 7, 6, 2, 13, 14, 0, 3, 9, 11,
]
private let leftRotations: InlineArray<80, UInt8> = [
  11, 14, 15, 12, 5, 8, 7, 9, 11, 13, 14, 15, 6, 7, 9, 8,
  7, 6, 8, 13, 11, 9, 7, 15, 7, 12, 15, 9, 11, 7, 13, 12,
  11, 13, 6, 7, 14, 9, 13, 15, 14, 8, 13, 6, 5, 12, 7, 5,
  11, 12, 14, 15, 14, 15, 9, 8, 9, 14, 5, 6, 8, 6, 5, 12,
  9, 15, 5, 11, 6, 8, 13, 12, 5, 12, 13, 14, 11, 8, 5, 6,
]
private let rightRotations: InlineArray<80, UInt8> = [
  8, 9, 9, 11, 13, 15, 15, 5, 7, 7, 8, 11, 14, 14, 12, 6,
  9, 13, 15, 7, 12, 8, 9, 11, 7, 7, 12, 7, 6, 15, 13, 11,
  9, 7, 15, 11, 8, 6, 6, 14, 12, 13, 5, 14, 13, 13, 7, 5,
  15, 5, 8, 11, 14, 14, 6, 14, 6, 9, 12, 9, 12, 5, 15, 8,
  8, 5, 12, 9, 12, 5, 14, 6, 8, 13, 6, 5, 15, 13, 11, 11,
]
