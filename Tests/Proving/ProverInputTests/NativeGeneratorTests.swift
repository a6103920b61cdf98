// The native generator against the streams that the real guests read, without an image.

import Primitives
import ProverInput
import StateTree
import Testing
import ZKsyncOS

@Suite("Native prover input")
struct NativeGeneratorTests {
  /// What executing a worked example asks the state, and what it changes.
  struct Recording {
    var accesses: [Access] = []
    var reads: [Bytes32] = []
    var writes: [Bytes32] = []
  }

  /// Writes the recording of a worked example by hand, from the order of accesses that the protocol prescribes.
  static func recording(_ vector: Vector) -> Recording {
    let values = Dictionary(uniqueKeysWithValues: vector.leaves.map { ($0.key, $0.value) })
    var recording = Recording()
    func slot(_ key: Bytes32) {
      recording.accesses.append(.slot(flatKey: key, value: values[key] ?? .zero, isNew: values[key] == nil))
    }
    func account(_ address: Address) -> Bytes32 { FlatKey.ofAccount(address) }
    let bootloader = account(Address(0x8001))
    let a11 = account(Vector.repeated(0x11)), a33 = account(Vector.repeated(0x33))
    let coinbase = account(vector.coinbase)
    switch vector.name {
    case "TV2, L1 transfer":
      let recipient = account(Vector.repeated(0x22))
      recording.accesses.append(.transaction)
      for key in [coinbase, a11, recipient, bootloader] { slot(key) }
      recording.reads = [coinbase, bootloader]
      recording.writes = [a11, recipient]
    case "TV3, L1 call":
      let contract = Vector.repeated(5)
      let slots = (1...4).map { FlatKey.of(contract, Bytes32(UInt256(UInt64($0)))) }
      recording.accesses.append(.transaction)
      for key in [coinbase, a11, account(contract)] { slot(key) }
      let record = vector.leaves[0].value
      recording.accesses.append(.preimage(hash: record))
      let properties = vector.preimages[record].flatMap { AccountProperties(encoded: $0) }
      recording.accesses.append(.preimage(hash: properties?.bytecodeHash ?? .zero))
      for key in slots + [bootloader, a33] { slot(key) }
      recording.reads = [bootloader, account(contract), a11, slots[1], slots[3]]
      recording.writes = [a33, coinbase, slots[0], slots[2]]
    case "TV4, L2 transfer":
      let sender = vector.leaves[0], recipient = account(Vector.repeated(0x77))
      recording.accesses.append(.transaction)
      slot(coinbase)
      slot(sender.key)
      recording.accesses.append(.preimage(hash: sender.value))
      for key in [bootloader, recipient] { slot(key) }
      recording.reads = [bootloader]
      recording.writes = [recipient, sender.key, coinbase]
    default: break
    }
    return recording
  }

  @Test("worked examples", arguments: ProtocolVersion.allCases)
  func vectors(_ version: ProtocolVersion) throws {
    for vector in Vector.all(version) {
      let temporary = try TemporaryTree(vector.leaves)
      let view = try temporary.tree.view(at: 0)
      let recording = Self.recording(vector)
      let block = ProvingBlock(
        context: vector.context(version), transactions: vector.transactions, before: vector.before ?? view.commitment)
      let words = try NativeGenerator.words(
        block, accesses: recording.accesses,
        witness: try view.witness(reads: recording.reads, writes: recording.writes),
        state: MemoryState(preimages: vector.preimages))
      #expect(words.count == vector.wordCount, "\(vector.name)")
      #expect(streamHash(words) == vector.streamHash, "\(vector.name)")
    }
  }

  @Test("a recording that does not fit its block")
  func mismatches() throws {
    let vector = Vector.l2Transfer(.v0_0_5)
    let temporary = try TemporaryTree(vector.leaves)
    let view = try temporary.tree.view(at: 0)
    let recording = Self.recording(vector)
    let witness = try view.witness(reads: recording.reads, writes: recording.writes)
    func words(
      transactions: [[UInt8]], accesses: [Access], state: MemoryState
    ) throws -> String {
      let block = ProvingBlock(context: vector.context(.v0_0_5), transactions: transactions, before: view.commitment)
      do {
        _ = try NativeGenerator.words(block, accesses: accesses, witness: witness, state: state)
        return "accepted"
      } catch {
        return "\(error)"
      }
    }
    let state = MemoryState(preimages: vector.preimages)
    #expect(
      try words(transactions: [], accesses: recording.accesses, state: state)
        == "execution recorded 1 transactions, the block has 0")
    #expect(
      try words(transactions: vector.transactions, accesses: [], state: state)
        == "execution recorded 0 transactions, the block has 1")
    #expect(
      try words(transactions: vector.transactions, accesses: recording.accesses, state: MemoryState())
        == "no preimage is stored for \(vector.leaves[0].value)")
  }
}
