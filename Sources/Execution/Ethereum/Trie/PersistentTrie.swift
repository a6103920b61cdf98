import Primitives

/// A Merkle-Patricia trie (yellow paper, appendix D) as a value: a copy costs nothing, shares its nodes with the original,
/// and is not changed by what happens to that.
///
/// A change costs as many hashes as there are nodes above what changes. All hashes are there when a change is done, so
/// that threads may read one trie without a lock.
package struct PersistentTrie<Value: TrieValue>: Sendable {
  private var top: TrieNode<Value>?

  /// The trie without keys.
  package init() {}

  /// keccak256 of the root node; ``MerklePatriciaTrie/emptyRoot`` where there are no keys.
  package var root: Bytes32 { top?.hash ?? MerklePatriciaTrie.emptyRoot }

  package var isEmpty: Bool { top == nil }

  /// What stands under a key; `nil` where nothing does.
  package subscript(key: Bytes32) -> Value? { walk(Nibbles.split(key)) { _ in } }

  /// Makes many changes at once: `nil` removes a key. Of equal keys the last counts.
  package mutating func update(_ changes: some Sequence<(key: [UInt8], value: Value?)>) {
    var latest: [[UInt8]: Value?] = [:]
    for change in changes { latest[change.key] = .some(change.value) }
    let sorted = latest.map { TrieChange(path: Nibbles.split($0.key), value: $0.value) }
      .sorted { $0.path.lexicographicallyPrecedes($1.path) }
    top = TrieNode.updated(top, by: sorted[...], depth: 0)
  }

  /// The encodings of the nodes from the root towards a key: they prove what stands there, or that nothing does. A node
  /// that stands within its parent's encoding is none of its own, and the trie without keys has none (EIP-1186).
  package func proof(of key: Bytes32) -> [[UInt8]] {
    var nodes: [[UInt8]] = []
    _ = walk(Nibbles.split(key)) { node in
      if nodes.isEmpty || !node.isInline { nodes.append(node.encoded) }
    }
    return nodes
  }

  /// Everything in the trie, in the order of the keys, until `body` is not interested any more (`false`).
  package func forEach<E: Error>(_ body: (Value) throws(E) -> Bool) throws(E) {
    if let top { _ = try Self.visit(top, body) }
  }

  private static func visit<E: Error>(_ node: TrieNode<Value>, _ body: (Value) throws(E) -> Bool) throws(E) -> Bool {
    switch node.content {
    case .leaf(_, let value): return try body(value)
    case .stretch(_, let child): return try visit(child, body)
    case .branch(let children, let value):
      if let value, try !body(value) { return false }
      for case let child? in children where try !visit(child, body) { return false }
      return true
    }
  }

  private func walk(_ path: [UInt8], _ seen: (TrieNode<Value>) -> Void) -> Value? {
    var node = top
    var rest = path[...]
    while let current = node {
      seen(current)
      switch current.content {
      case .leaf(let path, let value): return rest == path[...] ? value : nil
      case .stretch(let path, let child):
        guard rest.starts(with: path) else { return nil }
        rest = rest.dropFirst(path.count)
        node = child
      case .branch(let children, let value):
        guard let nibble = rest.popFirst() else { return value }
        node = children[Int(nibble)]
      }
    }
    return nil
  }
}
