import ChainStorage
import Concurrency
import EthereumAPI
import Logging
import Primitives
import Synchronization
import Telemetry
import Transactions

/// The chain as the API reads it, off the block store.
public final class ChainStoreReader: ChainReader {
  private let blocks: BlockStore
  private let state: StateStoreReader
  private let settlement: any SettlementReader
  private let log: ThrottledLog
  private let baseFee: @Sendable () -> UInt64
  private let headers: ServedHeaders
  /// The newest header that was read. The head is asked for at every turn and never has to wait for the disk for it.
  private let newest: Mutex<(header: SealedHeader, rewinds: UInt64)>

  /// - Parameter nextBaseFee: gives that of the next block, in wei per gas.
  public init(
    _ blocks: BlockStore, headers: ServedHeaders = .linked, state: StateStoreReader,
    settlement: any SettlementReader, nextBaseFee: @escaping @Sendable () -> UInt64, log: Logger
  ) throws(ChainReadError) {
    self.blocks = blocks
    self.state = state
    self.settlement = settlement
    self.log = ThrottledLog(log)
    self.headers = headers
    baseFee = nextBaseFee
    let number = blocks.head
    guard let header = try headers.header(number, in: blocks) else {
      throw .failed("the newest block \(number) is missing")
    }
    newest = Mutex((header, blocks.rewindCount))
  }

  public var head: SealedHeader {
    var head = newestHeader
    head.batch = place(ofBlock: head.number)
    return head
  }

  private var newestHeader: SealedHeader {
    newest.withLock { newest in
      let rewinds = blocks.rewindCount, number = blocks.head
      guard number > newest.header.number || rewinds != newest.rewinds else { return newest.header }
      // A block that has just been published is in memory. Should it not be readable all the same, the last one that was
      // is as true an answer as it was a moment ago.
      do throws(ChainReadError) {
        if let header = try headers.header(number, in: blocks) {
          newest = (header, rewinds)
        } else {
          missing(number, "it is missing")
        }
      } catch {
        missing(number, "\(error)")
      }
      return newest.header
    }
  }

  private func missing(_ number: UInt64, _ reason: String) {
    log.error("the newest block cannot be shown", reason: "block \(number): \(reason)")
  }

  public var nextBaseFee: UInt64 { baseFee() }

  public var safeBlock: UInt64? { settlement.safeBlock }
  public var finalizedBlock: UInt64? { settlement.finalizedBlock }

  /// A batch is one block. Block 0 is what L1 begins with.
  private func place(ofBlock number: UInt64) -> BatchPlace {
    number <= settlement.madeBatch ? .batch(number) : .notBatched
  }

  public func header(number: UInt64) throws(ChainReadError) -> SealedHeader? {
    guard var header = try headers.header(number, in: blocks) else { return nil }
    header.batch = place(ofBlock: number)
    return header
  }

  public func bloom(ofBlock number: UInt64) throws(ChainReadError) -> Bloom? {
    try reading { () throws(StorageError) in try blocks.bloom(number) }
  }

  public func search(_ filter: LogFilter, in range: ClosedRange<UInt64>) -> any BlockSearch {
    StoreSearch(search: blocks.search(filter, in: range))
  }

  public func unindexed(_ filter: LogFilter, in range: ClosedRange<UInt64>) -> UInt64 {
    blocks.unindexed(filter, in: range)
  }

  public func number(ofBlock hash: Bytes32) throws(ChainReadError) -> UInt64? {
    try reading { () throws(StorageError) in try blocks.number(of: hash) }
  }

  public func transactionHashes(ofBlock number: UInt64) throws(ChainReadError) -> [Bytes32]? {
    try transactions(ofBlock: number)?.map(\.hash)
  }

  public func transactions(ofBlock number: UInt64) throws(ChainReadError) -> [RecoveredTransaction]? {
    try reading { () throws(StorageError) in try blocks.block(number) }?.transactions
  }

  public func receipts(ofBlock number: UInt64) throws(ChainReadError) -> [LocatedReceipt]? {
    guard let block = try reading({ () throws(StorageError) in try blocks.block(number) }) else { return nil }
    var messages = 0
    return block.receipts.indices.map { index in
      let receipt = block.receipts[index]
      defer { messages += receipt.l2ToL1Logs.count }
      return locate(
        receipt, of: block.transactions[index], at: index, hash: block.hash, number: number,
        timestamp: block.header.timestamp, firstMessage: messages)
    }
  }

  public func transaction(hash: Bytes32) throws(ChainReadError) -> LocatedTransaction? {
    try find(hash).map { found in
      LocatedTransaction(
        transaction: found.transaction, blockHash: found.blockHash, blockNumber: found.location.block,
        blockTimestamp: found.header.timestamp, index: found.location.index, baseFee: found.header.baseFeePerGas,
        batch: place(ofBlock: found.location.block))
    }
  }

  public func receipt(hash: Bytes32) throws(ChainReadError) -> LocatedReceipt? {
    guard let found = try find(hash) else { return nil }
    // Few transactions say something to L1; only then is it asked what those before them said.
    let firstMessage =
      found.receipt.l2ToL1Logs.isEmpty
      ? 0
      : try reading({ () throws(StorageError) in try blocks.block(found.location.block) })?.receipts
        .prefix(found.location.index).reduce(0) { $0 + $1.l2ToL1Logs.count } ?? 0
    return locate(
      found.receipt, of: found.transaction, at: found.location.index, hash: found.blockHash,
      number: found.location.block, timestamp: found.header.timestamp, firstMessage: firstMessage)
  }

  public func residentReceipt(hash: Bytes32) -> LocatedReceipt? {
    guard let (block, index) = blocks.residentBlock(of: hash) else { return nil }
    let receipt = block.receipts[index]
    let firstMessage =
      receipt.l2ToL1Logs.isEmpty ? 0 : block.receipts.prefix(index).reduce(0) { $0 + $1.l2ToL1Logs.count }
    return locate(
      receipt, of: block.transactions[index], at: index, hash: block.hash, number: block.number,
      timestamp: block.header.timestamp, firstMessage: firstMessage)
  }

  /// No index of its own: nonces never fall, so the block that used this one is found by halving the range of blocks.
  public func transactionHash(sender: Address, nonce: UInt64) throws(ChainReadError) -> Bytes32? {
    var before: UInt64 = 0, after = blocks.head
    guard try state.nonce(of: sender, after: after) > nonce else { return nil }
    while before + 1 < after {
      let middle = before + (after - before) / 2
      if try state.nonce(of: sender, after: middle) > nonce { after = middle } else { before = middle }
    }
    return try transactions(ofBlock: after)?.first { transaction in
      guard transaction.sender == sender, case .signed(let signed) = transaction.transaction else { return false }
      return signed.nonce == nonce
    }?.hash
  }

  private struct Found {
    let location: TransactionLocation
    let transaction: RecoveredTransaction
    let receipt: BlockReceipt
    let header: BlockHeader
    let blockHash: Bytes32
  }

  private func find(_ hash: Bytes32) throws(ChainReadError) -> Found? {
    try reading { () throws(StorageError) -> Found? in
      guard let location = try blocks.location(of: hash), let found = try blocks.transaction(at: location),
        let stored = try blocks.header(location.block)
      else { return nil }
      return Found(
        location: location, transaction: found.transaction, receipt: found.receipt, header: stored.header,
        blockHash: stored.hash)
    }
  }

  private func locate(
    _ receipt: BlockReceipt, of transaction: RecoveredTransaction, at index: Int, hash: Bytes32, number: UInt64,
    timestamp: UInt64, firstMessage: Int
  ) -> LocatedReceipt {
    let recipient: Address? =
      switch transaction.transaction {
      case .request(let request): request.to
      case .signed(let signed): signed.to
      }
    return LocatedReceipt(
      receipt: receipt.receipt, transactionHash: transaction.hash, from: transaction.sender, to: recipient,
      effectiveGasPrice: receipt.effectiveGasPrice, blockHash: hash, blockNumber: number, blockTimestamp: timestamp,
      index: index, firstLogIndex: receipt.firstLogIndex, batch: place(ofBlock: number),
      messages: L1Messages(
        firstIndex: firstMessage,
        messages: receipt.l2ToL1Logs.map { log in
          L1Message(
            transactionNumber: UInt64(log.transactionNumber & 0xffff), sender: log.sender, key: log.key,
            value: log.value)
        }))
  }

}

/// Runs what reads the store, and gives its errors the type that the API knows.
func reading<R>(_ body: () throws(StorageError) -> R) throws(ChainReadError) -> R {
  do throws(StorageError) { return try body() } catch { throw .failed(error.description) }
}

private struct StoreSearch: BlockSearch {
  let search: LogSearch

  func next(_ cancellation: Cancellation) throws(ChainReadError) -> BlockSearchStep {
    switch try reading({ () throws(StorageError) in try search.next(cancellation) }) {
    case .block(let number): .block(number)
    case .through(let number): .through(number)
    case .end: .end
    }
  }
}
