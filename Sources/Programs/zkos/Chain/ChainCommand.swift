import ArgumentParser
import Node

/// `zkos chain`: changes the chain of a node that does not run.
struct ChainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chain", abstract: "Change the chain of a node that does not run.",
    subcommands: [ChainRollbackCommand.self])
}

/// `zkos chain rollback`: takes the newest blocks back.
struct ChainRollbackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback", abstract: "Take the newest blocks back, as if they had never been made.",
    discussion: """
      Blocks, state, tree, batches and proofs go back to one block, and so does the place in the list of L1's requests; what \
      waits in the mempool is dropped. Blocks that L1 has executed stay for ever; where L1 has them in batches, or it is \
      not known, --force is needed. Clients, replicas and archives that know the blocks are not told. Cut short, it is run \
      again, or the node starts with the blocks as before.
      """)

  @Argument(help: "The folder of all databases (sequencer_rocks_db_path). No node may run on it.")
  var directory: String

  @Option(help: "The block that becomes the last.")
  var to: UInt64

  @Flag(help: "Only say what would go.")
  var dryRun = false

  @Flag(help: "L1 has none of the batches that go, or is to be told otherwise.")
  var force = false

  func run() throws {
    do {
      let rollback = try ChainRollback(directory)
      let plan = try rollback.plan(to: to, isForced: force)
      for line in lines(plan) { print(line) }
      if dryRun { return print("nothing was changed") }
      try rollback.run(plan) { print("taking back: \($0)") }
      print("block \(plan.target) is the last: \(plan.targetHash)")
    } catch {
      throw ValidationError("\(error)")
    }
  }

  private func lines(_ plan: ChainRollback.Plan) -> [String] {
    var lines = [
      "blocks    \(plan.target + 1) to \(plan.last), with \(plan.transactions) transactions, \(plan.requests) of them requested by L1"
    ]
    if let batches = plan.batches {
      lines.append("batches   \(batches.lowerBound) to \(batches.upperBound), \(plan.provedBatches) of them proved")
    }
    if let version = plan.treeVersion {
      lines.append(
        plan.rebuildsTree
          ? "tree      does not keep version \(plan.target) any more: the node makes it again"
          : "tree      version \(version) to \(min(version, plan.target))")
    }
    return lines
  }
}
