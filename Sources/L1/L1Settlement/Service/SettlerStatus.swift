import Synchronization
import Telemetry

/// What settling says of itself, from any thread.
package final class SettlerStatus: Sendable {
  package struct State: Sendable {
    package var problem: String?
    /// Whether the L1 is another one than the chain settles on.
    package var isWrong = false
    package var notes: [String] = []
    /// Why a step does not go on, where it does not.
    package var stepNotes: [SettlementStep: String] = [:]
    /// That batches have waited long, while they do.
    package var lateness: String?
    package var isReached = false
    /// The last block that needs no L1 any more; `nil` before L1 was looked at.
    package var settled: UInt64?
    /// Whether something must be done by an operator.
    package var isHalted = false
    /// Whether L1 refuses again and again.
    package var isStuck = false
  }

  private let state = Mutex(State())
  private let hear: @Sendable (String) -> Void

  /// - Parameter hear: is told of each reason why something does not go on.
  package init(hear: @escaping @Sendable (String) -> Void = { _ in }) { self.hear = hear }

  package var current: State { state.withLock { $0 } }

  /// Whether L1 was ever looked at in this run.
  var isReached: Bool { state.withLock { $0.isReached } }

  func note(_ reason: String) { hear(reason) }

  func settled(through block: UInt64) { state.withLock { $0.settled = block } }

  func update(problem: SettlerProblem?, lanes: [Lane], lateness: String?, isReached: Bool) {
    let halts = lanes.compactMap(\.halt)
    let notes = halts + lanes.compactMap { $0.failures > 0 ? $0.refusal : nil } + lanes.compactMap(\.waitsFor)
    for text in [problem.map { "\($0)" }, lateness].compactMap({ $0 }) + notes { hear(text) }
    state.withLock { state in
      state.problem = problem.map { "\($0)" }
      state.isWrong = if case .wrong? = problem { true } else { false }
      state.notes = notes
      state.stepNotes = [:]
      for lane in lanes {
        guard let note = lane.halt ?? (lane.failures > 0 ? lane.refusal : nil) ?? lane.waitsFor else { continue }
        for step in lane.steps { state.stepNotes[step] = note }
      }
      state.lateness = lateness
      state.isHalted = !halts.isEmpty
      state.isStuck = lanes.contains { $0.failures > 3 }
      state.isReached = isReached
    }
  }

  var health: Health {
    let state = current
    var texts = state.notes
    if let problem = state.problem {
      texts = [state.isWrong ? "nothing is settled: \(problem)" : "settling waits: \(problem)"]
    }
    texts += [state.lateness].compactMap { $0 }
    return texts.isEmpty ? .ready : .degraded(texts.joined(separator: "; "))
  }
}
