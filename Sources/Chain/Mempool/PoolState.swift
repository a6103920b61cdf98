import Primitives
import Transactions

/// Everything that the pool's lock protects: the senders' queues, and two heaps over them.
///
/// Senders live in slots, small integers that the heaps order. `offers` has on top the sender whose next transaction
/// pays best; `tails` has on top the sender whose last transaction is the first to go when room is needed. Every change
/// of a queue goes through ``change(_:_:)``, which brings both up to date.
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

  var options: MempoolOptions
  /// A slot without sender holds an empty queue.
  private(set) var slots: [SenderQueue] = []
  private var freeSlots: [Int] = []
  private(set) var slotOfSender: [Address: Int] = [:]
  private(set) var places: [Bytes32: (slot: Int, nonce: UInt64)] = [:]
  private var offers = IndexedHeap<Offer>()
  private var tails = IndexedHeap<Tail>()
  /// Slots with something in the block being built, or skipped for it.
  var involved: Set<Int> = []
  /// Executed transactions that readers of the chain cannot see yet.
  var unpublished: [Bytes32: RecoveredTransaction] = [:]
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
  /// The sender with the best offer.
  var bestSlot: Int? { offers.top?.id }
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
    let next = slots[slot].next
    offers.set(slot, next.map { Offer(tip: $0.effectiveTip(baseFee: baseFee) ?? .zero, sequence: $0.sequence) })
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

  /// Notes where a transaction is found by its hash.
  mutating func remember(_ transaction: PooledTransaction, in slot: Int) {
    places[transaction.recovered.hash] = (slot, transaction.nonce)
    arrivals.append(transaction.recovered.hash, at: transaction.arrival)
  }

  mutating func forget(_ transaction: PooledTransaction) { places[transaction.recovered.hash] = nil }

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
