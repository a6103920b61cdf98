// 0x0a: verification of a KZG proof for one point of a blob (EIP-4844).

import Cryptography
import Primitives

/// Input, 192 bytes: versioned hash, z, y, commitment (48), proof (48).
enum PointEvaluationPrecompile {
  static func compute(_ input: UnsafeRawBufferPointer, _ output: inout ReturnData) -> Bool {
    guard input.count == 192 else { return false }
    let bytes = Array(input)
    let commitment = UnsafeRawBufferPointer(rebasing: input[96..<144])
    let proof = UnsafeRawBufferPointer(rebasing: input[144...])
    guard KZG.versionedHash(of: commitment) == Bytes32(PrecompileInput.word(bytes, at: 0)),
      KZG.verify(
        commitment: commitment, z: PrecompileInput.word(bytes, at: 32), y: PrecompileInput.word(bytes, at: 64),
        proof: proof)
    else { return false }
    // The number of field elements in a blob, and the order of the field.
    output.replace(with: UInt256(4096 as UInt64).bytes + KZG.order.bytes)
    return true
  }
}
