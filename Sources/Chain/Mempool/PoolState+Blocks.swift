import Primitives
import Transactions

// What the block builder does: takes the best transaction again and again, gives some back, and says in the end what
// the block changed.

extension PoolState {
  /// The best transaction of a lane, or of all that a block may take from, that the block being built does not have yet.
  mutating func take(_ lane: Lane?) -> Offered? {
    var best: (slot: Int, lane: Lane)?
    for lane in lane.map({ [$0] }) ?? Lane.building {
      guard let slot = settledSlot(in: lane) else { continue }
      best = best.map { bestSlot == slot ? (slot, lane) : $0 } ?? (slot, lane)
    }
    return best.flatMap { take($0.slot, in: $0.lane) }
  }

  /// The transaction for which the last block had no room, where it is its sender's turn.
  mutating func takeFirst() -> Offered? {
    guard let hash = first else { return nil }
    // In the block that had no room for it, it stays where it is.
    if let place = places[hash], slots[place.slot].isSkipped { return nil }
    first = nil
    guard let place = places[hash], let next = slots[place.slot].next, next.recovered.hash == hash,
      case .lane(let lane) = placement(of: next), lane != .trial
    else { return nil }
    return take(place.slot, in: lane)
  }

  private mutating func take(_ slot: Int, in lane: Lane) -> Offered? {
    guard let next = slots[slot].next else { return nil }
    change(slot) { $0.take() }
    involved.insert(slot)
    var trial: TrialCost?
    if case .tried(let cost) = standings[next.recovered.hash] { trial = cost }
    return Offered(transaction: next.recovered, lane: lane, gasLimit: next.signed.gasLimit, trial: trial)
  }

  /// The transaction taken last from its sender cannot be executed: it is removed, what is behind it parked, and the
  /// sender left out of this block.
  mutating func reject(_ hash: Bytes32, _ reason: String, isStrike: Bool) {
    guard let place = places[hash] else { return }
    involved.insert(place.slot)
    change(place.slot) { $0.skip() }
    refuse(place, reason, isStrike: isStrike)
  }

  private mutating func refuse(_ place: (slot: Int, nonce: UInt64), _ reason: String, isStrike: Bool) {
    let index = slots[place.slot].index(of: place.nonce)
    let transaction = slots[place.slot].transactions[index]
    if isStrike { penalties.strike(sender: transaction.recovered.sender, code: transaction.signed.to, now: now) }
    refuse(remove(place.slot, at: index), .execution(reason))
  }

  /// The transaction taken last from its sender does not fit this block: it stays, and its sender waits for the next,
  /// which takes it before all others where `isFirst`.
  mutating func putBack(_ hash: Bytes32, isFirst: Bool) {
    guard let place = places[hash], slots[place.slot].openNonce == place.nonce + 1 else { return }
    change(place.slot) { $0.putBack() }
    if isFirst { first = hash }
  }

  // MARK: Trial runs

  /// The transaction taken last from its sender has to prove itself in a trial run before a block takes it.
  mutating func requireTrial(_ hash: Bytes32) {
    guard let place = places[hash], slots[place.slot].openNonce == place.nonce + 1 else { return }
    standings[hash] = .mustBeTried
    change(place.slot) { $0.untake() }
  }

  /// The best transaction that needs a trial run.
  mutating func takeForTrial() -> RecoveredTransaction? {
    guard let slot = settledSlot(in: .trial), let next = slots[slot].next else { return nil }
    standings[next.recovered.hash] = .beingTried
    change(slot) { _ in }
    return next.recovered
  }

  /// Notes how a trial run ended. The transaction may have left the pool meanwhile.
  mutating func endTrial(_ hash: Bytes32, _ outcome: TrialOutcome) {
    guard let place = places[hash], standings[hash] == .beingTried else { return }
    switch outcome {
    case .fits(let cost):
      standings[hash] = .tried(cost)
      change(place.slot) { _ in }
    case .refused(let reason, let nanoseconds):
      refuse(place, reason, isStrike: nanoseconds >= options.strikeNanoseconds)
    case .inconclusive:
      standings[hash] = .mustBeTried
      involved.insert(place.slot)
      change(place.slot) { $0.skip() }
    }
  }

  /// Brings the pool to the state after another block; returns what became executable by it.
  mutating func apply(_ block: ExecutedBlock) -> [RecoveredTransaction] {
    generation += 1
    if options.baseFee != block.baseFee {
      options.baseFee = block.baseFee
      for slot in slots.indices where !slots[slot].isEmpty { change(slot) { $0.reconsider(baseFee: block.baseFee) } }
    }
    for transaction in block.transactions { noteExecuted(transaction) }

    var promoted: [RecoveredTransaction] = []
    for (address, account) in block.accounts {
      guard let slot = slotOfSender[address] else { continue }
      let executableBefore = slots[slot].pendingNonce
      let used = change(slot) { $0.advance(to: account, baseFee: block.baseFee) }
      for transaction in used { forget(transaction) }
      let queue = slots[slot]
      let start = min(queue.index(of: executableBefore), queue.executable)
      promoted += queue.transactions[start..<queue.executable].lazy.map(\.recovered)
    }
    abandonBlock()
    return promoted
  }

  /// Nothing is in a block being built any more.
  mutating func abandonBlock() {
    for slot in involved { change(slot) { $0.reset() } }
    involved.removeAll(keepingCapacity: true)
  }

  /// Removes what has been parked for longer than the lifetime. `now` in milliseconds.
  mutating func expire(now: UInt64) {
    guard now > options.lifetime else { return }
    while let hash = arrivals.popFirst(before: now - options.lifetime) {
      guard let place = places[hash] else { continue }
      let index = slots[place.slot].index(of: place.nonce)
      if index < slots[place.slot].executable {
        arrivals.append(hash, at: now)
      } else {
        refuse(remove(place.slot, at: index), .expired)
      }
    }
  }
}
