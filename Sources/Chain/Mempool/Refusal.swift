import Primitives

/// A transaction that the pool has let go without a block, and why.
public struct Refusal: Sendable, Equatable {
  public var hash: Bytes32
  public var sender: Address
  public var nonce: UInt64
  public var reason: RefusalReason
  /// Milliseconds on the pool's clock.
  public var time: UInt64

  /// What those are told that wait behind the refused transaction.
  public var reasonForLaterNonces: String {
    "waits for nonce \(nonce), whose transaction \(hash) was refused: \(reason)"
  }
}

/// Why the pool has let a transaction go that it had admitted.
public enum RefusalReason: Sendable, Equatable {
  /// No block can contain it, in the words of whoever executed it.
  case execution(String)
  /// Another one of the same nonce pays more.
  case replaced(by: Bytes32)
  /// Others that pay more needed its place.
  case evicted
  /// It was parked for too long.
  case expired

  /// The kind alone, for metrics.
  public var kind: RefusalKind {
    switch self {
    case .execution: .execution
    case .replaced: .replaced
    case .evicted: .evicted
    case .expired: .expired
    }
  }
}

/// The kinds of reasons.
public enum RefusalKind: String, CaseIterable, Sendable {
  case execution, replaced, evicted, expired
}

extension RefusalReason: CustomStringConvertible {
  public var description: String {
    switch self {
    case .execution(let reason): reason
    case .replaced(let hash): "replaced by transaction \(hash)"
    case .evicted: "evicted: the transaction pool is full of transactions that pay more"
    case .expired: "expired: it waited too long for an earlier nonce or for funds"
    }
  }
}

/// The newest refusals, so that those who sent the transactions can learn of them.
struct RefusalBook {
  /// Refusals kept, some hundred bytes each.
  private static let capacity = 16_384
  /// Milliseconds that one is kept.
  private static let lifetime: UInt64 = 60 * 60 * 1000

  private struct SenderNonce: Hashable {
    let sender: Address
    let nonce: UInt64
  }

  private var entries: [Bytes32: Refusal] = [:]
  private var byNonce: [SenderNonce: Bytes32] = [:]
  private var order = ArrivalOrder()

  mutating func add(_ refusal: Refusal) {
    while order.count >= Self.capacity, let oldest = order.popFirst(before: .max) { remove(oldest) }
    while refusal.time > Self.lifetime, let old = order.popFirst(before: refusal.time - Self.lifetime) { remove(old) }
    entries[refusal.hash] = refusal
    byNonce[SenderNonce(sender: refusal.sender, nonce: refusal.nonce)] = refusal.hash
    order.append(refusal.hash, at: refusal.time)
  }

  /// Forgets a transaction that is in the pool again.
  mutating func remove(_ hash: Bytes32) {
    guard let refusal = entries.removeValue(forKey: hash) else { return }
    let key = SenderNonce(sender: refusal.sender, nonce: refusal.nonce)
    if byNonce[key] == hash { byNonce[key] = nil }
  }

  subscript(hash: Bytes32) -> Refusal? { entries[hash] }

  /// The last refusal of this nonce.
  func refusal(of sender: Address, nonce: UInt64) -> Refusal? {
    byNonce[SenderNonce(sender: sender, nonce: nonce)].flatMap { entries[$0] }
  }
}
