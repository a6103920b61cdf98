// 0x01 … 0x03: signature recovery and the two hashes.

import Cryptography
import Primitives

enum HashPrecompiles {
  /// `hash ‖ v ‖ r ‖ s`; the signer's address in 32 bytes, or nothing where there is none. A high s is accepted.
  static func ecrecover(_ input: UnsafeRawBufferPointer, _ output: inout ReturnData) -> Bool {
    output.clear()
    let words = PrecompileInput.padded(input, to: 128)
    let v = PrecompileInput.word(words, at: 32)
    guard v == UInt256(27 as UInt64) || v == UInt256(28 as UInt64) else { return true }
    let signature = Secp256k1.Signature(
      r: Bytes32(PrecompileInput.word(words, at: 64)), s: Bytes32(PrecompileInput.word(words, at: 96)),
      yParity: UInt8(v.l0 - 27))
    guard signature.isInRange,
      let signer = Secp256k1.recoverAddress(Bytes32(PrecompileInput.word(words, at: 0)), signature)
    else { return true }
    output.replace(with: UInt256(signer).bytes)
    return true
  }

  static func sha256(_ input: UnsafeRawBufferPointer, _ output: inout ReturnData) -> Bool {
    output.replace(with: SHA256.hash(input).bytes)
    return true
  }

  /// Twenty bytes, padded to the left.
  static func ripemd160(_ input: UnsafeRawBufferPointer, _ output: inout ReturnData) -> Bool {
    output.replace(with: [UInt8](repeating: 0, count: 12) + RIPEMD160.hash(input))
    return true
  }
}
