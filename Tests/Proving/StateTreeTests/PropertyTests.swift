import Primitives
import RandomTesting
import StateTree
import Testing

/// A stream of random blocks with what makes trees go wrong: updates of old keys, neighbours within one block, values
/// written again, keys that share their first bytes, blocks without writes.
struct RandomBlocks {
  var generator: SplitMix64
  private(set) var keys: [Bytes32] = []

  init(seed: UInt64) { generator = SplitMix64(seed: seed) }

  mutating func next(maxWrites: Int) -> [(key: Bytes32, value: Bytes32)] {
    var writes: [(key: Bytes32, value: Bytes32)] = []
    var used: Set<Bytes32> = []
    for _ in 0..<Int.random(in: 0...maxWrites, using: &generator) {
      var key: Bytes32
      switch Int.random(in: 0..<10, using: &generator) {
      case 0..<5 where !keys.isEmpty: key = keys.randomElement(using: &generator)!
      case 5 where !keys.isEmpty:
        // Next to an old key: everything but the last byte is the same.
        key = keys.randomElement(using: &generator)!
        key.w3 ^= UInt64.random(in: 1..<256, using: &generator) << 56
      case 6 where !writes.isEmpty:
        key = writes.randomElement(using: &generator)!.key
        key.w0 &+= 1 << 56
      default: key = generator.bytes32()
      }
      guard key != TreeLeaf.smallestKey, key != TreeLeaf.largestKey, used.insert(key).inserted else { continue }
      writes.append((key, Bool.random(using: &generator) ? generator.bytes32() : .zero))
    }
    return writes
  }

  mutating func remember(_ writes: [(key: Bytes32, value: Bytes32)]) {
    let known = Set(keys)
    keys += writes.map(\.key).filter { !known.contains($0) }
  }
}

func smallOptions() -> StateTree.Options {
  var options = StateTree.Options()
  // Small enough that pages are evicted, journals rolled and checkpoints taken every few blocks.
  options.cacheBytes = 1 << 16
  options.checkpointBytes = 20_000
  options.journalFileBytes = 8_000
  options.indexFileThreshold = 64
  return options
}

@Suite("State tree: against the definition")
struct PropertyTests {
  @Test("Random blocks give the roots, leaves, proofs and queries of the definition", arguments: 0..<6)
  func randomBlocks(seed: UInt64) throws {
    var blocks = RandomBlocks(seed: seed)
    var reference = ReferenceTree()
    let tree = try StateTree(fileSystem: SimulatedDisk(seed: seed), options: smallOptions())
    for version in 1...40 as ClosedRange<UInt64> {
      let writes = blocks.next(maxWrites: 30)
      let before = reference
      reference.apply(writes)
      #expect(try tree.apply(version: version, writes: writes) == reference.commitment)
      blocks.remember(writes)
      let view = try tree.view(at: version)
      var probes = [blocks.generator.bytes32(), blocks.generator.bytes32()]
      if let key = blocks.keys.randomElement(using: &blocks.generator) { probes.append(key) }
      for key in probes {
        #expect(try view.position(of: key) == reference.position(of: key))
        let value = try view.proof(for: key).verify(key: key, against: view.commitment)
        #expect(value == reference.leaves.first { $0.key == key }?.value)
        #expect(try view.value(of: key) == value)
      }
      let index = Int.random(in: 0..<reference.leaves.count, using: &blocks.generator)
      #expect(try view.proof(at: UInt64(index)) == reference.proof(at: index))
      // The version before, which by now has to be reconstructed.
      let earlier = try tree.view(at: version - 1)
      #expect(earlier.commitment == before.commitment)
      let earlierIndex = Int.random(in: 0..<before.leaves.count, using: &blocks.generator)
      #expect(try earlier.proof(at: UInt64(earlierIndex)) == before.proof(at: earlierIndex))
    }
    try tree.verify()
  }

  @Test("Every retained version shows its own past, whatever came later")
  func history() throws {
    var blocks = RandomBlocks(seed: 77)
    var past = [ReferenceTree()]
    let tree = try StateTree(fileSystem: SimulatedDisk(seed: 77), options: smallOptions())
    let first = try tree.view(at: 0)
    for version in 1...60 as ClosedRange<UInt64> {
      let writes = blocks.next(maxWrites: 25)
      var reference = past.last!
      reference.apply(writes)
      past.append(reference)
      try tree.apply(version: version, writes: writes)
      blocks.remember(writes)
    }
    for (version, reference) in past.enumerated() {
      let view = version == 0 ? first : try tree.view(at: UInt64(version))
      #expect(view.commitment == reference.commitment)
      let batch = try view.proofs(at: reference.leaves.indices.map { UInt64($0) })
      #expect(batch.leaves == reference.leaves)
      for position in stride(from: 0, to: batch.count, by: 17) {
        #expect(batch[position] == reference.proof(at: position))
      }
      for key in blocks.keys.prefix(40) { #expect(try view.position(of: key) == reference.position(of: key)) }
    }
    #expect(throws: StateTreeError.versionNotRetained(61, oldest: 0, newest: 60)) { try tree.view(at: 61) }
  }

  @Test("Views of old and new versions are read while blocks are applied")
  func concurrentViews() async throws {
    let story = Story(seed: 78, count: 120)
    let tree = try StateTree(fileSystem: SimulatedDisk(seed: 78), options: smallOptions())
    for version in 1...20 { try tree.apply(version: UInt64(version), writes: story.blocks[version - 1]) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for version in 21...120 { try tree.apply(version: UInt64(version), writes: story.blocks[version - 1]) }
      }
      for reader in 0..<3 as Range<UInt64> {
        group.addTask {
          var generator = SplitMix64(seed: reader)
          while tree.lastVersion < 120 {
            let version = UInt64.random(in: 0...tree.lastVersion, using: &generator)
            let view = try tree.view(at: version)
            let reference = story.references[Int(version)]
            let index = Int.random(in: 0..<reference.leaves.count, using: &generator)
            let proof = try view.proof(at: UInt64(index))
            #expect(proof.root == view.commitment.root)
            #expect(proof.leaf == reference.leaves[index])
            let key = generator.bytes32()
            #expect(try view.position(of: key) == reference.position(of: key))
          }
        }
      }
      try await group.waitForAll()
    }
    try tree.verify()
  }

  @Test("Growth past the width of a page, one leaf and many leaves at a time")
  func growth() throws {
    for step in [1, 61, 64, 300] {
      var generator = SplitMix64(seed: UInt64(step))
      var reference = ReferenceTree()
      let tree = try StateTree(fileSystem: SimulatedDisk(seed: 3), options: smallOptions())
      for version in 1...UInt64(step == 1 ? 70 : 3) {
        let writes = (0..<step).map { _ in (generator.bytes32(), generator.bytes32()) }
        reference.apply(writes)
        #expect(try tree.apply(version: version, writes: writes) == reference.commitment)
      }
      try tree.verify()
    }
  }

  @Test("Past 4,096 leaves, where a third band of levels begins")
  func thirdTier() throws {
    var generator = SplitMix64(seed: 5)
    let disk = SimulatedDisk(seed: 5)
    let tree = try StateTree(fileSystem: disk, options: smallOptions())
    var reference = ReferenceTree()
    for version in 1...5 as ClosedRange<UInt64> {
      let writes = (0..<(version == 1 ? 4090 : 3)).map { _ in (generator.bytes32(), generator.bytes32()) }
      // The definition searches all leaves for each key; new keys need no search.
      reference.apply(writes)
      #expect(try tree.apply(version: version, writes: writes) == reference.commitment)
    }
    try tree.verify()
    #expect(try tree.view(at: 1).proof(at: 4000).root == tree.commitment(at: 1).root)
    try tree.truncate(to: 1)
    try tree.verify()
    try tree.apply(version: 2, writes: [(generator.bytes32(), .zero)])
    try tree.verify()
  }

  @Test("Blocks large enough for two threads, one of them refused in the middle")
  func largeBlocks() throws {
    var generator = SplitMix64(seed: 6)
    let disk = SimulatedDisk(seed: 6)
    let tree = try StateTree(fileSystem: disk, options: StateTree.Options())
    let keys = (0..<70_000).map { _ in generator.bytes32() }
    var plain: [Bytes32: Bytes32] = [:]
    for version in 1...4 as ClosedRange<UInt64> {
      var writes = version == 1 ? keys.prefix(60_000).map { ($0, generator.bytes32()) } : []
      if version > 1 {
        let fresh = 60_000 + Int(version - 2) * 3000
        writes += keys[fresh..<fresh + 3000].map { ($0, generator.bytes32()) }
        for index in stride(from: Int(version), to: 60_000, by: 37) {
          writes.append((keys[index], generator.bytes32()))
        }
        let unchanged = try tree.commitment(at: version - 1)
        disk.capacity = disk.usedBytes + 1000
        #expect(throws: StateTreeError.self) { try tree.apply(version: version, writes: writes) }
        disk.capacity = .max
        #expect(try tree.commitment(at: version - 1) == unchanged)
        try tree.verify()
      }
      let before = try tree.commitment(at: version - 1)
      let witness = try tree.apply(version: version, writes: writes, witnessing: Array(keys[65_000..<65_100])).witness
      for position in stride(from: 0, to: witness.proofs.count, by: 101) {
        #expect(witness.proofs[position].root == before.root)
      }
      for (key, value) in writes { plain[key] = value }
    }
    // All hashes are recomputed and all leaves found; values are compared with a dictionary.
    try tree.verify()
    let view = try tree.view(at: 4)
    for key in keys.prefix(200) { #expect(try view.value(of: key) == plain[key]) }
    let commitment = view.commitment
    for key in keys[59_990..<60_010] {
      #expect(try view.proof(for: key).verify(key: key, against: commitment) == plain[key])
    }
  }

  @Test("Keys that share their first eight bytes, in different parts of the index")
  func collisions() throws {
    var generator = SplitMix64(seed: 8)
    let tree = try StateTree(fileSystem: SimulatedDisk(seed: 8), options: StateTree.Options())
    var reference = ReferenceTree()
    let old = (0..<16_000).map { _ in generator.bytes32() }
    func twin(of key: Bytes32, _ change: UInt64) -> Bytes32 {
      Bytes32(w0: key.w0, w1: key.w1 ^ change, w2: key.w2, w3: key.w3)
    }
    func neighbor(of key: Bytes32) -> Bytes32 { Bytes32(w0: key.w0 &+ 1 << 56, w1: key.w1, w2: key.w2, w3: key.w3) }
    // Half of the second block collide with keys of the first part; with 1,500 entries they make a part of their own.
    var second = old[..<750].map { twin(of: $0, 1) }
    for _ in 0..<750 { second.append(generator.bytes32()) }
    // Keys of both parts with what collides, what collides with two, and what lies just beside.
    var third = Array(second[..<300])
    third += old[..<600]
    third += old[200..<500].map { twin(of: $0, 1 << 40) }
    third += old[15_000..<15_100].map { twin(of: $0, 1) }
    third += old[400..<700].map { neighbor(of: $0) }
    let blocks = [old, second, third]
    for (version, keys) in blocks.enumerated() {
      let writes = keys.map { (key: $0, value: generator.bytes32()) }
      let absent = old[700..<800].map { twin(of: $0, 1 << 8) }
      let before = reference
      let witness = try tree.apply(version: UInt64(version + 1), writes: writes, witnessing: absent).witness
      reference.apply(writes)
      #expect(try tree.commitment(at: UInt64(version + 1)) == reference.commitment)
      if version == 1 { #expect(try tree.stats().indexRuns == [16_002, 1_500]) }
      for query in witness.queries {
        if case .previousIndex(let key, let index) = query, absent.contains(key) {
          #expect(before.position(of: key) == .absent(previous: index, next: before.leaves[Int(index)].next))
        }
      }
    }
    try tree.verify()
    // The same through views, which look keys up one by one, and in an older version.
    for version in [2, 3] as [UInt64] {
      let view = try tree.view(at: version)
      for key in third.indices.filter({ $0 % 97 == 0 }).map({ third[$0] }) {
        let value = try view.proof(for: key).verify(key: key, against: view.commitment)
        #expect(value == (try view.value(of: key)))
        if version == 3 { #expect(value == reference.leaves.first { $0.key == key }?.value) }
      }
    }
  }

  @Test("More pages than are allocated at once")
  func manyPages() throws {
    var generator = SplitMix64(seed: 7)
    let disk = SimulatedDisk(seed: 7)
    var tree = try StateTree(fileSystem: disk, options: StateTree.Options())
    let writes = (0..<270_000).map { _ in (key: generator.bytes32(), value: generator.bytes32()) }
    let commitment = try tree.apply(version: 1, writes: writes)
    try tree.verify()
    tree = try StateTree(fileSystem: disk, options: StateTree.Options())
    #expect(try tree.commitment(at: 1) == commitment)
    let view = try tree.view(at: 1)
    for position in stride(from: 0, to: writes.count, by: 9001) {
      let key = writes[position].key
      #expect(try view.proof(for: key).verify(key: key, against: commitment) == writes[position].value)
    }
  }

  @Test("Arguments that make no block are refused and change nothing")
  func refusals() throws {
    var generator = SplitMix64(seed: 9)
    let tree = try StateTree(fileSystem: SimulatedDisk(seed: 9), options: StateTree.Options())
    let (old, new) = (generator.bytes32(), generator.bytes32())
    let after = try tree.apply(version: 1, writes: [(old, .zero)])
    #expect(throws: StateTreeError.duplicateKey(old)) {
      try tree.apply(version: 2, writes: [(old, .zero), (old, .zero)])
    }
    #expect(throws: StateTreeError.duplicateKey(new)) {
      try tree.apply(version: 2, writes: [(new, .zero), (new, .zero)])
    }
    #expect(throws: StateTreeError.reservedKey(.zero)) { try tree.apply(version: 2, writes: [(.zero, new)]) }
    #expect(throws: StateTreeError.versionOutOfOrder(expected: 2, found: 3)) { try tree.apply(version: 3, writes: []) }
    #expect(throws: StateTreeError.indexBeyondTree(3, leafCount: 3)) { try tree.view(at: 1).proof(at: 3) }
    #expect(tree.lastVersion == 1)
    #expect(try tree.apply(version: 2, writes: []) == after)
  }

  @Test("Leaves that exist before the first block")
  func genesis() throws {
    var generator = SplitMix64(seed: 10)
    let leaves = (0..<100).map { _ in (key: generator.bytes32(), value: generator.bytes32()) }
    var reference = ReferenceTree()
    reference.apply(leaves)
    let disk = SimulatedDisk(seed: 10)
    let tree = try StateTree(fileSystem: disk, options: StateTree.Options(), genesis: leaves)
    #expect(try tree.commitment(at: 0) == reference.commitment)
    #expect(try tree.view(at: 0).proof(at: 50) == reference.proof(at: 50))
    try tree.verify()
  }
}

@Suite("State tree: proofs and witnesses")
struct ProofTests {
  @Test("A proof that was tampered with does not hold")
  func tampering() throws {
    var generator = SplitMix64(seed: 11)
    let tree = try StateTree(fileSystem: SimulatedDisk(seed: 11), options: StateTree.Options())
    let keys = (0..<20).map { _ in generator.bytes32() }
    let commitment = try tree.apply(version: 1, writes: keys.map { ($0, generator.bytes32()) })
    let view = try tree.view(at: 1)
    guard case .existing(let good) = try view.proof(for: keys[3]) else { return #expect(Bool(false)) }
    #expect(try KeyProof.existing(good).verify(key: keys[3], against: commitment) == good.leaf.value)
    func fails(_ proof: LeafProof, _ failure: KeyProof.Failure) {
      #expect(throws: failure) { try KeyProof.existing(proof).verify(key: keys[3], against: commitment) }
    }
    for level in 0..<64 {
      var bad = good
      bad.siblings[level].w2 ^= 1
      fails(bad, .wrongRoot)
    }
    var bad = good
    bad.leaf.value.w0 ^= 1
    fails(bad, .wrongRoot)
    bad = good
    bad.leaf.next ^= 1
    fails(bad, .wrongRoot)
    bad = good
    bad.index ^= 1
    fails(bad, .wrongRoot)
    bad = good
    bad.siblings.removeLast()
    fails(bad, .wrongLength)
    #expect(throws: KeyProof.Failure.wrongKey) {
      try KeyProof.existing(good).verify(key: keys[4], against: commitment)
    }
    #expect(throws: KeyProof.Failure.indexBeyondTree) {
      try KeyProof.existing(good).verify(
        key: keys[3], against: StateCommitment(root: commitment.root, leafCount: good.index))
    }

    let absent = generator.bytes32()
    guard case .absent(let left, let right) = try view.proof(for: absent) else { return #expect(Bool(false)) }
    #expect(try KeyProof.absent(left: left, right: right).verify(key: absent, against: commitment) == nil)
    for (l, r, key) in [
      (right, left, absent), (left, left, absent), (left, right, keys[0]), (left, right, left.leaf.key),
    ] {
      #expect(throws: KeyProof.Failure.notBetweenNeighbours) {
        try KeyProof.absent(left: l, right: r).verify(key: key, against: commitment)
      }
    }
  }

  @Test("Siblings of empty subtrees can be left out and come back")
  func trimming() throws {
    let tree = try StateTree(fileSystem: SimulatedDisk(seed: 12), options: StateTree.Options())
    var generator = SplitMix64(seed: 12)
    try tree.apply(version: 1, writes: (0..<6).map { _ in (generator.bytes32(), .zero) })
    let proof = try tree.view(at: 1).proof(at: 2)
    #expect(proof.trimmedSiblings.count == 3)
    #expect(LeafProof(index: 2, leaf: proof.leaf, trimmedSiblings: proof.trimmedSiblings) == proof)
    #expect(LeafProof(index: 2, leaf: proof.leaf, trimmedSiblings: proof.siblings + [.zero]) == nil)
  }

  @Test("Queries of a block come in the order of the proving run, before and after the block is applied")
  func witness() throws {
    var generator = SplitMix64(seed: 13)
    let tree = try StateTree(fileSystem: SimulatedDisk(seed: 13), options: StateTree.Options())
    // Keys 0x10, 0x20, …, 0x60 at positions 2 … 7.
    func key(_ byte: UInt64) -> Bytes32 { Bytes32(w0: byte, w1: 0, w2: 0, w3: 0) }
    try tree.apply(version: 1, writes: (1...6).map { (key(16 * $0), generator.bytes32()) })
    let before = try tree.view(at: 1)
    // Reads: an absent key, the neighbour it loaded, and that one's neighbour. Writes: one loaded by a read, one not,
    // two new keys in one gap.
    let reads = [key(0x15), key(0x10)]
    let writes = [key(0x20), key(0x40), key(0x52), key(0x51)]
    let witness = try before.witness(reads: reads, writes: writes)
    typealias Query = BlockWitness.Query
    let expected: [Query] = [
      .previousIndex(key: key(0x15), index: 2), .proof(position: 0), .proof(position: 1),
      .exactIndex(key: key(0x10), index: 2),
      .exactIndex(key: key(0x40), index: 5), .proof(position: 2),
      .previousIndex(key: key(0x52), index: 6), .proof(position: 3), .proof(position: 4),
      .previousIndex(key: key(0x51), index: 6),
    ]
    #expect(witness.queries == expected)
    #expect(witness.proofs.indices == [2, 3, 5, 6, 7])
    let (after, applied) = try tree.apply(
      version: 2, writes: writes.map { ($0, generator.bytes32()) }, witnessing: reads)
    #expect(after.leafCount == 10)
    #expect(applied.queries == expected)
    let again = try before.witness(reads: reads, writes: writes)
    for position in witness.proofs.indices.indices {
      #expect(witness.proofs[position].root == before.commitment.root)
      #expect(applied.proofs[position] == witness.proofs[position])
      #expect(again.proofs[position] == witness.proofs[position])
    }
    // A block without new keys does not ask for the right edge; one with new keys elsewhere does.
    #expect(try before.witness(reads: [], writes: [key(0x10)]).proofs.indices == [2])
    #expect(try before.witness(reads: [], writes: [key(0x11)]).proofs.indices == [2, 3, 7])
    #expect(try before.witness(reads: [], writes: []).queries.isEmpty)
  }
}
