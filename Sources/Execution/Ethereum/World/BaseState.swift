import EVM
import Primitives
import Synchronization

/// A kept state under a world, with a memory of what was read: a look into a trie costs hashes.
struct BaseState: Sendable {
  let state: StateTrie
  /// Accounts of the state that are gone: nothing of them shows through any more.
  private(set) var hidden: Set<Address> = []
  private let memory = Memory()

  init(_ state: StateTrie) { self.state = state }

  /// The account as it shows through.
  func account(_ address: Address) -> StateAccount? {
    hidden.contains(address) ? nil : memory.account(address, of: state)
  }

  /// The value of a slot as it shows through.
  func storage(_ slot: WorldState.Slot) -> UInt256 {
    hidden.contains(slot.address) ? .zero : memory.storage(slot, of: state)
  }

  /// Whether an account has a slot that is not zero and for which `shows` holds.
  func hasSlot(_ address: Address, where shows: (UInt256) -> Bool) -> Bool {
    var found = false
    account(address)?.storage.forEach { slot in
      found = shows(slot.number)
      return !found
    }
    return found
  }

  /// From now on nothing shows through of an account.
  mutating func hide(_ address: Address) {
    if account(address) != nil { hidden.insert(address) }
  }

  /// What was read. Copies of a world share it: it says nothing that the state does not.
  private final class Memory: Sendable {
    private struct Content {
      /// `nil` for an address without an account.
      var accounts: [Address: StateAccount?] = [:]
      var slots: [WorldState.Slot: UInt256] = [:]
    }

    private let content = Mutex(Content())

    func account(_ address: Address, of state: StateTrie) -> StateAccount? {
      if let known = content.withLock({ $0.accounts[address] }) { return known }
      let account = state.account(address)
      content.withLock { $0.accounts[address] = .some(account) }
      return account
    }

    func storage(_ slot: WorldState.Slot, of state: StateTrie) -> UInt256 {
      if let known = content.withLock({ $0.slots[slot] }) { return known }
      let value = account(slot.address, of: state)?.storage[StateTrie.key(slot.key)]?.value ?? .zero
      content.withLock { $0.slots[slot] = value }
      return value
    }
  }
}
