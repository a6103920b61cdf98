import Batches
import Concurrency
import L1Client
import L1Contracts
import Primitives

// What becomes of the transactions that were sent.

extension Settler {
  /// Blocks after which a transaction that others overtake is sent with a higher fee.
  private static let patience: UInt64 = 3
  /// Between two looks at the pool of L1's node.
  private static let poolInterval = Duration.seconds(2).nanoseconds
  private static let second: UInt64 = 1_000_000_000

  func track(_ index: Int, _ view: PinnedView) async throws(SettlerProblem) {
    let nonce = view.nonces[lanes[index].account] ?? 0
    for intent in lanes[index].intents where lanes[index].tracking[intent.nonce] == nil {
      lanes[index].tracking[intent.nonce] = Lane.Tracking(sentAt: view.head.number)
    }
    for intent in lanes[index].intents {
      if intent.nonce >= nonce {
        lanes[index].tracking[intent.nonce]?.outcome = nil
        lanes[index].tracking[intent.nonce]?.suspicions = 0
      } else if lanes[index].tracking[intent.nonce]?.outcome == nil {
        try await findOutcome(index, intent, view)
      }
    }
    try prune(index, view)
    let pending = lanes[index].pending(from: nonce)
    guard !pending.isEmpty else { return }
    guard lanes[index].halt == nil else { return }
    try await askPool(index, view)
    try await resend(index, pending, view)
    try await raiseFees(index, lanes[index].pending(from: nonce), view)
  }

  // MARK: Mined

  /// The nonce of an intent is used: by one of its attempts, or by a transaction that this node has not sent.
  private func findOutcome(_ index: Int, _ intent: Intent, _ view: PinnedView) async throws(SettlerProblem) {
    let hashes = intent.attempts.reversed().map(\.hash) + intent.superseded
    // The events tell where a step was made, those of an earlier run, too.
    let known = try storing { () throws(SettlementStoreError) in
      try store.progress(BatchNumber(intent.batches.upperBound))
    }
    if let reference = known?[intent.step], hashes.contains(reference.transaction) {
      lanes[index].tracking[intent.nonce]?.outcome = Lane.Outcome(
        block: reference.block, blockHash: reference.blockHash)
      lanes[index].failures = 0
      lanes[index].refusal = nil
      return
    }
    for hash in hashes {
      let receipt = try await asking { () throws(L1Error) in try await client.receipt(of: hash) }
      guard let receipt else { continue }
      guard receipt.blockNumber <= view.head.number else { throw .moved }
      lanes[index].tracking[intent.nonce]?.outcome = Lane.Outcome(
        block: receipt.blockNumber, blockHash: receipt.blockHash)
      if receipt.succeeded {
        lanes[index].failures = 0
        lanes[index].refusal = nil
      } else if intent.attempts.contains(where: { $0.hash == hash }) {
        try await reverted(index, intent, view)
      }
      return
    }
    let suspicions = (lanes[index].tracking[intent.nonce]?.suspicions ?? 0) + 1
    lanes[index].tracking[intent.nonce]?.suspicions = suspicions
    // One node behind a name may know less than another.
    guard lanes[index].halt == nil else { return }
    guard suspicions > 2 else { throw .moved }
    let account = lanes[index].account
    try halt(
      index,
      "nonce \(intent.nonce) of \(account) was used by a transaction that this node did not send: another program has its "
        + "key. Stop it, then run `zkos l1 retry`")
  }

  /// L1 has refused a step in a block: gas is paid and nothing is done.
  private func reverted(_ index: Int, _ intent: Intent, _ view: PinnedView) async throws(SettlerProblem) {
    // Somebody else was faster, which is as well.
    if view.totals[intent.step] >= intent.batches.upperBound { return }
    metrics.reverts.increment()
    var reason = "it would be accepted now"
    if let call = try? call(of: intent), let timelock = contracts?.validatorTimelock {
      do throws(L1Error) {
        try await client.simulate(call, at: timelock, from: lanes[index].account)
      } catch {
        reason = "\(error)"
      }
    }
    refuse(index, "\(intent.step) of batch \(Self.text(intent.batches)) was reverted in a block: \(reason)")
    if lanes[index].failures > 3 {
      try halt(index, "\(lanes[index].refusal ?? ""). It was tried again and again; see to it and run `zkos l1 retry`")
    }
  }

  /// Notes that a step was refused, and waits longer each time.
  func refuse(_ index: Int, _ reason: String) {
    lanes[index].refusal = reason
    let failures = lanes[index].failures
    lanes[index].failures = failures + 1
    let pause: UInt64 = min(600, 5 << min(UInt64(failures), 8))
    lanes[index].pausedUntil = now &+ pause &* Self.second
    status.note(reason)
  }

  private func halt(_ index: Int, _ reason: String) throws(SettlerProblem) {
    lanes[index].halt = reason
    let account = lanes[index].account
    try storing { () throws(SettlementStoreError) in try store.setHalt(reason, of: account) }
  }

  static func text(_ batches: ClosedRange<UInt64>) -> String {
    batches.count == 1 ? "\(batches.lowerBound)" : "\(batches.lowerBound) to \(batches.upperBound)"
  }

  /// Forgets what no reorganisation brings back.
  private func prune(_ index: Int, _ view: PinnedView) throws(SettlerProblem) {
    guard view.head.number > Self.window else { return }
    let limit = view.head.number - Self.window
    let old = lanes[index].intents.map(\.nonce).filter { nonce in
      lanes[index].tracking[nonce]?.outcome.map { $0.block <= limit } ?? false
    }
    guard !old.isEmpty else { return }
    let account = lanes[index].account
    try storing { () throws(SettlementStoreError) in try store.remove(account, old) }
    lanes[index].intents.removeAll { old.contains($0.nonce) }
    for nonce in old {
      lanes[index].tracking[nonce] = nil
      lanes[index].superseded[nonce] = nil
    }
  }

  // MARK: Waiting

  /// Asks which of the account's transactions wait in the pool.
  func askPool(_ index: Int, _ view: PinnedView) async throws(SettlerProblem) {
    let account = lanes[index].account
    if lanes[index].poolNonce != nil, now &- lanes[index].poolAskedAt < Self.poolInterval { return }
    let pooled = try await asking { () throws(L1Error) in
      try await client.transactionCount(of: account, .pending)
    }
    lanes[index].poolNonce = max(pooled, view.nonces[account] ?? 0)
    lanes[index].poolAskedAt = now
  }

  /// Sends again what the pool does not have: it was never sent, got lost, or was dropped. What no longer makes sense is
  /// given up instead.
  private func resend(_ index: Int, _ pending: [Intent], _ view: PinnedView) async throws(SettlerProblem) {
    guard let pool = lanes[index].poolNonce else { return }
    let missing = pending.filter { $0.nonce >= pool }
    guard let first = missing.first else { return }
    if !makesSense(pending, view) {
      try giveUp(index, from: first.nonce)
      return
    }
    for intent in missing {
      guard let tracking = lanes[index].tracking[intent.nonce], now >= tracking.resendFrom else { return }
      metrics.resends.increment()
      guard try await send(index, intent, view) else { return }
    }
  }

  /// Whether waiting transactions do what L1 expects next, one after the other.
  func makesSense(_ pending: [Intent], _ view: PinnedView) -> Bool {
    SettlementStep.allCases.allSatisfy { step in
      var next = view.totals[step] &+ 1
      return pending.filter { $0.step == step }.allSatisfy { intent in
        defer { next = intent.batches.upperBound &+ 1 }
        return intent.batches.lowerBound == next
      }
    }
  }

  /// Gives up what is not in the pool. It may turn up all the same, and is then no stranger's.
  private func giveUp(_ index: Int, from nonce: UInt64) throws(SettlerProblem) {
    let account = lanes[index].account
    let given = lanes[index].intents.filter { $0.nonce >= nonce }
    try storing { () throws(SettlementStoreError) in try store.remove(account, given.map(\.nonce)) }
    for intent in given {
      lanes[index].superseded[intent.nonce] = Array(
        (intent.superseded + intent.attempts.map(\.hash)).suffix(Intent.maxHashes))
      lanes[index].tracking[intent.nonce] = nil
    }
    lanes[index].intents.removeAll { $0.nonce >= nonce }
  }

  /// Gives the last attempt of an intent to L1.
  ///
  /// - Returns: whether L1's node has it now, as far as one can tell; an answer that is lost says nothing.
  func send(_ index: Int, _ intent: Intent, _ view: PinnedView) async throws(SettlerProblem) -> Bool {
    let account = lanes[index].account
    let envelope = try storing { () throws(SettlementStoreError) in try store.envelope(account, intent.nonce) }
    guard let envelope else { throw .store(.corrupt("a transaction of \(account) has no bytes")) }
    return try await judge(index, intent, await give([envelope])[0], view)
  }

  /// Gives transactions to L1, all at the same time: its pool puts them in the order of their nonces. The answers are in the
  /// order of `envelopes`.
  func give(_ envelopes: [[UInt8]]) async -> [Result<Bytes32, L1Error>] {
    let client = client
    return await together(envelopes) { (envelope) async throws(L1Error) in try await client.sendRawTransaction(envelope)
    }
  }

  /// What L1 says of a transaction that it was given.
  ///
  /// - Returns: whether L1's node has it now, as far as one can tell; an answer that is lost says nothing.
  func judge(
    _ index: Int, _ intent: Intent, _ answer: Result<Bytes32, L1Error>, _ view: PinnedView
  ) async throws(SettlerProblem) -> Bool {
    let account = lanes[index].account
    let refusals = lanes[index].tracking[intent.nonce]?.refusals ?? 0
    lanes[index].tracking[intent.nonce]?.resendFrom =
      now &+ min(60, UInt64(1) << min(UInt64(refusals), 6)) &* Self.second
    if case .failure(let error) = answer {
      guard case .refused(let refusal) = error else { throw .l1(error) }
      switch SendRefusal(refusal.message) {
      case .alreadyKnown:
        // The pool has it though its count does not say so.
        lanes[index].tracking[intent.nonce]?.resendFrom = now &+ 30 &* Self.second
      case .nonceTooLow: throw .moved
      case .underpriced:
        lanes[index].waitsFor = "another transaction of \(account) with nonce \(intent.nonce) waits on L1"
        lanes[index].tracking[intent.nonce]?.refusals = refusals + 1
        return false
      case .feeTooLow:
        lanes[index].waitsFor = "gas on L1 costs more than the transactions that wait may pay"
        lanes[index].tracking[intent.nonce]?.refusals = refusals + 1
        return false
      case .insufficientFunds:
        try await showBalance(index)
        lanes[index].waitsFor = "\(account) has too little ether on L1 for its next transaction"
        lanes[index].tracking[intent.nonce]?.refusals = refusals + 1
        return false
      case .other:
        lanes[index].waitsFor = "\(error)"
        lanes[index].tracking[intent.nonce]?.refusals = refusals + 1
        return false
      }
    }
    hasSent = true
    lanes[index].tracking[intent.nonce]?.sentAt = view.head.number
    lanes[index].tracking[intent.nonce]?.refusals = 0
    lanes[index].poolNonce = lanes[index].poolNonce.map { max($0, intent.nonce &+ 1) }
    return true
  }

  func showBalance(_ index: Int) async throws(SettlerProblem) {
    let account = lanes[index].account
    let balance = try await asking { () throws(L1Error) in try await client.balance(of: account) }
    metrics.balance(account, is: balance, before: lanes[index].balance)
    lanes[index].balance = balance
  }

  // MARK: Fees

  /// Pays more for transactions that are overtaken, up to the caps.
  private func raiseFees(_ index: Int, _ pending: [Intent], _ view: PinnedView) async throws(SettlerProblem) {
    for intent in pending {
      guard let tracking = lanes[index].tracking[intent.nonce], let last = intent.attempts.last,
        intent.attempts.count < Intent.maxHashes
      else { continue }
      // One that the pool refuses for its fee need not wait for blocks.
      let isDue = view.head.number >= tracking.sentAt &+ Self.patience || tracking.refusals > 0
      guard isDue else { continue }
      let market = try await market(view)
      guard fees.isBelow(market, last.fees) else { continue }
      guard let raised = fees.replacement(of: last.fees, market) else {
        lanes[index].waitsFor = "gas on L1 costs more than the caps allow (base fee \(market.baseFee) wei)"
        return
      }
      guard let call = try call(of: intent) else { continue }
      let (attempt, envelope) = try sign(index, call.input, nonce: intent.nonce, gas: intent.gasLimit, raised)
      var intent = intent
      intent.attempts.append(attempt)
      let account = lanes[index].account
      try storing { () throws(SettlementStoreError) in try store.record(account, [(intent, envelope)]) }
      if let place = lanes[index].intents.firstIndex(where: { $0.nonce == intent.nonce }) {
        lanes[index].intents[place] = intent
      }
      lanes[index].tracking[intent.nonce]?.sentAt = view.head.number
      metrics.bumps.increment()
      guard try await send(index, intent, view) else { return }
    }
  }

  /// What gas costs after the newest block.
  func market(_ view: PinnedView) async throws(SettlerProblem) -> FeeMarket {
    if let known = market, known.head == view.head.hash { return known.market }
    let history = try await asking { () throws(L1Error) in try await client.feeHistory(blocks: 10, percentile: 20) }
    let market = FeeMarket(history)
    self.market = (view.head.hash, market)
    return market
  }
}

/// What a node of L1 says of a transaction that it does not take, in the words of geth, Nethermind, Erigon and anvil.
package enum SendRefusal: Equatable {
  case alreadyKnown, nonceTooLow, underpriced, feeTooLow, insufficientFunds, other

  package init(_ message: String) {
    let text = message.lowercased()
    if text.contains("already known") || text.contains("already imported") || text.contains("alreadyknown") {
      self = .alreadyKnown
    } else if text.contains("nonce too low") || text.contains("nonce is too low") || text.contains("oldnonce") {
      self = .nonceTooLow
    } else if text.contains("replacement transaction underpriced") || text.contains("could not replace") {
      self = .underpriced
    } else if text.contains("less than block base fee") || text.contains("underpriced") || text.contains("feetoolow") {
      self = .feeTooLow
    } else if text.contains("insufficient funds") || text.contains("insufficientfunds") {
      self = .insufficientFunds
    } else {
      self = .other
    }
  }
}
