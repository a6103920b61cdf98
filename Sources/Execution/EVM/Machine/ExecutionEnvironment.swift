// The block and the transaction, as far as instructions can see them.

import Concurrency
import Primitives

/// Work of slow instructions whose native price says little about it, for whoever estimates proving runs.
@frozen public struct CountedWork: Sendable {
  /// Permutations of KECCAK256, the one of the padding included.
  public var keccakBlocks: UInt64 = 0
  /// Bytes that MCOPY moved.
  public var movedBytes: UInt64 = 0
  /// Native charged for what is counted here, and by copies that had not the gas to begin.
  public var native: UInt64 = 0

  /// Nothing counted yet.
  @inlinable public init() {}
}

/// What the environment instructions return: one value per transaction.
@frozen public struct ExecutionEnvironment: Sendable {
  // MARK: Block

  /// COINBASE.
  public var coinbase: Address
  /// NUMBER.
  public var number: UInt64
  /// TIMESTAMP, seconds.
  public var timestamp: UInt64
  /// GASLIMIT of the block.
  public var gasLimit: UInt64
  /// PREVRANDAO (EIP-4399), DIFFICULTY before Paris.
  public var prevRandao: UInt256
  /// CHAINID.
  public var chainID: UInt64
  /// BASEFEE, wei per gas.
  public var baseFee: UInt256
  /// BLOBBASEFEE, wei per blob gas (EIP-7516). ZKsync OS: always 1.
  public var blobBaseFee: UInt256

  // MARK: Transaction

  /// ORIGIN.
  public var origin: Address
  /// GASPRICE: the effective price, wei per gas.
  public var gasPrice: UInt256
  /// Versioned hashes for BLOBHASH (EIP-4844); empty where blobs do not exist.
  public var blobHashes: [Bytes32]

  // MARK: Outside

  /// Ends the execution with ``Halt/cancelled`` soon after it is cancelled. Looked at by instructions that take long for
  /// their gas; hosts look at it where they are asked. Plain instructions are bounded by gas.
  public var cancellation: Cancellation?

  /// What instructions count besides their prices; zero when a transaction begins.
  public var counted = CountedWork()

  /// An environment; whatever is left out is zero, but for the chain ID and the blob base fee, which are 1.
  public init(
    coinbase: Address = .zero, number: UInt64 = 0, timestamp: UInt64 = 0, gasLimit: UInt64 = 0,
    prevRandao: UInt256 = .zero, chainID: UInt64 = 1, baseFee: UInt256 = .zero, blobBaseFee: UInt256 = .one,
    origin: Address = .zero, gasPrice: UInt256 = .zero, blobHashes: [Bytes32] = [],
    cancellation: Cancellation? = nil
  ) {
    self.coinbase = coinbase
    self.number = number
    self.timestamp = timestamp
    self.gasLimit = gasLimit
    self.prevRandao = prevRandao
    self.chainID = chainID
    self.baseFee = baseFee
    self.blobBaseFee = blobBaseFee
    self.origin = origin
    self.gasPrice = gasPrice
    self.blobHashes = blobHashes
    self.cancellation = cancellation
  }
}
