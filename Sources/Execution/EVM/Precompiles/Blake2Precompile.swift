// 0x09: the compression function F of BLAKE2b (EIP-152).

import Cryptography
import Primitives

/// Input, 213 bytes: rounds (big-endian), h, m, t (each little-endian words), final flag.
enum Blake2Precompile {
  static let inputCount = 213

  /// The number of rounds, which is the price; `nil` if the input has the wrong length.
  static func rounds(_ input: UnsafeRawBufferPointer) -> UInt32? {
    input.count == inputCount ? UInt32(bigEndian: input.loadUnaligned(as: UInt32.self)) : nil
  }

  static func compute(_ input: UnsafeRawBufferPointer, _ output: inout ReturnData) -> Bool {
    guard let rounds = rounds(input), let start = input.baseAddress, input[212] <= 1 else { return false }
    let state = output.resize(to: 64)
    guard let target = state.baseAddress else { return false }
    target.copyMemory(from: start + 4, byteCount: 64)
    let low = UInt64(littleEndian: input.loadUnaligned(fromByteOffset: 196, as: UInt64.self))
    let high = UInt64(littleEndian: input.loadUnaligned(fromByteOffset: 204, as: UInt64.self))
    Blake2bCompression.compress(
      state: target, block: start + 68, total: (low, high), isLast: input[212] == 1, rounds: rounds)
    return true
  }
}
