import ArgumentParser
import EVMBenchmark
import GuestCheck
import ZKsyncOS

/// `zkos bench precompiles`: each precompile, called from a contract, and what a unit of native takes wherever it is
/// charged.
struct PrecompileBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "precompiles",
    abstract: "Time a call of each precompile from a contract, and 1,000 units of native in blocks of one purpose.")

  @Option(help: "Measure only what has this in its name.")
  var only: String?

  @Flag(help: "Print one JSON object for each case.")
  var json = false

  @Flag(help: "Leave out the blocks of one purpose.")
  var skipNative = false

  @Option(help: "How many of the blocks with the dearest native are printed.")
  var worst = 25

  func run() throws {
    func wants(_ name: String) -> Bool { only.map { name.contains($0) } ?? true }
    let benchmark = EVMBenchmark()
    for workload in try Workload.precompiles() where wants(workload.name) {
      let timing = try benchmark.measure(workload)
      Measurement(name: timing.workload, nanoseconds: timing.ours).print(json: json)
    }
    guard !skipNative else { return }
    // Where little is charged, what every transaction takes would be measured.
    let timed = try Shape.singlePurpose.filter { wants($0.name) }.map {
      ($0.name, try $0.time(.current, repetitions: 3))
    }
    .filter { $0.1.native >= 1_000_000 }.sorted { $0.1.perNative > $1.1.perNative }
    for (name, timing) in timed.prefix(worst) {
      Measurement(name: "1,000 native of: \(name)", nanoseconds: 1_000 * timing.perNative).print(json: json)
    }
    guard !json, let dearest = timed.first else { return }
    print(
      "\(timed.count) kinds of work; the dearest is \(dearest.0): a second of it is "
        + "\(Int(1_000 / dearest.1.perNative)) million native, \(dearest.1.native / max(1, dearest.1.gas)) for each gas"
    )
  }
}
