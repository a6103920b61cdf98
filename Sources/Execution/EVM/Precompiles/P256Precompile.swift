// 0x100: verification of a P-256 signature, where a chain turns it on.

import Cryptography
import Primitives

/// The P-256 precompile of ZKsync OS, an optional feature that its sequencer does not turn on.
///
/// Input, 160 bytes: hash, r, s, x, y. Source: zksync-os `basic_system/src/system_functions/p256_verify.rs`.
public enum P256Precompile {
  /// 0x100 (RIP-7212).
  public static let address = Address(0x100)

  private static let fieldPrime: UInt256 = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff
  private static let order: UInt256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
  private static let b: UInt256 = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b

  /// Runs it: one byte 1 or 0, nothing where signature or key are no such things; false, with all gas consumed, for a
  /// wrong length or too little gas.
  public static func runZKsync(
    _ input: UnsafeRawBufferPointer, meter: inout Meter, output: inout ReturnData
  ) throws(Halt) -> Bool {
    output.clear()
    do throws(Halt) {
      guard input.count == 160 else { throw .precompileFailure }
      try meter.charge(gas: 5000)
    } catch {
      if error.isFatal { throw error }
      meter.exhaustGas()
      return false
    }
    let bytes = Array(input)
    func word(_ index: Int) -> UInt256 { PrecompileInput.word(bytes, at: 32 * index) }
    let (r, s, x, y) = (word(1), word(2), word(3), word(4))
    guard isScalar(r), isScalar(s), isPoint(x, y) else { return true }
    output.replace(with: [P256.verify(hash: Bytes32(word(0)), r: r, s: s, x: x, y: y) ? 1 : 0])
    return true
  }

  private static func isScalar(_ number: UInt256) -> Bool { !number.isZero && number < order }

  /// y² = x³ − 3x + b.
  private static func isPoint(_ x: UInt256, _ y: UInt256) -> Bool {
    guard x < fieldPrime && y < fieldPrime else { return false }
    let factor = x.multipliedModulo(x, fieldPrime).addingModulo(fieldPrime - UInt256(3 as UInt64), fieldPrime)
    return y.multipliedModulo(y, fieldPrime) == factor.multipliedModulo(x, fieldPrime).addingModulo(b, fieldPrime)
  }
}
