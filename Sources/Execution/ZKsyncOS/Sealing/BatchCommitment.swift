import Cryptography
import Primitives

/// What a batch of one block commits to, in the form of the server's proving image (`wrap-in-batch`).
///
/// Source: zksync-os `basic_system/src/system_implementation/system/public_input.rs`.
public struct BatchCommitment: Hashable, Sendable {
  public var chainID: UInt64
  public var firstTimestamp: UInt64
  public var lastTimestamp: UInt64
  /// See `dataAvailability(pubdata:)`.
  public var dataAvailability: Bytes32
  public var l1TransactionCount: UInt64
  /// The Keccak chain over the hashes of L1 transactions, from keccak256 of nothing.
  public var l1RollingHash: Bytes32
  public var logsRoot: Bytes32
  public var upgradeHash: Bytes32

  public init(
    chainID: UInt64, firstTimestamp: UInt64, lastTimestamp: UInt64, dataAvailability: Bytes32,
    l1TransactionCount: UInt64, l1RollingHash: Bytes32, logsRoot: Bytes32, upgradeHash: Bytes32 = .zero
  ) {
    self.chainID = chainID
    self.firstTimestamp = firstTimestamp
    self.lastTimestamp = lastTimestamp
    self.dataAvailability = dataAvailability
    self.l1TransactionCount = l1TransactionCount
    self.l1RollingHash = l1RollingHash
    self.logsRoot = logsRoot
    self.upgradeHash = upgradeHash
  }

  /// The commitment of a block, as its proving run computes it.
  public init(_ output: BlockOutput, context: BlockContext) {
    self.init(
      chainID: context.chainID, firstTimestamp: context.timestamp, lastTimestamp: context.timestamp,
      dataAvailability: Self.dataAvailability(pubdata: output.pubdata),
      l1TransactionCount: UInt64(output.l1Transactions.count), l1RollingHash: output.l1Transactions.rollingHash,
      logsRoot: L2ToL1LogTree(output.l2ToL1Logs).root, upgradeHash: output.l1Transactions.upgradeHash)
  }

  /// The hash of the batch output: keccak256 over 228 bytes.
  public var hash: Bytes32 {
    var bytes = UInt256(chainID).bytes
    bytes.append(bigEndian: firstTimestamp)
    bytes.append(bigEndian: lastTimestamp)
    // The address of an L2 data availability validator, which does not exist.
    bytes.append(contentsOf: Address.zero.bytes)
    bytes.append(contentsOf: dataAvailability.bytes)
    bytes.append(contentsOf: UInt256(l1TransactionCount).bytes)
    bytes.append(contentsOf: l1RollingHash.bytes)
    bytes.append(contentsOf: logsRoot.bytes)
    bytes.append(contentsOf: upgradeHash.bytes)
    return Keccak256.hash(bytes)
  }

  /// keccak256(0³² ‖ keccak256(pubdata) ‖ 1 ‖ 0³²): pubdata in calldata, as one blob without versioned hash.
  public static func dataAvailability(pubdata: [UInt8]) -> Bytes32 {
    Keccak256.hash(Bytes32.zero.bytes + Keccak256.hash(pubdata).bytes + [1] + Bytes32.zero.bytes)
  }

  /// What a proof of the batch shows, given the commitments to the state before and after it (`StateTree`).
  public func publicInput(before: Bytes32, after: Bytes32) -> Bytes32 {
    Keccak256.hash(before.bytes + after.bytes + hash.bytes)
  }

  /// The start of every rolling hash of L1 transactions.
  public static let emptyRollingHash = Keccak256.hash([UInt8]())
}
