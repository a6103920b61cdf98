// 0x06 … 0x08: addition, multiplication and pairing check on BN254 (EIP-196, EIP-197).

import Cryptography
import Primitives

enum BN254Precompiles {
  /// Two points, padded to 128 bytes.
  static func add(_ input: UnsafeRawBufferPointer, _ output: inout ReturnData) -> Bool {
    let points = PrecompileInput.padded(input, to: 128)
    let sum = points.withUnsafeBytes { bytes in
      try? BN254.add(UnsafeRawBufferPointer(rebasing: bytes[..<64]), UnsafeRawBufferPointer(rebasing: bytes[64...]))
    }
    guard let sum else { return false }
    output.replace(with: sum)
    return true
  }

  /// A point and a number, padded to 96 bytes.
  static func multiply(_ input: UnsafeRawBufferPointer, _ output: inout ReturnData) -> Bool {
    let operands = PrecompileInput.padded(input, to: 96)
    let scalar = PrecompileInput.word(operands, at: 64)
    let product = operands.withUnsafeBytes { bytes in
      try? BN254.multiply(UnsafeRawBufferPointer(rebasing: bytes[..<64]), by: scalar)
    }
    guard let product else { return false }
    output.replace(with: product)
    return true
  }

  /// Pairs of points, 192 bytes each; 1 or 0 as a word.
  static func pairing(_ input: UnsafeRawBufferPointer, _ output: inout ReturnData) -> Bool {
    guard let isOne = try? BN254.pairingCheck(input) else { return false }
    output.replace(with: (isOne ? UInt256.one : .zero).bytes)
    return true
  }
}
