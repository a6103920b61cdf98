import ArgumentParser
import StateTree

/// `zkos tree`: looks after a state tree on disk.
struct TreeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tree", abstract: "Check or describe a state tree on disk.",
    subcommands: [TreeVerifyCommand.self, TreeStatsCommand.self])
}

/// `zkos tree verify`: every node against the leaves below it, every leaf against the index.
struct TreeVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "verify", abstract: "Recompute the whole tree.")

  @Argument(help: "The tree's folder. No other process may have it open.")
  var directory: String

  func run() throws {
    let tree = try StateTree.open(directory: directory)
    try tree.verify()
    let statistics = try tree.stats()
    print("version \(statistics.newestVersion), \(statistics.leafCount) leaves, root \(statistics.root): sound")
  }
}

/// `zkos tree stats`: sizes and versions.
struct TreeStatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "stats", abstract: "Print sizes and versions.")

  @Argument(help: "The tree's folder. No other process may have it open.")
  var directory: String

  func run() throws {
    let statistics = try StateTree.open(directory: directory).stats()
    let lines: [(String, String)] = [
      ("newest version", "\(statistics.newestVersion)"), ("oldest provable version", "\(statistics.oldestVersion)"),
      ("last checkpoint", statistics.checkpointVersion.map { "version \($0)" } ?? "none"),
      ("journal since then", "\(statistics.uncheckpointedBytes) B"),
      ("leaves", "\(statistics.leafCount)"), ("root", "\(statistics.root)"),
      ("leaf file", "\(statistics.leafFileBytes) B"), ("node file", "\(statistics.nodeFileBytes) B"),
      ("journal", "\(statistics.journalBytes) B"), ("index", "\(statistics.indexFileBytes) B"),
      ("keys in parts of the index", statistics.indexRuns.map { "\($0)" }.joined(separator: ", ")),
      ("version table", "\(statistics.versionFileBytes) B"), ("all files", "\(statistics.totalFileBytes) B"),
    ]
    for (name, value) in lines { print("\(name.padded(to: 26)) \(value)") }
  }
}
