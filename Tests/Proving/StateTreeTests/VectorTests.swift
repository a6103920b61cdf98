import Cryptography
import Files
import Primitives
import StateTree
import Testing

/// Worked values; those of the reference's own tests are in matter-labs/zksync-os-server `lib/merkle_tree`.
@Suite("State tree: vectors")
struct VectorTests {
  private func tree(_ disk: SimulatedDisk = SimulatedDisk(seed: 1)) throws -> StateTree {
    try StateTree(fileSystem: disk, options: StateTree.Options())
  }

  private func word(_ byte: UInt8) -> Bytes32 { Bytes32([UInt8](repeating: byte, count: 32))! }

  private func flatKey(_ address: String, _ slot: UInt64) -> Bytes32 {
    var preimage = [UInt8](repeating: 0, count: 12) + Hex.decode(address)!
    preimage += Bytes32(UInt256(slot)).bytes
    return Blake2s256.hash(preimage)
  }

  @Test("Empty subtrees and guards")
  func constants() {
    let empty = TreeHashing.emptySubtrees
    #expect(empty.count == 65)
    #expect(empty[0].description == "0xe3cdc93b3c2beb30f6a7c7cc45a32da012df9ae1be880e2c074885cb3f4e1e53")
    #expect(empty[1].description == "0xc45bfaf4bb5d0fee27d3178b8475155a07a1fa8ada9a15133a9016f7d0435f0f")
    #expect(empty[63].description == "0xb720fe53e6bd4e997d967b8649e10036802a4fd3aca6d7dcc43ed9671f41cb31")
    #expect(empty[64].description == "0xb571ba553c857c17a4a97ef068150f63433485f746bcb522b365a80833e571db")
    #expect(
      TreeHashing.hash(TreeLeaf.guards[0]).description
        == "0x9903897e51baa96a5ea51b4c194d3e0c6bcf20947cce9fd646dfb4bf754c8d28")
    #expect(
      TreeHashing.hash(TreeLeaf.guards[1]).description
        == "0xb35299e7564e05e335094c02064bccf83d58745b417874b1fee3f523ec2007a9")
  }

  @Test("The tree without keys, and its state commitment")
  func empty() throws {
    let commitment = try tree().commitment(at: 0)
    #expect(commitment.root.description == "0x90a83ead2ba2194fbbb0f7cd2a017e36cfb4891513546d943a7282c2844d4b6b")
    #expect(commitment.leafCount == 2)
    #expect(commitment.hash.description == "0x6e6e7044cb237fa30937e7e2ee56db7bb3b5d3bd0f46ba7c3a46a6ac4cf2f330")
  }

  @Test("Two inserts and an update")
  func insertsAndUpdate() throws {
    let tree = try tree()
    #expect(
      try tree.apply(version: 1, writes: [(word(1), word(0x10))]).root.description
        == "0x08da20879eebed16fbd14e50b427bb97c8737aa860e6519877757e238df83a15")
    #expect(
      try tree.apply(version: 2, writes: [(word(2), word(0x20))]).root.description
        == "0xf227612db17b44a5c9a2ebd0e4ff2dbe91aa05f3198d09f0bcfd6ef16c1d28c8")
    let last = try tree.apply(version: 3, writes: [(word(1), word(0x33))])
    #expect(last.root.description == "0x81a600569c2cda27c7ae4773255acc70ac318a49404fa1035a7734a3aaa82589")
    #expect(last.leafCount == 4)
  }

  @Test("Two keys in one block")
  func twoKeys() throws {
    let keys = [UInt64(0xc0ff_eefe), 0xdead_beef].map { Bytes32(UInt256($0)) }
    let after = try tree().apply(version: 1, writes: [(keys[0], word(0x10)), (keys[1], word(0x20))])
    #expect(after.root.description == "0xc90465eddad7cc858a2fbf61013d7051c143887a887e5a7a19344ac32151b207")
  }

  @Test("Positions follow the order of the writes, links the order of the keys")
  func positions() throws {
    let address = "0000000000000000000000000000000000010002"
    let tree = try tree()
    let after = try tree.apply(
      version: 1, writes: (0..<4).map { (flatKey(address, $0), Bytes32(UInt256($0 + 1))) })
    #expect(after.root.description == "0xc2bfcb74faf468a602dddb3bbd82244cfcb64010a3ca73a1709893f92cfa5347")
    #expect(try tree.view(at: 1).proofs(at: [2, 3, 4, 5]).leaves.map(\.next) == [5, 4, 2, 1])
    let other = try self.tree().apply(
      version: 1,
      writes: [
        (flatKey("ffffffffffffffffffffffff0000000000000000", 0), Bytes32(UInt256(1))),
        (flatKey("0000000000000000000000000000000000000001", 0), Bytes32(UInt256(2))),
      ])
    #expect(other.root.description == "0x5797d1f547a2436b14f5645bd735cb1d75635c59b09e7e75647c510593689a9e")
  }

  @Test("A whole block: one account record and one slot")
  func wholeBlock() throws {
    var record = [UInt8](repeating: 0, count: 124)
    record[15] = 1
    record.replaceSubrange(16..<48, with: Bytes32(UInt256(1_000_000_000_000_000_000 - 21_000_000)).bytes)
    let after = try tree().apply(
      version: 1,
      writes: [
        (flatKey("0000000000000000000000000000000000008003", 0x1000), Blake2s256.hash(record)),
        (flatKey("0000000000000000000000000000000000010002", 0), Bytes32(UInt256(1))),
      ])
    #expect(after.root.description == "0x683849e6b83fa82214cc89fe93e015d55498c78186086436d4e4966b43cc95fd")
    #expect(after.leafCount == 4)
    #expect(after.hash.description == "0x27e92301e65a029c4b9cf66a64fd5ba81684ad2ffa63e9bbcb2327264f77dba8")
  }

  @Test("Checksums of the xxHash specification's sample messages")
  func checksum() {
    func sum(_ text: String) -> UInt64 { Array(text.utf8).withUnsafeBytes { Checksum.of($0) } }
    #expect(sum("") == 0xef46_db37_51d8_e999)
    #expect(sum("a") == 0xd24e_c4f1_a98c_6e5b)
    #expect(sum("abc") == 0x44bc_2cf5_ad77_0999)
    #expect(sum("Nobody inspects the spammish repetition") == 0xfbce_a83c_8a37_8bf1)
  }
}
