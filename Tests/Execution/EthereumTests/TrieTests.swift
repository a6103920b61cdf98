import Cryptography
import Ethereum
import Primitives
import Testing

@Suite("Merkle-Patricia tries")
struct TrieTests {
  private func root(_ pairs: [(String, String)]) -> String {
    MerklePatriciaTrie.root(of: pairs.map { (key: Array($0.0.utf8), value: Array($0.1.utf8)) }).description
  }

  @Test("The empty trie")
  func empty() {
    #expect(root([]) == "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")
    #expect(root([("a", "")]) == root([]))
  }

  @Test("Published roots: ethereum/tests TrieTests, and the trie of the Ethereum wiki")
  func published() {
    #expect(
      root([("A", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")])
        == "0xd23786fb4a010da3ce639d66d5e904a11dbc02746d1ce25029e53290cabf28ab")
    #expect(
      root([("doe", "reindeer"), ("dog", "puppy"), ("dogglesworth", "cat")])
        == "0x8aad789dff2f538bca5d8ea56e8abe10f4c7ba3a5dea95fea4cd6e7c3a1168d3")
    #expect(
      root([("do", "verb"), ("horse", "stallion"), ("doge", "coin"), ("dog", "puppy")])
        == "0x5991bb8c6514148a29db676a14ac506cd2cd5775ace63c30a4fe457715e9ac84")
  }

  @Test("The order of the pairs does not matter, and of equal keys the last counts")
  func order() {
    let pairs = (0..<100).map { ("key \($0 * 7919 % 100)", "value \($0)") }
    #expect(root(pairs) == root(pairs.reversed()))
    #expect(root(pairs + [("key 1", "new")]) == root(pairs.filter { $0.0 != "key 1" } + [("key 1", "new")]))
    #expect(root(pairs) != root(pairs.dropLast()))
  }

  @Test("A list is a trie under encoded indices")
  func list() {
    let items = (0..<200).map { [UInt8]("item \($0)".utf8) }
    let pairs = items.enumerated().map { (key: RLP.encode(UInt64($0.offset)), value: $0.element) }
    #expect(MerklePatriciaTrie.root(ofList: items) == MerklePatriciaTrie.root(of: pairs))
  }
}
