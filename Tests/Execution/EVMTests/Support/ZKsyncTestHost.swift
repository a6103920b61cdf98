// The storage model of ZKsync OS reduced to its prices, so that whole native totals can be tested without the module
// that has the real one.

import Cryptography
import EVM
import EVMTesting
import Primitives

/// A host with ZKsync OS's charges for accounts, slots, calls and creations. Everything that exists is in the tree;
/// block-wide caches start empty. Source of the numbers: zksync-os `basic_system/.../flat_storage_model/cost_constants.rs`.
struct ZKsyncTestHost: Host {
  struct World {
    var accounts: [Address: MemoryAccount] = [:]
    var warmAddresses: Set<Address> = []
    var warmSlots: Set<SlotKey> = []
    var updated: Set<SlotKey> = []
  }

  var world = World()
  var original: [Address: MemoryAccount] = [:]
  /// Block-wide caches: not undone with frames.
  var cachedAddresses: Set<Address> = []
  var cachedSlots: Set<SlotKey> = []
  var cachedCode: Set<[UInt8]> = []
  var marks: [World] = []
  /// When code that frames call is translated.
  var translation = TranslationPolicy.standard

  subscript(address: Address) -> MemoryAccount {
    get { world.accounts[address] ?? MemoryAccount() }
    set { world.accounts[address] = newValue }
  }

  func peekBalance(_ address: Address) -> UInt256 { self[address].balance }
  func peekNonce(_ address: Address) -> UInt64 { self[address].nonce }
  func peekCode(_ address: Address) -> [UInt8] { self[address].code }
  func peekStorage(_ address: Address, _ key: UInt256) -> UInt256 { self[address].storage[key] ?? .zero }

  mutating func mark() -> Int {
    marks.append(world)
    return marks.count - 1
  }
  mutating func undo(to mark: Int) { world = marks[mark] }

  /// A of the specification: the account's record.
  mutating func touch(_ address: Address, meter: inout Meter, gas: Int64 = 100, cold: Int64 = 2500) throws(Halt) {
    try meter.charge(gas: gas, native: 4000)
    let isPrecompile = Precompiles.zksync(address) != nil
    if !world.warmAddresses.contains(address) { try meter.charge(gas: isPrecompile ? 0 : cold) }
    if cachedAddresses.insert(address).inserted {
      let exists = original[address] != nil
      try meter.charge(native: 4000 + (exists ? 121_120 + 500 + 1480 : 242_240))
    }
    world.warmAddresses.insert(address)
  }

  /// AR: the record, and the code.
  mutating func read(_ address: Address, meter: inout Meter) throws(Halt) {
    try touch(address, meter: &meter)
    let code = self[address].code
    guard !code.isEmpty else { return }
    try meter.charge(native: 500)
    if cachedCode.insert(code).inserted { try meter.charge(native: 800 + 340 * UInt64((code.count + 63) / 64)) }
  }

  mutating func balance(_ address: Address, meter: inout Meter) throws(Halt) -> UInt256 {
    try read(address, meter: &meter)
    return self[address].balance
  }
  func selfBalance(_ address: Address) -> UInt256 { self[address].balance }
  mutating func codeSize(_ address: Address, meter: inout Meter) throws(Halt) -> Int {
    try read(address, meter: &meter)
    return self[address].code.count
  }
  mutating func codeHash(_ address: Address, meter: inout Meter) throws(Halt) -> UInt256 {
    try read(address, meter: &meter)
    return self[address] == MemoryAccount() ? .zero : UInt256(keccak(self[address].code))
  }
  mutating func code(_ address: Address, meter: inout Meter) throws(Halt) -> Code? {
    try read(address, meter: &meter)
    return Code(self[address].code)
  }
  func blockHash(_ number: UInt64) -> UInt256 { .zero }

  mutating func loadStorage(_ address: Address, _ key: UInt256, meter: inout Meter) throws(Halt) -> UInt256 {
    try meter.charge(gas: 100, native: 4000)
    let slot = SlotKey(address: address, key: key)
    let exists = original[address]?.storage[key] != nil
    if cachedSlots.insert(slot).inserted {
      try meter.charge(gas: 2000, native: exists ? 121_120 : 242_240)
    } else if !world.warmSlots.contains(slot) {
      try meter.charge(gas: 2000, native: 121_120)
    }
    world.warmSlots.insert(slot)
    return peekStorage(address, key)
  }

  mutating func storeStorage(_ address: Address, _ key: UInt256, _ value: UInt256, meter: inout Meter) throws(Halt) {
    let slot = SlotKey(address: address, key: key)
    let wasWarm = world.warmSlots.contains(slot)
    let current = try loadStorage(address, key, meter: &meter)
    let start = original[address]?.storage[key] ?? .zero
    let gas: Int64 = current == value || current != start ? 0 : start.isZero ? 19_900 : 2800
    let isUnset = original[address]?.storage[key] == nil && !world.updated.contains(slot)
    try meter.charge(gas: gas + (wasWarm ? 0 : 100), native: isUnset ? 120_800 : 50_560)
    world.updated.insert(slot)
    self[address].storage[key] = value
  }

  func loadTransient(_ address: Address, _ key: UInt256) -> UInt256 { .zero }
  func storeTransient(_ address: Address, _ key: UInt256, _ value: UInt256) {}
  func emitLog(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) {}
  mutating func selfDestruct(
    _ address: Address, beneficiary: Address, isConstructor: Bool, meter: inout Meter
  ) throws(Halt) {
    try meter.charge(native: 5000)
  }

  mutating func transfer(from: Address, to: Address, _ value: UInt256, meter: inout Meter) throws(Halt) -> Bool {
    try touch(from, meter: &meter, gas: 0, cold: 0)
    try meter.charge(native: 1000)
    guard self[from].balance >= value else { return false }
    self[from].balance = self[from].balance - value
    try touch(to, meter: &meter, gas: 0, cold: 0)
    try meter.charge(native: 1000)
    self[to].balance = self[to].balance + value
    return true
  }

  mutating func prepareCall(
    _ request: CallRequest, meter: inout Meter, output: inout ReturnData
  ) throws(Halt) -> CallPreparation<Int> {
    try read(request.codeAddress, meter: &meter)
    if request.transfersValue { try meter.charge(gas: 9000) }
    if request.kind == .call && request.transfersValue && self[request.codeAddress] == MemoryAccount() {
      try meter.charge(gas: 25_000)
    }
    var callee = meter.forward(atMost: request.gas)
    if request.transfersValue { callee.gas += 2300 }
    let start = mark()
    func finished(_ status: FrameStatus) -> CallPreparation<Int> {
      .finished(status: status, gasProvided: 0, gasUsed: 0)
    }
    if request.transfersValue {
      let target = request.kind == .callCode ? request.executor : request.codeAddress
      let (gas, fraction) = (callee.gas, callee.fraction)
      let moved = try transfer(from: request.executor, to: target, request.value, meter: &callee)
      (callee.gas, callee.fraction) = (gas, fraction)
      if !moved {
        undo(to: start)
        meter.reclaim(callee)
        return finished(.halted(.insufficientBalance))
      }
    }
    if let precompile = Precompiles.zksync(request.codeAddress) {
      let done = try precompile.runZKsync(request.input, meter: &callee, output: &output)
      if !done { undo(to: start) }
      meter.reclaim(callee)
      return finished(done ? .returned : .halted(.precompileFailure))
    }
    let code = self[request.codeAddress].code
    if code.isEmpty {
      meter.reclaim(callee)
      return finished(.stopped)
    }
    if request.depth > 1024 {
      undo(to: start)
      meter.reclaim(callee)
      return finished(.halted(.callDepthExceeded))
    }
    return .run(code: Code(code, translation: translation), meter: callee, checkpoint: start)
  }

  mutating func finishCall(_ checkpoint: Int, succeeded: Bool) {
    if !succeeded { undo(to: checkpoint) }
  }

  mutating func prepareCreate(_ request: CreateRequest, meter: inout Meter) throws(Halt) -> CreatePreparation<Int> {
    let share = meter.forwardable.gas
    try meter.withUnlimitedGas { meter throws(Halt) in try read(request.creator, meter: &meter) }
    if self[request.creator].balance < request.value { return .refused(reason: .insufficientBalance) }
    try meter.charge(native: 5000)
    let nonce = self[request.creator].nonce
    self[request.creator].nonce += 1
    if request.salt != nil { try meter.charge(native: ZKsyncNative.keccak(count: request.initCode.count)) }
    let address =
      request.salt.map {
        ContractAddress.create2(request.creator, salt: $0, initCodeHash: Keccak256.hash(request.initCode))
      } ?? ContractAddress.create(request.creator, nonce: nonce)
    var constructor = meter.forward(atMost: UInt64(share))
    constructor.fraction = 0
    meter.native = constructor.native
    constructor.native = 0
    try meter.withUnlimitedGas { meter throws(Halt) in try read(address, meter: &meter) }
    if self[address].nonce != 0 || !self[address].code.isEmpty { return .refused(reason: .createCollision) }
    constructor.native = meter.native
    meter.native = 0
    let start = mark()
    try constructor.charge(native: 5000)
    self[address].nonce = 1
    return .run(address: address, meter: constructor, checkpoint: start)
  }

  mutating func finishCreate(
    _ checkpoint: Int, address: Address, status: FrameStatus, output: UnsafeRawBufferPointer, meter: inout Meter
  ) throws(Halt) -> CreateCompletion {
    guard status.succeeded else {
      undo(to: checkpoint)
      return .failed(reason: nil, keepsOutput: status == .reverted)
    }
    if output.first == 0xef || output.count > 24_576 {
      undo(to: checkpoint)
      meter.exhaustGas()
      return .failed(reason: .invalidDeployedCode, keepsOutput: true)
    }
    try meter.charge(gas: 200 * Int64(output.count), native: 5500)
    self[address].code = Array(output)
    return .deployed
  }
}

extension Meter {
  /// Runs `body` with gas that cannot run out and restores the gas afterwards, whatever the outcome; what `body`
  /// charges in native stays charged.
  fileprivate mutating func withUnlimitedGas<R>(_ body: (inout Meter) throws(Halt) -> R) throws(Halt) -> R {
    let (savedGas, savedFraction) = (gas, fraction)
    gas = .max
    defer { (gas, fraction) = (savedGas, savedFraction) }
    return try body(&self)
  }
}
