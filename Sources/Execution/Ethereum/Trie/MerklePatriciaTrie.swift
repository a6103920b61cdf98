import Cryptography
import Primitives

/// Roots of Merkle-Patricia tries (yellow paper, appendix D).
///
/// A trie is a function of its content alone, so nothing is kept between two roots: the pairs are sorted and the nodes
/// are folded bottom-up. The recursion is as deep as a key has nibbles.
public enum MerklePatriciaTrie {
  /// The root of the empty trie: keccak256(rlp("")).
  public static let emptyRoot = Keccak256.hash([0x80])

  /// The root of the trie that holds `pairs`: keys as they are (the caller hashes them for a secure trie), values as the
  /// trie stores them. A key without value bytes is absent. Of equal keys the last counts.
  public static func root(of pairs: some Sequence<(key: [UInt8], value: [UInt8])>) -> Bytes32 {
    var content: [[UInt8]: [UInt8]] = [:]
    for pair in pairs { content[pair.key] = pair.value }
    let entries = content.filter { !$0.value.isEmpty }
      .map { Entry(path: Nibbles.split($0.key), value: $0.value) }
      .sorted { $0.path.lexicographicallyPrecedes($1.path) }
    guard !entries.isEmpty else { return emptyRoot }
    return Keccak256.hash(TrieNode.encode(entries[...], depth: 0))
  }

  /// The root of a list: item i stands under the key rlp(i), as transactions and receipts do in a block.
  public static func root(ofList items: [[UInt8]]) -> Bytes32 {
    root(of: items.enumerated().map { (key: RLP.encode(UInt64($0.offset)), value: $0.element) })
  }
}

/// One pair on its way into the trie.
struct Entry {
  /// The key, one nibble an element.
  let path: [UInt8]
  let value: [UInt8]
}

/// Keys as sequences of half bytes.
enum Nibbles {
  static func split(_ bytes: [UInt8]) -> [UInt8] {
    var nibbles: [UInt8] = []
    nibbles.reserveCapacity(2 * bytes.count)
    for byte in bytes {
      nibbles.append(byte >> 4)
      nibbles.append(byte & 15)
    }
    return nibbles
  }

  /// Hex-prefix encoding: the parity and the kind of node in the first nibble, then the path.
  static func compact(_ path: ArraySlice<UInt8>, isLeaf: Bool) -> [UInt8] {
    let flag: UInt8 = isLeaf ? 2 : 0
    var rest = path
    var bytes: [UInt8] = []
    if path.count.isMultiple(of: 2) {
      bytes.append(flag << 4)
    } else {
      bytes.append((flag | 1) << 4 | rest.removeFirst())
    }
    while let high = rest.popFirst(), let low = rest.popFirst() { bytes.append(high << 4 | low) }
    return bytes
  }
}
