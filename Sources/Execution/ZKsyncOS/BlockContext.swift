import Primitives

/// Everything besides transactions and state that a block's result depends on: the block metadata of ZKsync OS and the
/// protocol version.
public struct BlockContext: Hashable, Sendable {
  public var protocolVersion: ProtocolVersion
  public var chainID: UInt64
  public var number: UInt64
  /// Unix time in seconds.
  public var timestamp: UInt64
  /// Hashes of the 256 blocks before this one.
  public var blockHashes: BlockHashes
  /// Wei per gas. The header holds it in 64 bits, so a larger value makes the block impossible.
  public var baseFee: UInt256
  /// Gas per byte of pubdata for L2 transactions.
  public var gasPerPubdata: UInt256
  /// Wei per unit of native resource; zero makes L2 transactions impossible.
  public var nativePrice: UInt256
  /// Receives base fee and tip of every transaction.
  public var coinbase: Address
  /// The ceiling of a single L2 transaction; nothing adds up the gas of a block.
  public var gasLimit: UInt64
  /// What PREVRANDAO reads where the protocol version does not fix it. Never part of the header.
  public var mixHash: UInt256

  public init(
    protocolVersion: ProtocolVersion = .current, chainID: UInt64, number: UInt64, timestamp: UInt64,
    blockHashes: BlockHashes = BlockHashes(), baseFee: UInt256 = 1000, gasPerPubdata: UInt256 = 0,
    nativePrice: UInt256 = 1, coinbase: Address = .zero, gasLimit: UInt64 = 100_000_000, mixHash: UInt256 = 0
  ) {
    self.protocolVersion = protocolVersion
    self.chainID = chainID
    self.number = number
    self.timestamp = timestamp
    self.blockHashes = blockHashes
    self.baseFee = baseFee
    self.gasPerPubdata = gasPerPubdata
    self.nativePrice = nativePrice
    self.coinbase = coinbase
    self.gasLimit = gasLimit
    self.mixHash = mixHash
  }

  /// BLOCKHASH(n): the hash of block `n` if it is one of the 256 before this one, else zero.
  public func blockHash(_ n: UInt64) -> Bytes32 {
    guard n < number, number - n <= 256 else { return .zero }
    return blockHashes[Int(number - n - 1)]
  }
}

/// The hashes of the last 256 blocks, newest first: index 0 is the parent. Zero where there was no such block.
///
/// The order is the one in which the guest reads them for the opcode BLOCKHASH (index `current − n − 1`). The Rust
/// server keeps its ring newest last, so that its contracts see wrong hashes; no commitment covers the array, hence a
/// sequencer is free to supply it right.
public struct BlockHashes: Hashable, Sendable {
  public static let count = 256

  /// Exactly 256 hashes.
  public let hashes: [Bytes32]

  /// No block yet.
  public init() { hashes = [Bytes32](repeating: .zero, count: Self.count) }

  /// At most 256 hashes, newest first; the rest is zero.
  public init(newestFirst known: [Bytes32]) {
    precondition(known.count <= Self.count, "at most 256 block hashes")
    hashes = known + [Bytes32](repeating: .zero, count: Self.count - known.count)
  }

  public subscript(age: Int) -> Bytes32 { hashes[age] }

  /// What the next block sees once a block with hash `hash` is sealed.
  public func appending(_ hash: Bytes32) -> BlockHashes {
    BlockHashes(newestFirst: [hash] + hashes.dropLast())
  }
}
