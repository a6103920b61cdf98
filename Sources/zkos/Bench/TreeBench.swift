import ArgumentParser
import TreeBenchmark

/// `zkos bench tree`: durable blocks of inserts and updates against the cost of hashing alone, in one run.
struct TreeBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tree", abstract: "Write blocks to a state tree and compare with bare hashing.")

  @Option(help: "Blocks to write; the last hundred are measured.")
  var blocks = 1_000

  @Option(help: "New keys of a block.")
  var inserts = 4_000

  @Option(help: "Known keys that a block writes.")
  var updates = 16_000

  @Flag(help: "Make the proofs of all keys of each measured block.")
  var proofs = false

  @Option(help: "A folder of its own: emptied before, removed after.")
  var directory = "tree-benchmark"

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    var configuration = TreeBenchmark.Configuration()
    configuration.blocks = blocks
    configuration.inserts = inserts
    configuration.updates = updates
    configuration.proofs = proofs
    configuration.directory = directory
    let report = try TreeBenchmark.run(configuration)
    print(json ? report.json : report.summary)
  }
}
