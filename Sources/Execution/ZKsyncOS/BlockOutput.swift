import Primitives
import Transactions

/// Everything that executing a block produced.
public struct BlockOutput: Sendable {
  /// Of the block, in the virtual machine's form: many fields are constant zero there.
  public var header: BlockHeader
  /// keccak256 of the header.
  public var blockHash: Bytes32
  /// Of the included transactions, in order.
  public var transactions: [TransactionResult]
  /// Changed leaves of the state tree, in the order in which new ones take their places.
  public var storageWrites: [StorageWrite]
  /// Bytes that later reads may ask for, in ascending order of hash.
  public var publishedPreimages: [PublishedPreimage]
  public var pubdata: [UInt8]
  /// Accounts that changed, in the order of `storageWrites`.
  public var accountDiffs: [AccountDiff]
  /// All logs to L1, in order of emission.
  public var l2ToL1Logs: [L2ToL1Log]
  /// What a batch of this block commits to besides the state.
  public var l1Transactions: L1RequestSummary
  /// Questions to the state, in order of execution.
  public var accesses: [Access]
  /// Every slot touched, in the order of `storageWrites`: what the proving run verifies against the tree.
  public var touchedSlots: [TouchedSlot]
}

/// A changed leaf.
public struct StorageWrite: Hashable, Sendable {
  public var flatKey: Bytes32
  public var value: Bytes32
  /// Whether the tree gains the leaf.
  public var isInsertion: Bool
  /// The slot behind the flat key.
  public var address: Address
  public var key: Bytes32
}

/// A slot that the block touched, with its values before and after.
public struct TouchedSlot: Hashable, Sendable {
  public var flatKey: Bytes32
  public var initial: Bytes32
  public var current: Bytes32
  /// Whether the tree lacks the leaf before the block.
  public var isNew: Bool
}

/// Bytes recorded under their BLAKE2s-256 hash.
public struct PublishedPreimage: Hashable, Sendable {
  public var hash: Bytes32
  public var bytes: [UInt8]
  public var kind: PreimageKind
}

/// An account before and after the block.
public struct AccountDiff: Hashable, Sendable {
  public var address: Address
  public var before: AccountProperties
  public var after: AccountProperties
}

/// What a block says about the transactions that L1 requested.
public struct L1RequestSummary: Hashable, Sendable {
  /// Results logged: priority transactions, and an upgrade.
  public var count: Int
  /// Keccak chain over their hashes, from keccak256 of nothing.
  public var rollingHash: Bytes32
  /// Zero without an upgrade.
  public var upgradeHash: Bytes32
}
