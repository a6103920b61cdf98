/// How a program ends that is made to be proved: sixteen loads of the output into x10…x25, then a jump to itself.
///
/// The address of that jump is where a proof must end. Source: zksync-airbender, `execution_utils/src/lib.rs`
/// (`EXIT_SEQUENCE`, `find_binary_exit_point`).
package enum ExitSequence {
  /// `lw x(10 + n), 4·n(x26)` for n from 0 to 15, and `jal x0, 0`.
  package static let words: [UInt32] = (0..<16).map { 0x000d_2503 + $0 << 7 + ($0 * 4) << 20 } + [0x0000_006f]

  /// The address of the jump of the only such sequence in a program.
  ///
  /// - Throws: ``VerificationKeyError/noExit``, ``VerificationKeyError/severalExits(_:)``.
  package static func finalPC(of image: [UInt32]) throws(VerificationKeyError) -> UInt32 {
    let starts = image.indices.filter { image[$0...].starts(with: words) }
    guard let start = starts.first else { throw .noExit }
    guard starts.count == 1 else { throw .severalExits(starts.count) }
    return UInt32(4 * (start + words.count - 1))
  }
}
