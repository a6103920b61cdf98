import ArgumentParser
import ChainStorage
import Checkpoints
import Scrub
import Telemetry

/// `zkos database`: looks after the databases of a node.
struct DatabaseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "database", abstract: "Look after the databases of a node.",
    subcommands: [DatabaseVerifyCommand.self, DatabaseCheckpointCommand.self])
}

/// `zkos database verify`: every store against its checksums, the replay log, and the others.
struct DatabaseVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check the replay log, the stores and the state tree against each other.",
    discussion: """
      Reads every file, takes each block of the log, compares the stored block with it, executes it again, compares its \
      receipts and what it wrote, recomputes the state tree, and compares its leaves with the state. Nothing is changed.
      """)

  @Argument(help: "The folder of all databases (sequencer_rocks_db_path). No node may run on it.")
  var directory: String

  @Option(help: "Execute every n-th block again; 0 for none.")
  var executeEvery: UInt64 = 1

  func run() throws {
    var options = DatabaseCheck.Options()
    options.executedEvery = executeEvery
    do {
      if let manifest = try CheckpointManifest.read(in: directory) {
        try manifest.check(directory)
        print("a checkpoint of block \(manifest.block), \(manifest.files.count) files: as written")
      }
    } catch {
      print(error)
      throw ExitCode.failure
    }
    var line: ProgressLog?
    let report = try DatabaseCheck(directory, options: options).run { done, total in
      if line == nil { line = ProgressLog("checking", unit: "blocks", total: total) }
      line?.advance(to: done)
    }
    line?.finish()
    for finding in report.findings { print(finding) }
    if !report.findings.isEmpty { throw ExitCode.failure }
    print(
      "\(report.blocks) blocks, \(report.executedBlocks) of them executed again; \(report.slots) slots compared with the state "
        + "tree\(report.treeVersion.map { ", version \($0)" } ?? "")\(report.root.map { ", root \($0)" } ?? ""): sound")
  }
}
