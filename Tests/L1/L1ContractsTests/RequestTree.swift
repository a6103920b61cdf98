import Cryptography
import Primitives

/// The tree over the hashes of requests, computed from all its leaves: what the contract's incremental one is held to.
struct RequestTree {
  /// Nodes from the leaves up to the root, padded to a power of two.
  let levels: [[Bytes32]]

  init(_ leaves: [Bytes32]) {
    var level = leaves
    while level.count & (level.count - 1) != 0 { level.append(Keccak256.hash([])) }
    var levels = [level]
    while level.count > 1 {
      level = stride(from: 0, to: level.count, by: 2).map { Keccak256.hash(level[$0], level[$0 + 1]) }
      levels.append(level)
    }
    self.levels = levels
  }

  var root: Bytes32? { levels.last?.first }

  /// Proves the leaves of `range`.
  func proof(of range: Range<Int>) -> RequestRange {
    var left: [Bytes32] = [], right: [Bytes32] = []
    var first = range.lowerBound, last = range.upperBound - 1
    for level in levels.dropLast() {
      left.append(first & 1 == 1 ? level[first - 1] : .zero)
      right.append(last & 1 == 0 ? level[last + 1] : .zero)
      first >>= 1
      last >>= 1
    }
    return RequestRange(left: left, right: right, hashes: Array(levels[0][range]))
  }
}
