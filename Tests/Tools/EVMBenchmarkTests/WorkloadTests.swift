// The workloads do what their names say, or the benchmark would measure something else.

import EVM
import EVMBenchmark
import Foundation
import JSON
import Testing

private let evmone = ProcessInfo.processInfo.environment["EVMONE_LIBRARY"]

@Suite("Workloads of the EVM benchmark")
struct WorkloadTests {
  @Test("Our own workloads end well, again and again, and return something")
  func own() throws {
    let workloads = try Workload.own()
    #expect(Set(workloads.map(\.name)).count == workloads.count)
    for workload in workloads {
      let first = workload.outcomes(keepsAnalysis: false)
      #expect(first.allSatisfy { $0.status == .succeeded && $0.gasLeft > 0 }, "\(workload.name)")
      #expect(first == workload.outcomes(keepsAnalysis: true), "\(workload.name)")
    }
  }

  @Test(
    "Chains of arithmetic do not collapse into a number that is easy", arguments: ["mul", "div_mod", "shift", "exp"])
  func chains(name: String) throws {
    let workload = try #require(try Workload.own().first { $0.name == name })
    let output = try #require(workload.outcomes(keepsAnalysis: false).first).output
    #expect(output.count == 32)
    #expect(Set(output).count > 8, "\(output)")
  }

  @Test("A token transfer returns true and is undone before the next")
  func transfers() throws {
    let workload = try #require(try Workload.own().first { $0.name == "erc20_transfer" })
    let outcomes = workload.outcomes(keepsAnalysis: false)
    #expect(outcomes.count == 100)
    #expect(outcomes.allSatisfy { $0.output == [UInt8](repeating: 0, count: 31) + [1] })
    // Every receiver is new, so all transfers cost the same but for zero bytes, which are not charged here.
    #expect(Set(outcomes.map(\.gasLeft)).count == 1)
  }

  @Test("Every precompile is measured, on inputs that it accepts")
  func precompiles() throws {
    let workloads = try Workload.precompiles()
    for precompile in Precompile.allCases {
      let name = "\(precompile)".lowercased().filter { $0.isLetter || $0.isNumber }
      #expect(
        workloads.contains { $0.name.replacing(" ", with: "").lowercased().hasPrefix(name) }, "\(precompile)")
    }
    for workload in workloads {
      #expect(workload.outcomes(keepsAnalysis: false).allSatisfy { $0.status == .succeeded }, "\(workload.name)")
    }
  }

  @Test("A workload can be written down for another implementation")
  func json() throws {
    let workload = try #require(try Workload.own().first { $0.name == "erc20_transfer" })
    var json = JSONWriter()
    workload.write(to: &json)
    let value = try JSONValue(parsing: json.withUnsafeBytes { Array($0) })
    #expect(value["revision"]?.string == "cancun")
    #expect(value["executions"]?.elements?.count == 100)
    #expect(value["accounts"]?.elements?.contains { ($0["storage"]?.members?.count ?? 0) > 3 } == true)
  }

  @Test("What is no library of a machine is refused with the loader's words")
  func libraries() {
    #expect(throws: EVMBenchmarkError.self) { try EVMCLibrary(path: "/nowhere/libevmone.so") }
    // A library that loads but makes no machine.
    #expect(throws: EVMBenchmarkError.self) { try EVMCLibrary(path: "libm.so.6") }
  }

  @Test("evmone agrees about every workload", .enabled(if: evmone != nil, "EVMONE_LIBRARY is not set"))
  func agreement() throws {
    var benchmark = EVMBenchmark()
    benchmark.repetitions = 1
    benchmark.sliceNanoseconds = 1
    benchmark.other = try EVMCLibrary(path: try #require(evmone))
    for workload in try Workload.own() { #expect(try benchmark.measure(workload).ratio != nil) }
  }
}
