import ArgumentParser
import StateTransitionBenchmark

/// `zkos bench stf`: blocks of equal transactions through the state transition.
struct StateTransitionBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stf", abstract: "Execute blocks on a warm state, beside the bare interpreter and the hashes.")

  @Option(help: "Transactions of a block of transfers.")
  var transactions = 1_000

  @Option(help: "Runs of each block.")
  var repetitions = 15

  @Option(help: "Measure only blocks whose name contains this.")
  var only: String?

  @Flag(help: "Print one JSON object for each kind of block.")
  var json = false

  func validate() throws {
    guard repetitions > 0, transactions > 0 else { throw ValidationError("counts must be at least 1") }
  }

  func run() throws {
    var benchmark = StateTransitionBenchmark()
    benchmark.repetitions = repetitions
    benchmark.transactions = transactions
    benchmark.only = only
    let results = try benchmark.run()
    for result in results { print(json ? self.json(result) : text(result)) }
    if !json {
      print("keccak256 of 64 B \(benchmark.keccak.hundredths) ns, blake2s of 64 B \(benchmark.blake2s.hundredths) ns")
    }
  }

  private func text(_ result: StateTransitionBenchmark.Result) -> String {
    let bare =
      result.bare.map { bare in
        "; the bare interpreter \(bare.hundredths) ns, ratio \((result.ratioToBare ?? .nan).hundredths)"
      } ?? ""
    return """
      \(result.name): \(result.execution.hundredths) ns, \(Int(1e9 / result.execution)) per second, \
      \(result.megagasPerSecond.hundredths) Mgas/s; sealing \(result.sealing.hundredths) ns\(bare)
        = \(result.inKeccaks.hundredths) keccak256 or \(result.inBlake2s.hundredths) blake2s of 64 B; \
      \(result.allocations.hundredths) allocations, \(result.sealingAllocations.hundredths) at sealing; \
      \(result.accesses.hundredths) access records, \((result.recording * 100).hundredths) % of execution
      """
  }

  private func json(_ result: StateTransitionBenchmark.Result) -> String {
    let bare = result.bare.map {
      ",\"bareNs\":\($0.hundredths),\"ratioToBare\":\((result.ratioToBare ?? 0).hundredths)"
    }
    return """
      {"case":"\(result.name)","ns":\(result.execution.hundredths),"perSecond":\(Int(1e9 / result.execution)),\
      "mgasPerSecond":\(result.megagasPerSecond.hundredths),"sealingNs":\(result.sealing.hundredths)\(bare ?? ""),\
      "keccaks":\(result.inKeccaks.hundredths),"blake2s":\(result.inBlake2s.hundredths),\
      "allocations":\(result.allocations.hundredths),"sealingAllocations":\(result.sealingAllocations.hundredths),\
      "accesses":\(result.accesses.hundredths),"recordingShare":\(result.recording)}
      """
  }
}
