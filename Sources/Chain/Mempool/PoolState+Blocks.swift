import Primitives
import Transactions

// What the block builder does: takes the best transaction again and again, gives some back, and says in the end what
// the block changed.

extension PoolState {
  /// The best transaction that the block being built does not have yet.
  mutating func take() -> RecoveredTransaction? {
    guard let slot = bestSlot, let next = slots[slot].next else { return nil }
    change(slot) { $0.take() }
    involved.insert(slot)
    return next.recovered
  }

  /// The transaction taken last from its sender cannot be executed: it is removed, what is behind it parked, and the
  /// sender left out of this block.
  mutating func reject(_ hash: Bytes32) {
    guard let place = places[hash] else { return }
    involved.insert(place.slot)
    let index = slots[place.slot].index(of: place.nonce)
    change(place.slot) { $0.skip() }
    _ = remove(place.slot, at: index)
  }

  /// The transaction taken last from its sender does not fit this block: it stays, and its sender waits for the next.
  mutating func putBack(_ hash: Bytes32) {
    guard let place = places[hash], slots[place.slot].openNonce == place.nonce + 1 else { return }
    change(place.slot) { $0.putBack() }
  }

  /// Brings the pool to the state after another block; returns what became executable by it.
  mutating func apply(_ block: ExecutedBlock) -> [RecoveredTransaction] {
    generation += 1
    if options.baseFee != block.baseFee {
      options.baseFee = block.baseFee
      for slot in slots.indices where !slots[slot].isEmpty { change(slot) { $0.reconsider(baseFee: block.baseFee) } }
    }
    for transaction in block.transactions { unpublished[transaction.hash] = transaction }

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
        _ = remove(place.slot, at: index)
      }
    }
  }
}
