// A small world in memory for the tests: copies of itself are its checkpoints.

import EVM
import Primitives

package struct SlotKey: Hashable {
  package var address: Address
  package var key: UInt256

  package init(address: Address, key: UInt256) {
    self.address = address
    self.key = key
  }
}

package struct MemoryAccount: Equatable {
  package var balance = UInt256.zero
  package var nonce: UInt64 = 0
  package var code: [UInt8] = []
  package var storage: [UInt256: UInt256] = [:]

  package init(
    balance: UInt256 = .zero, nonce: UInt64 = 0, code: [UInt8] = [], storage: [UInt256: UInt256] = [:]
  ) {
    self.balance = balance
    self.nonce = nonce
    self.code = code
    self.storage = storage
  }
}

package struct RecordedLog: Equatable {
  package var address: Address
  package var topics: [Bytes32]
  package var data: [UInt8]

  package init(address: Address, topics: [Bytes32], data: [UInt8]) {
    self.address = address
    self.topics = topics
    self.data = data
  }
}

/// What a checkpoint restores.
package struct MemoryWorld {
  package var accounts: [Address: MemoryAccount] = [:]
  package var warmAddresses: Set<Address> = []
  package var warmSlots: Set<SlotKey> = []
  package var transient: [SlotKey: UInt256] = [:]
  package var created: Set<Address> = []
  package var destroyed: Set<Address> = []
  package var logs: [RecordedLog] = []
}

package struct MemoryState: EthereumState {
  package var world = MemoryWorld()
  /// The accounts at the beginning of the transaction.
  package var original: [Address: MemoryAccount] = [:]
  /// When code that frames call is translated.
  package var translation = TranslationPolicy.standard
  private var marks: [MemoryWorld] = []

  package init() {}

  package subscript(address: Address) -> MemoryAccount {
    get { world.accounts[address] ?? MemoryAccount() }
    set { world.accounts[address] = newValue }
  }

  package mutating func beginTransaction() {
    original = world.accounts
    world.warmAddresses = []
    world.warmSlots = []
    world.transient = [:]
    world.created = []
    marks = []
  }

  package func peekBalance(_ address: Address) -> UInt256 { self[address].balance }
  package func peekNonce(_ address: Address) -> UInt64 { self[address].nonce }
  package func peekCode(_ address: Address) -> [UInt8] { self[address].code }
  package func peekStorage(_ address: Address, _ key: UInt256) -> UInt256 { self[address].storage[key] ?? .zero }

  package func exists(_ address: Address) -> Bool { world.accounts[address] != nil }
  package func codeHash(_ address: Address) -> Bytes32 { keccak(self[address].code) }
  package func code(_ address: Address) -> Code? {
    let bytes = self[address].code
    return bytes.isEmpty ? nil : Code(bytes, translation: translation)
  }
  package func hasStorage(_ address: Address) -> Bool { self[address].storage.values.contains { !$0.isZero } }
  package func originalStorage(_ address: Address, _ key: UInt256) -> UInt256 {
    original[address]?.storage[key] ?? .zero
  }
  package func transientStorage(_ address: Address, _ key: UInt256) -> UInt256 {
    world.transient[SlotKey(address: address, key: key)] ?? .zero
  }
  package func blockHash(_ number: UInt64) -> UInt256 { UInt256(number &+ 0x1000) }
  package func wasCreated(_ address: Address) -> Bool { world.created.contains(address) }

  package mutating func warm(_ address: Address) -> Bool { !world.warmAddresses.insert(address).inserted }
  package mutating func warm(_ address: Address, _ key: UInt256) -> Bool {
    !world.warmSlots.insert(SlotKey(address: address, key: key)).inserted
  }
  package mutating func setStorage(_ address: Address, _ key: UInt256, _ value: UInt256) {
    self[address].storage[key] = value.isZero ? nil : value
  }
  package mutating func setTransientStorage(_ address: Address, _ key: UInt256, _ value: UInt256) {
    world.transient[SlotKey(address: address, key: key)] = value
  }
  package mutating func setBalance(_ address: Address, _ balance: UInt256) { self[address].balance = balance }
  package mutating func setNonce(_ address: Address, _ nonce: UInt64) { self[address].nonce = nonce }
  package mutating func setCode(_ address: Address, _ code: UnsafeRawBufferPointer) { self[address].code = Array(code) }
  package mutating func markCreated(_ address: Address) { world.created.insert(address) }
  package mutating func markDestroyed(_ address: Address) -> Bool { world.destroyed.insert(address).inserted }
  package mutating func addLog(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) {
    world.logs.append(RecordedLog(address: address, topics: topics.array, data: Array(data)))
  }

  package mutating func mark() -> Int {
    marks.append(world)
    return marks.count - 1
  }
  package mutating func undo(to mark: Int) {
    world = marks[mark]
    marks.removeLast(marks.count - mark)
  }
}
