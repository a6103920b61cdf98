extension ProofReader {
  /// `count` elements of the field.
  mutating func elements(_ count: Int, into target: inout [UInt32]) throws(ProofFormatError) {
    for _ in 0..<count { target.append(try element()) }
  }

  /// A list of elements.
  mutating func elements(into target: inout [UInt32]) throws(ProofFormatError) {
    try elements(count(words: 1), into: &target)
  }

  /// A list of elements of the extension of degree four.
  mutating func quartics(into target: inout [UInt32]) throws(ProofFormatError) {
    try elements(4 * count(words: 4), into: &target)
  }

  /// A list of hashes, of eight words each.
  mutating func hashes(into target: inout [UInt32]) throws(ProofFormatError) {
    for _ in 0..<8 * (try count(words: 8)) { target.append(try word()) }
  }

  /// The caps of a commitment's trees: a list of lists of hashes.
  mutating func caps(into target: inout [UInt32]) throws(ProofFormatError) {
    for _ in 0..<(try count(words: 1)) { try hashes(into: &target) }
  }
}
