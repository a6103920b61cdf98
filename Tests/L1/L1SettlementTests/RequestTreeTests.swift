import Cryptography
import L1Settlement
import Primitives
import RandomTesting
import Testing

@Suite("The tree of requests")
struct RequestTreeTests {
  /// The root that the contract computes from a range and its paths (`Merkle.calculateRootPaths`).
  private func root(_ range: RequestRange, from start: Int) -> Bytes32 {
    var nodes = range.hashes, first = start
    for level in range.left.indices {
      if first & 1 == 1 { nodes.insert(range.left[level], at: 0) }
      if nodes.count & 1 == 1 { nodes.append(range.right[level]) }
      nodes = stride(from: 0, to: nodes.count, by: 2).map { Keccak256.hash(nodes[$0], nodes[$0 + 1]) }
      first >>= 1
    }
    return nodes[0]
  }

  /// The root over some leaves, padded to a power of two with the hash of nothing.
  private func root(_ leaves: ArraySlice<Bytes32>) -> Bytes32 {
    var level = Array(leaves)
    while level.count & (level.count - 1) != 0 { level.append(Keccak256.hash([])) }
    while level.count > 1 {
      level = stride(from: 0, to: level.count, by: 2).map { Keccak256.hash(level[$0], level[$0 + 1]) }
    }
    return level[0]
  }

  private func word(_ hex: String) -> Bytes32 { Bytes32(hex: hex) ?? .zero }

  @Test("The worked roots, and the worked range")
  func worked() throws {
    var tree = RequestTree()
    tree.append(word("0xa1e697d08d5bd4ae1fd8f354190352c4c192431427b26768939da54f63aaf672"))
    tree.append(Keccak256.hash(Array("a".utf8)))
    tree.append(Keccak256.hash(Array("b".utf8)))
    let roots = [
      "0xa1e697d08d5bd4ae1fd8f354190352c4c192431427b26768939da54f63aaf672",
      "0x5a9e56ecdadc164f9315f37d21666a6e60b18679197d56942cf6a7b2f4bd8ee9",
      "0x1974b08d108556e11ccdb06a46a0f7ad4914560c317ff032c06a7976f1158fb8",
    ].map(word)
    for end in 1...3 {
      let proof = tree.proof(of: end - 1..<end, end: end)
      let range = try #require(proof)
      #expect(root(range, from: end - 1) == roots[end - 1])
    }
    let proof = tree.proof(of: 1..<3, end: 3)
    let range = try #require(proof)
    #expect(range.left.count == 2 && range.left[0] == roots[0] && range.right[0] == Keccak256.hash([]))
    #expect(root(range, from: 1) == roots[2])
  }

  @Test("Any range leads to the root of its time, whatever was asked for before", arguments: 0..<20 as Range<UInt64>)
  func ranges(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let leaves = (0..<Int.random(in: 1...70, using: &random)).map { _ in random.bytes32() }
    var tree = RequestTree()
    for leaf in leaves { tree.append(leaf) }
    for _ in 0..<40 {
      let end = Int.random(in: 1...leaves.count, using: &random)
      let upper = Int.random(in: 1...end, using: &random)
      let lower = Int.random(in: 0..<upper, using: &random)
      let proof = tree.proof(of: lower..<upper, end: end)
      let range = try #require(proof)
      #expect(range.hashes == Array(leaves[lower..<upper]))
      #expect(root(range, from: lower) == root(leaves[..<end]), "seed \(seed): \(lower)..<\(upper) of \(end)")
    }
  }

  @Test("What is in front of a part can be let go of", arguments: 0..<20 as Range<UInt64>)
  func parts(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let leaves = (0..<Int.random(in: 2...70, using: &random)).map { _ in random.bytes32() }
    var whole = RequestTree()
    for leaf in leaves { whole.append(leaf) }
    let cut = Int.random(in: 1..<leaves.count, using: &random)
    let part = whole.left(of: cut)
    let left = try #require(part)
    var dropped = whole
    dropped.drop(before: left)
    var fresh = RequestTree(after: left)
    for leaf in leaves[cut...] { fresh.append(leaf) }
    for end in cut + 1...leaves.count {
      let lower = Int.random(in: cut..<end, using: &random)
      let expected = whole.proof(of: lower..<end, end: end)
      let first = dropped.proof(of: lower..<end, end: end), second = fresh.proof(of: lower..<end, end: end)
      #expect(expected != nil && first == expected && second == expected, "seed \(seed)")
    }
    let gone = fresh.proof(of: cut - 1..<cut, end: cut)
    #expect(gone == nil)
    let notThere = fresh.left(of: cut - 1)
    #expect(notThere == nil)
  }

  @Test("What is not known cannot be proved")
  func unknown() {
    var tree = RequestTree()
    tree.append(.zero)
    do {
      let proof = tree.proof(of: 0..<2, end: 2)
      #expect(proof == nil)
    }
    do {
      let proof = tree.proof(of: 0..<0, end: 1)
      #expect(proof == nil)
    }
    do {
      let proof = tree.proof(of: 0..<1, end: 0)
      #expect(proof == nil)
    }
  }
}
