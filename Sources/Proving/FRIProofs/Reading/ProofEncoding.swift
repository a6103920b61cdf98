/// How a program proof is written as bytes. Both forms hold the same fields in the same order and have no tag, so the
/// reader recognizes them by the count of main proofs, with which both begin.
public enum ProofEncoding: String, Sendable, CaseIterable {
  /// bincode 1 as `bincode::serialize` writes it: integers of fixed width, least significant byte first, counts of eight
  /// bytes. What provers of the releases of 2025 up to July submit.
  case bincode1 = "bincode 1"
  /// bincode 2 with `config::standard()`: integers of one byte below 251, otherwise a marker and two, four or eight bytes.
  /// What provers submit since August 2025.
  case bincode2 = "bincode 2"

  /// The encoding of `bytes`, which begin with a count of at most 250.
  ///
  /// bincode 1 has seven zero bytes after the first; in bincode 2 these would be seven elements of the first two
  /// challenges. Challenges come out of a hash, so no honest proof has them.
  public static func detect(_ bytes: [UInt8]) -> ProofEncoding {
    bytes.count >= 8 && bytes[1..<8].allSatisfy { $0 == 0 } ? .bincode1 : .bincode2
  }
}
