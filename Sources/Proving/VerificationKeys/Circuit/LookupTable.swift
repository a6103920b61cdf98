import Airbender

/// A table in which a circuit looks up, as rows of three words below the modulus.
///
/// The tables and their numbers: zksync-airbender, `cs/src/tables.rs` and `cs/src/definitions/table_type.rs`.
package struct LookupTable: Sendable {
  package typealias Row = (UInt32, UInt32, UInt32)

  /// The number of the table, which stands beside each of its rows. Tables follow one another in its order.
  package let id: UInt32
  package let count: Int
  package let row: @Sendable (UInt32) -> Row

  private init(_ id: UInt32, bits: Int, _ row: @escaping @Sendable (UInt32) -> Row) {
    self.id = id
    count = 1 << bits
    self.row = row
  }

  /// The tables of a machine with a program in its ROM, in their order.
  ///
  /// - Parameter image: the program, no more words than the ROM holds.
  package static func all(of machine: MachineKind, image: [UInt32]) -> [LookupTable] {
    let decoder = DecoderTable(machine)
    // The control registers that hand work to other circuits: BLAKE2s, and 256-bit integers.
    let delegations: [UInt32] = machine == .standard ? [0x7c7, 0x7ca] : [0x7c7]
    var tables = [
      LookupTable(0, bits: 0) { _ in (0, 0, 0) },
      LookupTable(1, bits: 17) { ($0, decoder[$0], 0) },
      bytewise(4) { $0 ^ $1 },
      bytewise(6) { $0 | $1 },
      bytewise(7) { $0 & $1 },
      bytewise(8) { _, _ in 0 },
      LookupTable(11, bits: 12) { ($0 >> 8, $0 >> 4 & 0xf, $0 & 0xf) },
      LookupTable(12, bits: 16) { ($0 >> 9, $0 >> 6 & 0x7, $0 & 0x3f) },
      // Sign and upper byte of a half word; of a jump's target whether it is odd as half words go, and the aligned address;
      // the lowest bits of an address.
      LookupTable(16, bits: 16) { ($0, $0 >> 15, $0 >> 8) },
      LookupTable(17, bits: 16) { ($0, $0 >> 1 & 1, $0 & ~3) },
      LookupTable(18, bits: 16) { ($0, $0 & 1, $0 >> 1 & 1) },
      LookupTable(20, bits: 7, signFilling),
      LookupTable(22, bits: 7, condition),
      // Upper halves of addresses: those below 32 are in the ROM.
      LookupTable(23, bits: 16) { ($0, $0 < romChunks ? 0 : 1, $0 % romChunks) },
      LookupTable(24, bits: 19) { index in
        let word = index < image.count ? image[Int(index)] : unimplemented
        return (index * 4, word & 0xffff, word >> 16)
      },
      LookupTable(25, bits: 12) { register in
        let delegates = delegations.contains(register)
        return (register, delegates || register == nonDeterminism ? 1 : 0, delegates ? 1 : 0)
      },
      LookupTable(37, bits: 22, shift),
    ]
    if machine == .standard {
      tables += [
        LookupTable(39, bits: 20, loadedValue),
        // A byte moved to where it is stored, and the half word there without it.
        LookupTable(40, bits: 17) { ($0 >> 1, $0 & 1, ($0 >> 1 & 0xff) << ($0 & 1 == 0 ? 0 : 8)) },
        LookupTable(41, bits: 17) { ($0 >> 1, $0 & 1, $0 >> 1 & ($0 & 1 == 0 ? 0xff00 : 0x00ff)) },
      ]
    }
    return tables
  }

  /// The ROM's 2 MiB in pieces of 64 KiB.
  private static let romChunks: UInt32 = 32
  /// What stands beyond the image: `csrrw x0, cycle, x0`, which no proof gets past.
  private static let unimplemented: UInt32 = 0xc000_1073
  /// The register from which a program reads what the host says.
  private static let nonDeterminism: UInt32 = 0x7c0

  private static func bytewise(_ id: UInt32, _ operation: @escaping @Sendable (UInt32, UInt32) -> UInt32) -> LookupTable
  {
    LookupTable(id, bits: 16) { ($0 >> 8, $0 & 0xff, operation($0 >> 8, $0 & 0xff)) }
  }

  /// The bits that an arithmetic shift to the right brings in. Key: the sign, whether the shift is arithmetic, the amount.
  @Sendable private static func signFilling(_ key: UInt32) -> Row {
    let amount = key >> 2
    guard key & 3 == 3, amount > 0 else { return (key, 0, 0) }
    let mask = UInt32.max << (32 - amount)
    return (key, mask & 0xffff, mask >> 16)
  }

  /// Whether a branch is taken, or what a comparison stores. Key: funct3, unsigned less, equal, both signs.
  @Sendable private static func condition(_ key: UInt32) -> Row {
    let unsignedLess = key >> 3 & 1 == 1, equal = key >> 4 & 1 == 1
    let less = unsignedLess != (key >> 5 & 1 != key >> 6 & 1)
    let branches: Bool
    switch key & 7 {
    case 0: branches = equal
    case 1: branches = !equal
    case 2: return (key, 0, less ? 1 : 0)
    case 3: return (key, 0, unsignedLess ? 1 : 0)
    case 4: branches = less
    case 5: branches = !less
    case 6: branches = unsignedLess
    default: branches = !unsignedLess
    }
    return (key, branches ? 1 : 0, 0)
  }

  /// A half word shifted: what stays of it, and what goes over. Key: the half word, the amount, whether to the right.
  @Sendable private static func shift(_ key: UInt32) -> Row {
    let half = key & 0xffff, amount = key >> 16 & 31
    if key >> 21 == 1 {
      let shifted = (half << 16) >> amount
      return (key, shifted >> 16, shifted & 0xffff)
    }
    let shifted = half << amount
    return (key, shifted & 0xffff, shifted >> 16)
  }

  /// What a load of less than a word puts into the register. Key: the half word, which byte of it, funct3.
  @Sendable private static func loadedValue(_ key: UInt32) -> Row {
    let half = key & 0xffff, byte = key >> 16 & 1 == 0 ? half & 0xff : half >> 8
    let value: UInt32
    switch key >> 17 {
    case 0: value = UInt32(bitPattern: Int32(Int8(truncatingIfNeeded: byte)))
    case 1: value = UInt32(bitPattern: Int32(Int16(truncatingIfNeeded: half)))
    case 4: value = byte
    case 5: value = half
    default: value = 0
    }
    return (key, value & 0xffff, value >> 16)
  }
}
