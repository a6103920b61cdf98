import Cryptography
import EVM
import Primitives

/// The state of all accounts under its root: the trie of accounts, each with the trie of its slots, and the codes.
///
/// It is a value. A copy costs nothing and shares what did not change, so that a chain keeps the state after every block;
/// threads may read one without a lock. Keys are hashes (a "secure" trie), but the leaves remember whose.
public struct StateTrie: Sendable {
  private var trie = PersistentTrie<StateAccount>()

  /// The state without accounts.
  public init() {}

  /// The state of these accounts.
  public init(accounts: [Address: Account]) {
    let leaves = accounts.map { address, account in
      let slots = account.storage.lazy.filter { !$0.value.isZero }
      let leaf = StateAccount(
        address: address, nonce: account.nonce, balance: account.balance, code: account.code,
        codeHash: account.codeHash, storage: Self.updated(PersistentTrie(), slots.map { ($0.key, $0.value) }))
      return (key: Keccak256.hash(address).bytes, value: Optional(leaf))
    }
    trie.update(leaves)
  }

  /// The state root that a block's header names.
  public var root: Bytes32 { trie.root }

  /// The account at an address; `nil` where there is none.
  public func account(_ address: Address) -> StateAccount? { trie[Keccak256.hash(address)] }

  /// The value of a slot; zero where there is no account.
  public func storage(_ address: Address, _ slot: UInt256) -> UInt256 {
    account(address)?.storage[Self.key(slot)]?.value ?? .zero
  }

  /// Makes the state what it is after `changes`.
  public mutating func apply(_ changes: StateChanges) {
    let leaves = changes.accounts.map { address, change in
      let key = Keccak256.hash(address)
      let leaf = change.map { change in
        var storage = PersistentTrie<StateSlot>()
        if !change.wipesStorage, let old = trie[key] { storage = old.storage }
        return StateAccount(
          address: address, nonce: change.nonce, balance: change.balance, code: change.code,
          codeHash: change.codeHash, storage: Self.updated(storage, change.slots.map { ($0.key, $0.value) }))
      }
      return (key: key.bytes, value: leaf)
    }
    trie.update(leaves)
  }

  /// The encoded nodes from the state's root to an account, or to where it would be (EIP-1186, `accountProof`).
  public func proof(of address: Address) -> [[UInt8]] { trie.proof(of: Keccak256.hash(address)) }

  /// The encoded nodes from an account's storage root to a slot, or to where it would be (EIP-1186, `storageProof`). None
  /// where the account has no slots.
  public func proof(of slot: UInt256, in address: Address) -> [[UInt8]] {
    account(address)?.storage.proof(of: Self.key(slot)) ?? []
  }

  /// Every account, in the order of the hashes of their addresses.
  public func forEachAccount<E: Error>(_ body: (Address, StateAccount) throws(E) -> Void) throws(E) {
    try trie.forEach { (account) throws(E) in
      try body(account.address, account)
      return true
    }
  }

  /// Every slot of an account that is not zero, with its value, in the order of the hashes of their numbers.
  public func forEachSlot<E: Error>(
    of address: Address, _ body: (UInt256, UInt256) throws(E) -> Void
  ) throws(E) {
    guard let account = account(address) else { return }
    try account.storage.forEach { (slot) throws(E) in
      try body(slot.number, slot.value)
      return true
    }
  }

  static func key(_ slot: UInt256) -> Bytes32 { Keccak256.hash(Bytes32(slot)) }

  private static func updated(
    _ storage: PersistentTrie<StateSlot>, _ slots: [(UInt256, UInt256)]
  ) -> PersistentTrie<StateSlot> {
    guard !slots.isEmpty else { return storage }
    var storage = storage
    storage.update(
      slots.map { number, value in
        (key: key(number).bytes, value: value.isZero ? nil : StateSlot(number: number, value: value))
      })
    return storage
  }
}
