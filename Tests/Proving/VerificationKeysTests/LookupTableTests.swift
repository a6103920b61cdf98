import Airbender
import RandomTesting
import Testing
import VerificationKeys

@Suite("The tables of a circuit")
struct LookupTableTests {
  private static func table(_ id: UInt32, _ machine: MachineKind = .standard) throws -> LookupTable {
    try #require(LookupTable.all(of: machine, image: [7, 0x8000_0001]).first { $0.id == id })
  }

  @Test("They fill one set of columns and begin another", arguments: MachineKind.allCases)
  func sizes(machine: MachineKind) {
    let tables = LookupTable.all(of: machine, image: [])
    #expect(tables.map(\.id) == tables.map(\.id).sorted())
    let rows = tables.reduce(0) { $0 + $1.count }
    #expect(rows > 1 << 22 - 1 && rows <= 2 * (1 << 22 - 1))
  }

  @Test("All values are elements of the field", arguments: MachineKind.allCases)
  func elements(machine: MachineKind) {
    for table in LookupTable.all(of: machine, image: [.max]) {
      // Every row of the small ones, some of the large ones.
      for key in stride(from: 0, to: table.count, by: max(1, table.count >> 12)) {
        let (a, b, c) = table.row(UInt32(key))
        #expect(max(a, b, c) < Mersenne31.modulus, "table \(table.id), row \(key)")
      }
    }
  }

  @Test("Instructions are known to the circuit where the machine executes them", arguments: MachineKind.allCases)
  func decoder(machine: MachineKind) {
    let table = DecoderTable(machine)
    for key in UInt32(0)..<1 << 17 {
      let word = key & 0x7f | (key >> 7 & 7) << 12 | (key >> 10) << 25 | 2 << 7 | 3 << 15
      let isUnknown = Disassembler.text(word, at: 0, for: machine).hasPrefix(".word")
      let flags = table[key]
      if isUnknown {
        #expect(flags == 0b1_0001, "\(word)")
      } else {
        #expect(flags & 1 == 0 && (flags >> 1 & 0x3f).nonzeroBitCount == 1, "\(word)")
        #expect(flags >> 23 == 0)
      }
    }
  }

  @Test("What differs within a family has different flags")
  func variants() {
    let table = DecoderTable(.standard)
    func flags(_ opcode: UInt32, _ funct3: UInt32, _ funct7: UInt32 = 0) -> UInt32 {
      table[opcode | funct3 << 7 | funct7 << 10]
    }
    let families: [[UInt32]] = [
      [0, 1, 2, 4, 5].map { flags(0x03, $0) }, [0, 1, 2].map { flags(0x23, $0) },
      (0..<4).map { flags(0x33, $0, 1) }, (4..<8).map { flags(0x33, $0, 1) },
      [flags(0x33, 1), flags(0x33, 5), flags(0x33, 5, 0x20)],
    ]
    for family in families { #expect(Set(family).count == family.count) }
    // The three that have no variant: LBU, MULHU, REMU.
    #expect(families.map { $0.filter { $0.nonzeroBitCount == 2 }.count } == [1, 1, 1, 1, 1])
    #expect(flags(0x33, 0) != flags(0x13, 0), "the format differs")
  }

  @Test("Shifts, conditions and loads are what processors do")
  func arithmetic() throws {
    let shift = try Self.table(37), condition = try Self.table(22), load = try Self.table(39), fill = try Self.table(20)
    var random = SplitMix64(seed: 5)
    for _ in 0..<2000 {
      let word = UInt32(truncatingIfNeeded: random.next()), amount = UInt32.random(in: 0..<32, using: &random)
      func both(_ half: UInt32, right: UInt32) -> (UInt32, UInt32) {
        let row = shift.row(half | amount << 16 | right << 21)
        return (row.1, row.2)
      }
      let low = word & 0xffff, high = word >> 16
      let left = (both(low, right: 0), both(high, right: 0)), right = (both(low, right: 1), both(high, right: 1))
      #expect(word << amount == left.0.0 | (left.0.1 | left.1.0) << 16)
      let logical = right.0.0 | right.1.1 | right.1.0 << 16
      #expect(word >> amount == logical)
      let filling = fill.row(word >> 31 | 1 << 1 | amount << 2)
      #expect(UInt32(bitPattern: Int32(bitPattern: word) >> Int32(amount)) == logical | filling.1 | filling.2 << 16)

      let other = UInt32(truncatingIfNeeded: random.next()), equal = Int.random(in: 0..<4, using: &random) == 0
      let second = equal ? word : other
      let signed = Int32(bitPattern: word) < Int32(bitPattern: second)
      let flags: UInt32 =
        (word < second ? 1 << 3 : 0) | (word == second ? 1 << 4 : 0) | (word >> 31) << 5 | (second >> 31) << 6
      let expected: [(Bool, Bool)] = [
        (word == second, false), (word != second, false), (false, signed), (false, word < second), (signed, false),
        (!signed, false), (word < second, false), (word >= second, false),
      ]
      for (funct3, expected) in expected.enumerated() {
        let row = condition.row(UInt32(funct3) | flags)
        #expect(row.1 == (expected.0 ? 1 : 0) && row.2 == (expected.1 ? 1 : 0), "funct3 \(funct3)")
      }

      let upper = other & 1, byte = UInt8(truncatingIfNeeded: low >> (8 * upper))
      func loaded(_ funct3: UInt32) -> UInt32 {
        let row = load.row(low | upper << 16 | funct3 << 17)
        return row.1 | row.2 << 16
      }
      #expect(loaded(0) == UInt32(bitPattern: Int32(Int8(bitPattern: byte))))
      #expect(loaded(1) == UInt32(bitPattern: Int32(Int16(truncatingIfNeeded: low))))
      #expect(loaded(4) == UInt32(byte))
      #expect(loaded(5) == low)
      #expect(loaded(2) == 0)
    }
  }

  @Test("The ROM holds the program, and beyond it what cannot be proved")
  func rom() throws {
    let rom = try Self.table(24)
    #expect(rom.row(0) == (0, 7, 0))
    #expect(rom.row(1) == (4, 1, 0x8000))
    #expect(rom.row(2) == (8, 0x1073, 0xc000))
    #expect(rom.row(1 << 19 - 1) == (1 << 21 - 4, 0x1073, 0xc000))
  }

  @Test("Each machine has the control registers of its delegations")
  func controlRegisters() throws {
    for machine in MachineKind.allCases {
      let table = try Self.table(25, machine)
      let supported = (UInt32(0)..<1 << 12).filter { table.row($0).1 == 1 }
      #expect(supported == (machine == .standard ? [0x7c0, 0x7c7, 0x7ca] : [0x7c0, 0x7c7]))
      #expect(supported.filter { table.row($0).2 == 1 } == Array(supported.dropFirst()))
    }
  }
}
