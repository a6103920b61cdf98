import Cryptography
import Primitives

/// The requests of a batch, and the way from them to a root that L1 has recorded.
package struct RequestRange: Hashable, Sendable {
  /// Siblings on the left of the first request, from the leaves upwards; zero where the contract needs none.
  package var left: [Bytes32] = []
  package var right: [Bytes32] = []
  package var hashes: [Bytes32] = []
}

/// The tree over the canonical hashes of all requests, in the order of their ids: nodes are keccak256 of both children,
/// and it doubles when it is full.
///
/// Belongs to one owner. A hash takes 32 bytes here; the rest is computed from where the last proof began.
///
/// Source: era-contracts `state-transition/libraries/PriorityTree.sol`, `common/libraries/DynamicIncrementalMerkle.sol`.
package struct RequestTree: Sendable {
  /// Roots of empty subtrees by height.
  private static let empty: [Bytes32] = {
    var nodes = [Keccak256.hash([])]
    while nodes.count < 64 { nodes.append(Keccak256.hash(nodes[nodes.count - 1], nodes[nodes.count - 1])) }
    return nodes
  }()

  package init() {}

  private var leaves: [Bytes32] = []
  /// The left part: for each bit of `base` that is set, the root of the full subtree that it stands for.
  private var frontier = [Bytes32](repeating: .zero, count: 64)
  private var base = 0

  package var count: Int { leaves.count }

  package mutating func append(_ hash: Bytes32) { leaves.append(hash) }

  /// Proves the requests of `range` against the root that the tree had when the request `end - 1` was its last; `nil`
  /// where they are not all known.
  package mutating func proof(of range: Range<Int>, end: Int) -> RequestRange? {
    guard !range.isEmpty, range.lowerBound >= 0, range.upperBound <= end, end <= leaves.count else { return nil }
    move(to: range.lowerBound)
    let height = end <= 1 ? 0 : Int.bitWidth - (end - 1).leadingZeroBitCount
    var nodes = Array(leaves[range.lowerBound..<end])
    var first = range.lowerBound, last = range.upperBound - 1, start = range.lowerBound
    var proof = RequestRange(hashes: Array(leaves[range]))
    for level in 0..<height {
      proof.left.append(first & 1 == 1 ? frontier[level] : .zero)
      if start & 1 == 1 {
        nodes.insert(frontier[level], at: 0)
        start -= 1
      }
      if nodes.count & 1 == 1 { nodes.append(Self.empty[level]) }
      proof.right.append(last & 1 == 0 ? nodes[last + 1 - start] : .zero)
      nodes = stride(from: 0, to: nodes.count, by: 2).map { Keccak256.hash(nodes[$0], nodes[$0 + 1]) }
      first >>= 1
      last >>= 1
      start >>= 1
    }
    return proof
  }

  /// Brings the left part to `index`. Going back, which only a reorganisation of L1 asks for, begins anew.
  private mutating func move(to index: Int) {
    if index < base {
      frontier = [Bytes32](repeating: .zero, count: 64)
      base = 0
    }
    while base < index {
      var node = leaves[base], level = 0
      while base >> level & 1 == 1 {
        node = Keccak256.hash(frontier[level], node)
        level += 1
      }
      frontier[level] = node
      base += 1
    }
  }
}
