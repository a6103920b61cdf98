// The chain as anvil writes one down, in and out.

import AnvilState
import Ethereum
import Primitives
import Transactions

extension DevelopmentChain {
  // MARK: In

  /// Takes in what a dump holds: its blocks take the place of those of the chain, its accounts come into the state, those
  /// that it does not name stay. A dump that cannot be read to its end changes nothing.
  ///
  /// - Parameter warn: told of what is skipped.
  public func load(
    _ reader: inout StateDumpReader, warn: (String) -> Void = { _ in }
  ) throws(ChainError) {
    var loading = DumpLoading()
    try writer.withLock { (writer) throws(ChainError) in
      let start = journal?.length ?? 0
      do throws(ChainError) {
        var state = tip.state
        do throws(JournalError) { try journal?.append(JournalEntry.restart.encoded) } catch { throw .journal(error) }
        while let item = try next(&reader) {
          if case .unknownField(let path) = item { warn("the state dump has a field that is not known: \(path)") }
          if let accounts = loading.take(item, over: state) { try merge(accounts, into: &state) }
        }
        try merge(loading.takeAccounts(), into: &state)
        try begin(with: try loading.blocks(), state, &writer)
      } catch {
        try? journal?.truncate(to: start)
        throw error
      }
    }
    news.notify()
  }

  /// Takes in the dump with which a chain is to begin. Where that fails, the chain is closed and has not begun: whoever
  /// opens its folder next begins again.
  ///
  /// - Parameter warn: told of what is skipped.
  public func begin(withDumpAt path: String, warn: (String) -> Void) throws(ChainError) {
    do throws(ChainError) {
      var reader: StateDumpReader
      do throws(StateDumpError) { reader = try StateDumpReader(path: path) } catch { throw .refused("\(error)") }
      try load(&reader, warn: warn)
    } catch {
      close()
      try? journal?.truncate(to: UInt64(JournalFile.magic.count))
      try? stateFiles?.forget(beyond: 0)
      throw error
    }
  }

  private func next(_ reader: inout StateDumpReader) throws(ChainError) -> StateDump.Item? {
    do throws(StateDumpError) { return try reader.next() } catch { throw .refused("\(error)") }
  }

  private func merge(_ accounts: [AccountRecord], into state: inout StateTrie) throws(ChainError) {
    guard !accounts.isEmpty else { return }
    do throws(JournalError) { try journal?.append(JournalEntry.accounts(accounts).encoded) } catch {
      throw .journal(error)
    }
    state.merge(accounts)
  }

  /// Lets these blocks be the chain.
  private func begin(
    with records: [BlockRecord], _ state: StateTrie, _ writer: inout Writer
  ) throws(ChainError) {
    var settings = settings
    var history: History?
    for (index, record) in records.enumerated() {
      let body = BlockBody(transactions: record.transactions, receipts: record.receipts)
      let isHead = index == records.count - 1
      let start = journal?.length ?? 0
      var place = ChainBlock.Place.memory(body)
      do throws(JournalError) {
        if let journal { place = .journal(try journal.append(JournalEntry.block(record).encoded)) }
      } catch {
        throw .journal(error)
      }
      let block = ChainBlock(
        header: record.header, hash: record.header.hash, transactionHashes: record.transactions.map(\.hash),
        place: place, journalStart: start)
      if history == nil {
        history = History(
          first: block, body: body, state: isHead ? state : nil, stateLimit: options.statesInMemory)
      } else {
        history?.append(block, body, state: isHead ? state : nil)
      }
    }
    guard var history, let head = records.last else { throw .refused("the state dump says of no block where it ends") }
    history.begin(following: 0)
    // anvil without a limit writes the largest number.
    if head.header.gasLimit >= 21_000 { settings.gasLimit = min(head.header.gasLimit, ChainSettings.mostGas) }
    do throws(JournalError) {
      try journal?.append(JournalEntry.settings(settings).encoded)
      try journal?.append(JournalEntry.begun(following: 0).encoded)
      try journal?.sync()
    } catch {
      throw .journal(error)
    }
    writer.snapshots.removeAll()
    published.withLock { [history, settings] in $0 = Published(history: history, settings: settings) }
    pool.withLock { _ = $0.removeAll() }
    writeState(&writer)
  }

  // MARK: Out

  /// Writes the chain as a dump to a file; of a folder, to `state.json` in it.
  public func writeDump(to path: String) throws(ChainError) {
    let content = try dump()
    do throws(StateDumpError) { try StateDump.write(content, to: path) } catch { throw .refused("\(error)") }
  }

  /// The chain as a dump.
  func dump() throws(ChainError) -> StateDump.Content {
    let (chain, state) = published.withLock { ($0.history.all, $0.history.headState) }
    guard let head = chain.last else { throw .refused("the chain has no block") }
    var accounts: [StateDump.Account] = []
    state.forEachAccount { address, account in
      var storage: [UInt256: UInt256] = [:]
      state.forEachSlot(of: address) { storage[$0] = $1 }
      accounts.append(
        StateDump.Account(
          address: address, nonce: account.nonce, balance: account.balance, code: Array(account.code.bytes),
          storage: storage))
    }
    var blocks: [StateDump.Block] = []
    var outcomes: [StateDump.Outcome] = []
    for block in chain {
      guard let body = try body(of: block) else { continue }
      blocks.append(StateDump.Block(header: block.header, transactions: body.transactions.compactMap { .init($0) }))
      for (index, receipt) in body.receipts.enumerated() {
        let transaction = body.transactions[index]
        guard case .signed(let signed) = transaction.transaction else { continue }
        outcomes.append(
          StateDump.Outcome(
            transactionHash: transaction.hash, transactionIndex: UInt64(index), blockHash: block.hash,
            blockNumber: block.number, sender: transaction.sender, to: signed.to, nonce: signed.nonce, receipt: receipt)
        )
      }
    }
    return StateDump.Content(
      environment: StateDump.Environment(head.header), bestBlock: head.number, accounts: accounts, blocks: blocks,
      outcomes: outcomes)
  }
}

/// What has been read of a dump.
private struct DumpLoading {
  /// Bytes of accounts that are collected before they are merged.
  private static let chunk = 1 << 20

  private var environment: StateDump.Environment?
  private var best: UInt64?
  private var accounts: [AccountRecord] = []
  private var accountBytes = 0
  private var found: [StateDump.Block] = []
  private var outcomes: [Bytes32: [UInt64: StateDump.Outcome]] = [:]

  /// Takes an item; accounts to merge, now and then.
  mutating func take(_ item: StateDump.Item, over state: StateTrie) -> [AccountRecord]? {
    switch item {
    case .environment(let environment): self.environment = environment
    case .bestBlock(let number): best = number
    case .block(let block): found.append(block)
    case .outcome(let outcome): outcomes[outcome.blockHash, default: [:]][outcome.transactionIndex] = outcome
    case .unknownField: break
    case .account(let account):
      accounts.append(
        AccountRecord(
          address: account.address, nonce: max(account.nonce, state.nonce(of: account.address)),
          balance: account.balance, code: account.code,
          slots: account.storage.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: $0.value) }))
      accountBytes += 128 + account.code.count + 66 * account.storage.count
      if accountBytes >= Self.chunk { return takeAccounts() }
    }
    return nil
  }

  /// The accounts that have not been merged yet.
  mutating func takeAccounts() -> [AccountRecord] {
    defer { (accounts, accountBytes) = ([], 0) }
    return accounts
  }

  /// The blocks up to the head, in their order.
  func blocks() throws(ChainError) -> [BlockRecord] {
    var byNumber: [UInt64: StateDump.Block] = [:]
    for block in found {
      let number = block.header.number
      guard number <= BlockClock.latest, block.header.timestamp <= BlockClock.latest else {
        throw .refused(
          "the state dump has a block of number \(number) and time \(block.header.timestamp): no chain gets there")
      }
      // The first block of the chain that loaded the dump stands in it too: of two, the next one names its parent.
      if byNumber[number] != nil, !found.contains(where: { $0.header.parentHash == block.header.hash }) { continue }
      byNumber[number] = block
    }
    guard let head = best ?? environment?.number ?? byNumber.keys.max() else {
      throw .refused("the state dump says of no block where it ends")
    }
    var records: [BlockRecord] = []
    for (number, block) in byNumber.sorted(by: { $0.key < $1.key }) where number <= head {
      records.append(try record(block))
    }
    if byNumber[head] == nil {
      guard let environment, environment.number == head, head <= BlockClock.latest,
        environment.timestamp <= BlockClock.latest
      else { throw .refused("the state dump lacks its newest block, \(head)") }
      records.append(
        BlockRecord(
          header: BlockHeader(environment, parent: records.last?.header), chainID: 0, transactions: [], receipts: [],
          isExecuted: false))
    }
    return records
  }

  private func record(_ block: StateDump.Block) throws(ChainError) -> BlockRecord {
    let hash = block.header.hash
    var transactions: [RecoveredTransaction] = []
    var receipts: [Receipt] = []
    for (index, transaction) in block.transactions.enumerated() {
      guard let outcome = outcomes[hash]?[UInt64(index)] else {
        throw .refused("the state dump lacks what became of transaction \(index) of block \(block.header.number)")
      }
      transactions.append(RecoveredTransaction(.signed(transaction.signed), sender: outcome.sender))
      receipts.append(outcome.receipt)
    }
    return BlockRecord(
      header: block.header, chainID: 0, transactions: transactions, receipts: receipts, isExecuted: false)
  }
}

extension StateDump.Transaction {
  /// `nil` for what is no Ethereum transaction.
  fileprivate init?(_ transaction: RecoveredTransaction) {
    guard case .signed(let signed) = transaction.transaction else { return nil }
    let isImpersonated = Impersonation.marks(signed, of: transaction.sender)
    self.init(signed, impersonatedSender: isImpersonated ? transaction.sender : nil)
  }
}

extension BlockHeader {
  /// The header of a block of which nothing else is known.
  fileprivate init(_ environment: StateDump.Environment, parent: BlockHeader?) {
    self.init(
      parentHash: parent?.hash ?? .zero, beneficiary: environment.beneficiary,
      transactionsRoot: MerklePatriciaTrie.emptyRoot, receiptsRoot: MerklePatriciaTrie.emptyRoot,
      difficulty: environment.difficulty, number: environment.number, gasLimit: environment.gasLimit,
      timestamp: environment.timestamp, mixHash: environment.prevRandao, baseFeePerGas: environment.baseFee)
    withdrawalsRoot = MerklePatriciaTrie.emptyRoot
    blobGasUsed = 0
    excessBlobGas = environment.excessBlobGas
    parentBeaconBlockRoot = .zero
  }
}
