import Cryptography
import Primitives
import RandomTesting
import Testing
import VerificationKeys

@Suite("The tree of a coset")
struct CosetTreeTests {
  @Test("Its cap is what hashing row by row gives", arguments: [6, 7, 9, 15], [1, 3])
  func cap(bits: Int, threads: Int) throws {
    var random = SplitMix64(seed: UInt64(bits))
    let columns = try SetupColumns(count: 9, rowBits: bits)
    for row in 0..<columns.rowCount {
      for column in 0..<9 { columns[row, column] = UInt32.random(in: 0..<Mersenne31.modulus, using: &random) }
    }
    var level = (0..<columns.rowCount).map { leaf in
      let row = (0..<bits).reduce(0) { $0 | (leaf >> $1 & 1) << (bits - 1 - $1) }
      let words = (0..<9).map { columns[row, $0] }
      return words.withUnsafeBytes { Blake2s256.hash($0, rounds: .seven) }
    }
    while level.count > 64 {
      level = stride(from: 0, to: level.count, by: 2).map {
        Blake2s256.hash(level[$0].bytes + level[$0 + 1].bytes, rounds: .seven)
      }
    }
    #expect(CosetTree.cap(of: columns, threads: threads) == level)
  }
}
