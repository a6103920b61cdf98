import Primitives

/// An account and some of its slots with the nodes of the tries that prove them (EIP-1186).
public struct MerkleAccountProof: Sendable, Equatable {
  public struct Slot: Sendable, Equatable {
    public var key: Bytes32
    public var value: UInt256
    /// RLP of the nodes of the account's storage trie from its root down to where the path ends.
    public var proof: [[UInt8]]

    public init(key: Bytes32, value: UInt256, proof: [[UInt8]]) {
      self.key = key
      self.value = value
      self.proof = proof
    }
  }

  public var balance: UInt256
  public var nonce: UInt64
  /// Keccak-256 of the code; of nothing for an account that is not there.
  public var codeHash: Bytes32
  /// Root of the storage trie; of the empty one for an account that is not there.
  public var storageHash: Bytes32
  /// RLP of the nodes of the state trie from the root down to where the account's path ends.
  public var accountProof: [[UInt8]]
  /// In the order in which they were asked for.
  public var slots: [Slot]

  public init(
    balance: UInt256, nonce: UInt64, codeHash: Bytes32, storageHash: Bytes32, accountProof: [[UInt8]], slots: [Slot]
  ) {
    self.balance = balance
    self.nonce = nonce
    self.codeHash = codeHash
    self.storageHash = storageHash
    self.accountProof = accountProof
    self.slots = slots
  }
}

/// Proves the state after a block against the state root in its header. Called on worker threads.
public protocol AccountProver: Sendable {
  func prove(
    _ address: Address, slots: [Bytes32], after block: UInt64
  ) throws(ChainReadError) -> MerkleAccountProof
}
