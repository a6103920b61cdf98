import Cryptography
import Primitives

/// An account of the operator, its steps, and its transactions that L1 may not have for good yet. Steps that share a key
/// share its nonces.
struct Lane: Sendable {
  /// What became of a transaction.
  struct Outcome: Hashable, Sendable {
    var block: UInt64
    var blockHash: Bytes32
  }

  /// What is known of a transaction in this run.
  struct Tracking: Sendable {
    var outcome: Outcome?
    /// How often its nonce was seen used without it. One answer of a node is not believed.
    var suspicions = 0
    /// The block of L1 at which it was sent last.
    var sentAt: UInt64
    /// Nanoseconds before which it is not sent again, and how often that was in vain.
    var resendFrom: UInt64 = 0
    var refusals = 0
  }

  let key: Secp256k1.PrivateKey
  let account: Address
  let steps: Set<SettlementStep>
  /// By nonce, without gaps among those that are not mined.
  var intents: [Intent] = []
  var tracking: [UInt64: Tracking] = [:]
  /// Transactions by nonce that were given up and may be in somebody's pool all the same.
  var superseded: [UInt64: [Bytes32]] = [:]
  /// The next nonce after what the pool of L1's node has; `nil` before it was asked.
  var poolNonce: UInt64?
  var poolAskedAt: UInt64 = 0
  /// Wei, when it was last asked for.
  var balance: UInt256?
  /// Why an operator must look, durable until one says `zkos l1 retry`.
  var halt: String?
  /// Refused one after the other, without anything between that went well.
  var failures = 0
  /// Nanoseconds before which nothing new is planned.
  var pausedUntil: UInt64 = 0
  /// Why the last step was refused.
  var refusal: String?
  /// What it waits for, said again in each round.
  var waitsFor: String?

  /// `nil` for a key without a public one.
  init?(_ key: Secp256k1.PrivateKey, _ steps: Set<SettlementStep>) {
    guard let account = Secp256k1.publicKey(of: key)?.address else { return nil }
    self.key = key
    self.account = account
    self.steps = steps
  }

  /// One for each key.
  static func all(_ options: SettlerOptions) -> [Lane] {
    var keys: [(key: Secp256k1.PrivateKey, steps: Set<SettlementStep>)] = []
    for (step, key) in [
      (SettlementStep.commit, options.operatorKey), (.prove, options.proveKey ?? options.operatorKey),
      (.execute, options.executeKey ?? options.operatorKey),
    ] {
      if let index = keys.firstIndex(where: { $0.key == key }) {
        keys[index].steps.insert(step)
      } else {
        keys.append((key, [step]))
      }
    }
    return keys.compactMap { Lane($0.key, $0.steps) }
  }

  /// Those whose nonce is not used yet.
  func pending(from nonce: UInt64) -> [Intent] { intents.filter { $0.nonce >= nonce } }

  /// The nonce after all that is known.
  func nextNonce(from nonce: UInt64) -> UInt64 { max(nonce, intents.last.map { $0.nonce &+ 1 } ?? 0) }
}
