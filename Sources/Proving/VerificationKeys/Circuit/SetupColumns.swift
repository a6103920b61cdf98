import Glibc

/// The columns of a circuit that depend on the program and not on its run, over a domain of a power of two rows.
///
/// The rows lie in the order in which the trees want their leaves, bit-reversed, with the eight blocks of that order
/// interleaved: word 8·h + l of a column is leaf l·(rows/8) + h. So the same word of eight leaves is one vector, and a
/// transform does the same with all its lanes until its last three steps.
package final class SetupColumns: @unchecked Sendable {  // whoever works on a column has it alone
  typealias Words = SIMD8<UInt32>

  /// The base-2 logarithm of the number of rows; at least 6.
  let rowBits: Int
  let count: Int
  private let memory: UnsafeMutableRawPointer

  package var rowCount: Int { 1 << rowBits }
  /// The vectors of a column.
  var vectorCount: Int { 1 << (rowBits - 3) }

  private var byteCount: Int { count << (rowBits + 2) }

  /// Columns of zeros.
  ///
  /// - Throws: ``VerificationKeyError/outOfMemory``.
  package init(count: Int, rowBits: Int) throws(VerificationKeyError) {
    precondition(rowBits >= 6, "too few rows for the lanes")
    self.count = count
    self.rowBits = rowBits
    let pages = mmap(nil, count << (rowBits + 2), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let pages, pages != MAP_FAILED else { throw .outOfMemory }
    memory = pages
    // Rows are scattered over all of it; without larger pages it works as well.
    madvise(pages, count << (rowBits + 2), MADV_HUGEPAGE)
  }

  deinit { munmap(memory, byteCount) }

  func vectors(_ column: Int) -> UnsafeMutablePointer<Words> {
    (memory + column << (rowBits + 2)).assumingMemoryBound(to: Words.self)
  }

  func words(_ column: Int) -> UnsafeMutablePointer<UInt32> {
    (memory + column << (rowBits + 2)).assumingMemoryBound(to: UInt32.self)
  }

  /// Where the word of a row lies in each column.
  func position(ofRow row: Int) -> Int {
    let reversed = Int(truncatingIfNeeded: UInt64(row).bitReversed &>> UInt64(64 - rowBits))
    let hiBits = rowBits - 3
    return (reversed & (1 << hiBits - 1)) << 3 | reversed >> hiBits
  }

  package subscript(row: Int, column: Int) -> UInt32 {
    get { words(column)[position(ofRow: row)] }
    set { words(column)[position(ofRow: row)] = newValue }
  }

  /// Gives the last row the values with which every column sums up to zero, so that its polynomial has no constant term.
  package func balance() {
    for column in 0..<count {
      self[rowCount - 1, column] = 0
      let values = UnsafeBufferPointer(start: words(column), count: rowCount)
      let sum = values.reduce(into: UInt64(0)) { $0 &+= UInt64($1) }
      self[rowCount - 1, column] = Mersenne31.negate(Mersenne31.reduce(sum))
    }
  }
}

extension UInt64 {
  /// The bits in the opposite order.
  fileprivate var bitReversed: UInt64 {
    var word = byteSwapped
    word = (word & 0x0f0f_0f0f_0f0f_0f0f) &<< 4 | (word &>> 4) & 0x0f0f_0f0f_0f0f_0f0f
    word = (word & 0x3333_3333_3333_3333) &<< 2 | (word &>> 2) & 0x3333_3333_3333_3333
    return (word & 0x5555_5555_5555_5555) &<< 1 | (word &>> 1) & 0x5555_5555_5555_5555
  }
}
