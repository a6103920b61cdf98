import Concurrency
import Mempool
import Primitives
import Transactions
import ZKsyncOS

/// What waits now: requests of L1 first, then the pool, until a limit is reached or the time is over.
///
/// The time of a block is divided among the pool's lanes: light transactions get two parts of it where ordinary ones get
/// one, and a long one comes when nothing else waits, or at the end. A transaction of which nobody knows yet how long it
/// takes may use what is left of the unpaid time; if that is not enough, it goes on in a trial run beside the block.
struct LiveSource: BlockSource {
  /// What outlives the block.
  struct Memory {
    var unpaid: UnpaidTime
    /// The priority id that comes next.
    var nextPriorityID: UInt64
    /// The hash of the request with that id, where no block can have it: it cannot be skipped.
    var refused: Bytes32?
  }

  let pool: Mempool
  let l1: any L1RequestSource
  let limits: SealLimits
  let clock: TimeSource
  let news: Signal
  let metrics: SequencerMetrics
  /// Tells whoever makes trial runs that there may be one to make.
  let wakeTrials: () -> Void
  let isStopping: () -> Bool

  /// Where whoever develops wants the block now: what is to be in it, or what waits.
  enum Ordered {
    case pool
    case these([RecoveredTransaction])
  }

  /// `nil` for a block that is made because something waits.
  private var ordered: Ordered?
  /// Why something that was ordered is not in the block.
  private(set) var orderRefusal: String?

  private(set) var memory: Memory
  /// A request that was refused in this block, and why.
  private(set) var refusedRequest: (request: RecoveredTransaction, reason: String)?
  private(set) var sealReason = SealReason.time
  private var deadline: UInt64?
  /// Nanoseconds spent on the lanes.
  private var lightTime: UInt64 = 0
  private var ordinaryTime: UInt64 = 0
  private var hasTakenLong = false
  /// Whether something waits for which the next block is the right one.
  private var isFull = false

  init(
    pool: Mempool, l1: any L1RequestSource, limits: SealLimits, clock: TimeSource, news: Signal,
    metrics: SequencerMetrics, memory: Memory, ordered: Ordered? = nil, wakeTrials: @escaping () -> Void,
    isStopping: @escaping () -> Bool
  ) {
    self.pool = pool
    self.l1 = l1
    self.limits = limits
    self.clock = clock
    self.news = news
    self.metrics = metrics
    self.memory = memory
    self.ordered = ordered
    self.wakeTrials = wakeTrials
    self.isStopping = isStopping
  }

  /// Whether L1 has requested something.
  var hasRequest: Bool { request != nil }

  /// Whether there is anything to begin a block with.
  mutating func hasWork() -> Bool {
    if request != nil { return true }
    let offers = pool.offers
    return offers.short || offers.long && mayTakeLong()
  }

  /// When something that waits now could be executed, on the monotonic clock; `nil` where only news can change anything.
  var wakeTime: UInt64? {
    let now = clock.monotonicNanoseconds()
    return [pauseEnd, pool.offers.long ? memory.unpaid.refill(after: now) : nil].compactMap(\.self).min()
  }

  /// When the first of those need wait no longer whom the pool lets wait.
  private var pauseEnd: UInt64? {
    pool.nextWake.map { clock.monotonicNanoseconds() + min($0 + 1, 1 << 40) * 1_000_000 }
  }

  /// Nothing long is begun while there is a debt of unpaid time: nobody knows whether it will be paid for.
  private mutating func mayTakeLong() -> Bool { memory.unpaid.slice(at: clock.monotonicNanoseconds()) != nil }

  // MARK: Taking

  mutating func next(_ totals: BlockTotals) -> Candidate? {
    if let reason = limits.reached(by: totals) { return seal(reason) }
    if let ordered { return next(totals, ordered) }
    if totals.transactions > 0, deadline == nil { deadline = clock.monotonicNanoseconds() + limits.blockTime }
    while true {
      if isStopping() { return seal(.stopping) }
      if let deadline, clock.monotonicNanoseconds() >= deadline {
        // However busy the others are, one long transaction a block gets its turn.
        if let candidate = takeLong(totals) { return candidate }
        return isFull ? nil : seal(.time)
      }
      let generation = news.generation
      if let candidate = take(totals) { return candidate }
      if isFull { return nil }
      // A block in which everything was refused so far is no block: it is given up, not waited for.
      guard let deadline else { return nil }
      news.wait(after: generation, until: min(deadline, pauseEnd ?? deadline))
    }
  }

  /// The next of a block that is wanted now: nothing more is waited for.
  private mutating func next(_ totals: BlockTotals, _ ordered: Ordered) -> Candidate? {
    if isStopping() { return seal(.stopping) }
    let now = clock.monotonicNanoseconds()
    if deadline == nil { deadline = now + limits.blockTime }
    if let request { return candidate(request, totals) }
    switch ordered {
    case .pool:
      if let deadline, now >= deadline { return seal(.time) }
      return take(totals) ?? (isFull ? nil : seal(.ordered))
    case .these(let transactions):
      guard let first = transactions.first else { return seal(.ordered) }
      self.ordered = .these(Array(transactions.dropFirst()))
      return Candidate(transaction: first, limits: wholeLimits(totals), offer: nil, isSlice: false)
    }
  }

  private mutating func seal(_ reason: SealReason) -> Candidate? {
    sealReason = reason
    return nil
  }

  private var request: RecoveredTransaction? {
    guard let request = l1.transaction(memory.nextPriorityID), request.hash != memory.refused else { return nil }
    return request
  }

  private mutating func take(_ totals: BlockTotals) -> Candidate? {
    if let request { return candidate(request, totals) }
    while let offer = pool.takeFirst() ?? takeShort() {
      if let candidate = candidate(offer, totals) { return candidate }
    }
    return takeLong(totals)
  }

  /// What L1 requested cannot be left out for taking long.
  private func candidate(_ request: RecoveredTransaction, _ totals: BlockTotals) -> Candidate {
    var bounds = limits.alone
    bounds.native = limits.native - min(limits.native, totals.nativeUsed)
    return Candidate(transaction: request, limits: bounds, offer: nil, isSlice: false)
  }

  /// From the lane that had less than its share of this block.
  private func takeShort() -> Offered? {
    let isLightNext = lightTime <= 2 * ordinaryTime
    return pool.take(isLightNext ? .light : .ordinary) ?? pool.take(isLightNext ? .ordinary : .light)
  }

  private mutating func takeLong(_ totals: BlockTotals) -> Candidate? {
    guard !hasTakenLong, mayTakeLong(), let offer = pool.take(.long) else { return nil }
    if let trial = offer.trial, totals.transactions > 0, totals.cycles + trial.cycles > limits.maxCycles {
      // Trying it here would be in vain.
      pool.putBack(offer.transaction.hash, isFirst: true)
      isFull = true
      return seal(.full(.cycles))
    }
    return candidate(offer, totals)
  }

  /// What `offer` may take; `nil` where it has to prove itself in a trial run first.
  private mutating func candidate(_ offer: Offered, _ totals: BlockTotals) -> Candidate? {
    var bounds = wholeLimits(totals)
    var isSlice = false
    if offer.trial == nil, offer.gasLimit > SealLimits.plainGas {
      guard let slice = memory.unpaid.slice(at: clock.monotonicNanoseconds()) else {
        requireTrial(offer.transaction.hash)
        return nil
      }
      let native = limits.native(in: slice)
      isSlice = native < bounds.native
      bounds.native = min(native, bounds.native)
    }
    return Candidate(transaction: offer.transaction, limits: bounds, offer: offer, isSlice: isSlice)
  }

  private func requireTrial(_ hash: Bytes32) {
    pool.requireTrial(hash)
    wakeTrials()
  }

  /// All that the block has left for one transaction.
  private func wholeLimits(_ totals: BlockTotals) -> ExecutionLimits {
    var bounds = limits.alone
    bounds.native = min(bounds.native, limits.native - min(limits.native, totals.nativeUsed))
    return bounds
  }

  // MARK: Afterwards

  mutating func ended(
    _ candidate: Candidate, _ outcome: TransactionOutcome, nanoseconds: UInt64, _ totals: BlockTotals
  ) -> Bool {
    guard let offer = candidate.offer else {
      if candidate.transaction.isSigned { return orderedEnded(outcome) }
      return requestEnded(candidate.transaction, outcome, totals)
    }
    let hash = candidate.transaction.hash
    if case .included = outcome {
      switch offer.lane {
      case .light: lightTime += nanoseconds
      case .ordinary: ordinaryTime += nanoseconds
      case .long, .trial: hasTakenLong = true
      }
      return true
    }
    memory.unpaid.spend(nanoseconds)
    metrics.unpaid.increment(by: nanoseconds / 1_000)
    switch outcome {
    case .included: return true
    case .rejected(let reason): pool.reject(hash, reason.description, nanoseconds: nanoseconds)
    case .exceeded(.native) where candidate.isSlice: requireTrial(hash)
    case .exceeded(let resource):
      if totals.transactions > 0 {
        // It comes first in the next block.
        pool.putBack(hash, isFirst: true)
        sealReason = .full(resource)
        return false
      }
      pool.reject(hash, resource.refusal, nanoseconds: nanoseconds)
    }
    return true
  }

  private mutating func orderedEnded(_ outcome: TransactionOutcome) -> Bool {
    switch outcome {
    case .included: break
    case .rejected(let reason): orderRefusal = orderRefusal ?? reason.description
    case .exceeded(let resource): orderRefusal = orderRefusal ?? resource.refusal
    }
    return true
  }

  /// Requests cannot be skipped: behind one that no block can contain, none is taken any more.
  private mutating func requestEnded(
    _ request: RecoveredTransaction, _ outcome: TransactionOutcome, _ totals: BlockTotals
  ) -> Bool {
    switch outcome {
    case .included: memory.nextPriorityID += 1
    case .rejected(let reason): refuse(request, reason.description)
    case .exceeded(let resource):
      if totals.transactions > 0 {
        sealReason = .full(resource)
        return false
      }
      refuse(request, resource.refusal)
    }
    return true
  }

  private mutating func refuse(_ request: RecoveredTransaction, _ reason: String) {
    memory.refused = request.hash
    refusedRequest = (request, reason)
  }
}
