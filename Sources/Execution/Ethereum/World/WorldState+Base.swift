import EVM
import Primitives

/// What is to be different about an account, for calls on a state that is not quite the chain's and for whoever may change
/// a chain's state at will. `nil` leaves as it is.
public struct AccountOverride: Sendable, Equatable {
  public var nonce: UInt64?
  /// Wei.
  public var balance: UInt256?
  public var code: [UInt8]?
  /// All of its storage: what is not named is zero.
  public var storage: [UInt256: UInt256]?
  /// Slots that change, after ``storage``.
  public var slots: [UInt256: UInt256]

  /// Leaves as it is whatever is not given.
  public init(
    nonce: UInt64? = nil, balance: UInt256? = nil, code: [UInt8]? = nil, storage: [UInt256: UInt256]? = nil,
    slots: [UInt256: UInt256] = [:]
  ) {
    self.nonce = nonce
    self.balance = balance
    self.code = code
    self.storage = storage
    self.slots = slots
  }
}

extension WorldState {
  /// A world over a kept state. What it needs it reads when it needs it, once, and what changes stays in the world:
  /// ``changes`` tells it.
  public init(base state: StateTrie) {
    self.init()
    base = BaseState(state)
  }

  /// How the world differs from what it stands on. To be asked between transactions.
  public var changes: StateChanges {
    var changes = StateChanges()
    for address in base?.hidden ?? [] where accounts[address] == nil { changes.accounts[address] = .some(nil) }
    for (address, account) in accounts {
      let below = base?.account(address)
      var slots = account.storage
      if let base, below != nil {
        slots = slots.filter { base.storage(Slot(address: address, key: $0.key)) != $0.value }
      }
      if let below, slots.isEmpty, below.nonce == account.nonce, below.balance == account.balance,
        below.codeHash == account.codeHash
      {
        continue
      }
      changes.accounts[address] = StateChanges.Account(
        nonce: account.nonce, balance: account.balance, code: account.code, codeHash: account.codeHash,
        wipesStorage: below == nil, slots: slots)
    }
    return changes
  }

  /// Changes an account outside of transactions. It exists afterwards, and stays even if it is empty.
  public mutating func override(_ address: Address, with change: AccountOverride) {
    var account = accounts[address] ?? base?.account(address).map(Account.init) ?? Account()
    if let nonce = change.nonce { account.nonce = nonce }
    if let balance = change.balance { account.balance = balance }
    if let code = change.code { account.setCode(code) }
    if let storage = change.storage {
      base?.hide(address)
      account.storage = storage.filter { !$0.value.isZero }
    }
    for (slot, value) in change.slots { account.storage[slot] = value.isZero && base == nil ? nil : value }
    accounts[address] = account
  }

  /// Removes an account with everything that it has.
  mutating func remove(_ address: Address) {
    accounts[address] = nil
    base?.hide(address)
  }
}
