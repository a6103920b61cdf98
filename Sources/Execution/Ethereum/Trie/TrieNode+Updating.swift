/// A change of what stands under one key.
struct TrieChange<Value: TrieValue> {
  /// The whole key, one nibble an element.
  let path: [UInt8]
  /// `nil` removes the key.
  let value: Value?
}

// Nodes are made again from below, each once for all changes under it, and what no change reaches is shared with the trie
// before. The recursion is as deep as a key has nibbles.
extension TrieNode {
  typealias Changes = ArraySlice<TrieChange<Value>>

  /// The node that stands in the place of `node` after `changes`: sorted by path, no two alike, and all beginning with the
  /// `depth` nibbles that lead here. `nil` where nothing is left.
  static func updated(_ node: TrieNode?, by changes: Changes, depth: Int) -> TrieNode? {
    guard let first = changes.first, let last = changes.last else { return node }
    guard let node else { return made(of: changes.filter { $0.value != nil }[...], depth: depth) }
    switch node.content {
    case .leaf(let path, let value):
      let key = first.path[..<depth] + path
      var entries = changes.filter { $0.value != nil }
      if !changes.contains(where: { $0.path[...] == key }) {
        let place = entries.firstIndex { key.lexicographicallyPrecedes($0.path) } ?? entries.endIndex
        entries.insert(TrieChange(path: Array(key), value: value), at: place)
      }
      return made(of: entries[...], depth: depth)
    case .stretch(let path, let child):
      // The changes are sorted: what the first and the last share with the stretch, all do.
      let shared = min(
        Nibbles.shared(path[...], first.path[depth...]), Nibbles.shared(path[...], last.path[depth...]))
      if shared == path.count {
        return updated(child, by: changes, depth: depth + shared).map { prefixed(path[...], $0) }
      }
      var children = [TrieNode?](repeating: nil, count: 16)
      children[Int(path[shared])] = prefixed(path[(shared + 1)...], child)
      return branch(children, nil, changes, depth: depth + shared).map { prefixed(path[..<shared], $0) }
    case .branch(let children, let value):
      return branch(children, value, changes, depth: depth)
    }
  }

  /// The node over entries: sorted, no two alike, none removing.
  private static func made(of entries: Changes, depth: Int) -> TrieNode? {
    guard let first = entries.first, let last = entries.last else { return nil }
    if entries.count == 1, let value = first.value {
      return TrieNode(.leaf(path: Array(first.path[depth...]), value: value))
    }
    let shared = Nibbles.shared(first.path[depth...], last.path[depth...])
    let children = [TrieNode?](repeating: nil, count: 16)
    return branch(children, nil, entries, depth: depth + shared).map {
      prefixed(first.path[depth..<depth + shared], $0)
    }
  }

  /// What a branch becomes: itself, or something shorter where less than two things are left.
  private static func branch(
    _ children: [TrieNode?], _ value: Value?, _ changes: Changes, depth: Int
  ) -> TrieNode? {
    var children = children, value = value, rest = changes
    // The key that ends here is a prefix of all others, hence the first.
    if let first = rest.first, first.path.count == depth {
      value = first.value
      rest.removeFirst()
    }
    while let first = rest.first {
      let nibble = first.path[depth]
      let end = rest.firstIndex { $0.path[depth] != nibble } ?? rest.endIndex
      children[Int(nibble)] = updated(children[Int(nibble)], by: rest[..<end], depth: depth + 1)
      rest = rest[end...]
    }
    let taken = children.indices.filter { children[$0] != nil }
    switch (taken.count, value) {
    case (0, nil): return nil
    case (0, let value?): return TrieNode(.leaf(path: [], value: value))
    case (1, nil): return children[taken[0]].map { prefixed([UInt8(taken[0])], $0) }
    default: return TrieNode(.branch(children: children, value: value))
    }
  }

  /// The node under a longer path.
  private static func prefixed(_ prefix: ArraySlice<UInt8>, _ node: TrieNode) -> TrieNode {
    if prefix.isEmpty { return node }
    switch node.content {
    case .leaf(let path, let value): return TrieNode(.leaf(path: prefix + path, value: value))
    case .stretch(let path, let child): return TrieNode(.stretch(path: prefix + path, child: child))
    case .branch: return TrieNode(.stretch(path: Array(prefix), child: node))
    }
  }
}
