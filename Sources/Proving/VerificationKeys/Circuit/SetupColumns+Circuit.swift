import Airbender
import Concurrency

extension SetupColumns {
  /// Rows of the circuits of both machines: one cycle a row.
  static let circuitRowBits = 22
  /// Two of the cycle's timestamp, two with all numbers of 16 and of 19 bits, and twice four with the rows of all tables and their
  /// numbers.
  static let circuitColumnCount = 12

  /// The columns of a machine with a program, on its own domain.
  ///
  /// Source: zksync-airbender, `prover/src/prover_stages/mod.rs` (`SetupPrecomputations`) and
  /// `cs/src/definitions/setup_tree.rs`.
  ///
  /// - Parameter image: the program, no more words than the ROM holds.
  /// - Throws: ``VerificationKeyError/outOfMemory``.
  static func circuit(_ machine: MachineKind, image: [UInt32], threads: Int) throws(VerificationKeyError)
    -> SetupColumns
  {
    let columns = try SetupColumns(count: circuitColumnCount, rowBits: circuitRowBits)
    let tables = LookupTable.all(of: machine, image: image)
    inParallel(tables.count + 1, threads: threads) { index in
      guard index > 0 else { return columns.fillCounters() }
      let first = tables[..<(index - 1)].reduce(0) { $0 + $1.count }
      columns.fill(with: tables[index - 1], from: first)
    }
    columns.balance()
    return columns
  }

  /// Timestamps and ranges. A timestamp has 19 bits in each column, and counts four accesses a cycle, from 4.
  private func fillCounters() {
    let mask: UInt64 = 1 << 19 - 1
    for row in 0..<rowCount - 1 {
      let position = position(ofRow: row), timestamp = UInt64(row + 1) << 2
      words(0)[position] = UInt32(timestamp & mask)
      words(1)[position] = UInt32(timestamp >> 19)
      if row < 1 << 16 { words(2)[position] = UInt32(row) }
      if row < 1 << 19 { words(3)[position] = UInt32(row) }
    }
  }

  /// Writes a table. Tables take all rows but the last, first of one set of columns, then of the other.
  private func fill(with table: LookupTable, from first: Int) {
    let capacity = rowCount - 1
    for index in 0..<table.count {
      let (set, row) = (first + index).quotientAndRemainder(dividingBy: capacity)
      let position = position(ofRow: row), column = 4 + 4 * set
      let (first, second, third) = table.row(UInt32(index))
      words(column)[position] = first
      words(column + 1)[position] = second
      words(column + 2)[position] = third
      words(column + 3)[position] = table.id
    }
  }
}
