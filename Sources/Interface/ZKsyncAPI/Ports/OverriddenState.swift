import ChainStorage
import EthereumAPI
import Primitives
import ZKsyncOS

/// The state after a block with some accounts made different: what `eth_call` runs on under state overrides, and with what
/// simulated transactions have changed, what others run on after them.
///
/// Code gets the form in which the state stores it, so that the executor finds what it would find after a deployment.
struct OverriddenState: StateView {
  private let base: ChainStateView
  private var slots: [Bytes32: Bytes32] = [:]
  private var preimages: [Bytes32: [UInt8]] = [:]
  /// Accounts whose storage is given whole.
  private var replaced: Set<UInt256> = []
  /// What is in `slots` of the storage of each account.
  private var owned: [UInt256: [Bytes32]] = [:]

  init(
    _ base: ChainStateView, _ accounts: [Address: SimulationOverrides.Account], version: ProtocolVersion
  ) throws(SimulationError) {
    self.base = base
    try override(accounts, version: version)
  }

  /// Makes accounts different from what they are by now.
  mutating func override(
    _ accounts: [Address: SimulationOverrides.Account], version: ProtocolVersion
  ) throws(SimulationError) {
    for (address, override) in accounts {
      let account = UInt256(address)
      if let state = override.state {
        replaced.insert(account)
        for key in owned.removeValue(forKey: account) ?? [] { slots[key] = nil }
        for (key, value) in state { set(FlatKey.of(address, key), value, of: account) }
      }
      for (key, value) in override.stateDifference { set(FlatKey.of(address, key), value, of: account) }
      guard override.nonce != nil || override.balance != nil || override.code != nil else { continue }
      var properties: AccountProperties
      do throws(StateReadError) { properties = try self.account(address) } catch { throw .failed(error.description) }
      if let nonce = override.nonce { properties.nonce = nonce }
      if let balance = override.balance { properties.balance = balance }
      if let code = override.code { store(code, in: &properties, version) }
      let hash = properties.hash()
      slots[FlatKey.ofAccount(address)] = hash
      preimages[hash] = properties.encode()
    }
  }

  /// Keeps what a transaction did.
  mutating func apply(writes: [StorageWrite], preimages: [PublishedPreimage]) {
    for write in writes { set(write.flatKey, write.value, of: UInt256(write.address)) }
    for preimage in preimages { self.preimages[preimage.hash] = preimage.bytes }
  }

  private mutating func set(_ flatKey: Bytes32, _ value: Bytes32, of account: UInt256) {
    if slots.updateValue(value, forKey: flatKey) == nil { owned[account, default: []].append(flatKey) }
  }

  private mutating func store(_ code: [UInt8], in properties: inout AccountProperties, _ version: ProtocolVersion) {
    guard !code.isEmpty else {
      properties = AccountProperties(nonce: properties.nonce, balance: properties.balance)
      return
    }
    let stored = StoredCode(code, version)
    properties.setCode(stored)
    preimages[stored.hash] = stored.bytes
  }

  func slot(_ flatKey: Bytes32) throws(StateReadError) -> Bytes32? {
    if let value = slots[flatKey] { return value }
    return try base.slot(flatKey)
  }

  func slot(_ flatKey: Bytes32, of account: UInt256) throws(StateReadError) -> Bytes32? {
    if !replaced.isEmpty, replaced.contains(account) { return slots[flatKey] }
    return try slot(flatKey)
  }

  func preimage(_ hash: Bytes32) throws(StateReadError) -> [UInt8]? {
    if let bytes = preimages[hash] { return bytes }
    return try base.preimage(hash)
  }
}
