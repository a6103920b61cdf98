import Concurrency
import Synchronization

/// What one connection, or all of one address, may use: gas that is executed for it, and bytes of its requests and the answers.
///
/// Two token buckets that may go into debt: what a call uses shows when it has run. While one is in debt nothing is begun.
final class RPCAllowance: Sendable {
  /// Whose it is.
  enum Owner: String, Sendable {
    case connection, address
  }

  /// What is used up.
  enum Resource: String, Sendable {
    case gas, bytes
  }

  /// Why a call is refused.
  struct Refusal: Sendable, Equatable {
    let owner: Owner
    let resource: Resource
    /// What may be used in a second.
    let rate: UInt64
    let retryAfterMilliseconds: UInt64
  }

  private struct Bucket {
    /// Units a second; 0 for a bucket without bottom.
    let rate: Double
    let capacity: Double
    var level: Double

    init(rate: UInt64, seconds: UInt64) {
      self.rate = Double(rate)
      capacity = self.rate * Double(seconds)
      level = capacity
    }

    mutating func refill(_ seconds: Double) {
      if rate > 0 { level = min(capacity, level + rate * seconds) }
    }

    mutating func spend(_ units: UInt64) {
      // Nobody is in debt for more than a minute, whatever a single call used.
      if rate > 0 { level = max(level - Double(units), -60 * rate) }
    }

    var isEmpty: Bool { rate > 0 && level <= 0 }

    /// Milliseconds until something is in it.
    var wait: UInt64 { UInt64((-level / rate * 1_000).rounded(.up)) + 1 }
  }

  private struct State {
    var gas: Bucket
    var bytes: Bucket
    var time: UInt64

    mutating func refill(_ now: UInt64) {
      guard now > time else { return }
      let seconds = Double(now - time) / 1e9
      time = now
      gas.refill(seconds)
      bytes.refill(seconds)
    }
  }

  private let owner: Owner
  private let rates: RPCBudgets.Rates
  private let state: Mutex<State>

  init(_ owner: Owner, _ rates: RPCBudgets.Rates, seconds: UInt64, now: UInt64) {
    self.owner = owner
    self.rates = rates
    state = Mutex(
      State(
        gas: Bucket(rate: rates.gas, seconds: seconds), bytes: Bucket(rate: rates.bytes, seconds: seconds), time: now))
  }

  /// Why nothing may be begun now; `nil` where something may.
  func refusal(_ now: UInt64) -> Refusal? {
    state.withLock { state in
      state.refill(now)
      if state.gas.isEmpty {
        return Refusal(owner: owner, resource: .gas, rate: rates.gas, retryAfterMilliseconds: state.gas.wait)
      }
      guard state.bytes.isEmpty else { return nil }
      return Refusal(owner: owner, resource: .bytes, rate: rates.bytes, retryAfterMilliseconds: state.bytes.wait)
    }
  }

  func spend(gas: UInt64, bytes: UInt64) {
    state.withLock { state in
      state.gas.spend(gas)
      state.bytes.spend(bytes)
    }
  }

  /// Whether it is as if it were new.
  func isFull(_ now: UInt64) -> Bool {
    state.withLock { state in
      state.refill(now)
      return state.gas.level >= state.gas.capacity && state.bytes.level >= state.bytes.capacity
    }
  }
}
