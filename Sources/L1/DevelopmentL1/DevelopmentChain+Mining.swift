// Making blocks.

import Cryptography
import Ethereum
import Primitives
import Transactions

extension DevelopmentChain {
  /// What the next block takes.
  enum Selection {
    /// What waits, in the order of the tips; at most so many.
    case pool(atMost: Int)
    /// These, in their order, whatever waits.
    case given([RecoveredTransaction])
  }

  /// Makes `count` blocks, each `spacing` seconds after the one before where that is given. The last one is handed out.
  @discardableResult
  public func mine(blocks count: UInt64 = 1, spacing: UInt64? = nil) throws(ChainError) -> UInt64 {
    guard count <= options.maxBlocksPerCall else {
      throw .refused("at most \(options.maxBlocksPerCall) blocks can be mined at once")
    }
    // A century: however often it is asked for, times stay within 64 bits.
    guard spacing ?? 0 <= 3_155_760_000 else { throw .refused("blocks can be a century apart at most") }
    return try writer.withLock { (writer) throws(ChainError) in
      for index in 0..<count {
        if isStopping.load(ordering: .relaxed) { throw .refused("the chain is being stopped") }
        let timestamp = index > 0 ? spacing.map { head.header.timestamp &+ $0 } : nil
        try mineBlock(&writer, .pool(atMost: .max), at: timestamp)
      }
      return head.number
    }
  }

  /// Makes blocks of one transaction each until none is ready any more.
  func mineReady() throws(ChainError) {
    // Whoever comes behind another who mines finds its transaction mined already, mostly.
    while try writer.withLock({ (writer) throws(ChainError) in
      guard hasReady() else { return false }
      try mineBlock(&writer, .pool(atMost: 1))
      return true
    }) {}
  }

  /// Whether a block that is made now would have a transaction.
  private func hasReady() -> Bool {
    let (settings, head, state) = published.withLock { ($0.settings, $0.history.head, $0.history.headState) }
    let baseFee = baseFee(settings, after: head.header)
    return pool.withLock { pool in
      if pool.isEmpty { return false }
      return pool.next(baseFee: baseFee, gas: settings.gasLimit, nonceOf: { state.nonce(of: $0) }) != nil
    }
  }

  /// Makes one block and publishes it.
  ///
  /// - Parameter timestamp: its time, where that is not what the clock says.
  @discardableResult
  func mineBlock(
    _ writer: inout Writer, _ selection: Selection, at timestamp: UInt64? = nil
  ) throws(ChainError) -> ChainBlock {
    var (settings, parent, state) = published.withLock { ($0.settings, $0.history.head, $0.history.headState) }
    let system = time.unixSeconds()
    if let timestamp { settings.clock.nextTimestamp = timestamp }
    let timestamp = settings.clock.timestamp(after: parent.header.timestamp, system: system)
    let builder = self.builder(on: parent, state, settings, timestamp: timestamp, salt: writer.rewinds)
    var included: [RecoveredTransaction] = []
    switch selection {
    case .pool(let limit):
      included = fill(builder, atMost: limit) { (pooled, reason) in refuse(pooled, reason) }
    case .given(let transactions):
      included = transactions.filter { add($0, to: builder) == nil }
    }
    let sealed = builder.seal()
    settings.clock.advance(to: timestamp, system: system)
    settings.nextBaseFee = nil
    let record = BlockRecord(
      header: sealed.header, chainID: settings.chainID, transactions: included, receipts: sealed.receipts,
      isExecuted: true)
    return try append(record, state: sealed.state, settings: settings, &writer)
  }

  /// Writes a block into the journal and shows it.
  @discardableResult
  func append(
    _ record: BlockRecord, state: StateTrie?, settings: ChainSettings, _ writer: inout Writer
  ) throws(ChainError) -> ChainBlock {
    let body = BlockBody(transactions: record.transactions, receipts: record.receipts)
    let start = journal?.length ?? 0
    var place = ChainBlock.Place.memory(body)
    let previous = self.settings
    do throws(JournalError) {
      if let journal {
        place = .journal(try journal.append(JournalEntry.block(record).encoded))
        if settings != previous { try journal.append(JournalEntry.settings(settings).encoded) }
      }
    } catch {
      try? journal?.truncate(to: start)
      throw .journal(error)
    }
    let block = ChainBlock(
      header: record.header, hash: record.header.hash, transactionHashes: record.transactions.map(\.hash), place: place,
      journalStart: start)
    published.withLock {
      $0.history.append(block, body, state: state)
      $0.settings = settings
    }
    settlePool()
    keepState(&writer)
    listeners.withLock { $0.onBlock }.forEach { $0(block, body) }
    news.notify()
    return block
  }

  /// Begins the block after `parent`.
  ///
  /// - Parameter salt: makes the block another than one that stood in its place before.
  func builder(
    on parent: ChainBlock, _ state: StateTrie, _ settings: ChainSettings, timestamp: UInt64, salt: UInt64
  ) -> BlockBuilder {
    // Random enough for a chain that nobody bets on, and the same whoever computes it.
    var seed = parent.hash.bytes
    seed.append(bigEndian: parent.number + 1)
    seed.append(bigEndian: salt)
    let revision = identity.hardfork.revision
    let fields = BlockFields(
      timestamp: timestamp, coinbase: settings.coinbase, gasLimit: settings.gasLimit,
      baseFee: baseFee(settings, after: parent.header), prevRandao: Keccak256.hash(seed),
      excessBlobGas: BlobSchedule(revision).excessBlobGas(after: parent.header))
    return BlockBuilder(
      parent: parent.header, state: state, fields: fields, rules: identity.rules(chainID: settings.chainID)
    ) { [self] in hash($0) }
  }

  /// Takes what waits into a block, the best-paying first, as long as the block has gas; what it took. What cannot be
  /// executed is left out, with the reason.
  func fill(
    _ builder: BlockBuilder, atMost limit: Int, refusing refuse: (PooledTransaction, PoolRefusal) -> Void
  ) -> [RecoveredTransaction] {
    var included: [RecoveredTransaction] = []
    var skipped: Set<Address> = []
    while included.count < limit {
      let next = pool.withLock { pool -> PooledTransaction? in
        if pool.isEmpty { return nil }
        let world = builder.world
        return pool.next(
          baseFee: builder.fields.baseFee, gas: builder.gasLeft, nonceOf: { world.peekNonce($0) }, skipping: skipped)
      }
      guard let next else { break }
      if let refusal = add(next.transaction, to: builder) {
        skipped.insert(next.sender)
        refuse(next, .unexecutable("\(refusal)"))
      } else {
        included.append(next.transaction)
      }
    }
    return included
  }

  /// Executes a transaction in a block; why that is not possible.
  private func add(_ transaction: RecoveredTransaction, to builder: BlockBuilder) -> TransactionRefusal? {
    guard case .signed(let signed) = transaction.transaction else { return .unsupportedType }
    do throws(TransactionRefusal) {
      _ = try builder.add(signed, sender: transaction.sender)
      return nil
    } catch {
      return error
    }
  }

  /// Forgets what the newest block has made impossible, and what does not pay its base fee any more.
  func settlePool() {
    let (baseFee, state) = published.withLock {
      (self.baseFee($0.settings, after: $0.history.head.header), $0.history.headState)
    }
    let underpriced = pool.withLock { pool -> [PooledTransaction] in
      if pool.isEmpty { return [] }
      return pool.prune(nonceOf: { state.nonce(of: $0) }, baseFee: baseFee)
    }
    for pooled in underpriced { tell(of: pooled, .belowBaseFee(cap: pooled.signed.maxFeePerGas, baseFee: baseFee)) }
  }

  /// Takes a transaction out of the pool and says why.
  private func refuse(_ pooled: PooledTransaction, _ reason: PoolRefusal) {
    _ = pool.withLock { $0.remove(pooled.hash) }
    tell(of: pooled, reason)
  }

  func tell(of pooled: PooledTransaction, _ reason: PoolRefusal) {
    listeners.withLock { $0.onRefusal }.forEach { $0(pooled.transaction, reason) }
  }
}

extension StateTrie {
  func nonce(of address: Address) -> UInt64 { account(address)?.nonce ?? 0 }
}

extension ChainIdentity {
  /// The rules of a block in which signatures name `chainID`.
  func rules(chainID: UInt64) -> ChainRules {
    ChainRules(
      chainID: chainID, revision: hardfork.revision,
      options: TransitionOptions(limitsCodeSize: !allowsLargeCode, sendersMayHaveCode: true))
  }
}
