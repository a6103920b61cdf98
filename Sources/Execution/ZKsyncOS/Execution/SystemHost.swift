import EVM
import Primitives
import Transactions

/// The world of the EVM inside ZKsync OS: it connects the machine to a block's state.
///
/// One value lives for one execution. Instructions pay EVM prices; the frames of calls and creations are in
/// `SystemHost+Frames.swift`, the system contracts in `SystemHost+Hooks.swift`.
struct SystemHost: Host {
  typealias Checkpoint = FrameHandle

  let state: UnsafeMutablePointer<BlockState>
  let context: BlockContext
  let codes: CodeCache
  /// Whether the system contracts answer (they do, except when plain Ethereum blocks are replayed).
  let hasSystemContracts: Bool
  /// See ``SimulatedWorld``; empty in blocks.
  let movedPrecompiles: [Address: Address]
  /// Bytes that calls have handed back; the virtual machine never frees them during an execution.
  var returnedBytes = 0

  /// What the virtual machine has room for.
  static let returnDataLimit = 1 << 27

  // MARK: Accounts

  mutating func balance(_ address: Address, meter: inout Meter) throws(Halt) -> UInt256 {
    let (position, _) = try state.pointee.readAccount(address, .evm, &meter)
    return state.pointee.accounts[position].current.balance
  }

  mutating func selfBalance(_ address: Address) throws(Halt) -> UInt256 {
    state.pointee.effort.accesses &+= 1
    guard let position = state.pointee.findAccount(address) else {
      throw state.pointee.fail(.invariant("balance of an account that is not loaded"))
    }
    return state.pointee.accounts[position].current.balance
  }

  mutating func codeSize(_ address: Address, meter: inout Meter) throws(Halt) -> Int {
    let (position, _) = try state.pointee.readAccount(address, .evm, &meter)
    return Int(state.pointee.accounts[position].current.observableCodeLength)
  }

  mutating func codeHash(_ address: Address, meter: inout Meter) throws(Halt) -> UInt256 {
    let (position, _) = try state.pointee.readAccount(address, .evm, &meter)
    let properties = state.pointee.accounts[position].current
    if properties.observableBytecodeHash != .zero { return UInt256(properties.observableBytecodeHash) }
    return properties.nonce == 0 && properties.balance.isZero ? .zero : Self.emptyCodeHash
  }

  static let emptyCodeHash = UInt256(Code.emptyHash)

  mutating func code(_ address: Address, meter: inout Meter) throws(Halt) -> Code? {
    let (position, stored) = try state.pointee.readAccount(address, .evm, &meter)
    return stored.map { code(of: position, stored: $0) }
  }

  /// The executable form of an account's code.
  func code(of account: Int, stored: Int) -> Code {
    let properties = state.pointee.accounts[account].current
    let length = Int(properties.codeLength)
    // Codes that differ in trailing zero bytes can share a stored form, hence the length belongs to the key.
    var key = properties.bytecodeHash
    key.w0 ^= UInt64(length) &* 0x9e37_79b9_7f4a_7c15
    return codes.code(key) { Array(state.pointee.preimages[stored].bytes.prefix(length)) }
  }

  mutating func blockHash(_ number: UInt64) -> UInt256 { UInt256(context.blockHash(number)) }

  // MARK: Storage

  mutating func loadStorage(_ address: Address, _ key: UInt256, meter: inout Meter) throws(Halt) -> UInt256 {
    try state.pointee.readSlot(UInt256(address), key, .evm, &meter)
  }

  mutating func storeStorage(
    _ address: Address, _ key: UInt256, _ value: UInt256, meter: inout Meter
  ) throws(Halt) {
    try state.pointee.writeSlot(UInt256(address), key, value, .evm, &meter)
  }

  mutating func loadTransient(_ address: Address, _ key: UInt256) -> UInt256 {
    state.pointee.readTransient(UInt256(address), key)
  }

  mutating func storeTransient(_ address: Address, _ key: UInt256, _ value: UInt256) {
    state.pointee.writeTransient(UInt256(address), key, value)
  }

  // MARK: Effects

  mutating func emitLog(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) throws(Halt) {
    state.pointee.events.append(Log(address: address, topics: topics.array, data: Array(data)))
  }

  mutating func selfDestruct(
    _ address: Address, beneficiary: Address, isConstructor: Bool, meter: inout Meter
  ) throws(Halt) {
    try state.pointee.selfDestruct(address, beneficiary: beneficiary, inConstructor: isConstructor, &meter)
  }
}

extension SystemHost {
  func peekBalance(_ address: Address) -> UInt256 { state.pointee.peekAccount(address).balance }

  func peekNonce(_ address: Address) -> UInt64 { state.pointee.peekAccount(address).nonce }

  func peekCode(_ address: Address) -> [UInt8] { state.pointee.peekCode(address) }

  func peekStorage(_ address: Address, _ key: UInt256) -> UInt256 { state.pointee.peekSlot(UInt256(address), key) }
}

extension Code {
  /// keccak256 of nothing: what EXTCODEHASH shows of an account without code that exists.
  static let emptyHash = Bytes32(hex: "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470") ?? .zero
}
