import Primitives
import Transactions

/// Everything that the pool's lock protects: the senders' queues, and two heaps over them.
///
/// Senders live in slots, small integers that the heaps order. Each of the `lanes` has on top the sender whose next
/// transaction pays best; `tails` has on top the sender whose last transaction is the first to go when room is needed.
/// Every change of a queue goes through ``change(_:_:)``, which brings all of them up to date.
struct PoolState {
  /// Best offer greatest: more tip, then earlier arrival.
  struct Offer: Comparable {
    let tip: UInt256
    let sequence: UInt64

    static func < (a: Offer, b: Offer) -> Bool { a.tip != b.tip ? a.tip < b.tip : a.sequence > b.sequence }
  }

  /// First to go greatest: parked rather than executable, then less tip, then later arrival.
  struct Tail: Comparable {
    let isExecutable: Bool
    let tip: UInt256
    let sequence: UInt64

    static func < (a: Tail, b: Tail) -> Bool {
      if a.isExecutable != b.isExecutable { return a.isExecutable }
      return a.tip != b.tip ? a.tip > b.tip : a.sequence < b.sequence
    }
  }

  /// Shortest first.
  struct Pause: Comparable {
    /// Milliseconds.
    let until: UInt64

    static func < (a: Pause, b: Pause) -> Bool { a.until > b.until }
  }

  var options: MempoolOptions
  /// A slot without sender holds an empty queue.
  private(set) var slots: [SenderQueue] = []
  private var freeSlots: [Int] = []
  private(set) var slotOfSender: [Address: Int] = [:]
  private(set) var places: [Bytes32: (slot: Int, nonce: UInt64)] = [:]
  /// By the raw values of ``Lane``; a sender is in at most one.
  private var lanes = [IndexedHeap<Offer>](repeating: IndexedHeap(), count: Lane.allCases.count)
  /// Senders whose next transaction has to wait, the one that waits shortest on top.
  private var pauses = IndexedHeap<Pause>()
  /// What is known of how transactions execute, where anything is.
  var standings: [Bytes32: Standing] = [:]
  var penalties = Penalties()
  private(set) var refusals = RefusalBook()
  /// Refusals of which nobody was told yet.
  private var untold: [Refusal] = []
  /// The transaction that the next block takes before all others, as the last one had no room for it.
  var first: Bytes32?
  /// Milliseconds, when the pool was last looked at.
  private(set) var now: UInt64 = 0
  private var tails = IndexedHeap<Tail>()
  /// Slots with something in the block being built, or skipped for it.
  var involved: Set<Int> = []
  /// Executed transactions that readers of the chain cannot see yet.
  private var unpublished: [Bytes32: RecoveredTransaction] = [:]
  /// Those of a block that readers of the chain could see before the pool was told that it was executed.
  private var seenEarly: Set<Bytes32> = []
  var arrivals = ArrivalOrder()
  private(set) var byteCount = 0
  /// Transactions that could be executed now, those in the block being built included.
  private(set) var executableCount = 0
  /// How many blocks have been applied; an account that was read before the last one may be outdated.
  var generation: UInt64 = 0
  private var lastSequence: UInt64 = 0

  init(_ options: MempoolOptions) { self.options = options }

  var count: Int { places.count }
  /// Transactions that wait for something.
  var parkedCount: Int { count - executableCount }
  /// The sender with the best offer to a block.
  var bestSlot: Int? {
    Lane.building.compactMap { lanes[$0.rawValue].top }.max { $0.priority < $1.priority }?.id
  }
  /// The sender with the best offer in one lane.
  func bestSlot(in lane: Lane) -> Int? { lanes[lane.rawValue].top?.id }
  /// Milliseconds, when the first of those who wait need wait no longer.
  var nextWake: UInt64? { pauses.top?.priority.until }
  /// The sender whose last transaction goes first.
  var worstSlot: Int? { tails.top?.id }

  func queue(of sender: Address) -> SenderQueue? { slotOfSender[sender].map { slots[$0] } }

  func transaction(_ hash: Bytes32) -> RecoveredTransaction? {
    if let place = places[hash] { return slots[place.slot][place.nonce]?.recovered }
    return unpublished[hash]
  }

  mutating func nextSequence() -> UInt64 {
    lastSequence += 1
    return lastSequence
  }

  /// The slot of a sender; one without anything in it yet where the sender is new.
  mutating func makeSlot(_ sender: Address, _ account: AccountState) -> Int {
    if let slot = slotOfSender[sender] { return slot }
    let slot = freeSlots.popLast() ?? slots.count
    if slot == slots.count {
      slots.append(SenderQueue(sender, account))
    } else {
      slots[slot] = SenderQueue(sender, account)
    }
    slotOfSender[sender] = slot
    return slot
  }

  /// Changes a queue, then moves its sender in both heaps, or forgets it where nothing is left.
  mutating func change<R>(_ slot: Int, _ body: (inout SenderQueue) -> R) -> R {
    let bytesBefore = slots[slot].byteCount, executableBefore = slots[slot].executable
    let result = body(&slots[slot])
    byteCount += slots[slot].byteCount - bytesBefore
    executableCount += slots[slot].executable - executableBefore

    let baseFee = options.baseFee
    place(slot)
    let tail = slots[slot].tail
    tails.set(
      slot,
      tail.map { transaction, isExecutable in
        Tail(
          isExecutable: isExecutable, tip: transaction.effectiveTip(baseFee: baseFee) ?? .zero,
          sequence: transaction.sequence)
      })
    if slots[slot].isEmpty {
      slotOfSender[slots[slot].sender] = nil
      freeSlots.append(slot)
      involved.remove(slot)
    }
    return result
  }

  /// Puts a sender into the lane of its next transaction.
  private mutating func place(_ slot: Int) {
    let next = slots[slot].next
    let placement = next.map { self.placement(of: $0) } ?? Placement.none
    let offer = next.map { Offer(tip: $0.effectiveTip(baseFee: options.baseFee) ?? .zero, sequence: $0.sequence) }
    for lane in Lane.allCases { lanes[lane.rawValue].set(slot, placement == .lane(lane) ? offer : nil) }
    if case .paused(let until) = placement { pauses.set(slot, Pause(until: until)) } else { pauses.set(slot, nil) }
  }

  enum Placement: Equatable {
    case lane(Lane)
    /// Until then, in milliseconds, it waits.
    case paused(UInt64)
    case none
  }

  /// Where a transaction that could be executed belongs.
  func placement(of transaction: PooledTransaction) -> Placement {
    let ordinary: Placement = .lane(transaction.signed.gasLimit <= Lane.lightGas ? .light : .ordinary)
    if standings.isEmpty, penalties.isEmpty { return ordinary }
    switch standings[transaction.recovered.hash] {
    case .tried(let cost): return cost.nanoseconds > options.longNanoseconds ? .lane(.long) : ordinary
    case .beingTried: return .none
    case .mustBeTried, nil: break
    }
    let sender = transaction.recovered.sender, code = transaction.signed.to
    let until = penalties.pause(sender: sender, code: code)
    if until > now { return .paused(until) }
    let mustBeTried =
      standings[transaction.recovered.hash] == .mustBeTried
      || penalties.requiresTrial(sender: sender, code: code, now: now)
    return mustBeTried ? .lane(.trial) : ordinary
  }

  /// Lets those go on who have waited long enough. `now` in milliseconds.
  mutating func advance(to now: UInt64) {
    self.now = max(self.now, now)
    while let top = pauses.top, top.priority.until <= self.now { place(top.id) }
  }

  /// The best sender of a lane, once those in it are where they belong by now.
  mutating func settledSlot(in lane: Lane) -> Int? {
    while let slot = bestSlot(in: lane), let next = slots[slot].next {
      if placement(of: next) == .lane(lane) { return slot }
      place(slot)
    }
    return nil
  }

  /// Notes that a transaction has left the pool without a block.
  mutating func refuse(_ transaction: PooledTransaction, _ reason: RefusalReason) {
    let refusal = Refusal(
      hash: transaction.recovered.hash, sender: transaction.recovered.sender, nonce: transaction.nonce, reason: reason,
      time: now)
    refusals.add(refusal)
    untold.append(refusal)
  }

  /// What was refused since the last call.
  mutating func takeRefusals() -> [Refusal] {
    defer { untold.removeAll() }
    return untold
  }

  /// Notes where a transaction is found by its hash.
  mutating func remember(_ transaction: PooledTransaction, in slot: Int) {
    places[transaction.recovered.hash] = (slot, transaction.nonce)
    refusals.remove(transaction.recovered.hash)
    arrivals.append(transaction.recovered.hash, at: transaction.arrival)
  }

  mutating func forget(_ transaction: PooledTransaction) {
    places[transaction.recovered.hash] = nil
    if !standings.isEmpty { standings[transaction.recovered.hash] = nil }
  }

  /// A transaction is in a block from now on, which readers may see already.
  mutating func noteExecuted(_ transaction: RecoveredTransaction) {
    if seenEarly.remove(transaction.hash) == nil { unpublished[transaction.hash] = transaction }
  }

  /// Readers see the transaction in a block.
  mutating func notePublished(_ hash: Bytes32) {
    if unpublished.removeValue(forKey: hash) == nil, places[hash] != nil { seenEarly.insert(hash) }
  }

  /// Takes one transaction out; those behind it are parked.
  mutating func remove(_ slot: Int, at index: Int) -> PooledTransaction {
    let removed = change(slot) { $0.remove(at: index) }
    forget(removed)
    return removed
  }
}

/// Hashes in the order in which they came, with the time in milliseconds, so that old ones are found first.
struct ArrivalOrder {
  private var entries: [(time: UInt64, hash: Bytes32)] = []
  private var head = 0

  var count: Int { entries.count - head }

  mutating func append(_ hash: Bytes32, at time: UInt64) { entries.append((time, hash)) }

  /// The next hash that came before `time`, which is taken out.
  mutating func popFirst(before time: UInt64) -> Bytes32? {
    guard head < entries.count, entries[head].time < time else { return nil }
    head += 1
    return entries[head - 1].hash
  }

  /// Drops the hashes that `isCurrent` does not know any more.
  mutating func compact(_ isCurrent: (Bytes32) -> Bool) {
    entries = entries[head...].filter { isCurrent($0.hash) }
    head = 0
  }
}
