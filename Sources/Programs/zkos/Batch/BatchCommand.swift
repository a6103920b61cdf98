import ArgumentParser
import Batches
import ProverService

/// `zkos batch`: looks after the batches of a node.
struct BatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "batch", abstract: "Look after batches and their proofs.", subcommands: [BatchReopenCommand.self])
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
