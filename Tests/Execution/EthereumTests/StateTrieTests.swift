import Cryptography
import Ethereum
import Primitives
import RandomTesting
import Testing

@Suite("Tries that are kept")
struct StateTrieTests {
  /// Bytes that change while the tries that hold them do not.
  private struct Item: TrieValue {
    let encoded: [UInt8]
  }

  private static func change(_ random: inout SplitMix64) -> (key: [UInt8], value: Item?) {
    // Few keys of few lengths over few bytes, so that keys are prefixes of others and come again.
    let length = Int(random.next() % 4), key = (0..<length).map { _ in UInt8(random.next() % 4) << 3 }
    let count = [0, 1, 1, 8, 40][Int(random.next() % 5)]
    return (key, count == 0 ? nil : Item(encoded: random.bytes(count)))
  }

  @Test("A trie that was changed step by step is the trie of its content, and earlier ones stay what they were")
  func stepByStep() {
    var random = SplitMix64(seed: 1)
    var trie = PersistentTrie<Item>()
    var content: [[UInt8]: [UInt8]] = [:]
    var kept: [(PersistentTrie<Item>, Bytes32)] = []
    for _ in 0..<400 {
      let changes = (0..<Int(random.next() % 6)).map { _ in Self.change(&random) }
      trie.update(changes)
      for change in changes { content[change.key] = change.value?.encoded }
      #expect(trie.root == MerklePatriciaTrie.root(of: content.map { (key: $0.key, value: $0.value) }))
      #expect(trie.isEmpty == content.isEmpty)
      var found: [[UInt8]] = []
      trie.forEach {
        found.append($0.encoded)
        return true
      }
      #expect(found == content.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value))
      kept.append((trie, trie.root))
    }
    for (trie, root) in kept { #expect(trie.root == root) }
  }

  @Test("Every proof convinces a verifier that has the root alone, of what is there and of what is not")
  func proofs() throws {
    var random = SplitMix64(seed: 2)
    var trie = PersistentTrie<Item>()
    var keys: [Bytes32] = []
    #expect(trie.proof(of: .zero).isEmpty)
    for round in 0..<120 {
      let key = random.bytes32(), item = Item(encoded: random.bytes(1 + round % 50))
      keys.append(key)
      trie.update([(key: key.bytes, value: item)])
      if round % 3 == 2 {
        trie.update([(key: keys[Int(random.next() % UInt64(keys.count))].bytes, value: nil)])
      }
    }
    for key in keys + (0..<50).map({ _ in random.bytes32() }) {
      let proof = trie.proof(of: key)
      #expect(try ProofVerifier.value(key, root: trie.root, proof) == trie[key]?.encoded)
      for index in proof.indices {
        var forged = proof
        forged[index][Int(random.next() % UInt64(forged[index].count))] ^= 1
        #expect(throws: (any Error).self) { try ProofVerifier.value(key, root: trie.root, forged) }
      }
    }
  }

  @Test("A state of accounts with slots: what is read, what is proved, what is walked through")
  func accounts() throws {
    var random = SplitMix64(seed: 3)
    var accounts: [Address: Account] = [:]
    for number in 0..<60 as Range<UInt64> {
      var storage: [UInt256: UInt256] = [:]
      for slot in 0..<UInt64(number % 7) { storage[UInt256(slot)] = random.word() }
      accounts[Address(number)] = Account(
        nonce: number, balance: random.word(), code: number % 2 == 0 ? [] : random.bytes(20), storage: storage)
    }
    let state = StateTrie(accounts: accounts)
    #expect(state.root == WorldState(accounts: accounts).stateRoot)
    for (address, account) in accounts {
      let found = try #require(state.account(address))
      #expect(found.nonce == account.nonce && found.balance == account.balance && found.codeHash == account.codeHash)
      let leaf = try #require(
        try ProofVerifier.value(Keccak256.hash(address), root: state.root, state.proof(of: address)))
      var fields = try RLPReader.list(leaf)
      #expect(try fields.readUInt64() == account.nonce)
      #expect(try fields.readUInt256() == account.balance)
      #expect(try fields.readBytes32() == found.storageRoot)
      #expect(try fields.readBytes32() == account.codeHash)
      for slot in 0..<8 as Range<UInt64> {
        let slot = UInt256(slot), expected = account.storage[slot]
        #expect(state.storage(address, slot) == expected ?? .zero)
        let value = try ProofVerifier.value(
          Keccak256.hash(Bytes32(slot)), root: found.storageRoot, state.proof(of: slot, in: address))
        #expect(value == expected.map { RLP.encode($0) })
      }
    }
    var walked: [Address: [UInt256: UInt256]] = [:]
    state.forEachAccount { address, _ in
      walked[address] = [:]
      state.forEachSlot(of: address) { walked[address]?[$0] = $1 }
    }
    #expect(walked == accounts.mapValues(\.storage))
    #expect(state.account(Address(1000)) == nil)
    #expect(state.proof(of: .zero, in: Address(1000)).isEmpty)
  }
}

/// A verifier of proofs that shares no code with the tries: it follows the bytes of the nodes.
enum ProofVerifier {
  struct Unconvinced: Error {}

  /// What stands under `key` in the trie with `root`; `nil` where the proof shows that nothing does.
  static func value(_ key: Bytes32, root: Bytes32, _ proof: [[UInt8]]) throws -> [UInt8]? {
    if proof.isEmpty {
      guard root.description == "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421" else {
        throw Unconvinced()
      }
      return nil
    }
    var nodes = proof[...], path = key.bytes.flatMap { [$0 >> 4, $0 & 15] }[...]
    var node = nodes.removeFirst()
    guard Keccak256.hash(node) == root else { throw Unconvinced() }
    while true {
      let items = try items(of: node)
      var next: [UInt8]
      if items.count == 17 {
        guard let nibble = path.popFirst() else { throw Unconvinced() }
        next = items[Int(nibble)]
      } else {
        guard items.count == 2 else { throw Unconvinced() }
        var reader = RLPReader(items[0])
        let compact = Array(try reader.readBytes()), isOdd = compact[0] & 0x10 != 0
        let nibbles = compact.flatMap { [$0 >> 4, $0 & 15] }.dropFirst(isOdd ? 1 : 2)
        guard path.starts(with: nibbles) else { return try end(nodes, nil) }
        path = path.dropFirst(nibbles.count)
        next = items[1]
        if compact[0] & 0x20 != 0 {
          var reader = RLPReader(next)
          return try end(nodes, path.isEmpty ? Array(try reader.readBytes()) : nil)
        }
      }
      if next == [0x80] { return try end(nodes, nil) }
      if next[0] < 0xc0 {
        var reader = RLPReader(next)
        let hash = try reader.readBytes32()
        guard let following = nodes.popFirst(), Keccak256.hash(following) == hash else { throw Unconvinced() }
        next = following
      }
      node = next
    }
  }

  /// A proof has no nodes beyond those that lead to the end.
  private static func end(_ rest: ArraySlice<[UInt8]>, _ value: [UInt8]?) throws -> [UInt8]? {
    guard rest.isEmpty else { throw Unconvinced() }
    return value
  }

  /// The items of a list, each with its header.
  private static func items(of node: [UInt8]) throws -> [[UInt8]] {
    var reader = try RLPReader.list(node), items: [[UInt8]] = []
    while !reader.isAtEnd {
      if reader.isAtList {
        var list = try reader.readList(), inner: [[UInt8]] = []
        while !list.isAtEnd {
          if list.isAtList {
            // A node within a node within a node: never with keys of 32 bytes.
            throw Unconvinced()
          }
          inner.append(RLP.encode(Array(try list.readBytes())))
        }
        items.append(RLP.encodeList(inner))
      } else {
        items.append(RLP.encode(Array(try reader.readBytes())))
      }
    }
    return items
  }
}
