import Cryptography
import EVM
import Primitives
import Transactions

/// All accounts, and what one transaction remembers about them, with a journal that undoes changes.
///
/// Every change is made through a method that first writes what it replaces into the journal. A mark is a length of the
/// journal; returning to it undoes the entries after it, last first.
///
/// A world may stand on a state that is kept in a trie. Then ``accounts`` holds those alone that were written, and of their
/// slots those that were; everything else shows through from below (`WorldState+Base.swift`).
public struct WorldState: EthereumState, Sendable {
  public internal(set) var accounts: [Address: Account]
  /// What the world stands on; `nil` for one that is complete in itself.
  var base: BaseState?

  // What lives as long as a transaction.
  private(set) var logs: [Log] = []
  private var destroyed: Set<Address> = []
  /// Accounts whose code was written; some of it may have been undone.
  private var written: Set<Address> = []
  private var created: Set<Address> = []
  private var touched: Set<Address> = []
  private var warmAddresses: Set<Address> = []
  private var warmSlots: Set<Slot> = []
  private var transient: [Slot: UInt256] = [:]
  /// The value that each written slot had when the transaction began; never undone, as the beginning does not change.
  private var originals: [Slot: UInt256] = [:]
  private var journal: [Change] = []

  /// A storage slot of an account.
  struct Slot: Hashable, Sendable {
    let address: Address
    let key: UInt256

    func hash(into hasher: inout Hasher) { hasher.combine(mixed(seed: 0)) }

    /// One mix of all words: SipHash over 52 bytes would cost more than everything else in a storage access.
    func _rawHashValue(seed: Int) -> Int { mixed(seed: seed) }

    private func mixed(seed: Int) -> Int {
      let slot = SeededHash.mix(key.l0, key.l1, key.l2, key.l3, seed: seed)
      return SeededHash.mix(address.w0, address.w1, UInt64(address.w2), UInt64(bitPattern: Int64(slot)), seed: seed)
    }
  }

  /// What undoes one change.
  private enum Change: Sendable {
    case account(Address, Account?)
    case nonce(Address, UInt64)
    case balance(Address, UInt256)
    case storage(Slot, UInt256)
    case transient(Slot, UInt256)
    case log
    case destroyed(Address)
    case created(Address)
    case touched(Address)
    case warmAddress(Address)
    case warmSlot(Slot)
  }

  /// The hash of each of the 256 blocks before the current one.
  public var blockHashes: @Sendable (UInt64) -> Bytes32 = { _ in .zero }

  /// A world of these accounts and no others.
  public init(accounts: [Address: Account] = [:]) { self.accounts = accounts }

  // MARK: Marks

  public func mark() -> Int { journal.count }

  public mutating func undo(to mark: Int) {
    while journal.count > mark, let change = journal.popLast() {
      switch change {
      case .account(let address, let previous): accounts[address] = previous
      case .nonce(let address, let previous): accounts[address]?.nonce = previous
      case .balance(let address, let previous): accounts[address]?.balance = previous
      case .storage(let slot, let previous): setSlot(slot, previous)
      case .transient(let slot, let previous): transient[slot] = previous
      case .log: logs.removeLast()
      case .destroyed(let address): destroyed.remove(address)
      case .created(let address): created.remove(address)
      case .touched(let address): touched.remove(address)
      case .warmAddress(let address): warmAddresses.remove(address)
      case .warmSlot(let slot): warmSlots.remove(slot)
      }
    }
  }

  /// Ends a transaction: removes destroyed accounts and, where `clearsEmptyAccounts`, touched empty ones (EIP-161), and
  /// forgets what belonged to the transaction. The logs are handed out.
  public mutating func finishTransaction(clearsEmptyAccounts: Bool) -> [Log] {
    for address in destroyed { remove(address) }
    if clearsEmptyAccounts {
      for address in touched where accounts[address]?.isEmpty == true { remove(address) }
    }
    let emitted = logs
    var next = WorldState(accounts: accounts)
    next.base = base
    next.blockHashes = blockHashes
    self = next
    return emitted
  }

  // MARK: Accounts

  public func exists(_ address: Address) -> Bool { accounts[address] != nil || base?.account(address) != nil }

  public func peekBalance(_ address: Address) -> UInt256 {
    accounts[address]?.balance ?? base?.account(address)?.balance ?? .zero
  }

  public func peekNonce(_ address: Address) -> UInt64 {
    accounts[address]?.nonce ?? base?.account(address)?.nonce ?? 0
  }

  public func peekCode(_ address: Address) -> [UInt8] { code(address).map { Array($0.bytes) } ?? [] }

  public func code(_ address: Address) -> Code? {
    guard let code = accounts[address]?.code ?? base?.account(address)?.code, code.count > 0 else { return nil }
    return code
  }

  public func codeHash(_ address: Address) -> Bytes32 {
    accounts[address]?.codeHash ?? base?.account(address)?.codeHash ?? Account.emptyCodeHash
  }

  public func hasStorage(_ address: Address) -> Bool {
    let written = accounts[address]?.storage
    guard let base else { return written?.isEmpty == false }
    if let written, written.contains(where: { !$0.value.isZero }) { return true }
    return base.hasSlot(address) { written?[$0] == nil }
  }

  public func blockHash(_ number: UInt64) -> UInt256 { UInt256(blockHashes(number)) }

  public mutating func setBalance(_ address: Address, _ balance: UInt256) {
    ensureExists(address)
    if touched.insert(address).inserted { journal.append(.touched(address)) }
    guard let previous = accounts[address]?.balance, previous != balance else { return }
    journal.append(.balance(address, previous))
    accounts[address]?.balance = balance
  }

  public mutating func setNonce(_ address: Address, _ nonce: UInt64) {
    ensureExists(address)
    journal.append(.nonce(address, peekNonce(address)))
    accounts[address]?.nonce = nonce
  }

  public mutating func setCode(_ address: Address, _ code: UnsafeRawBufferPointer) {
    ensureExists(address)
    journal.append(.account(address, accounts[address]))
    accounts[address]?.setCode(Array(code))
    written.insert(address)
  }

  /// keccak256 of the code of each account that has got code in this transaction.
  var deployedCode: [Address: Bytes32] {
    var hashes: [Address: Bytes32] = [:]
    for address in written where code(address) != nil { hashes[address] = codeHash(address) }
    return hashes
  }

  private mutating func ensureExists(_ address: Address) {
    guard accounts[address] == nil else { return }
    journal.append(.account(address, nil))
    accounts[address] = base?.account(address).map(Account.init) ?? Account()
  }

  public func wasCreated(_ address: Address) -> Bool { created.contains(address) }

  public mutating func markCreated(_ address: Address) {
    journal.append(.account(address, accounts[address]))
    accounts[address] = Account(balance: peekBalance(address))
    if created.insert(address).inserted { journal.append(.created(address)) }
  }

  public mutating func markDestroyed(_ address: Address) -> Bool {
    guard destroyed.insert(address).inserted else { return false }
    journal.append(.destroyed(address))
    return true
  }

  // MARK: Storage

  public func peekStorage(_ address: Address, _ key: UInt256) -> UInt256 {
    accounts[address]?.storage[key] ?? base?.storage(Slot(address: address, key: key)) ?? .zero
  }

  public func originalStorage(_ address: Address, _ key: UInt256) -> UInt256 {
    originals[Slot(address: address, key: key)] ?? peekStorage(address, key)
  }

  public mutating func setStorage(_ address: Address, _ key: UInt256, _ value: UInt256) {
    let slot = Slot(address: address, key: key)
    let current = peekStorage(address, key)
    if originals[slot] == nil { originals[slot] = current }
    if current == value { return }
    // Code runs in accounts that exist, but those of the base may not be in the world yet.
    if base != nil { ensureExists(address) }
    journal.append(.storage(slot, current))
    setSlot(slot, value)
  }

  private mutating func setSlot(_ slot: Slot, _ value: UInt256) {
    // A zero hides what stands below; where nothing does, absence says the same.
    accounts[slot.address]?.storage[slot.key] = value.isZero && base == nil ? nil : value
  }

  public func transientStorage(_ address: Address, _ key: UInt256) -> UInt256 {
    transient[Slot(address: address, key: key)] ?? .zero
  }

  public mutating func setTransientStorage(_ address: Address, _ key: UInt256, _ value: UInt256) {
    let slot = Slot(address: address, key: key)
    journal.append(.transient(slot, transient[slot] ?? .zero))
    transient[slot] = value
  }

  // MARK: Access sets and logs

  public mutating func warm(_ address: Address) -> Bool {
    guard warmAddresses.insert(address).inserted else { return true }
    journal.append(.warmAddress(address))
    return false
  }

  public mutating func warm(_ address: Address, _ key: UInt256) -> Bool {
    let slot = Slot(address: address, key: key)
    guard warmSlots.insert(slot).inserted else { return true }
    journal.append(.warmSlot(slot))
    return false
  }

  public mutating func addLog(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) {
    journal.append(.log)
    logs.append(Log(address: address, topics: topics.array, data: Array(data)))
  }
}

extension WorldState {
  /// The root of the state trie: accounts under the hashes of their addresses.
  public var stateRoot: Bytes32 {
    guard let base else { return StateTrie(accounts: accounts).root }
    var state = base.state
    state.apply(changes)
    return state.root
  }
}
