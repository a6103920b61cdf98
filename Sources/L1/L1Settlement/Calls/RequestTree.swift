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
/// Belongs to one owner. A hash takes 32 bytes here; the rest is computed from where the last proof began. What is in
/// front of a ``Left`` part need not be kept.
///
/// Source: era-contracts `state-transition/libraries/PriorityTree.sol`, `common/libraries/DynamicIncrementalMerkle.sol`.
package struct RequestTree: Sendable {
  /// All that the first `count` requests mean for those after them.
  package struct Left: Hashable, Sendable {
    package private(set) var count = 0
    /// For each bit of `count` that is set, the root of the full subtree that it stands for.
    fileprivate var frontier = [Bytes32](repeating: .zero, count: 64)

    package init() {}

    fileprivate mutating func append(_ leaf: Bytes32) {
      var node = leaf, level = 0
      while count >> level & 1 == 1 {
        node = Keccak256.hash(frontier[level], node)
        level += 1
      }
      frontier[level] = node
      count += 1
    }
  }

  /// Roots of empty subtrees by height.
  private static let empty: [Bytes32] = {
    var nodes = [Keccak256.hash([])]
    while nodes.count < 64 { nodes.append(Keccak256.hash(nodes[nodes.count - 1], nodes[nodes.count - 1])) }
    return nodes
  }()

  /// Where `leaves` begin.
  private var origin: Left
  private var leaves: ArraySlice<Bytes32> = []
  /// What is in front of the last proof.
  private var left: Left

  package init(after left: Left = Left()) {
    origin = left
    self.left = left
  }

  package var count: Int { origin.count + leaves.count }

  package mutating func append(_ hash: Bytes32) { leaves.append(hash) }

  /// The part before `index`; `nil` where that is not known any more, or not yet.
  package mutating func left(of index: Int) -> Left? {
    guard index >= origin.count, index <= count else { return nil }
    move(to: index)
    return left
  }

  /// Lets go of what stands in front of `left`, a part of this tree.
  package mutating func drop(before left: Left) {
    guard left.count > origin.count, left.count <= count else { return }
    leaves = ArraySlice(leaves.dropFirst(left.count - origin.count))
    origin = left
    if self.left.count < left.count { self.left = left }
  }

  /// Proves the requests of `range` against the root that the tree had when the request `end - 1` was its last; `nil`
  /// where they are not all known.
  package mutating func proof(of range: Range<Int>, end: Int) -> RequestRange? {
    guard !range.isEmpty, range.lowerBound >= origin.count, range.upperBound <= end, end <= count else { return nil }
    move(to: range.lowerBound)
    let frontier = left.frontier
    let height = end <= 1 ? 0 : Int.bitWidth - (end - 1).leadingZeroBitCount
    var nodes = Array(hashes(range.lowerBound..<end))
    var first = range.lowerBound, last = range.upperBound - 1, start = range.lowerBound
    var proof = RequestRange(hashes: Array(hashes(range)))
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

  private func hashes(_ range: Range<Int>) -> ArraySlice<Bytes32> {
    leaves.dropFirst(range.lowerBound - origin.count).prefix(range.count)
  }

  /// Brings the left part to `index`. Going back, which only a reorganisation of L1 asks for, begins anew.
  private mutating func move(to index: Int) {
    if index < left.count { left = origin }
    for leaf in hashes(left.count..<index) { left.append(leaf) }
  }
}

// The form on disk; numbers big-endian.

extension RequestTree.Left {
  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(bigEndian: UInt64(clamping: count))
    for (level, node) in frontier.enumerated() where count >> level & 1 == 1 { bytes.append(node) }
    return bytes
  }

  /// Reads ``encoded``; `nil` for bytes that are something else.
  init?(_ reader: inout ByteReader) {
    // More than L1 will ever have, and few enough to count on.
    guard let raw: UInt64 = reader.bigEndian(), raw >> 48 == 0, let count = Int(exactly: raw) else { return nil }
    self.count = count
    for level in frontier.indices where count >> level & 1 == 1 {
      guard let node = reader.bytes32() else { return nil }
      frontier[level] = node
    }
  }
}
