// The host of plain Ethereum: every revision's prices and rules over a state that knows none.

import Concurrency
import Primitives

/// The host of plain Ethereum execution, Frontier to Prague.
///
/// It adds to an ``EthereumState`` what the revision demands: prices of access, SSTORE gas and refunds, preparation and
/// completion of calls and creations, precompiles. Transactions (intrinsic gas, fees, the refund's cap, warm addresses
/// at the start, deletion of touched empty accounts) are the business of whoever drives the machine.
public struct EthereumHost<State: EthereumState>: Host {
  /// The journal's mark with the refund counter of that moment.
  @frozen public struct Checkpoint {
    @usableFromInline var mark: State.Mark
    @usableFromInline var refund: Int64

    @inlinable init(mark: State.Mark, refund: Int64) {
      self.mark = mark
      self.refund = refund
    }
  }

  /// The hard fork whose prices and rules apply.
  public let revision: Revision
  /// The accounts, and what the transaction has done to them.
  public var state: State
  /// The refund counter of the transaction; to be set to 0 before each.
  public var refund: Int64 = 0
  /// The longest code that may be deployed (EIP-170).
  public var codeSizeLimit: Int
  /// Ends the execution with ``Halt/cancelled`` at the next access of an account or a slot after it is cancelled.
  public var cancellation: Cancellation?
  /// Calls and creations whose effects were undone.
  public var undoneFrames = 0
  @usableFromInline let storageGas: StorageGas

  /// A host over `state`, with nothing refunded yet.
  @inlinable public init(revision: Revision, state: State) {
    self.revision = revision
    self.state = state
    storageGas = StorageGas(revision)
    codeSizeLimit = revision >= .spuriousDragon ? 24_576 : .max
  }

  @inlinable public func peekBalance(_ address: Address) -> UInt256 { state.peekBalance(address) }
  @inlinable public func peekNonce(_ address: Address) -> UInt64 { state.peekNonce(address) }
  @inlinable public func peekCode(_ address: Address) -> [UInt8] { state.peekCode(address) }
  @inlinable public func peekStorage(_ address: Address, _ key: UInt256) -> UInt256 { state.peekStorage(address, key) }

  // MARK: Checkpoints

  /// Opens a checkpoint.
  @inlinable public mutating func checkpoint() -> Checkpoint { Checkpoint(mark: state.mark(), refund: refund) }

  /// Returns to a checkpoint.
  @inlinable public mutating func undo(to checkpoint: Checkpoint) {
    state.undo(to: checkpoint.mark)
    refund = checkpoint.refund
    undoneFrames += 1
  }

  // MARK: Accounts

  /// Whether the account has no code, no nonce and no balance (EIP-161).
  @inlinable public func isEmpty(_ address: Address) -> Bool {
    state.peekNonce(address) == 0 && state.peekBalance(address).isZero && state.code(address) == nil
  }

  /// Charges an account access from Berlin on; precompiles are always warm.
  @inlinable mutating func access(_ address: Address, meter: inout Meter) throws(Halt) {
    try checkCancellation()
    guard revision >= .berlin else { return }
    try meter.charge(gas: isWarm(address) ? 100 : 2600)
  }

  @inlinable func checkCancellation() throws(Halt) {
    if cancellation?.isCancelled == true { throw .cancelled }
  }

  @inlinable mutating func isWarm(_ address: Address) -> Bool {
    Precompiles.ethereum(address, revision) != nil || state.warm(address)
  }

  @inlinable public mutating func balance(_ address: Address, meter: inout Meter) throws(Halt) -> UInt256 {
    try access(address, meter: &meter)
    return state.peekBalance(address)
  }

  @inlinable public mutating func selfBalance(_ address: Address) -> UInt256 { state.peekBalance(address) }

  @inlinable public mutating func codeSize(_ address: Address, meter: inout Meter) throws(Halt) -> Int {
    try access(address, meter: &meter)
    return state.code(address)?.count ?? 0
  }

  @inlinable public mutating func codeHash(_ address: Address, meter: inout Meter) throws(Halt) -> UInt256 {
    try access(address, meter: &meter)
    return isEmpty(address) ? .zero : UInt256(state.codeHash(address))
  }

  @inlinable public mutating func code(_ address: Address, meter: inout Meter) throws(Halt) -> Code? {
    try access(address, meter: &meter)
    return state.code(address)
  }

  @inlinable public mutating func blockHash(_ number: UInt64) -> UInt256 { state.blockHash(number) }

  // MARK: Storage

  @inlinable public mutating func loadStorage(
    _ address: Address, _ key: UInt256, meter: inout Meter
  ) throws(Halt) -> UInt256 {
    try checkCancellation()
    if revision >= .berlin { try meter.charge(gas: state.warm(address, key) ? 100 : 2100) }
    return state.peekStorage(address, key)
  }

  @inlinable public mutating func storeStorage(
    _ address: Address, _ key: UInt256, _ value: UInt256, meter: inout Meter
  ) throws(Halt) {
    try checkCancellation()
    var gas: Int64 = 0
    if revision >= .berlin && !state.warm(address, key) { gas = storageGas.cold }
    let current = state.peekStorage(address, key)
    let price = storageGas.store(
      original: storageGas.isNet ? state.originalStorage(address, key) : current, current: current, new: value)
    try meter.charge(gas: gas + price.gas)
    refund += price.refund
    if current != value { state.setStorage(address, key, value) }
  }

  @inlinable public mutating func loadTransient(_ address: Address, _ key: UInt256) -> UInt256 {
    state.transientStorage(address, key)
  }

  @inlinable public mutating func storeTransient(_ address: Address, _ key: UInt256, _ value: UInt256) {
    state.setTransientStorage(address, key, value)
  }

  // MARK: Effects

  @inlinable public mutating func emitLog(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) {
    state.addLog(address, topics: topics, data: data)
  }

  @inlinable public mutating func selfDestruct(
    _ address: Address, beneficiary: Address, isConstructor: Bool, meter: inout Meter
  ) throws(Halt) {
    let balance = state.peekBalance(address)
    var gas: Int64 = 0
    if revision >= .berlin && !isWarm(beneficiary) { gas += 2600 }
    if revision >= .spuriousDragon {
      if !balance.isZero && isEmpty(beneficiary) { gas += 25_000 }
    } else if revision >= .tangerineWhistle {
      if !state.exists(beneficiary) { gas += 25_000 }
    }
    try meter.charge(gas: gas)
    let destroys = revision < .cancun || state.wasCreated(address)
    if beneficiary != address {
      state.setBalance(address, .zero)
      state.setBalance(beneficiary, state.peekBalance(beneficiary) &+ balance)
    } else if destroys {
      state.setBalance(address, .zero)
    }
    if destroys && state.markDestroyed(address) && revision < .london { refund += 24_000 }
  }

  /// Moves value between accounts; both are touched.
  @inlinable public mutating func transfer(from: Address, to: Address, _ value: UInt256) {
    state.setBalance(from, state.peekBalance(from) &- value)
    state.setBalance(to, state.peekBalance(to) &+ value)
  }
}
