import ArgumentParser
import Concurrency
import DevelopmentL1
import Files
import L1Settlement

/// `zkos bench settlement`: batches an hour through a development L1 that is far away, and how soon the first is sent after
/// a restart.
struct SettlementBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "settlement", abstract: "Settle a backlog of batches on a development L1 that is far away.")

  @Option(help: "Batches that wait at the start.")
  var batches = 1_000

  @Option(help: "Milliseconds that each call of the L1 takes longer.")
  var delay = 330

  @Option(help: "Seconds between two blocks of the L1.")
  var blockTime = 1

  @Option(help: "Bytes of pubdata of each batch.")
  var pubdata = 1_000

  @Option(help: "Transactions that may wait to be mined.")
  var commandLimit = 16

  @Option(help: "Committed batches with which the sender is started again; 0 for no such measurement.")
  var restartAfter = 10_000

  @Option(help: "A folder of its own: emptied before, removed after.")
  var directory = "settlement-benchmark"

  @Flag(help: "Print one JSON object for each case.")
  var json = false

  func validate() throws {
    guard batches > 0, delay >= 0, blockTime > 0, pubdata >= 0, commandLimit > 0, restartAfter >= 0 else {
      throw ValidationError("a count is not positive")
    }
  }

  func run() async throws {
    let backlog = try await rollup("backlog", batches: batches, made: batches, mining: .interval(.seconds(blockTime)))
    let start = MonotonicClock.nanoseconds
    let sender = try backlog.start(delay: .milliseconds(delay))
    await backlog.wait(sender) { $0.executed >= UInt64(batches) }
    let seconds = Double(MonotonicClock.nanoseconds - start) / 1e9
    await sender.stop()
    show(
      "backlog of \(batches)",
      [
        ("batches_per_hour", Double(batches) / seconds * 3_600),
        ("calls_per_batch", Double(backlog.calls) / Double(batches)), ("seconds", seconds),
      ])
    try await backlog.end()

    guard restartAfter > 0 else { return }
    let restart = try await rollup("restart", batches: restartAfter + 1, made: restartAfter, mining: .automatic)
    try await commit(restart)
    restart.source.makeAll()
    let again = MonotonicClock.nanoseconds
    let second = try restart.start(delay: .milliseconds(delay))
    while restart.firstSent == nil { try await Task.sleep(for: .milliseconds(1)) }
    show(
      "restart after \(restartAfter)",
      [("seconds_to_first_commit", Double((restart.firstSent ?? again) - again) / 1e9)])
    await second.stop()
    try await restart.end()
    _ = Files.removeEmptyFolder(directory)
  }

  /// Commits what is there, and lets go of the sender's database.
  private func commit(_ rollup: BenchRollup) async throws {
    let sender = try rollup.start(delay: .zero)
    await rollup.wait(sender) { $0.committed >= UInt64(restartAfter) }
    await sender.stop()
  }

  private func rollup(_ name: String, batches: Int, made: Int, mining: MiningMode) async throws -> BenchRollup {
    if !Files.exists(directory) { try Files.makeFolder(directory) }
    return try await BenchRollup(
      directory: directory + "/" + name, batches: batches, made: made, pubdata: pubdata, commandLimit: commandLimit,
      mining: mining)
  }

  private func show(_ name: String, _ values: [(String, Double)]) {
    if json {
      let fields = values.map { "\"\($0)\":\($1.hundredths)" }.joined(separator: ",")
      print("{\"case\":\"\(name)\",\(fields)}")
    } else {
      print("\(name): \(values.map { "\($0) \($1.hundredths)" }.joined(separator: ", "))")
    }
  }
}
