import Files
import Glibc
import GuestCheck
import Synchronization
import Telemetry

/// What a run of `zkos guest check` has found out so far, from all its threads.
final class GuestCheckTally: Sendable {
  private struct Findings {
    var clean: [GuestCheck.CheckedBlock] = []
    var worlds = 0
    var failures: [String] = []
    var isFinished = false
    var line: ProgressLog
  }

  private let worlds: Int
  private let asksWhy: Bool
  private let findings: Mutex<Findings>

  /// - Parameters:
  ///   - worlds: how many are to be checked.
  ///   - asksWhy: whether the guest says why it refuses.
  init(worlds: Int, asksWhy: Bool) {
    self.worlds = worlds
    self.asksWhy = asksWhy
    findings = Mutex(Findings(line: ProgressLog("checking", unit: "worlds", total: UInt64(worlds))))
  }

  /// A world without a finding.
  func add(_ checked: [GuestCheck.CheckedBlock]) {
    findings.withLock { findings in
      findings.clean += checked
      findings.worlds += 1
      findings.line.advance(to: UInt64(findings.worlds), note: "\(findings.failures.count) failed")
    }
  }

  /// A world with one; it is printed at once.
  func add(failure line: String) {
    findings.withLock { findings in
      findings.worlds += 1
      findings.failures.append(line)
      findings.line.finish()
      print(line)
      fflush(nil)
    }
  }

  /// Prints the sums and writes the answers. Once only: a second end finds nothing to do.
  ///
  /// - Returns: whether no world failed and the answers were written.
  func finish(record: String?) -> Bool {
    findings.withLock { findings in
      guard !findings.isFinished else { return findings.failures.isEmpty }
      findings.isFinished = true
      findings.line.finish()
      let clean = findings.clean.sorted { ($0.answer.seed, $0.answer.block) < ($1.answer.seed, $1.answer.block) }
      var succeeded = findings.failures.isEmpty
      if let record {
        do {
          try Files.write(GuestAnswer.encode(clean.map(\.answer)), to: record)
        } catch {
          print("cannot write \(record): \(error)")
          succeeded = false
        }
      }
      print(summary(clean, findings))
      fflush(nil)
      return succeeded
    }
  }

  private func summary(_ clean: [GuestCheck.CheckedBlock], _ findings: Findings) -> String {
    func sum(_ count: (GuestCheck.CheckedBlock) -> Int) -> Int { clean.reduce(0) { $0 + count($1) } }
    let cycles = clean.reduce(0 as UInt64) { $0 + $1.answer.cycles }
    let interrupted = findings.worlds < worlds ? "interrupted after \(findings.worlds) of \(worlds) worlds: " : ""
    return interrupted
      + "\(clean.count) blocks clean, \(findings.failures.count) worlds failed; \(sum { $0.summary.included }) transactions, "
      + "\(sum { $0.summary.succeeded }) of them successful, \(sum { $0.summary.typedData }) of type 0x71, "
      + "\(sum { $0.summary.fromContracts }) of these from contracts; \(sum { $0.summary.rejected }) candidates refused, by "
      + "the guest too\(asksWhy ? " and for the same reasons" : ""); \(cycles) guest cycles"
  }
}
