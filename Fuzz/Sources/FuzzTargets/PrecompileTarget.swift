import EVM
import Primitives

/// Calls precompiles with any input, under the rules of Ethereum and of ZKsync OS.
enum PrecompileTarget {
  /// Gas for a call: as much as is computed in some milliseconds even without optimization.
  private static func gas(_ precompile: Precompile) -> Int64 {
    switch precompile {
    case .blake2f: 2_000
    case .modexp: 20_000
    default: 300_000
    }
  }

  static func run(_ precompile: Precompile, _ input: UnsafeRawBufferPointer) {
    let gas = gas(precompile)
    let price = precompile.gas(input, .prague)
    let first = call(precompile, input, gas)
    promise(first == call(precompile, input, gas), "a call has one outcome")
    if let output = first.output {
      promise(price == gas - first.gasLeft, "a call that succeeds costs its price")
      promise(isPossible(output, precompile, input), "the output has its length and range")
      if let price { promise(call(precompile, input, price - 1).output == nil, "one gas less is not enough") }
    } else {
      promise(first.gasLeft == 0, "a call that fails costs everything")
    }
    if precompile.rawValue <= Precompile.pointEvaluation.rawValue { checkZKsync(precompile, input, gas, first) }
    if precompile == .bn254Add { checkCommutes(input, first) }
  }

  private struct Outcome: Equatable {
    var output: [UInt8]?
    var gasLeft: Int64
  }

  private static func call(_ precompile: Precompile, _ input: UnsafeRawBufferPointer, _ gas: Int64) -> Outcome {
    withOutput { output in
      var meter = Meter(gas: gas)
      let succeeded = precompile.runEthereum(input, .prague, meter: &meter, output: &output)
      return Outcome(output: succeeded ? Array(output.bytes) : nil, gasLeft: meter.gas)
    }
  }

  /// The same input in ZKsync OS: where both succeed and the precompile is no stub there, the outputs are the same.
  private static func checkZKsync(
    _ precompile: Precompile, _ input: UnsafeRawBufferPointer, _ gas: Int64, _ ethereum: Outcome
  ) {
    withOutput { output in
      var meter = Meter(gas: gas, native: 1 << 40)
      let succeeded = (try? precompile.runZKsync(input, meter: &meter, output: &output)) ?? false
      promise(meter.gas >= 0 && meter.gas <= gas && meter.native <= 1 << 40, "nothing is gained")
      guard succeeded, precompile != .blake2f, precompile != .pointEvaluation, let expected = ethereum.output else {
        return
      }
      promise(Array(output.bytes) == expected, "both rule sets compute the same")
    }
  }

  /// P + Q = Q + P.
  private static func checkCommutes(_ input: UnsafeRawBufferPointer, _ outcome: Outcome) {
    let padded = Array((Array(input) + [UInt8](repeating: 0, count: 128))[..<128])
    let swapped = Array(padded[64...] + padded[..<64])
    swapped.withUnsafeBytes { promise(call(.bn254Add, $0, gas(.bn254Add)) == outcome, "addition commutes") }
  }

  private static func isPossible(_ output: [UInt8], _ precompile: Precompile, _ input: UnsafeRawBufferPointer) -> Bool {
    switch precompile {
    case .ecrecover: output.isEmpty || (output.count == 32 && output[..<12].allSatisfy { $0 == 0 })
    case .sha256: output.count == 32
    case .ripemd160: output.count == 32 && output[..<12].allSatisfy { $0 == 0 }
    case .identity: output == Array(input)
    case .modexp:
      UInt256(bigEndianBytes: (0..<32).map { input.count > 64 + $0 ? input[64 + $0] : 0 })
        == UInt256(UInt64(output.count)) || output.isEmpty
    case .bn254Add, .bn254Multiply, .blake2f, .pointEvaluation: output.count == 64
    case .bls12381AddG1, .bls12381MultiplyG1, .bls12381MapToG1: output.count == 128
    case .bls12381AddG2, .bls12381MultiplyG2, .bls12381MapToG2: output.count == 256
    case .bn254Pairing, .bls12381Pairing: output.count == 32 && output[..<31].allSatisfy { $0 == 0 } && output[31] <= 1
    }
  }

  /// Lends the buffer of a machine's return data.
  private static func withOutput<R>(_ body: (inout ReturnData) -> R) -> R {
    var output = ReturnData()
    defer { output.deallocate() }
    return body(&output)
  }
}
