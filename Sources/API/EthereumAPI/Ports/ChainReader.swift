import Primitives
import Transactions

/// Why something that the API needs could not be read.
public enum ChainReadError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The disk, or what is on it, failed; the text is for the client and the log.
  case failed(String)
  /// The state after this block is not kept.
  case stateNotAvailable(block: UInt64)

  public var description: String {
    switch self {
    case .failed(let reason): reason
    case .stateNotAvailable(let block): "state for block \(block) is not available"
    }
  }
}

/// A header as clients see it, with the block's hash. The two are kept together because one need not follow from the
/// other: a chain may hash less than it shows.
public struct SealedHeader: Sendable, Equatable {
  public var hash: Bytes32
  public var header: BlockHeader
  public var batch: BatchPlace
  /// What ``hash`` is the hash of, where ``header`` shows more.
  public var hashedHeader: BlockHeader?
  /// Gas of all transactions, and the bloom of all logs, whatever the header shows.
  public var gasUsed: UInt64
  public var bloom: Bloom
  /// The transactions' bytes in the RLP of the block, where they have been counted.
  public var transactionBytes: Int?

  /// - Parameters:
  ///   - gasUsed: that of the header where it is `nil`.
  ///   - bloom: likewise.
  public init(
    hash: Bytes32, header: BlockHeader, batch: BatchPlace = .notRollup, hashed hashedHeader: BlockHeader? = nil,
    gasUsed: UInt64? = nil, bloom: Bloom? = nil, transactionBytes: Int? = nil
  ) {
    self.hash = hash
    self.header = header
    self.batch = batch
    self.hashedHeader = hashedHeader
    self.gasUsed = gasUsed ?? header.gasUsed
    self.bloom = bloom ?? header.logsBloom
    self.transactionBytes = transactionBytes
  }

  public var number: UInt64 { header.number }
  /// Where a follower is who has seen this block last.
  public var position: ChainPosition { ChainPosition(number: number, hash: hash) }
}

/// How far somebody has followed the chain: the last block seen. The hash tells whether the chain still has it.
public struct ChainPosition: Sendable, Equatable {
  public var number: UInt64
  /// `nil` where the block could not be read.
  public var hash: Bytes32?

  public init(number: UInt64, hash: Bytes32?) {
    self.number = number
    self.hash = hash
  }
}

/// A transaction and where it is.
public struct LocatedTransaction: Sendable, Equatable {
  public var transaction: RecoveredTransaction
  public var blockHash: Bytes32
  public var blockNumber: UInt64
  public var index: Int
  /// Seconds since 1970, of the block.
  public var blockTimestamp: UInt64
  /// Base fee of the block, from which the price follows that was paid.
  public var baseFee: UInt64
  public var batch: BatchPlace

  public init(
    transaction: RecoveredTransaction, blockHash: Bytes32, blockNumber: UInt64, blockTimestamp: UInt64, index: Int,
    baseFee: UInt64, batch: BatchPlace = .notRollup
  ) {
    self.batch = batch
    self.blockTimestamp = blockTimestamp
    self.transaction = transaction
    self.blockHash = blockHash
    self.blockNumber = blockNumber
    self.index = index
    self.baseFee = baseFee
  }
}

/// A receipt and what a client wants to see beside it.
public struct LocatedReceipt: Sendable, Equatable {
  public var receipt: Receipt
  public var transactionHash: Bytes32
  public var from: Address
  /// `nil` for a creation.
  public var to: Address?
  /// Wei per gas that was paid.
  public var effectiveGasPrice: UInt256
  public var blockHash: Bytes32
  public var blockNumber: UInt64
  public var blockTimestamp: UInt64
  public var index: Int
  /// Logs of the block before those of this transaction.
  public var firstLogIndex: Int
  /// Blob gas of a transaction that carries blobs, and wei per blob gas that was paid (EIP-4844); `nil` for all others.
  public var blobGasUsed: UInt64?, blobGasPrice: UInt256?
  public var batch: BatchPlace
  /// Shown where the chain is a rollup.
  public var messages: L1Messages

  public init(
    receipt: Receipt, transactionHash: Bytes32, from: Address, to: Address?, effectiveGasPrice: UInt256,
    blockHash: Bytes32, blockNumber: UInt64, blockTimestamp: UInt64, index: Int, firstLogIndex: Int,
    blobGasUsed: UInt64? = nil, blobGasPrice: UInt256? = nil, batch: BatchPlace = .notRollup,
    messages: L1Messages = L1Messages()
  ) {
    self.receipt = receipt
    self.transactionHash = transactionHash
    self.from = from
    self.to = to
    self.effectiveGasPrice = effectiveGasPrice
    self.blockHash = blockHash
    self.blockNumber = blockNumber
    self.blockTimestamp = blockTimestamp
    self.index = index
    self.firstLogIndex = firstLogIndex
    self.blobGasUsed = blobGasUsed
    self.blobGasPrice = blobGasPrice
    self.batch = batch
    self.messages = messages
  }
}

/// The chain as the API sees it: blocks that are durable, up to a head. Whether the head only grows or blocks may be dropped
/// too is told by there being a ``ReorganisationHistory``.
///
/// ``head`` and ``residentReceipt(hash:)`` are asked for on event loops and must come from memory. Everything else is called on
/// worker threads and may read from the disk.
public protocol ChainReader: Sendable {
  /// The newest block that may be shown.
  var head: SealedHeader { get }
  /// Base fee of the block that comes next.
  var nextBaseFee: UInt64 { get }
  /// The newest block whose batch is committed on L1, `nil` where that is not known.
  var safeBlock: UInt64? { get }
  /// The newest block whose batch is executed on L1, `nil` where that is not known.
  var finalizedBlock: UInt64? { get }
  /// The first block that there is, and the first after which the state can be had. Must come from memory.
  var oldestBlock: UInt64 { get }
  var oldestState: UInt64 { get }

  func header(number: UInt64) throws(ChainReadError) -> SealedHeader?
  /// The bloom of all logs of a block, for those who look through many.
  func bloom(ofBlock number: UInt64) throws(ChainReadError) -> Bloom?
  /// Begins to look for the blocks of a range that may have logs like those of a filter.
  func search(_ filter: LogFilter, in range: ClosedRange<UInt64>) -> any BlockSearch
  /// How many blocks of a range such a search looks at one by one, which takes time for each.
  func unindexed(_ filter: LogFilter, in range: ClosedRange<UInt64>) -> UInt64
  func number(ofBlock hash: Bytes32) throws(ChainReadError) -> UInt64?
  func transactionHashes(ofBlock number: UInt64) throws(ChainReadError) -> [Bytes32]?
  func transactions(ofBlock number: UInt64) throws(ChainReadError) -> [RecoveredTransaction]?
  func receipts(ofBlock number: UInt64) throws(ChainReadError) -> [LocatedReceipt]?
  func transaction(hash: Bytes32) throws(ChainReadError) -> LocatedTransaction?
  func receipt(hash: Bytes32) throws(ChainReadError) -> LocatedReceipt?
  func transactionHash(sender: Address, nonce: UInt64) throws(ChainReadError) -> Bytes32?
  /// The receipt of a transaction where all that belongs to it is in memory; `nil` where it is not.
  func residentReceipt(hash: Bytes32) -> LocatedReceipt?
}

extension ChainReader {
  public var oldestBlock: UInt64 { 0 }

  public var oldestState: UInt64 { 0 }

  public func residentReceipt(hash: Bytes32) -> LocatedReceipt? { nil }

  public func bloom(ofBlock number: UInt64) throws(ChainReadError) -> Bloom? { try header(number: number)?.bloom }

  public func search(_ filter: LogFilter, in range: ClosedRange<UInt64>) -> any BlockSearch {
    BloomSearch(self, filter, range)
  }

  public func unindexed(_ filter: LogFilter, in range: ClosedRange<UInt64>) -> UInt64 {
    (range.upperBound - range.lowerBound).addingReportingOverflow(1).partialValue
  }
}
