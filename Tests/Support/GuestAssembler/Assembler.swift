// A small assembler, so that the guests of the tests are readable and need no tool from outside.

import Airbender

/// A register, by its name in the calling convention.
package enum Register: UInt32, CaseIterable {
  case zero, ra, sp, gp, tp, t0, t1, t2, s0, s1, a0, a1, a2, a3, a4, a5
  case a6, a7, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, t3, t4, t5, t6
}

/// Collects instruction words. Labels are places in the code; jumps and branches to labels are filled in by ``words``.
package struct Assembler {
  package struct Label { fileprivate let number: Int }

  private var code: [UInt32] = []
  private var places: [Int?] = []
  private var fixups: [(place: Int, label: Int, isBranch: Bool)] = []

  package init() {}

  /// Address of the next instruction.
  package var pc: UInt32 { UInt32(code.count * 4) }

  package mutating func label() -> Label {
    places.append(nil)
    return Label(number: places.count - 1)
  }

  package mutating func place(_ label: Label) { places[label.number] = code.count }

  package mutating func raw(_ word: UInt32) { code.append(word) }

  /// The finished image.
  package var words: [UInt32] {
    var result = code
    for fixup in fixups {
      let distance = Int32((places[fixup.label]! - fixup.place) * 4)
      result[fixup.place] |= fixup.isBranch ? Assembler.branchBits(distance) : Assembler.jumpBits(distance)
    }
    return result
  }

  // Formats (The RISC-V Instruction Set Manual, volume I, §2.2–2.3).

  package static func branchBits(_ distance: Int32) -> UInt32 {
    let d = UInt32(bitPattern: distance)
    return (d >> 12 & 1) << 31 | (d >> 5 & 0x3F) << 25 | (d >> 1 & 15) << 8 | (d >> 11 & 1) << 7
  }

  package static func jumpBits(_ distance: Int32) -> UInt32 {
    let d = UInt32(bitPattern: distance)
    return (d >> 20 & 1) << 31 | (d >> 1 & 0x3FF) << 21 | (d >> 11 & 1) << 20 | (d >> 12 & 0xFF) << 12
  }

  package mutating func r(_ function7: UInt32, _ function3: UInt32, _ rd: Register, _ rs1: Register, _ rs2: Register) {
    raw(function7 << 25 | rs2.rawValue << 20 | rs1.rawValue << 15 | function3 << 12 | rd.rawValue << 7 | 0x33)
  }

  package mutating func i(_ opcode: UInt32, _ function3: UInt32, _ rd: Register, _ rs1: Register, _ immediate: Int32) {
    raw(UInt32(bitPattern: immediate) << 20 | rs1.rawValue << 15 | function3 << 12 | rd.rawValue << 7 | opcode)
  }

  package mutating func s(_ function3: UInt32, _ rs2: Register, _ offset: Int32, _ rs1: Register) {
    let o = UInt32(bitPattern: offset)
    raw((o >> 5) << 25 | rs2.rawValue << 20 | rs1.rawValue << 15 | function3 << 12 | (o & 31) << 7 | 0x23)
  }

  package mutating func branch(_ function3: UInt32, _ rs1: Register, _ rs2: Register, _ target: Label) {
    fixups.append((code.count, target.number, true))
    raw(rs2.rawValue << 20 | rs1.rawValue << 15 | function3 << 12 | 0x63)
  }

  package mutating func branch(_ function3: UInt32, _ rs1: Register, _ rs2: Register, distance: Int32) {
    raw(Assembler.branchBits(distance) | rs2.rawValue << 20 | rs1.rawValue << 15 | function3 << 12 | 0x63)
  }

  package mutating func jal(_ rd: Register, _ target: Label) {
    fixups.append((code.count, target.number, false))
    raw(rd.rawValue << 7 | 0x6F)
  }

  package mutating func jal(_ rd: Register, distance: Int32) {
    raw(Assembler.jumpBits(distance) | rd.rawValue << 7 | 0x6F)
  }

  package mutating func jalr(_ rd: Register, _ offset: Int32, _ rs1: Register) { i(0x67, 0, rd, rs1, offset) }
  package mutating func lui(_ rd: Register, _ upper: UInt32) { raw(upper << 12 | rd.rawValue << 7 | 0x37) }
  package mutating func auipc(_ rd: Register, _ upper: UInt32) { raw(upper << 12 | rd.rawValue << 7 | 0x17) }
  package mutating func addi(_ rd: Register, _ rs1: Register, _ value: Int32) { i(0x13, 0, rd, rs1, value) }
  package mutating func add(_ rd: Register, _ rs1: Register, _ rs2: Register) { r(0, 0, rd, rs1, rs2) }
  package mutating func lw(_ rd: Register, _ offset: Int32, _ rs1: Register) { i(0x03, 2, rd, rs1, offset) }
  package mutating func sw(_ rs2: Register, _ offset: Int32, _ rs1: Register) { s(2, rs2, offset, rs1) }

  package mutating func csrrw(_ rd: Register, _ csr: UInt16, _ rs1: Register, function3: UInt32 = 1) {
    raw(UInt32(csr) << 20 | rs1.rawValue << 15 | function3 << 12 | rd.rawValue << 7 | 0x73)
  }

  /// An operation of the field of 2³¹ − 1 elements, which only the recursion machine has.
  package enum FieldOperation: UInt32, CaseIterable, Sendable {
    case add = 0x41, subtract = 0x43, multiply = 0x45
  }

  package mutating func field(_ operation: FieldOperation, _ rd: Register, _ rs1: Register, _ rs2: Register) {
    raw(operation.rawValue << 25 | rs2.rawValue << 20 | rs1.rawValue << 15 | 4 << 12 | rd.rawValue << 7 | 0x73)
  }

  /// Reads a word from the host.
  package mutating func read(_ rd: Register) { csrrw(rd, CSR.nonDeterminism, .zero) }
  /// Sends a word to the host.
  package mutating func write(_ rs1: Register) { csrrw(.zero, CSR.nonDeterminism, rs1) }

  /// Any constant, in two instructions.
  package mutating func li(_ rd: Register, _ value: UInt32) {
    let low = Int32(bitPattern: value << 20) >> 20
    lui(rd, (value &- UInt32(bitPattern: low)) >> 12)
    addi(rd, rd, low)
  }

  /// The regular end: a jump to itself.
  package mutating func halt() { jal(.zero, distance: 0) }
}
