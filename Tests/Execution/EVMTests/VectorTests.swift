// Programs and precompile inputs whose outcomes revm computed (Vectors/generate.py).

import EVM
import EVMTesting
import Foundation
import Primitives
import Testing
import Tracers

/// One line of the vector files.
struct Vector: Decodable, Sendable, CustomTestStringConvertible {
  var code: String
  var input: String
  var gas: Int64
  var status: String
  var output: String
  var gasUsed: Int64
  var logs: Int
  var storage: [String: String]
  var precompile: Int?

  var testDescription: String {
    precompile.map { "precompile \($0), input \(input.prefix(80))" } ?? "code \(code.prefix(40))"
  }

  static func load(_ name: String) -> [Vector] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Vectors/\(name).json")
    guard let data = try? Data(contentsOf: file), let vectors = try? JSONDecoder().decode([Vector].self, from: data)
    else {
      return []
    }
    return vectors
  }

  static let programs = load("programs")
  static let precompiles = load("precompiles")

  /// Runs the vector as the transaction it was and compares everything that revm reported.
  func check() throws {
    let beef = Address(0xbeef)
    let input = try #require(Hex.decode(self.input))
    let code = try #require(Hex.decode(self.code))
    let otherCode = try #require(Hex.decode("5f35600116600f575f358060021b5f555f5260205ff35b60205f5f3760205ffd"))
    let intrinsic = 21_000 + input.reduce(0) { $0 + ($1 == 0 ? 4 : 16) as Int64 }
    let run = run(
      code, gas: gas - intrinsic, input: input,
      environment: ExecutionEnvironment(number: 300, timestamp: 1000, gasLimit: 30_000_000),
      accounts: [
        contract: MemoryAccount(balance: UInt256(1000 as UInt64), nonce: 1, storage: [.one: UInt256(7 as UInt64)]),
        beef: MemoryAccount(nonce: 1, code: otherCode),
      ])
    switch status {
    case "success": #expect(run.status.succeeded, "\(run.status)")
    case "revert": #expect(run.status == .reverted)
    default:
      guard case .halted = run.status else {
        Issue.record("\(run.status) instead of a halt")
        return
      }
    }
    if status == "success" {
      #expect(Hex.encode(run.output, prefix: "") == output)
      #expect(run.host.state.world.logs.count == logs)
    }
    let used = run.gasUsed + intrinsic
    #expect(used - (run.status.succeeded ? min(run.host.refund, used / 5) : 0) == gasUsed)
    for key in 0..<8 as Range<UInt64> {
      let expected = storage["0x" + String(key, radix: 16)].flatMap { UInt256($0) } ?? .zero
      #expect(run.host.peekStorage(contract, UInt256(key)) == expected)
    }
  }
}

@Suite("Agreement with revm")
struct VectorTests {
  @Test("the vectors are there")
  func present() {
    #expect(Vector.programs.count == 150)
    #expect(Vector.precompiles.count == 67)
  }

  @Test("programs: status, output, gas, refund, storage, logs", arguments: Vector.programs)
  func program(vector: Vector) throws { try vector.check() }

  @Test("precompiles: success, output and gas", arguments: Vector.precompiles)
  func precompile(vector: Vector) throws { try vector.check() }

  @Test("a traced run and a plain one agree", arguments: Vector.programs.prefix(60))
  func agreement(vector: Vector) throws {
    let code = try #require(Hex.decode(vector.code))
    let plain = run(code, gas: vector.gas)
    var state = MemoryState()
    state[contract].code = code
    state.beginTransaction()
    _ = state.warm(contract)
    _ = state.warm(sender)
    var host = EthereumHost(revision: .cancun, state: state)
    var meter = Meter(gas: vector.gas)
    var tracer = StructLogger(into: TraceText())
    let result = VirtualMachine(rules: EthereumRules(.cancun)).execute(
      Message(address: contract, caller: sender), code: Code(code), meter: &meter, host: &host, tracer: &tracer)
    #expect(result.status == plain.status)
    #expect(result.output == plain.output)
    #expect(vector.gas - meter.gas == plain.gasUsed)
  }
}
