// Charging for a precompile and running it, under both rule sets.

import Cryptography
import Primitives

extension Precompile {
  /// Runs the precompile for plain Ethereum. False if the gas or the input does not suffice: then all gas of `meter` is
  /// consumed and `output` is empty.
  public func runEthereum(
    _ input: UnsafeRawBufferPointer, _ revision: Revision, meter: inout Meter, output: inout ReturnData
  ) -> Bool {
    if let gas = gas(input, revision), gas <= meter.gas {
      meter.gas -= gas
      if compute(input, output: &output) { return true }
    }
    meter.exhaustGas()
    output.clear()
    return false
  }

  /// Runs the precompile for ZKsync OS. False as for Ethereum; native stays charged.
  ///
  /// BLAKE2 F and point evaluation only look at the input's length there, and cost nothing.
  ///
  /// - Parameter wordLimit: see ``InstructionTable/wordLimit``.
  /// - Throws: `.outOfNative`, which ends the transaction.
  /// - Source: zksync-os `system_hooks/src/precompiles.rs`, `mock_precompiles.rs`, `basic_system/src/system_functions`.
  public func runZKsync(
    _ input: UnsafeRawBufferPointer, wordLimit: UInt64 = .max, meter: inout Meter, output: inout ReturnData
  ) throws(Halt) -> Bool {
    output.clear()
    do throws(Halt) {
      switch self {
      case .blake2f, .pointEvaluation:
        if input.count == (self == .blake2f ? 213 : 193) { return true }
      case .modexp:
        if try ModularExponentiation.chargeZKsync(input, wordLimit: wordLimit, &meter) {
          if compute(input, output: &output) { return true }
        }
      default:
        try meter.charge(gas: gas(input, .cancun) ?? .max, native: native(input.count))
        if compute(input, output: &output) { return true }
      }
    } catch {
      if error.isFatal { throw error }
    }
    meter.exhaustGas()
    output.clear()
    return false
  }

  /// Gas for an input; `nil` if it is more than 63 bits can say.
  public func gas(_ input: UnsafeRawBufferPointer, _ revision: Revision) -> Int64? {
    let words = Int64((input.count + 31) / 32)
    switch self {
    case .ecrecover: return 3000
    case .sha256: return 60 + 12 * words
    case .ripemd160: return 600 + 120 * words
    case .identity: return 15 + 3 * words
    case .modexp: return ModularExponentiation.gas(input, revision)
    case .bn254Add: return revision >= .istanbul ? 150 : 500
    case .bn254Multiply: return revision >= .istanbul ? 6000 : 40_000
    case .bn254Pairing:
      let pairs = Int64(input.count / 192)
      return revision >= .istanbul ? 45_000 + 34_000 * pairs : 100_000 + 80_000 * pairs
    case .blake2f: return Blake2Precompile.rounds(input).map { Int64($0) } ?? 0
    case .pointEvaluation: return 50_000
    case .bls12381AddG1: return BLS12381Precompiles.additionGas(.g1)
    case .bls12381AddG2: return BLS12381Precompiles.additionGas(.g2)
    case .bls12381MultiplyG1: return BLS12381Precompiles.multiplicationGas(.g1, input.count)
    case .bls12381MultiplyG2: return BLS12381Precompiles.multiplicationGas(.g2, input.count)
    case .bls12381Pairing: return 37_700 + 32_600 * Int64(input.count / 384)
    case .bls12381MapToG1: return 5_500
    case .bls12381MapToG2: return 23_800
    }
  }

  /// Native for an input of `count` bytes. Modular exponentiation has a price of its own.
  func native(_ count: Int) -> UInt64 {
    let blocks = UInt64(count / 64 + (count % 64 <= 55 ? 1 : 2))
    switch self {
    case .ecrecover: return 522_000
    case .sha256, .ripemd160: return 1600 + 4200 * blocks
    case .identity: return 20 + 10 * UInt64(count)
    case .bn254Add: return 52_600
    case .bn254Multiply: return 1_073_000
    case .bn254Pairing: return 15_000_000 * UInt64(count / 192 + 1)
    case .modexp, .blake2f, .pointEvaluation: return 0
    // ZKsync OS does not have them.
    case .bls12381AddG1, .bls12381MultiplyG1, .bls12381AddG2, .bls12381MultiplyG2, .bls12381Pairing, .bls12381MapToG1,
      .bls12381MapToG2:
      return 0
    }
  }

  /// Computes the output; false if the input is invalid.
  private func compute(_ input: UnsafeRawBufferPointer, output: inout ReturnData) -> Bool {
    switch self {
    case .ecrecover: return HashPrecompiles.ecrecover(input, &output)
    case .sha256: return HashPrecompiles.sha256(input, &output)
    case .ripemd160: return HashPrecompiles.ripemd160(input, &output)
    case .identity:
      output.replace(with: input)
      return true
    case .modexp: return ModularExponentiation.compute(input, &output)
    case .bn254Add: return BN254Precompiles.add(input, &output)
    case .bn254Multiply: return BN254Precompiles.multiply(input, &output)
    case .bn254Pairing: return BN254Precompiles.pairing(input, &output)
    case .blake2f: return Blake2Precompile.compute(input, &output)
    case .pointEvaluation: return PointEvaluationPrecompile.compute(input, &output)
    case .bls12381AddG1: return output.replace(with: BLS12381.add(.g1, input))
    case .bls12381AddG2: return output.replace(with: BLS12381.add(.g2, input))
    case .bls12381MultiplyG1: return output.replace(with: BLS12381.multiplyAndAdd(.g1, input))
    case .bls12381MultiplyG2: return output.replace(with: BLS12381.multiplyAndAdd(.g2, input))
    case .bls12381Pairing: return BLS12381Precompiles.pairing(input, &output)
    case .bls12381MapToG1: return output.replace(with: BLS12381.map(to: .g1, input))
    case .bls12381MapToG2: return output.replace(with: BLS12381.map(to: .g2, input))
    }
  }
}

extension ReturnData {
  /// Replaces the content by an output; false where there is none.
  fileprivate mutating func replace(with result: [UInt8]?) -> Bool {
    guard let result else { return false }
    replace(with: result)
    return true
  }
}

/// Inputs of fixed layout.
enum PrecompileInput {
  /// The input cut to `count` bytes or padded with zeros.
  static func padded(_ input: UnsafeRawBufferPointer, to count: Int) -> [UInt8] {
    slice(input, from: 0, count: count)
  }

  /// `count` bytes from an offset, zeros beyond the end.
  static func slice(_ input: UnsafeRawBufferPointer, from offset: Int, count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      let available = offset < input.count ? min(count, input.count - offset) : 0
      for index in 0..<available { buffer.initializeElement(at: index, to: input[offset + index]) }
      for index in available..<count { buffer.initializeElement(at: index, to: 0) }
      initialized = count
    }
  }

  /// The 32-byte word at an offset of a padded input.
  static func word(_ input: [UInt8], at offset: Int) -> UInt256 {
    input.withUnsafeBytes { UInt256(bigEndian: $0.baseAddress! + offset) }
  }
}
