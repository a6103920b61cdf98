import Cryptography
import Primitives

/// The three kinds of node, encoded.
enum TrieNode {
  /// The RLP of the node that holds `entries`: sorted, not empty, alike in their first `depth` nibbles.
  static func encode(_ entries: ArraySlice<Entry>, depth: Int) -> [UInt8] {
    let first = entries[entries.startIndex], last = entries[entries.endIndex - 1]
    if entries.count == 1 {
      let path = Nibbles.compact(first.path[depth...], isLeaf: true)
      return RLP.encodeList([RLP.encode(path), RLP.encode(first.value)])
    }
    // The entries are sorted, so what the first and the last share, all share.
    let shared = zip(first.path[depth...], last.path[depth...]).prefix { $0 == $1 }.count
    if shared > 0 {
      let path = Nibbles.compact(first.path[depth..<depth + shared], isLeaf: false)
      return RLP.encodeList([RLP.encode(path), reference(to: encode(entries, depth: depth + shared))])
    }
    return branch(entries, depth: depth)
  }

  private static func branch(_ entries: ArraySlice<Entry>, depth: Int) -> [UInt8] {
    var rest = entries
    // A key that ends here is a prefix of all others, hence the first of them.
    let value = rest.first.flatMap { $0.path.count == depth ? $0.value : nil } ?? []
    if !value.isEmpty { rest.removeFirst() }
    var items: [[UInt8]] = []
    items.reserveCapacity(17)
    for nibble in 0..<16 as Range<UInt8> {
      let end = rest.firstIndex { $0.path[depth] != nibble } ?? rest.endIndex
      let child = rest[rest.startIndex..<end]
      items.append(child.isEmpty ? [0x80] : reference(to: encode(child, depth: depth + 1)))
      rest = rest[end...]
    }
    items.append(RLP.encode(value))
    return RLP.encodeList(items)
  }

  /// How a parent names a child: the node itself where that is short, else its hash.
  private static func reference(to node: [UInt8]) -> [UInt8] {
    node.count < 32 ? node : RLP.encode(Keccak256.hash(node).bytes)
  }
}
