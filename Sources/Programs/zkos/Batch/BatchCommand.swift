import ArgumentParser
import Batches
import ProverService

/// `zkos batch`: looks after the batches of a node.
struct BatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "batch", abstract: "Look after batches and their proofs.",
    subcommands: [BatchListCommand.self, BatchReopenCommand.self])
}

/// `zkos batch list`: which batches have a proof, and what is known of it.
struct BatchListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Show which batches have a proof, and of what kind.",
    discussion: """
      fri is a proof that was verified, fri_unverified one that was not, fake_fri none at all. Reads the store of a node, \
      which may run meanwhile.
      """)

  @Argument(help: "The store of proofs: the folder proofs of sequencer_rocks_db_path.")
  var directory: String

  @Option(help: "The first batch to show: by default the last twenty are shown.")
  var from: UInt64?

  @Option(help: "How many batches to show.")
  var count: UInt64 = 20

  func run() throws {
    let store: ProofStore
    do { store = try ProofStore(path: directory, readOnly: true) } catch { throw ValidationError("\(error)") }
    let last = try store.lastBatch()?.number.rawValue ?? 0, most = min(count, 1_000_000)
    let first = max(1, from ?? (last > most ? last - most + 1 : 1))
    guard first <= last, most > 0 else { return }
    for number in first...min(last, first &+ most &- 1) {
      print("batch \(number)  \(try store.kind(BatchNumber(number))?.name ?? "waits for a prover")")
    }
  }
}

/// `zkos batch reopen`: a proof that turned out to be none makes room for another.
struct BatchReopenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reopen", abstract: "Drop the proofs of batches, so that provers get them again.")

  @Argument(help: "The store of proofs: the folder proofs of sequencer_rocks_db_path. No node may run on it.")
  var directory: String

  @Argument(help: "The numbers of the batches.")
  var numbers: [UInt64]

  func run() throws {
    let store = try ProofStore(path: directory)
    for number in numbers {
      guard try store.reopen(BatchNumber(number)) else {
        throw ValidationError("the prover input of batch \(number) is not kept")
      }
      print("batch \(number) waits for a proof again")
    }
  }
}
