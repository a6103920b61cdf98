import Batches
import Concurrency
import L1Client
import L1Contracts
import Primitives
import Telemetry

/// Brings batches to L1: commits them one by one, proves and executes them in ranges, and tells ``Finality`` what L1 says.
///
/// L1 itself says which batches it has; the node remembers only what it has sent. Everything is decided anew in each
/// ``step()`` from one block of L1, its totals and nonces, and the transactions written down before they were sent. So
/// it does not matter where an earlier run ended, or which blocks L1 has given up: a transaction whose nonce is free
/// again is sent again, with the same bytes.
///
/// An error never ends it. What an operator must look at stands in ``SettlerStatus``.
package actor Settler {
  let client: L1Client
  let source: any BatchSource
  let store: SettlementStore
  let options: SettlerOptions
  let finality: Finality
  let metrics: L1SenderMetrics
  let time: TimeSource
  let status: SettlerStatus
  let fees: FeePolicy
  /// Whether an operator has asked to go on after a halt; true once for each time.
  private let takesRetry: @Sendable () -> Bool

  var contracts: L1Chain?
  var lanes: [Lane]
  var view: PinnedView?
  /// The newest head that was looked at, whole or not.
  var lastHead: L1Block?
  /// `nil` before the first execution with a request in this run.
  var history: RequestHistory?
  var market: (head: Bytes32, market: FeeMarket)?
  /// The batch that was last found to be the same here and there.
  var agreedBatch: UInt64?
  /// Since when a range waits for more.
  var rangeSince: UInt64?
  var finalizedView: (place: SettlementStore.Place, executed: UInt64)?
  /// That batches have waited long, while they do.
  var lateness: String?
  /// How far reading events is that takes several calls, and after which block it began.
  var scan: (after: UInt64, line: ProgressLog)?
  private var failures = 0
  var hasSent = false
  /// Whether the accounts may settle at the contracts that were found.
  private var isAllowed = false
  /// When the balances are shown again.
  private var balanceFrom: UInt64 = 0

  package init(
    client: L1Client, source: any BatchSource, store: SettlementStore, finality: Finality, options: SettlerOptions,
    metrics: L1SenderMetrics, status: SettlerStatus, time: TimeSource = .system,
    takesRetry: @escaping @Sendable () -> Bool = { false }
  ) {
    self.client = client
    self.source = source
    self.store = store
    self.finality = finality
    self.options = options
    self.metrics = metrics
    self.status = status
    self.time = time
    self.takesRetry = takesRetry
    fees = FeePolicy(maxFeeCap: options.maxFeePerGas, tipCap: min(options.maxTipPerGas, options.maxFeePerGas))
    lanes = Lane.all(options)
  }

  var now: UInt64 { time.monotonicNanoseconds() }

  /// Looks at L1 and does what there is to do.
  ///
  /// - Returns: after how long it should look again, where nothing wakes it before.
  package func step() async -> Duration {
    hasSent = false
    do throws(SettlerProblem) {
      try await round()
      failures = 0
      status.update(problem: nil, lanes: lanes, lateness: lateness, isReached: true)
      return hasSent ? min(options.pollInterval, .milliseconds(100)) : options.pollInterval
    } catch {
      // Whatever was read before is read again.
      view = nil
      if case .moved = error, failures < 20 {
        failures += 1
        return .milliseconds(50)
      }
      failures = min(failures + 1, 20)
      if case .l1(let failure) = error, !failure.isPassing { contracts = nil }
      if case .wrong = error { contracts = nil }
      status.update(problem: error, lanes: lanes, lateness: lateness, isReached: status.isReached)
      return min(.seconds(5), options.pollInterval * (1 << min(failures, 8)))
    }
  }

  private func round() async throws(SettlerProblem) {
    if takesRetry() { try retry() }
    let client = client, isFirst = lastHead == nil
    let anchor = try storing { () throws(SettlementStoreError) in try store.anchor() }
    async let newest = answer { () throws(L1Error) in try await client.block(.latest) }
    async let anchored = answer { () throws(L1Error) -> L1Block? in
      // The first look needs it; others only where L1 does not go on from the look before.
      guard isFirst, let anchor else { return nil }
      return try await client.block(.number(anchor.number))
    }
    let contracts: L1Chain
    if let known = self.contracts {
      contracts = known
    } else {
      contracts = try await connect()
    }
    let answers = await (newest: newest, anchored: anchored)
    guard let head = try await asking({ () throws(L1Error) in try answers.newest.get() }) else {
      throw .l1(.malformed("no newest block"))
    }
    let there = try await asking { () throws(L1Error) in try answers.anchored.get() }
    if view?.head.hash != head.hash {
      view = nil
      let (view, goesOn) = try await look(head, contracts)
      if !goesOn {
        agreedBatch = nil
        try await checkAnchor(head, anchor, there)
        try await forgetDropped()
      }
      lastHead = head
      try await checkBatches(view, contracts)
      try await readEvents(view, contracts)
      self.view = view
      try await updateFinality(view, contracts)
      try noteLateness(view)
    }
    guard let view else { return }
    for index in lanes.indices {
      // What was refused is still the reason until it is tried again.
      if !lanes[index].tracking.values.contains(where: { $0.refusals > 0 }) { lanes[index].waitsFor = nil }
      try await track(index, view)
      try await plan(index, view, contracts)
    }
    if now >= balanceFrom {
      for index in lanes.indices { try await showBalance(index) }
      balanceFrom = now &+ Duration.seconds(60).nanoseconds
    }
    metrics.inFlight.set(lanes.reduce(0) { $0 + $1.pending(from: view.nonces[$1.account] ?? 0).count })
  }

  /// Lets the lanes go on that wait for an operator.
  private func retry() throws(SettlerProblem) {
    for index in lanes.indices {
      let account = lanes[index].account
      // What a stranger's transaction stands in the place of is planned anew.
      let foreign = lanes[index].intents.map(\.nonce).filter { (lanes[index].tracking[$0]?.suspicions ?? 0) > 0 }
      try storing { () throws(SettlementStoreError) in
        try store.remove(account, foreign)
        try store.setHalt(nil, of: account)
      }
      lanes[index].intents.removeAll { foreign.contains($0.nonce) }
      for nonce in foreign { lanes[index].tracking[nonce] = nil }
      lanes[index].halt = nil
      lanes[index].failures = 0
      lanes[index].pausedUntil = 0
    }
  }

  // MARK: Finding L1

  private func connect() async throws(SettlerProblem) -> L1Chain {
    let found: L1Chain
    do throws(L1DiscoveryError) {
      found = try await L1Chain.discover(
        L1Chain.Key(
          l2ChainID: options.chainID, bridgehub: options.bridgehub, storedBatchZero: source.genesis.hash), on: client)
    } catch {
      if case .l1(let failure) = error { throw .l1(failure) }
      throw .wrong("\(error)")
    }
    guard !found.validatorTimelock.isZero else {
      throw .wrong(
        "the chain's manager \(found.chainTypeManager) names no timelock of validators: these contracts are of another "
          + "version than the node settles on")
    }
    isAllowed = false
    for index in lanes.indices where lanes[index].intents.isEmpty {
      let account = lanes[index].account
      lanes[index].halt = try storing { () throws(SettlementStoreError) in try store.halt(of: account) }
      lanes[index].intents = try storing { () throws(SettlementStoreError) in try store.intents(of: account) }
    }
    contracts = found
    return found
  }

  /// An L1 that no longer has a block from long ago is another one.
  ///
  /// - Parameter known: what L1 has in the place of `anchor`, where it was asked already.
  private func checkAnchor(
    _ head: L1Block, _ anchor: SettlementStore.Place?, _ known: L1Block?
  ) async throws(SettlerProblem) {
    if let anchor {
      guard head.number >= anchor.number else {
        throw .wrong(
          "L1 ends at block \(head.number) and had block \(anchor.number) before: its node is behind, or it began anew")
      }
      var there = known
      if there == nil {
        there = try await asking { () throws(L1Error) in try await client.block(.number(anchor.number)) }
      }
      guard let there else { throw .moved }
      guard there.hash == anchor.hash else {
        throw .wrong(
          "this is another L1 than before: its block \(anchor.number) was \(anchor.hash) and is \(there.hash). To settle "
            + "here from the first batch on, stop the node and remove the folder l1_sender of its databases")
      }
      guard head.number - anchor.number >= 2 * Self.window else { return }
    }
    let number = max(1, head.number > Self.window ? head.number - Self.window : 1)
    guard head.number >= number else { return }
    let block = try await asking { () throws(L1Error) in try await client.block(.number(number)) }
    guard let block else { throw .moved }
    try storing { () throws(SettlementStoreError) in try store.setAnchor(.init(number: number, hash: block.hash)) }
  }

  /// Blocks of L1 within which anything may still be dropped.
  static let window: UInt64 = 128

  /// Forgets the outcomes that stand in dropped blocks.
  private func forgetDropped() async throws(SettlerProblem) {
    finalizedView = nil
    for index in lanes.indices {
      let mined = lanes[index].tracking.compactMap { nonce, tracking in tracking.outcome.map { (nonce, $0) } }
      for (nonce, outcome) in mined.sorted(by: { $0.1.block > $1.1.block }) {
        let block = try await asking { () throws(L1Error) in try await client.block(.number(outcome.block)) }
        // What stands in front of a block that is still there is, too.
        if block?.hash == outcome.blockHash { break }
        lanes[index].tracking[nonce]?.outcome = nil
      }
    }
  }

  /// Reads totals and nonces in the state after `head`, and at the same time what will be asked next: the pool, and what
  /// gas costs. An L1 that is far away is asked often enough one after the other.
  ///
  /// - Returns: also whether L1 still has the block that was its newest before.
  private func look(
    _ head: L1Block, _ contracts: L1Chain
  ) async throws(SettlerProblem) -> (view: PinnedView, goesOn: Bool) {
    let client = client, accounts = lanes.map(\.account), last = lastHead, chainID = options.chainID
    let settling =
      isAllowed ? [] : lanes.filter { $0.steps.contains(.commit) || options.proving == .empty }.map(\.account)
    async let rights = together(settling) { (account) async throws(L1Error) in
      try await client.read(ValidatorTimelockCall.isValidator(chainID, account), at: contracts.validatorTimelock)
    }
    async let history = answer { () throws(L1Error) in try await client.feeHistory(blocks: 10, percentile: 20) }
    async let mined = counts(of: accounts, .number(head.number))
    async let pooled = counts(of: accounts, .pending)
    async let before = answer { () throws(L1Error) -> L1Block? in
      guard let last, last.hash != head.parentHash, last.number < head.number else { return last }
      return try await client.block(.number(last.number))
    }
    let totals = try await totals(.number(head.number), contracts)
    let answers = await (history, mined, pooled, before)
    for (account, right) in zip(settling, await rights) {
      guard try await asking({ () throws(L1Error) in try right.get() }) else {
        throw .wrong(
          "\(account) may not settle: it is no validator of chain \(chainID) at \(contracts.validatorTimelock)")
      }
    }
    isAllowed = true
    // Who needs what is missing here asks for it again, and says why it is.
    if case .success(let history) = answers.0 { market = (head.hash, FeeMarket(history)) }
    var nonces: [Address: UInt64] = [:]
    for index in lanes.indices {
      let count = try await asking { () throws(L1Error) in try answers.1[index].get() }
      nonces[lanes[index].account] = count
      if case .success(let pool) = answers.2[index] {
        lanes[index].poolNonce = max(pool, count)
        lanes[index].poolAskedAt = now
      }
    }
    let there = try await asking { () throws(L1Error) in try answers.3.get() }
    let goesOn = last.map { $0.number < head.number && there?.hash == $0.hash } ?? false
    return (PinnedView(head: head, totals: totals, nonces: nonces), goesOn)
  }

  private nonisolated func counts(of accounts: [Address], _ block: L1BlockID) async -> [Result<UInt64, L1Error>] {
    let client = client
    return await together(accounts) { (account) async throws(L1Error) in
      try await client.transactionCount(of: account, block)
    }
  }

  func totals(_ block: L1BlockID, _ contracts: L1Chain) async throws(SettlerProblem) -> BatchTotals {
    let client = client
    async let committed = answer { () throws(L1Error) in
      try await client.read(ChainCall.getTotalBatchesCommitted, at: contracts.contract, block: block)
    }
    async let proved = answer { () throws(L1Error) in
      try await client.read(ChainCall.getTotalBatchesVerified, at: contracts.contract, block: block)
    }
    async let executed = answer { () throws(L1Error) in
      try await client.read(ChainCall.getTotalBatchesExecuted, at: contracts.contract, block: block)
    }
    let answers = await (committed, proved, executed)
    let totals = try await asking { () throws(L1Error) in
      BatchTotals(committed: try answers.0.get(), proved: try answers.1.get(), executed: try answers.2.get())
    }
    guard totals.executed <= totals.proved, totals.proved <= totals.committed else {
      throw .l1(.malformed("totals of batches that cannot be: \(totals)"))
    }
    return totals
  }

  /// The last batch that L1 has must be ours.
  private func checkBatches(_ view: PinnedView, _ contracts: L1Chain) async throws(SettlerProblem) {
    let number = view.totals.committed
    guard number > 0, agreedBatch != number else { return }
    let batch = try reading { () throws(BatchSourceError) in try source.batch(BatchNumber(number)) }
    guard let batch else {
      let last = try reading { () throws(BatchSourceError) in try source.lastBatch() }
      throw .wrong("L1 has \(number) batches of this chain, this node has made \(last)")
    }
    let hash = try await asking { () throws(L1Error) in
      try await client.read(
        ChainCall.storedBatchHash(number), at: contracts.contract, block: .number(view.head.number))
    }
    guard hash == batch.stored.hash else {
      // Totals and hash may come from two L1s, one of which is gone.
      let head = try await asking { () throws(L1Error) in try await client.block(.number(view.head.number)) }
      guard head?.hash == view.head.hash else { throw .moved }
      throw .wrong("L1 has another batch \(number) than this node: \(hash), here \(batch.stored.hash)")
    }
    agreedBatch = number
  }
}
