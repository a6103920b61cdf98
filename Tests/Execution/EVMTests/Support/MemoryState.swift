// A small world in memory for the tests: copies of itself are its checkpoints.

import EVM
import Primitives

struct SlotKey: Hashable {
  var address: Address
  var key: UInt256
}

struct MemoryAccount: Equatable {
  var balance = UInt256.zero
  var nonce: UInt64 = 0
  var code: [UInt8] = []
  var storage: [UInt256: UInt256] = [:]
}

struct RecordedLog: Equatable {
  var address: Address
  var topics: [Bytes32]
  var data: [UInt8]
}

/// What a checkpoint restores.
struct MemoryWorld {
  var accounts: [Address: MemoryAccount] = [:]
  var warmAddresses: Set<Address> = []
  var warmSlots: Set<SlotKey> = []
  var transient: [SlotKey: UInt256] = [:]
  var created: Set<Address> = []
  var destroyed: Set<Address> = []
  var logs: [RecordedLog] = []
}

struct MemoryState: EthereumState {
  var world = MemoryWorld()
  /// The accounts at the beginning of the transaction.
  var original: [Address: MemoryAccount] = [:]
  /// When code that frames call is translated.
  var translation = TranslationPolicy.standard
  private var marks: [MemoryWorld] = []

  subscript(address: Address) -> MemoryAccount {
    get { world.accounts[address] ?? MemoryAccount() }
    set { world.accounts[address] = newValue }
  }

  mutating func beginTransaction() {
    original = world.accounts
    world.warmAddresses = []
    world.warmSlots = []
    world.transient = [:]
    world.created = []
    marks = []
  }

  func peekBalance(_ address: Address) -> UInt256 { self[address].balance }
  func peekNonce(_ address: Address) -> UInt64 { self[address].nonce }
  func peekCode(_ address: Address) -> [UInt8] { self[address].code }
  func peekStorage(_ address: Address, _ key: UInt256) -> UInt256 { self[address].storage[key] ?? .zero }

  func exists(_ address: Address) -> Bool { world.accounts[address] != nil }
  func codeHash(_ address: Address) -> Bytes32 { keccak(self[address].code) }
  func code(_ address: Address) -> Code? {
    let bytes = self[address].code
    return bytes.isEmpty ? nil : Code(bytes, translation: translation)
  }
  func hasStorage(_ address: Address) -> Bool { self[address].storage.values.contains { !$0.isZero } }
  func originalStorage(_ address: Address, _ key: UInt256) -> UInt256 { original[address]?.storage[key] ?? .zero }
  func transientStorage(_ address: Address, _ key: UInt256) -> UInt256 {
    world.transient[SlotKey(address: address, key: key)] ?? .zero
  }
  func blockHash(_ number: UInt64) -> UInt256 { UInt256(number &+ 0x1000) }
  func wasCreated(_ address: Address) -> Bool { world.created.contains(address) }

  mutating func warm(_ address: Address) -> Bool { !world.warmAddresses.insert(address).inserted }
  mutating func warm(_ address: Address, _ key: UInt256) -> Bool {
    !world.warmSlots.insert(SlotKey(address: address, key: key)).inserted
  }
  mutating func setStorage(_ address: Address, _ key: UInt256, _ value: UInt256) {
    self[address].storage[key] = value.isZero ? nil : value
  }
  mutating func setTransientStorage(_ address: Address, _ key: UInt256, _ value: UInt256) {
    world.transient[SlotKey(address: address, key: key)] = value
  }
  mutating func setBalance(_ address: Address, _ balance: UInt256) { self[address].balance = balance }
  mutating func setNonce(_ address: Address, _ nonce: UInt64) { self[address].nonce = nonce }
  mutating func setCode(_ address: Address, _ code: UnsafeRawBufferPointer) { self[address].code = Array(code) }
  mutating func markCreated(_ address: Address) { world.created.insert(address) }
  mutating func markDestroyed(_ address: Address) -> Bool { world.destroyed.insert(address).inserted }
  mutating func addLog(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) {
    world.logs.append(RecordedLog(address: address, topics: topics.array, data: Array(data)))
  }

  mutating func mark() -> Int {
    marks.append(world)
    return marks.count - 1
  }
  mutating func undo(to mark: Int) {
    world = marks[mark]
    marks.removeLast(marks.count - mark)
  }
}
