import ArgumentParser
import EVMBenchmark

/// `zkos bench precompiles`: each precompile, called from a contract.
struct PrecompileBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "precompiles", abstract: "Time a call of each precompile from a contract.")

  @Option(help: "Measure only precompiles whose name contains this.")
  var only: String?

  @Flag(help: "Print one JSON object for each case.")
  var json = false

  func run() throws {
    let benchmark = EVMBenchmark()
    for workload in try Workload.precompiles() where only.map({ workload.name.contains($0) }) ?? true {
      let timing = try benchmark.measure(workload)
      Measurement(name: timing.workload, nanoseconds: timing.ours).print(json: json)
    }
  }
}
