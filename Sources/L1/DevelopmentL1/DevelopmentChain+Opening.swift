// Beginning a chain, and continuing one.

import Concurrency
import Cryptography
import Ethereum
import Files
import Logging
import Primitives
import Transactions

/// What a chain begins with.
public struct Genesis: Sendable {
  public var accounts: [Address: Account]
  /// What the block after the first one contains. Nobody need have signed it.
  public var transactions: [RecoveredTransaction]

  public init(accounts: [Address: Account], transactions: [RecoveredTransaction] = []) {
    self.accounts = accounts
    self.transactions = transactions
  }
}

extension DevelopmentChain {
  /// Continues the chain of `options.directory`, or begins one where there is none.
  ///
  /// - Parameters:
  ///   - instance: the identity of a new chain; drawn at random where none is given.
  ///   - genesis: asked for where a chain begins.
  public static func open(
    _ options: Options, instance: Bytes32? = nil, time: TimeSource = .system, log: Logger,
    genesis: () throws(ChainError) -> Genesis
  ) throws(ChainError) -> DevelopmentChain {
    var journal: JournalFile?
    var stateFiles: StateFiles?
    if let directory = options.directory {
      do throws(FileError) { try Files.makeFolder(directory) } catch {
        throw .journal(.system(path: error.path, reason: error.reason))
      }
      do throws(JournalError) {
        journal = try JournalFile(path: directory + "/journal")
        stateFiles = try StateFiles(directory: directory)
      } catch {
        throw .journal(error)
      }
    }
    if let journal, let stateFiles,
      let chain = try continued(options, journal, stateFiles, time: time, log: log)
    {
      return chain
    }
    return try begun(
      options, instance: instance ?? ChainIdentity.newInstance(), try genesis(), journal, stateFiles, time: time,
      log: log)
  }

  // MARK: Beginning

  private static func begun(
    _ options: Options, instance: Bytes32, _ genesis: Genesis, _ journal: JournalFile?, _ stateFiles: StateFiles?,
    time: TimeSource, log: Logger
  ) throws(ChainError) -> DevelopmentChain {
    let identity = ChainIdentity(
      instance: instance, chainID: options.chainID, hardfork: options.hardfork,
      allowsLargeCode: options.allowsLargeCode)
    let state = StateTrie(accounts: genesis.accounts)
    var settings = ChainSettings(chainID: options.chainID, gasLimit: options.gasLimit)
    settings.coinbase = options.coinbase
    if let timestamp = options.timestamp { settings.clock.set(timestamp, system: time.unixSeconds()) }
    let header = BlockHeader.first(options, stateRoot: state.root, now: time.unixSeconds())
    let record = BlockRecord(
      header: header, chainID: options.chainID, transactions: [], receipts: [], isExecuted: false)
    let body = BlockBody(transactions: [], receipts: [])
    let following: UInt64 = genesis.transactions.isEmpty ? 0 : 1
    var place = ChainBlock.Place.memory(body)
    var start: UInt64 = 0
    do throws(JournalError) {
      if let journal {
        // What a beginning that was cut short has left.
        try journal.truncate(to: UInt64(JournalFile.magic.count))
        try stateFiles?.forget(beyond: 0)
        try journal.append(JournalEntry.chain(identity).encoded)
        try journal.append(JournalEntry.settings(settings).encoded)
        start = journal.length
        place = .journal(try journal.append(JournalEntry.block(record).encoded))
        for accounts in genesis.records { try journal.append(JournalEntry.accounts(accounts).encoded) }
        try journal.append(JournalEntry.begun(following: following).encoded)
        try journal.sync()
      }
    } catch {
      throw .journal(error)
    }
    let first = ChainBlock(
      header: header, hash: header.hash, transactionHashes: [], place: place, journalStart: start)
    var history = History(first: first, body: body, state: state, stateLimit: options.statesInMemory)
    history.begin(following: following)
    let chain = DevelopmentChain(
      options, identity: identity, history: history, settings: settings, journal: journal, stateFiles: stateFiles,
      time: time, log: log)
    if !genesis.transactions.isEmpty {
      try chain.writer.withLock { (writer) throws(ChainError) in
        let block = try chain.mineBlock(&writer, .given(genesis.transactions))
        guard block.transactionHashes.count == genesis.transactions.count else {
          throw .inconsistent(block: block.number, "a transaction that the chain begins with is refused")
        }
      }
    }
    return chain
  }

  // MARK: Continuing

  /// The chain that the journal tells of; `nil` where it has no first block.
  private static func continued(
    _ options: Options, _ journal: JournalFile, _ stateFiles: StateFiles, time: TimeSource, log: Logger
  ) throws(ChainError) -> DevelopmentChain? {
    var telling = JournalTelling(options)
    do {
      try journal.forEach { payload, offset in
        try telling.read(JournalEntry(decoding: payload), at: offset)
      }
    } catch let error as JournalError {
      throw .journal(error)
    } catch {
      throw .journal(.damaged(path: journal.path, offset: telling.offset, reason: "\(error)"))
    }
    guard telling.hasBegun, let identity = telling.identity, let history = telling.history,
      let settings = telling.settings
    else {
      return nil
    }
    guard identity.chainID == options.chainID else {
      throw .refused(
        "the chain in \(options.directory ?? "") has the id \(identity.chainID), not \(options.chainID): "
          + "choose another folder, or that id")
    }
    let chain = DevelopmentChain(
      options, identity: identity, history: history, settings: settings, journal: journal, stateFiles: stateFiles,
      time: time, log: log)
    try chain.executeTail()
    return chain
  }

  /// Executes what came after the newest state on the disk.
  private func executeTail() throws(ChainError) {
    guard let journal, let stateFiles else { return }
    let found = stateFiles.newest(upTo: journal.length)
    var replay = Replay(
      state: found?.state ?? StateTrie(), blockHash: { [self] in hash($0) }, identity: identity)
    var number = published.withLock { $0.history.newest(before: found?.offset ?? 0) }
    if found != nil {
      published.withLock { [number, state = replay.state] in $0.history.remember(state, after: number) }
    }
    do {
      try journal.forEach(from: found?.offset, to: journal.length) { payload, _ in
        let entry = try JournalEntry(decoding: payload)
        var parent: (header: BlockHeader, hash: Bytes32)?
        if case .block(let record) = entry {
          number = record.header.number
          if number > 0 { parent = self.block(number - 1).map { ($0.header, $0.hash) } }
        }
        try replay.apply(entry, parent: parent)
        if entry.leadsToState {
          published.withLock { [number, state = replay.state] in $0.history.remember(state, after: number) }
        }
      }
    } catch let error as ChainError {
      throw error
    } catch {
      throw .journal(.damaged(path: journal.path, offset: journal.length, reason: "\(error)"))
    }
    writer.withLock { $0.lastStateFile = found?.offset ?? 0 }
  }

  // MARK: Ending

  /// Ends the chain: whoever waits is let go, and what it is stays on the disk.
  public func close() {
    isStopping.store(true, ordering: .relaxed)
    writer.withLock { writeState(&$0) }
    do throws(JournalError) { try journal?.sync() } catch {
      log.error("the journal cannot be made durable", metadata: ["error": "\(error)"])
    }
    news.notify()
  }
}

/// What a journal tells, entry by entry.
private struct JournalTelling {
  private let options: DevelopmentChain.Options
  private(set) var identity: ChainIdentity?
  private(set) var settings: ChainSettings?
  private(set) var history: History?
  /// Whether everything is there that the chain begins with.
  private(set) var hasBegun = false
  /// The payload that is read.
  private(set) var offset: UInt64 = 0

  init(_ options: DevelopmentChain.Options) { self.options = options }

  mutating func read(_ entry: JournalEntry, at offset: UInt64) throws {
    self.offset = offset
    switch entry {
    case .chain(let identity): self.identity = identity
    case .settings(let settings): self.settings = settings
    case .accounts, .edit: break
    case .begun(let following):
      hasBegun = true
      history?.begin(following: following)
    case .restart:
      history = nil
      hasBegun = false
    case .block(let record):
      let body = BlockBody(transactions: record.transactions, receipts: record.receipts)
      let block = ChainBlock(
        header: record.header, hash: record.header.hash, transactionHashes: record.transactions.map(\.hash),
        place: .journal(offset), journalStart: offset - UInt64(JournalFile.headerSize))
      if history == nil {
        history = History(first: block, body: body, state: nil, stateLimit: options.statesInMemory)
      } else {
        history?.append(block, body, state: nil)
      }
    }
  }
}

extension Genesis {
  /// The accounts in entries of a bounded size.
  fileprivate var records: [[AccountRecord]] {
    let all = accounts.sorted { $0.key < $1.key }.map { address, account in
      AccountRecord(
        address: address, nonce: account.nonce, balance: account.balance, code: Array(account.code.bytes),
        slots: account.storage.sorted { $0.key < $1.key }.map { AccountRecord.Slot(key: $0.key, value: $0.value) })
    }
    return AccountRecord.chunked(all)
  }
}

extension AccountRecord {
  /// Accounts in groups of about a megabyte. One with more storage than that stands alone.
  static func chunked(_ accounts: [AccountRecord]) -> [[AccountRecord]] {
    var chunks: [[AccountRecord]] = []
    var size = 0
    for account in accounts {
      let weight = 128 + account.code.count + 66 * account.slots.count
      if chunks.isEmpty || size + weight > 1 << 20 {
        chunks.append([])
        size = 0
      }
      chunks[chunks.count - 1].append(account)
      size += weight
    }
    return chunks
  }
}

extension BlockHeader {
  /// The header of a chain's first block.
  fileprivate static func first(_ options: DevelopmentChain.Options, stateRoot: Bytes32, now: UInt64) -> BlockHeader {
    var header = BlockHeader(
      parentHash: .zero, beneficiary: options.coinbase, stateRoot: stateRoot,
      transactionsRoot: MerklePatriciaTrie.emptyRoot, receiptsRoot: MerklePatriciaTrie.emptyRoot,
      number: options.firstBlock, gasLimit: options.gasLimit, timestamp: options.timestamp ?? now,
      baseFeePerGas: options.baseFee)
    header.withdrawalsRoot = MerklePatriciaTrie.emptyRoot
    header.blobGasUsed = 0
    header.excessBlobGas = 0
    header.parentBeaconBlockRoot = .zero
    if options.hardfork.revision >= .prague { header.requestsHash = SHA256.hash([]) }
    return header
  }
}

extension ChainIdentity {
  /// An instance that no other chain has.
  public static func newInstance() -> Bytes32 {
    var generator = SystemRandomNumberGenerator()
    return Bytes32(
      UInt256(l0: generator.next(), l1: generator.next(), l2: generator.next(), l3: generator.next()))
  }
}
