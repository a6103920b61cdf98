// The precompiles of EIP-2537 against py-ecc (Vectors/generate_bls12381.py).

import EVM
import Foundation
import Primitives
import Testing

/// One input of a precompile, and its output; `nil` where it is refused.
private struct BLSVector: Decodable, Sendable, CustomTestStringConvertible {
  var address: UInt8
  var input: String
  var output: String?

  var testDescription: String { "precompile \(address), \(input.count / 2) bytes" }

  static let all: [BLSVector] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Vectors/bls12381.json")
    guard let data = try? Data(contentsOf: file) else { return [] }
    return (try? JSONDecoder().decode([BLSVector].self, from: data)) ?? []
  }()
}

@Suite("Precompiles of EIP-2537")
struct BLS12381PrecompileTests {
  private func run(_ precompile: Precompile, _ input: [UInt8], gas: Int64) -> (output: [UInt8]?, gas: Int64) {
    var meter = Meter(gas: gas), output = ReturnData()
    defer { output.deallocate() }
    let succeeded = input.withUnsafeBytes {
      precompile.runEthereum($0, .prague, meter: &meter, output: &output)
    }
    return (succeeded ? Array(output.bytes) : nil, meter.gas)
  }

  @Test("Outputs, and inputs that are refused and take all gas", arguments: BLSVector.all)
  private func vectors(_ vector: BLSVector) throws {
    let precompile = try #require(Precompiles.ethereum(Address(UInt64(vector.address)), .prague))
    let input = try #require(Hex.decode(vector.input))
    let result = run(precompile, input, gas: 10_000_000)
    #expect(result.output.map { Hex.encode($0, prefix: "") } == vector.output)
    #expect((result.gas == 0) == (vector.output == nil))
  }

  @Test("The vectors are there, and the precompiles are not before Prague")
  func present() {
    #expect(BLSVector.all.count > 80)
    for number in 11...17 as ClosedRange<UInt64> {
      #expect(Precompiles.ethereum(Address(number), .prague) != nil)
      #expect(Precompiles.ethereum(Address(number), .cancun) == nil)
      #expect(Precompiles.zksync(Address(number)) == nil)
    }
    #expect(Precompiles.ethereum(Address(18), .prague) == nil)
  }

  @Test("Gas, with the discount for many terms (EIP-2537)")
  func gas() {
    func gas(_ precompile: Precompile, _ count: Int) -> Int64? {
      [UInt8](repeating: 0, count: count).withUnsafeBytes { precompile.gas($0, .prague) }
    }
    #expect(gas(.bls12381AddG1, 256) == 375)
    #expect(gas(.bls12381AddG2, 512) == 600)
    #expect(gas(.bls12381MultiplyG1, 159) == 0)
    #expect(gas(.bls12381MultiplyG1, 160) == 12_000)
    #expect(gas(.bls12381MultiplyG1, 2 * 160) == Int64(2 * 12_000 * 949 / 1_000))
    #expect(gas(.bls12381MultiplyG1, 200 * 160) == Int64(200 * 12_000 * 519 / 1_000))
    #expect(gas(.bls12381MultiplyG2, 288) == 22_500)
    #expect(gas(.bls12381MultiplyG2, 128 * 288) == Int64(128 * 22_500 * 524 / 1_000))
    #expect(gas(.bls12381Pairing, 2 * 384) == Int64(37_700 + 2 * 32_600))
    #expect(gas(.bls12381MapToG1, 64) == 5_500)
    #expect(gas(.bls12381MapToG2, 128) == 23_800)
  }
}
