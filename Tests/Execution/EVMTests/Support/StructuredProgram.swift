// Random bytecode with the shape of real code: blocks, loops, operands that exist, jumps that mostly arrive.

import EVM
import Primitives
import RandomTesting

/// A generator of programs for comparisons of interpreters.
///
/// It keeps count of the stack's height, roughly, so that most programs run for a while; a few do not care, so that every
/// way to fail is taken as well.
struct StructuredProgram {
  private var random: SplitMix64
  private var code: [UInt8] = []
  private var height = 0
  private var labels: [Int] = []
  private var references: [(position: Int, label: Int)] = []
  private let labelCount: Int
  private let revision: Revision
  private let table: UnsafePointer<InstructionTable>

  static func make(_ random: inout SplitMix64, _ revision: Revision = .cancun) -> [UInt8] {
    var program = StructuredProgram(random: random, revision: revision)
    let code = program.write()
    random = program.random
    return code
  }

  private init(random: SplitMix64, revision: Revision) {
    self.revision = revision
    table = EthereumRules(revision).table
    self.random = random
    labelCount = Int.random(in: 1...7, using: &self.random)
  }

  private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
  private mutating func chance(_ one: Int) -> Bool { below(one) == 0 }

  private mutating func write() -> [UInt8] {
    if chance(2) { for _ in 0..<below(12) { push() } }
    for _ in 0..<labelCount {
      labels.append(code.count)
      for _ in 0..<(chance(8) ? 1 + below(4) : 1) { code.append(0x5b) }
      for _ in 0..<below(chance(6) ? 60 : 14) { instruction() }
      end()
    }
    dump()
    for (position, label) in references {
      code[position] = UInt8(labels[label] >> 8)
      code[position + 1] = UInt8(labels[label] & 0xff)
    }
    return code
  }

  /// Stores what is on the stack and returns it.
  private mutating func dump() {
    for index in 0..<min(max(height, 1), 6) { code += [0x60, UInt8(32 * index), 0x52] }
    code += [0x60, 0xff, 0x60, 0x00, chance(4) ? 0xfd : 0xf3]
  }

  private mutating func push() {
    let operand = FuzzTests.operand(&random)
    code += operand == [0x5f] ? zero : operand
    height += 1
  }

  private var zero: [UInt8] { revision >= .shanghai ? [0x5f] : [0x60, 0] }

  private mutating func push(label: Int) {
    references.append((code.count + 1, label))
    code += [0x61, 0, 0]
    height += 1
  }

  /// Makes sure, mostly, that an instruction finds its operands.
  private mutating func need(_ count: Int) {
    if chance(200) { return }
    while height < count { push() }
  }

  private mutating func emit(_ opcode: UInt8, takes: Int, leaves: Int) {
    need(takes)
    // Hardly ever what the revision does not have.
    if table.pointee[Opcode(byte: opcode)].handler.rawValue != opcode && !chance(100) { return }
    code.append(opcode)
    height = max(0, height - takes) + leaves
  }

  private mutating func small() {
    code += [0x60, UInt8(below(160))]
    height += 1
  }

  private mutating func instruction() {
    switch below(40) {
    case 0..<6: push()
    case 6..<10:
      let n = 1 + below(min(16, max(1, height)))
      need(n)
      code.append(UInt8(0x7f + n))
      height += 1
    case 10..<14:
      let n = 1 + below(min(16, max(1, height - 1)))
      need(n + 1)
      code.append(UInt8(0x8f + n))
    case 14: emit(0x50, takes: 1, leaves: 0)
    case 15..<22:
      let opcodes: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 0x0b, 0x10, 0x11, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1a]
      if chance(2) { push() }
      emit(opcodes.randomElement(using: &random)!, takes: 2, leaves: 1)
    case 22..<24:
      // Small shift counts, byte and sign indices; a constant operand below the index now and then.
      if chance(2) { push() }
      if !chance(4) { small() }
      emit([0x1b, 0x1c, 0x1d, 0x1a, 0x0b, 0x0a].randomElement(using: &random)!, takes: 2, leaves: 1)
    case 24: emit(chance(2) ? 8 : 9, takes: 3, leaves: 1)
    case 25..<27: emit(chance(3) ? 0x19 : 0x15, takes: 1, leaves: 1)
    case 27..<32: memory()
    case 32:
      if !chance(4) { small() }
      emit(0x35, takes: 1, leaves: 1)
    case 33:
      let opcodes: [UInt8] = [
        0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3a, 0x3d, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x48, 0x4a, 0x58, 0x59,
        0x5a,
      ]
      emit(opcodes.randomElement(using: &random)!, takes: 0, leaves: 1)
    case 34: emit(0x5a, takes: 0, leaves: 1)
    case 35: storage()
    case 36:
      for _ in 0..<3 { small() }
      emit(chance(20) ? 0x3e : [0x37, 0x39, 0x5e, 0x5e].randomElement(using: &random)!, takes: 3, leaves: 0)
    case 37: call()
    case 38: emit([0x31, 0x3b, 0x3f, 0x40, 0x47, 0x49].randomElement(using: &random)!, takes: 1, leaves: 1)
    default:
      if chance(16) {
        code.append(UInt8.random(in: 0...255, using: &random))
      } else {
        small()
        small()
        let topics = below(5)
        emit(UInt8(0xa0 + topics), takes: 2 + topics, leaves: 0)
      }
    }
  }

  private mutating func memory() {
    if !chance(50) { small() }
    switch below(5) {
    case 0, 1: emit(0x51, takes: 1, leaves: 1)
    case 2: emit(0x52, takes: 2, leaves: 0)
    case 3: emit(0x53, takes: 2, leaves: 0)
    default:
      small()
      emit(0x20, takes: 2, leaves: 1)
    }
  }

  private mutating func storage() {
    code += [0x60, UInt8(below(3))]
    height += 1
    let opcode = [0x54, 0x55, 0x5c, 0x5d].randomElement(using: &random)! as UInt8
    emit(opcode, takes: opcode & 1 == 0 ? 1 : 2, leaves: opcode & 1 == 0 ? 1 : 0)
  }

  /// Calls itself, a precompile or nobody.
  private mutating func call() {
    code += [0x60, 32, 0x60, UInt8(below(64)), 0x60, UInt8(below(64))] + zero
    let opcode = [0xf1, 0xf2, 0xf4, 0xfa].randomElement(using: &random)! as UInt8
    if opcode < 0xf4 { code += chance(3) ? [0x34] : zero }
    code += [[0x30], [0x60, UInt8(1 + below(10))], [0x33]].randomElement(using: &random)!
    code += chance(3) ? [0x5a] : [0x61, UInt8(below(40)), 0]
    code.append(opcode)
    height += 1
  }

  private mutating func end() {
    switch below(12) {
    case 0: break
    case 1..<6:
      // A branch on a comparison or on whatever is there.
      if !chance(4) {
        if chance(2) { push() }
        emit([0x10, 0x11, 0x12, 0x13, 0x14, 0x03, 0x18].randomElement(using: &random)! as UInt8, takes: 2, leaves: 1)
      }
      for _ in 0..<below(3) { emit(0x15, takes: 1, leaves: 1) }
      if chance(5) { code += [0x80] }
      push(label: below(labelCount))
      emit(0x57, takes: 2, leaves: 0)
    case 6..<8:
      push(label: below(labelCount))
      emit(0x56, takes: 1, leaves: 0)
    case 8:
      // A return address put aside and used later, as compiled code does.
      push(label: below(labelCount))
      let bottom = height - 1
      for _ in 0..<below(3) { push() }
      for _ in 0..<below(4) { instruction() }
      let depth = min(16, max(1, chance(10) ? below(16) : height - bottom))
      code += [UInt8(0x7f + depth), 0x56]
    case 9 where chance(4):
      push(label: below(labelCount))
      push(label: below(labelCount))
      emit(chance(2) ? 0x18 : 0x16, takes: 2, leaves: 1)
      emit(0x56, takes: 1, leaves: 0)
    case 10 where chance(3): dump()
    default:
      push()
      push(label: below(labelCount))
      emit(0x57, takes: 2, leaves: 0)
    }
  }
}
