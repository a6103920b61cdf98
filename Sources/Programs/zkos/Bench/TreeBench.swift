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

  @Option(help: "The layout to measure; several run one after the other, on the same blocks.")
  var layout: [TreeBenchmark.Layout] = [.inPlace]

  @Option(help: "Memory for pages in MiB.")
  var cache = 768

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    var configuration = TreeBenchmark.Configuration()
    configuration.blocks = blocks
    configuration.inserts = inserts
    configuration.updates = updates
    configuration.proofs = proofs
    configuration.directory = directory
    configuration.options.cacheBytes = cache << 20
    for layout in layout {
      configuration.layout = layout
      let report = try TreeBenchmark.run(configuration)
      print(json ? report.json : report.summary + "\n")
    }
  }
}

extension TreeBenchmark.Layout: ExpressibleByArgument {}
