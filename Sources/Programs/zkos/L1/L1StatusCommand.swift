import ArgumentParser
import Batches
import Files
import L1Settlement
import Primitives
import ProverService

/// `zkos l1 status`: how far the batches of a node have come, beside the node or without it.
struct L1StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show how far each batch of a node has come on L1.",
    discussion: "Reads the databases of a node, which may run meanwhile.")

  @Option(help: "The folder of the node's databases.")
  var databases = "./db/node1"

  @Option(help: "The first batch to show: by default the last twenty are shown.")
  var from: UInt64?

  @Option(help: "How many batches to show.")
  var count: UInt64 = 20

  func run() throws {
    let store: SettlementStore, proofs: ProofStore, finality: Finality, halts: [String]
    do {
      store = try SettlementStore(path: databases + "/l1_sender", readOnly: true)
      proofs = try ProofStore(path: databases + "/proofs", readOnly: true)
      finality = try Finality(store)
      halts = try store.halts()
    } catch {
      throw ValidationError("\(error)")
    }
    let last = try proofs.lastBatch()?.number.rawValue ?? 0, totals = finality.totals
    print(
      "batches  made \(last), committed \(totals.committed), proved on L1 \(totals.proved), executed \(totals.executed)"
    )
    print("blocks   safe \(finality.safeBlock ?? 0), finalized \(finality.finalizedBlock ?? 0)")
    for halt in halts { print("halted   \(halt)") }
    let most = min(count, 1_000_000)
    let first = max(1, from ?? (last > most ? last - most + 1 : 1))
    guard first <= last else { return }
    for number in first...min(last, first &+ most &- 1) {
      let batch = BatchNumber(number), progress = finality.progress(of: batch)
      print("batch \(number)  \(stage(progress, try proofs.kind(batch)))")
      for step in SettlementStep.allCases {
        guard let reference = progress?[step] else { continue }
        let name = "\(step)"
        print(
          "  \(name)\(String(repeating: " ", count: max(0, 8 - name.count)))  \(reference.transaction)  block "
            + "\(reference.block)  time \(reference.timestamp)")
      }
    }
  }

  private func stage(_ progress: BatchProgress?, _ proof: StoredProof.Kind?) -> String {
    if progress?.execute != nil { return "executed" }
    if progress?.prove != nil { return "proved on L1" }
    let here = proof.map { "has a proof (\($0.name))" } ?? "waits for a prover"
    return progress?.commit != nil ? "committed, \(here)" : "made, \(here)"
  }
}

/// `zkos l1 retry`: lets a node go on that waits for its operator.
struct L1RetryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry", abstract: "Let a node go on that has stopped settling and waits for its operator.",
    discussion: "A node that runs sees it at its next look at L1, one that does not when it is started.")

  @Option(help: "The folder of the node's databases.")
  var databases = "./db/node1"

  func run() throws {
    guard Files.isFolder(databases) else { throw ValidationError("\(databases) is no folder") }
    do throws(FileError) { try RetryRequest(databases: databases).make() } catch { throw ValidationError("\(error)") }
    print("asked the node of \(databases) to try again")
  }
}
