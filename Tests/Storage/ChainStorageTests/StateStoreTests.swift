import ChainStorage
import Primitives
import RandomTesting
import RocksDB
import StorageTesting
import Synchronization
import Testing
import ZKsyncOS

/// Set once, seen by all threads.
private final class Flag: Sendable {
  let isSet = Atomic(false)
}

@Suite struct StateStoreTests {
  let directory = TemporaryDirectory()
  var path: String { directory.file("state") }
  static let genesis = StateChange(
    number: 0, blockHash: Bytes32(1 as UInt256), slots: [key(0): value(5)], preimages: [:])

  func open(cachedSlots: Int = 1_000) throws(StorageError) -> StateStore {
    try StateStore(path: path, genesis: Self.genesis, cachedSlots: cachedSlots)
  }

  static func key(_ number: UInt64) -> Bytes32 { Bytes32(UInt256(number) &* 0x9e37_79b9_7f4a_7c15_9e37_79b9_7f4a_7c15) }
  static func value(_ number: UInt64) -> Bytes32 { Bytes32(UInt256(number)) }

  func change(_ number: UInt64, _ slots: [UInt64: UInt64], preimages: [Bytes32: [UInt8]] = [:]) -> StateChange {
    StateChange(
      number: number, blockHash: Bytes32(UInt256(number + 1)),
      slots: Dictionary(uniqueKeysWithValues: slots.map { (Self.key($0), Self.value($1)) }), preimages: preimages)
  }

  /// Newer properties push the older ones of the same account out of the cache, not out of the store.
  @Test func olderViewsFindTheirPreimagesAfterNewerOnesReplacedThem() throws {
    let store = try open()
    let hashes = (1...4 as ClosedRange<UInt64>).map { Bytes32(UInt256($0) << 200) }
    for (index, hash) in hashes.enumerated() {
      let number = UInt64(index + 1)
      try store.append(
        StateChange(
          number: number, blockHash: Bytes32(UInt256(number + 1)), slots: [Self.key(9): hash],
          preimages: [hash: [UInt8(number), 7]]))
    }
    // The last block gives a hash back that an earlier one replaced.
    try store.append(
      StateChange(
        number: 5, blockHash: Bytes32(6 as UInt256), slots: [Self.key(9): hashes[0]],
        preimages: [hashes[0]: [1, 7]]))
    while try store.flushNext() {}
    for number in 0...5 as ClosedRange<UInt64> {
      let view = try store.view(at: number)
      for (index, hash) in hashes.enumerated() { #expect(try view.preimage(hash) == [UInt8(index + 1), 7]) }
    }
    #expect(try store.view(at: 5).slot(Self.key(9)) == hashes[0])
    #expect(try store.view(at: 3).slot(Self.key(9)) == hashes[2])
  }

  /// Random blocks, flushed at random moments; every view, new or old, must give what a plain list gives.
  @Test(arguments: [(1, 16), (2, 16), (3, 100_000), (4, 100_000)] as [(UInt64, Int)])
  func everyViewSeesTheStateAfterItsBlock(seed: UInt64, cachedSlots: Int) throws {
    var random = SplitMix64(seed: seed)
    let store = try open(cachedSlots: cachedSlots)
    var model: [[UInt64: UInt64]] = [[0: 5]]
    var views: [ChainStateView] = [try store.view(at: 0)]
    func check(_ view: ChainStateView) throws {
      let slot = UInt64.random(in: 0..<40, using: &random)
      #expect(try view.slot(Self.key(slot)) == model[Int(view.number)][slot].map(Self.value))
    }
    for number in 1...150 as ClosedRange<UInt64> {
      var writes: [UInt64: UInt64] = [:]
      for _ in 0..<Int.random(in: 0..<6, using: &random) {
        writes[UInt64.random(in: 0..<40, using: &random)] = UInt64.random(in: 0..<1_000, using: &random)
      }
      try store.append(change(number, writes))
      model.append(model[Int(number) - 1].merging(writes) { _, new in new })
      views.append(try store.view(at: number))
      while Int.random(in: 0..<3, using: &random) == 0, try store.flushNext() {}
      for _ in 0..<40 {
        try check(views[Int.random(in: 0..<views.count, using: &random)])
        try check(store.view(at: UInt64.random(in: 0...number, using: &random)))
        try check(store.view(at: number))
      }
    }
    while try store.flushNext() {}
    #expect(store.pendingCount == 0)
    for number in 0...150 as ClosedRange<UInt64> { for _ in 0..<20 { try check(store.view(at: number)) } }
  }

  @Test func whatIsNotFlushedIsReadableAndGoneAfterReopening() throws {
    do {
      let store = try open()
      try store.append(change(1, [1: 10]))
      try store.append(change(2, [1: 20, 2: 30]))
      #expect(store.latest == 2)
      #expect(store.flushed.number == 0)
      #expect(try store.view(at: 1).slot(Self.key(1)) == Self.value(10))
      #expect(try store.view(at: 2).slot(Self.key(1)) == Self.value(20))
      try store.flushNext()
      #expect(store.flushed.number == 1)
      #expect(store.pendingCount == 1)
    }
    let store = try open()
    #expect(store.latest == 1)
    #expect(store.flushed.hash == Bytes32(2 as UInt256))
    #expect(try store.view(at: 1).slot(Self.key(1)) == Self.value(10))
    #expect(try store.view(at: 1).slot(Self.key(2)) == nil)
    #expect(throws: StorageError.unknownBlock(2)) { try store.view(at: 2) }
  }

  @Test func gapsAndAnotherGenesisAreRefused() throws {
    do {
      let store = try open()
      #expect(throws: StorageError.notContiguous(store: "state store", expected: 1, given: 2)) {
        try store.append(change(2, [:]))
      }
      #expect(throws: StorageError.notContiguous(store: "state store", expected: 1, given: 0)) {
        try store.append(change(0, [:]))
      }
      #expect(try !store.flushNext())
    }
    let other = StateChange(number: 0, blockHash: .zero, slots: [:], preimages: [:])
    #expect(throws: StorageError.otherGenesis(store: "state store", stored: Bytes32(1 as UInt256), configured: .zero)) {
      try StateStore(path: path, genesis: other)
    }
  }

  @Test func zeroIsAValueAndNotAbsence() throws {
    let store = try open()
    try store.append(change(1, [7: 0]))
    try store.flushNext()
    #expect(try store.view(at: 1).slot(Self.key(7)) == .zero)
    #expect(try store.view(at: 0).slot(Self.key(7)) == nil)
  }

  @Test func preimagesAreFoundWhereverTheyAre() throws {
    let long = [UInt8](repeating: 9, count: 100_000)
    do {
      let store = try open()
      try store.append(change(1, [:], preimages: [Self.key(1): [1, 2, 3], Self.key(2): long, Self.key(3): []]))
      #expect(try store.view(at: 1).preimage(Self.key(1)) == [1, 2, 3])
      try store.flushNext()
    }
    let store = try open()
    for _ in 0..<2 {
      #expect(try store.view(at: 1).preimage(Self.key(1)) == [1, 2, 3])
      #expect(try store.view(at: 1).preimage(Self.key(2)) == long)
      #expect(try store.view(at: 1).preimage(Self.key(3)) == [])
      #expect(try store.view(at: 1).preimage(Self.key(4)) == nil)
    }
  }

  @Test func aResidentViewReadsWhatIsInMemory() throws {
    do {
      let store = try open()
      try store.append(change(1, [1: 10]))
      while try store.flushNext() {}
    }
    let store = try open()
    try store.append(change(2, [2: 20], preimages: [Self.value(20): [7]]))
    let view = try store.residentView(at: 2)
    #expect(try view.slot(Self.key(2)) == Self.value(20))
    #expect(try view.preimage(Self.value(20)) == [7])
    // On the disk, until somebody has read it.
    #expect(throws: StateReadError.self) { try view.slot(Self.key(1)) }
    #expect(throws: StateReadError.self) { try view.slot(Self.key(3)) }
    #expect(throws: StateReadError.self) { try view.preimage(Self.value(8)) }
    #expect(try store.view(at: 2).slot(Self.key(1)) == Self.value(10))
    #expect(try view.slot(Self.key(1)) == Self.value(10))
    #expect(try store.residentView(at: 1).slot(Self.key(1)) == Self.value(10))
    // The value of a later block is not that of an earlier one.
    try store.append(change(3, [1: 30]))
    while try store.flushNext() {}
    #expect(throws: StateReadError.self) { try view.slot(Self.key(1)) }
    #expect(try store.residentView(at: 3).slot(Self.key(1)) == Self.value(30))
  }

  @Test func damagedValuesAreTypedErrors() throws {
    do {
      let store = try open()
      try store.append(change(1, [1: 1, 2: 2], preimages: [Self.key(3): [3]]))
      try store.flushNext()
    }
    do {
      let database = try Database(path: path, columns: [])
      let inverted = [UInt8](repeating: 255, count: 7) + [254]
      try database.column("values").put(Self.key(1).bytes + inverted, [1, 2, 3])
      try database.column("values").put(Self.key(2).bytes + inverted, [9] + [UInt8](repeating: 0, count: 32))
      try database.column("preimages").put(Self.key(3).bytes, [])
    }
    let view = try open().view(at: 1)
    for read in [
      { _ = try view.slot(Self.key(1)) }, { _ = try view.slot(Self.key(2)) }, { _ = try view.preimage(Self.key(3)) },
    ] {
      #expect(throws: StateReadError.self) { try read() }
    }
    #expect(try view.slot(Self.key(0)) == Self.value(5))
  }

  @Test func anAccountThatNeverWasIsEmpty() throws {
    let chain = try TestChain.open(directory.path)
    let view = try chain.state.view(at: 0)
    #expect(try view.account(Address(1)) == .empty)
    #expect(try view.account(TestChain.sender(3)).balance == 100_000_000_000_000_000_000)
  }

  @Test func manyThreadsReadWhileBlocksAreAppendedAndFlushed() async throws {
    let store = try open(cachedSlots: 32)
    // In block n every slot has the value n: a view that mixes blocks is found out at once.
    let all = 0..<50 as Range<UInt64>
    try store.append(change(1, Dictionary(uniqueKeysWithValues: all.map { ($0, 1) })))
    let done = Flag()
    await withTaskGroup(of: Bool.self) { group in
      for reader in 0..<3 as Range<UInt64> {
        group.addTask {
          var random = SplitMix64(seed: reader)
          while !done.isSet.load(ordering: .acquiring) {
            // There may be fewer threads than tasks.
            await Task.yield()
            let newest = store.latest
            let number = UInt64.random(in: (newest > 10 ? newest - 10 : 1)...newest, using: &random)
            guard let view = try? store.view(at: number) else { return false }
            for _ in 0..<20 {
              let slot = try? view.slot(Self.key(UInt64.random(in: all, using: &random)))
              if slot != Self.value(number) { return false }
            }
          }
          return true
        }
      }
      group.addTask {
        defer { done.isSet.store(true, ordering: .releasing) }
        for number in 2...400 as ClosedRange<UInt64> {
          let writes = Dictionary(uniqueKeysWithValues: all.map { ($0, number) })
          guard (try? store.append(change(number, writes))) != nil else { return false }
          if number % 3 != 0 { while store.pendingCount > 2, (try? store.flushNext()) == true {} }
        }
        return true
      }
      for await correct in group { #expect(correct) }
    }
  }
}
