import Cryptography
import Primitives

/// Roots of Merkle-Patricia tries (yellow paper, appendix D) that are not kept.
public enum MerklePatriciaTrie {
  /// The root of the empty trie: keccak256(rlp("")).
  public static let emptyRoot = Keccak256.hash([0x80])

  /// The root of the trie that holds `pairs`: keys as they are (the caller hashes them for a secure trie), values as the
  /// trie stores them. A key without value bytes is absent. Of equal keys the last counts.
  public static func root(of pairs: some Sequence<(key: [UInt8], value: [UInt8])>) -> Bytes32 {
    var trie = PersistentTrie<Bytes>()
    trie.update(pairs.lazy.map { (key: $0.key, value: $0.value.isEmpty ? nil : Bytes(encoded: $0.value)) })
    return trie.root
  }

  /// The root of a list: item i stands under the key rlp(i), as transactions and receipts do in a block.
  public static func root(ofList items: [[UInt8]]) -> Bytes32 {
    root(of: items.enumerated().map { (key: RLP.encode(UInt64($0.offset)), value: $0.element) })
  }

  /// A value that is its bytes.
  private struct Bytes: TrieValue {
    let encoded: [UInt8]
  }
}
