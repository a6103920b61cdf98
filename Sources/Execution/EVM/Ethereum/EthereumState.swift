// The state that plain Ethereum execution needs, without any price.

import Primitives

/// The world state under ``EthereumHost``: accounts, storage, what the transaction has touched, and checkpoints.
///
/// Reads (with ``WorldReader``'s) are free of effects. Everything that a `mutating` method changes, warm marks, logs and
/// marks of creation and destruction included, returns to what it was by ``undo(to:)``.
public protocol EthereumState: WorldReader {
  /// A point in the journal.
  associatedtype Mark

  /// Whether the account is in the state (before EIP-161 an account may exist and be empty).
  func exists(_ address: Address) -> Bool
  /// Keccak-256 of the code, of nothing where there is none.
  func codeHash(_ address: Address) -> Bytes32
  /// The code, `nil` where there is none.
  func code(_ address: Address) -> Code?
  /// Whether any slot is not zero: such an address cannot be created anew (EIP-7610).
  func hasStorage(_ address: Address) -> Bool
  /// The value at the beginning of the transaction (EIP-2200).
  func originalStorage(_ address: Address, _ key: UInt256) -> UInt256
  /// Transient storage (EIP-1153), empty at the beginning of each transaction.
  func transientStorage(_ address: Address, _ key: UInt256) -> UInt256
  /// Hash of one of the 256 most recent blocks, as a number.
  func blockHash(_ number: UInt64) -> UInt256
  /// Whether the account was created in this transaction (EIP-6780).
  func wasCreated(_ address: Address) -> Bool

  /// Marks an address as accessed (EIP-2929); whether it was before.
  mutating func warm(_ address: Address) -> Bool
  /// Marks a slot as accessed; whether it was before.
  mutating func warm(_ address: Address, _ key: UInt256) -> Bool
  /// Writes a slot; zero removes it.
  mutating func setStorage(_ address: Address, _ key: UInt256, _ value: UInt256)
  /// Writes a slot of transient storage (EIP-1153).
  mutating func setTransientStorage(_ address: Address, _ key: UInt256, _ value: UInt256)
  /// Sets the balance; the account exists and is touched (EIP-161) from then on, whatever the value.
  mutating func setBalance(_ address: Address, _ balance: UInt256)
  /// Sets the nonce; the account exists from then on.
  mutating func setNonce(_ address: Address, _ nonce: UInt64)
  /// Stores code, which is copied.
  mutating func setCode(_ address: Address, _ code: UnsafeRawBufferPointer)
  /// Makes the account a new contract of this transaction; an existing balance stays.
  mutating func markCreated(_ address: Address)
  /// Marks the account for deletion at the end of the transaction; false if it was marked already.
  mutating func markDestroyed(_ address: Address) -> Bool
  /// Appends a log; `data` is valid during the call only.
  mutating func addLog(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer)

  /// The journal as it is now.
  mutating func mark() -> Mark
  /// Undoes everything since `mark`, which was made before and is not yet undone.
  mutating func undo(to mark: Mark)
}
