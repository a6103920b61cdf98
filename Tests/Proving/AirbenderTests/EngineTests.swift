// Translator against interpreter: random programs must end the same way, in the same state, after the same cycles.

import Airbender
import GuestAssembler
import RandomTesting
import Testing

@Suite("Engines")
struct EngineTests {
  /// Random instructions of every kind, on registers that partly point into RAM, with jumps forwards and backwards.
  private static func program(_ random: inout SplitMix64, for machine: MachineKind) -> [UInt32] {
    // Now and then also what the recursion machine lacks.
    func isForRecursion(_ random: inout SplitMix64) -> Bool {
      machine == .recursion && Int.random(in: 0..<24, using: &random) > 0
    }
    var code = Assembler()
    func register(_ random: inout SplitMix64) -> Register { Register.allCases[Int.random(in: 0..<32, using: &random)] }
    for register in [Register.s0, .s1, .a0, .a1] {
      code.li(register, ram + UInt32.random(in: 0..<64, using: &random) * 32)
    }
    for register in [Register.t0, .t1, .t2, .a2, .a3] { code.li(register, UInt32(truncatingIfNeeded: random.next())) }
    let count = Int.random(in: 10..<120, using: &random)
    for _ in 0..<count {
      let rd = register(&random), rs1 = register(&random), rs2 = register(&random)
      let pointer: Register = Bool.random(using: &random) ? .s0 : .s1
      let offset = Int32.random(in: -64..<64, using: &random)
      let aligned = Int.random(in: 0..<12, using: &random) == 0 ? offset : offset & ~3
      // A destination that keeps most pointers alive.
      let target: Register = [.s0, .s1, .a0, .a1].contains(rd) && Int.random(in: 0..<8, using: &random) > 0 ? .t3 : rd
      switch Int.random(in: 0..<16, using: &random) {
      case 0...3:
        let function7: UInt32 = [0, 0, 1, 0x20].randomElement(using: &random) ?? 0
        let function3: UInt32 =
          function7 == 0x20 ? (Bool.random(using: &random) ? 0 : 5) : .random(in: 0..<8, using: &random)
        if function7 == 1, isForRecursion(&random) {
          code.field(Assembler.FieldOperation.allCases.randomElement(using: &random) ?? .add, target, rs1, rs2)
        } else {
          code.r(function7, function3, target, rs1, rs2)
        }
      case 4...6:
        let function3 = UInt32.random(in: 0..<8, using: &random)
        var immediate = Int32.random(in: -2048..<2048, using: &random)
        if function3 == 1 { immediate &= 31 }
        if function3 == 5 { immediate = immediate & 31 | (Bool.random(using: &random) ? 0x400 : 0) }
        code.i(0x13, function3, target, rs1, immediate)
      case 7, 8:
        let widths: [UInt32] = isForRecursion(&random) ? [2] : [0, 1, 2, 2, 4, 5]
        code.i(0x03, widths.randomElement(using: &random) ?? 2, target, pointer, aligned)
      case 9, 10:
        let widths: [UInt32] = isForRecursion(&random) ? [2] : [0, 1, 2, 2]
        code.s(widths.randomElement(using: &random) ?? 2, rs2, aligned, pointer)
      case 11, 12:
        let distance = Int32.random(in: -6..<12, using: &random) * 4
        code.branch([0, 1, 4, 5, 6, 7].randomElement(using: &random) ?? 0, rs1, rs2, distance: distance)
      case 13: code.jal(target, distance: Int32.random(in: 1..<8, using: &random) * 4)
      case 14:
        let offset = Int32.random(in: 0..<16, using: &random)
        code.raw(0x0000_0297)  // auipc t0, 0
        code.jalr(target, Bool.random(using: &random) ? offset : (8 + offset) & ~3, .t0)
      default:
        switch Int.random(in: 0..<5, using: &random) {
        case 0: code.read(target)
        case 1: code.write(rs1)
        case 2: code.csrrw(target, CSR.nonDeterminism, rs1)
        case 3 where !isForRecursion(&random):
          code.addi(.a2, .zero, 1 << Int32.random(in: 0..<6, using: &random))
          code.csrrw(.zero, CSR.bigInteger, .zero)
        default: code.csrrw(rd, CSR.marker, rs1)
        }
      }
    }
    code.halt()
    return code.words
  }

  @Test("random programs", arguments: 0..<8, MachineKind.allCases)
  func differential(_ group: Int, _ kind: MachineKind) throws {
    var random = SplitMix64(seed: UInt64(group) &* 0x1234_5678_9ABC_DEF1)
    var halted = 0
    for _ in 0..<250 {
      let words = Self.program(&random, for: kind)
      let input = (0..<40).map { _ in UInt32(truncatingIfNeeded: random.next()) }
      let limit = Int.random(in: 1..<3000, using: &random)
      var reports: [RunReport] = []
      var memories: [[UInt8]] = []
      var received: [[UInt32]] = []
      for engine in Program.Engine.allCases {
        let machine = try Machine(Program(words: words, machine: kind, engine: engine))
        var host = ScriptedHost(input)
        reports.append(machine.run(&host, cycleLimit: limit))
        memories.append(machine.bytes(at: ram, count: 4096))
        received.append(host.received)
      }
      #expect(reports[0] == reports[1], "\(words)")
      #expect(memories[0] == memories[1], "\(words)")
      #expect(received[0] == received[1], "\(words)")
      if reports[0].stop == .halted { halted += 1 }
    }
    // Enough of them get far enough to mean something.
    #expect(halted > 20)
  }

  /// Operations on eight numbers in memory, one after the other on each other's results; now and then one that is refused.
  private static func bigIntegerProgram(_ random: inout SplitMix64) -> [UInt32] {
    var code = Assembler()
    for index in 0..<64 {
      code.li(.t0, UInt32.random(in: 0..<4, using: &random) == 0 ? .max : UInt32(truncatingIfNeeded: random.next()))
      if index == 0 { code.li(.s0, ram) }
      code.sw(.t0, Int32(index * 4), .s0)
    }
    for _ in 0..<40 {
      let isOdd = Int.random(in: 0..<200, using: &random) == 0
      let a = UInt32.random(in: 0..<8, using: &random)
      let b = (a + UInt32.random(in: 1..<8, using: &random)) % 8
      code.li(.a0, ram + a * 32 + (isOdd ? 8 : 0))
      code.li(.a1, ram + b * 32)
      let operation = [0, 1, 2, 3, 4, 5, 7].randomElement(using: &random) ?? 0
      code.addi(.a2, .zero, 1 << operation | (Bool.random(using: &random) ? 64 : 0))
      // The flag travels on, so that a wrong one shows.
      let rd: Register = Int.random(in: 0..<8, using: &random) == 0 ? .a3 : .zero
      code.csrrw(rd, CSR.bigInteger, Bool.random(using: &random) ? .zero : .s3)
      code.add(.a4, .a4, .a2)
      code.r(0, 1, .a4, .a4, .a2)
    }
    code.halt()
    return code.words
  }

  @Test("random sequences of 256-bit operations", arguments: 0..<4)
  func bigIntegers(_ group: Int) throws {
    var random = SplitMix64(seed: UInt64(group) &+ 77)
    var halted = 0
    for _ in 0..<100 {
      let words = Self.bigIntegerProgram(&random)
      var reports: [RunReport] = []
      var memories: [[UInt8]] = []
      for engine in Program.Engine.allCases {
        let machine = try Machine(Program(words: words, engine: engine))
        var host = ScriptedHost([])
        reports.append(machine.run(&host))
        memories.append(machine.bytes(at: ram, count: 512))
      }
      #expect(reports[0] == reports[1])
      #expect(memories[0] == memories[1])
      if reports[0].stop == .halted { halted += 1 }
    }
    #expect(halted > 50 && halted < 100)
  }

  @Test("jumps to the last and past the last instruction of an image")
  func imageEnd() throws {
    let (last, _, _) = try run { code in
      code.jal(.zero, distance: 8)
      code.raw(0)
      code.addi(.a0, .zero, 3)
    }
    #expect(last.stop == .badInstruction(0) && last.pc == 12 && last.registers[10] == 3)
    let (past, _, _) = try run { code in
      code.jal(.ra, distance: 400)
    }
    #expect(past.stop == .badInstruction(0) && past.pc == 400 && past.registers[1] == 4)
    let (indirect, _, _) = try run { code in
      code.addi(.t0, .zero, 400)
      code.jalr(.ra, 0, .t0)
    }
    #expect(indirect.stop == .badInstruction(0) && indirect.pc == 400 && indirect.registers[1] == 8)
  }

  @Test("every limit ends both engines at the same place")
  func limits() throws {
    for limit in 1..<60 {
      let report = try run(limit: limit) { code in
        code.addi(.t0, .zero, 10)
        code.addi(.t0, .t0, -1)
        code.jal(.ra, distance: 8)
        code.raw(0)
        code.branch(1, .t0, .zero, distance: -12)
        code.halt()
      }.report
      #expect(report.stop == (limit >= 32 ? .halted : .cycleLimit))
    }
  }
}
