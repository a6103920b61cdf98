import ArgumentParser
import EVM
import EVMBenchmark
import Files
import Glibc

/// `zkos bench evm`: the interpreter on bytecode of our own and of others, beside another interpreter.
struct EVMBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evm", abstract: "Run contracts in the interpreter, and in evmone's beside it.")

  @Option(help: "A state test, or a folder of them, whose calls are workloads too.")
  var workloads: [String] = []

  @Option(help: "A shared library of evmone; its baseline interpreter runs the same in turn with ours.")
  var evmone: String?

  @Option(help: "Measure only workloads whose name contains this.")
  var only: String?

  @Flag(help: "Analyse each code once, as a node does, and not at each execution. evmone analyses at each.")
  var keepAnalysis = false

  @Option(
    help:
      "Run only the reference interpreter (0) or only translated code (1); by default code is translated once it is hot."
  )
  var tier: Int?

  @Option(help: "Slices of each interpreter per workload.")
  var repetitions = 15

  @Flag(help: "Measure nothing: count how often each instruction is executed, as JSON. Our own workloads are left out.")
  var countOpcodes = false

  @Flag(help: "Print one JSON object for each workload and for the whole.")
  var json = false

  func validate() throws {
    guard tier.map({ (0...1).contains($0) }) ?? true else { throw ValidationError("--tier is 0 or 1") }
    guard repetitions > 0 else { throw ValidationError("--repetitions must be at least 1") }
  }

  func run() throws {
    var chosen = countOpcodes ? [] : try Workload.own()
    for folder in workloads {
      for file in try Files.below(folder, suffix: ".json") { chosen += try Workload.stateTests(Files.read(file)) }
    }
    if let only { chosen.removeAll { !$0.name.contains(only) } }
    if countOpcodes { return printOpcodes(chosen) }
    var benchmark = EVMBenchmark()
    benchmark.repetitions = repetitions
    benchmark.keepsAnalysis = keepAnalysis
    benchmark.tier = tier.flatMap { InterpreterTier(rawValue: $0) } ?? .automatic
    benchmark.other = try evmone.map { (path) throws(EVMBenchmarkError) in try EVMCLibrary(path: path) }
    if let other = benchmark.other, !json {
      print("against \(other.name); ratio = our processor time over its, medians of \(repetitions)")
    }
    var timings: [EVMBenchmark.Timing] = []
    for workload in chosen {
      let timing = try benchmark.measure(workload)
      timings.append(timing)
      Measurement(
        name: timing.workload, nanoseconds: timing.ours, ratio: timing.ratio.map { (to: "evmone", value: $0) }
      ).print(json: json)
    }
    printSummary(timings)
  }

  /// A JSON object for each workload: its name, and the instructions by name.
  private func printOpcodes(_ workloads: [Workload]) {
    for workload in workloads {
      let counts = workload.opcodeCounts().enumerated().filter { $0.element > 0 }.map { byte, count in
        "\"\(Opcode(byte: UInt8(byte)))\":\(count)".uppercased()
      }
      print("{\"case\":\"\(workload.name)\",\"opcodes\":{\(counts.joined(separator: ","))}}")
    }
  }

  /// The geometric mean of the ratios and the worst of them.
  private func printSummary(_ timings: [EVMBenchmark.Timing]) {
    let ratios = timings.compactMap { timing in timing.ratio.map { (timing.workload, $0) } }
    guard let worst = ratios.max(by: { $0.1 < $1.1 }) else { return }
    let mean = exp(ratios.reduce(0) { $0 + log($1.1) } / Double(ratios.count))
    if json {
      print(
        """
        {"workloads":\(ratios.count),"geometricMean":\(mean.hundredths),"worst":\(worst.1.hundredths),\
        "worstWorkload":"\(worst.0)"}
        """)
    } else {
      print("geometric mean of \(ratios.count): \(mean.hundredths); worst: \(worst.1.hundredths) (\(worst.0))")
    }
  }
}
