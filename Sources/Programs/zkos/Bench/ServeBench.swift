import ArgumentParser
import EVMBenchmark
import Files
import Glibc
import JSON

/// `zkos bench serve`: runs slices of workloads on demand, so that a program in another language can take turns with us.
///
/// Reads lines: `list` is answered by one JSON array of all workloads with their code, world and calldata; `run COUNT
/// NAME` runs a workload that often and is answered by the processor time of one run in nanoseconds.
struct ServeBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Run slices of workloads on demand (scripts/bench-revm drives it).")

  @Option(help: "A state test, or a folder of them, whose calls are workloads too.")
  var workloads: [String] = []

  @Flag(help: "Serve the precompiles instead of the contracts.")
  var precompiles = false

  func run() throws {
    var served = precompiles ? try Workload.precompiles() : try Workload.own()
    for folder in workloads {
      for file in try Files.below(folder, suffix: ".json") { served += try Workload.stateTests(Files.read(file)) }
    }
    var slices: [String: WorkloadSlices] = [:]
    while let line = readLine() {
      let words = line.split(separator: " ", maxSplits: 2)
      switch words.first {
      case "list": list(served)
      case "run" where words.count == 3:
        guard let count = Int(words[1]), count > 0, let workload = served.first(where: { $0.name == words[2] }) else {
          throw ValidationError("no such slice: \(line)")
        }
        let slice = try slices[workload.name] ?? WorkloadSlices(workload)
        slices[workload.name] = slice
        print(slice.time(count))
      default: throw ValidationError("not understood: \(line)")
      }
      fflush(nil)
    }
  }

  private func list(_ workloads: [Workload]) {
    var json = JSONWriter()
    json.beginArray()
    for workload in workloads { workload.write(to: &json) }
    json.endArray()
    json.withUnsafeBytes { print(String(decoding: $0, as: UTF8.self)) }
  }
}
