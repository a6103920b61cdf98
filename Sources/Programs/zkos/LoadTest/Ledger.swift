import Primitives
import Synchronization

/// What became of every transaction: sent, answered, included, lost.
final class Ledger: Sendable {
  struct Counts: Sendable {
    var submitted = 0
    var included = 0
    /// Milliseconds from sending to the first sight of a block with the transaction.
    var latencies: [Float] = []
    /// Refusals and broken answers, by their words.
    var errors: [String: Int] = [:]
  }

  private struct State {
    var counts = Counts()
    /// When each transaction that waits was sent, and whose it is.
    var waiting: [Bytes32: (wallet: Int, sent: UInt64)] = [:]
    var inFlight: [Int]
  }

  private let state: Mutex<State>

  init(wallets: Int) { state = Mutex(State(inFlight: Array(repeating: 0, count: wallets))) }

  var counts: Counts { state.withLock { $0.counts } }
  var waitingCount: Int { state.withLock { $0.waiting.count } }
  func inFlight(_ wallet: Int) -> Int { state.withLock { $0.inFlight[wallet] } }

  func sent(_ hashes: [Bytes32], by wallet: Int, at time: UInt64) {
    state.withLock { state in
      for hash in hashes { state.waiting[hash] = (wallet, time) }
      state.inFlight[wallet] += hashes.count
    }
  }

  func accepted(_ count: Int) { state.withLock { $0.counts.submitted += count } }

  func refused(_ hash: Bytes32, _ reason: String) {
    state.withLock { state in
      guard let entry = state.waiting.removeValue(forKey: hash) else { return }
      state.inFlight[entry.wallet] -= 1
      // Numbers and addresses in a message would make every error a kind of its own.
      let kind = String(reason.prefix { $0 != ":" })
      state.counts.errors[kind, default: 0] += 1
    }
  }

  func included(_ hashes: [Bytes32], at time: UInt64) {
    state.withLock { state in
      for hash in hashes {
        guard let entry = state.waiting.removeValue(forKey: hash) else { continue }
        state.inFlight[entry.wallet] -= 1
        state.counts.included += 1
        state.counts.latencies.append(Float(time - entry.sent) / 1e6)
      }
    }
  }
}
