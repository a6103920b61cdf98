import Cryptography
import Primitives

/// What a trie holds under a key.
package protocol TrieValue: Sendable {
  /// The bytes that the trie stores; never empty.
  var encoded: [UInt8] { get }
}

/// A node of a trie (yellow paper, appendix D), immutable: tries of many states share it, and any thread may read it.
///
/// What names it in its parent is computed once, when it is made.
final class TrieNode<Value: TrieValue>: Sendable {
  enum Content: Sendable {
    /// The one key below here: the rest of its path, and what stands there.
    case leaf(path: [UInt8], value: Value)
    /// A stretch that all keys below share; never empty, and the child is always a branch.
    case stretch(path: [UInt8], child: TrieNode)
    /// Sixteen children by the next nibble, and what stands under the key that ends here. At least two of all these are
    /// there.
    case branch(children: [TrieNode?], value: Value?)
  }

  /// How a parent names the node.
  enum Reference: Sendable {
    /// keccak256 of the encoding.
    case hash(Bytes32)
    /// The encoding itself, where it has less than 32 bytes.
    case inline([UInt8])
  }

  let content: Content
  let reference: Reference

  init(_ content: Content) {
    self.content = content
    let encoded = Self.encode(content)
    reference = encoded.count < 32 ? .inline(encoded) : .hash(Keccak256.hash(encoded))
  }

  /// The RLP of the node.
  var encoded: [UInt8] {
    switch reference {
    case .inline(let encoded): encoded
    case .hash: Self.encode(content)
    }
  }

  /// keccak256 of the encoding, however short that is: what names the root.
  var hash: Bytes32 {
    switch reference {
    case .hash(let hash): hash
    case .inline(let encoded): Keccak256.hash(encoded)
    }
  }

  /// Whether the node stands within its parent's encoding.
  var isInline: Bool {
    if case .inline = reference { true } else { false }
  }

  private static func encode(_ content: Content) -> [UInt8] {
    var writer = RLPWriter()
    writer.appendList {
      switch content {
      case .leaf(let path, let value):
        $0.append(bytes: Nibbles.compact(path[...], isLeaf: true))
        $0.append(bytes: value.encoded)
      case .stretch(let path, let child):
        $0.append(bytes: Nibbles.compact(path[...], isLeaf: false))
        child.writeReference(to: &$0)
      case .branch(let children, let value):
        for child in children {
          if let child { child.writeReference(to: &$0) } else { $0.append(bytes: EmptyCollection()) }
        }
        $0.append(bytes: value?.encoded ?? [])
      }
    }
    return writer.encoded
  }

  private func writeReference(to writer: inout RLPWriter) {
    switch reference {
    case .hash(let hash): writer.append(hash)
    case .inline(let encoded): writer.append(encoded: encoded)
    }
  }
}
