// Jumps, branches, the regular end, and the ways code can go astray.

import Airbender
import GuestAssembler
import Testing

@Suite("Control flow")
struct ControlFlowTests {
  struct Condition: Sendable, CustomTestStringConvertible {
    let name: String
    let function3: UInt32
    let holds: @Sendable (UInt32, UInt32) -> Bool
    var testDescription: String { name }
  }

  static let conditions: [Condition] = [
    Condition(name: "beq", function3: 0) { $0 == $1 },
    Condition(name: "bne", function3: 1) { $0 != $1 },
    Condition(name: "blt", function3: 4) { Int32(bitPattern: $0) < Int32(bitPattern: $1) },
    Condition(name: "bge", function3: 5) { Int32(bitPattern: $0) >= Int32(bitPattern: $1) },
    Condition(name: "bltu", function3: 6) { $0 < $1 },
    Condition(name: "bgeu", function3: 7) { $0 >= $1 },
  ]
  static let values: [UInt32] = [0, 1, 2, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF]

  @Test("branches forward", arguments: conditions)
  func branches(_ condition: Condition) throws {
    for a in Self.values {
      for b in Self.values {
        let (report, _, _) = try run { code in
          let taken = code.label()
          code.li(.t0, a)
          code.li(.t1, b)
          code.branch(condition.function3, .t0, .t1, taken)
          code.addi(.a0, .zero, 1)
          code.halt()
          code.place(taken)
          code.addi(.a0, .zero, 2)
          code.halt()
        }
        #expect(report.registers[10] == (condition.holds(a, b) ? 2 : 1))
        #expect(report.cycles == 7)
      }
    }
  }

  @Test("branches to themselves end the run when taken, to odd places fail when taken", arguments: conditions)
  func unusualBranches(_ condition: Condition) throws {
    for a in Self.values {
      for b in Self.values {
        for distance in [0, 2, -0x1000] as [Int32] {
          let (report, _, _) = try run { code in
            code.li(.t0, a)
            code.li(.t1, b)
            code.branch(condition.function3, .t0, .t1, distance: distance)
            code.raw(0)
          }
          if !condition.holds(a, b) {
            #expect(report.stop == .badInstruction(0) && report.pc == 20 && report.cycles == 6)
          } else if distance == 0 {
            #expect(report.stop == .halted && report.pc == 16 && report.cycles == 5)
          } else {
            let target = UInt32(bitPattern: 16 + distance)
            let reason: AccessFault = distance == 2 ? .misaligned : .outOfRange
            #expect(report.stop == .badAccess(.fetch, address: target, reason: reason))
            #expect(report.pc == 16)
          }
        }
      }
    }
  }

  @Test("a loop, backwards, counted to the cycle")
  func loop() throws {
    let (report, _, _) = try run { code in
      let again = code.label()
      code.addi(.t0, .zero, 1000)
      code.place(again)
      code.add(.a0, .a0, .t0)
      code.addi(.t0, .t0, -1)
      code.branch(1, .t0, .zero, again)
      code.halt()
    }
    #expect(report.stop == .halted)
    #expect(report.registers[10] == 500_500)
    #expect(report.cycles == 1 + 3 * 1000 + 1)
  }

  @Test("calls and returns; the low bit of a target is dropped; rd may be the base")
  func calls() throws {
    let (report, _, _) = try run { code in
      let function = code.label()
      code.jal(.ra, function)
      code.li(.t0, 32 | 1)
      code.jalr(.t0, 0, .t0)
      code.halt()
      code.place(function)
      code.addi(.a0, .a0, 7)
      code.jalr(.zero, 0, .ra)
      code.raw(0)
      code.add(.a1, .t0, .zero)
      code.jalr(.zero, 0, .t0)
    }
    #expect(report.stop == .halted)
    #expect(report.registers[1] == 4)
    #expect(report.registers[10] == 7)
    #expect(report.registers[11] == 16)
  }

  @Test("the regular ends: JAL, JALR to itself")
  func halts() throws {
    let plain = try run { $0.halt() }.report
    #expect(plain.stop == .halted && plain.pc == 0 && plain.cycles == 1)
    let linking = try run { $0.jal(.ra, distance: 0) }.report
    #expect(linking.stop == .halted && linking.registers[1] == 4)
    let register = try run { code in
      code.addi(.t0, .zero, 4)
      code.jalr(.a0, 0, .t0)
    }.report
    #expect(register.stop == .halted && register.pc == 4 && register.registers[10] == 8 && register.cycles == 2)
  }

  @Test("jumps to places where no code can be")
  func badTargets() throws {
    let misaligned = try run { code in
      code.addi(.t0, .zero, 6)
      code.jalr(.zero, 0, .t0)
    }.report
    #expect(misaligned.stop == .badAccess(.fetch, address: 6, reason: .misaligned))
    #expect(misaligned.pc == 4)
    let ramTarget = try run { code in
      code.li(.t0, ram)
      code.jalr(.zero, 0, .t0)
    }.report
    #expect(ramTarget.stop == .badAccess(.fetch, address: ram, reason: .outOfRange))
    let jump = try run { $0.jal(.ra, distance: -4) }.report
    #expect(jump.stop == .badAccess(.fetch, address: 0xFFFF_FFFC, reason: .outOfRange))
    let odd = try run { $0.jal(.zero, distance: 6) }.report
    #expect(odd.stop == .badAccess(.fetch, address: 6, reason: .misaligned))
  }

  @Test("code ends where the image ends")
  func fallsOffTheImage() throws {
    let (report, _, _) = try run { $0.addi(.a0, .zero, 1) }
    #expect(report.stop == .badInstruction(0))
    #expect(report.pc == 4)
  }

  @Test("falling off the read-only memory")
  func fallsOffTheROM() throws {
    let nop: UInt32 = 0x13
    let machine = try Machine(Program(words: Array(repeating: nop, count: Int(AddressSpace.romSize) / 4)))
    var host = ScriptedHost()
    let report = machine.run(&host)
    #expect(report.stop == .badInstruction(0))
    #expect(report.pc == AddressSpace.romSize)
  }

  @Test("the cycle limit ends endless loops; the exact number is still allowed")
  func cycleLimit() throws {
    let endless = try run(limit: 1000) { code in
      code.addi(.t0, .t0, 1)
      code.jal(.zero, distance: -4)
    }.report
    #expect(endless.stop == .cycleLimit)
    #expect((1000...1002).contains(endless.cycles))
    let exact = try run(limit: 3) { code in
      code.addi(.t0, .zero, 1)
      code.addi(.t0, .zero, 2)
      code.halt()
    }.report
    #expect(exact.stop == .halted && exact.cycles == 3)
    let late = try run(limit: 2) { code in
      code.addi(.t0, .zero, 1)
      code.addi(.t0, .zero, 2)
      code.halt()
    }.report
    #expect(late.stop == .cycleLimit)
  }

  @Test(
    "what the machine does not execute",
    arguments: [
      0x0000_0000, 0xFFFF_FFFF, 0x0000_0073, 0x0010_0073, 0x3020_0073, 0x1050_0073, 0x0000_000F, 0x0000_100F,
      0x1000_202F, 0x0000_2063, 0x0000_3063, 0x0000_3003, 0x0000_6003, 0x0000_7003, 0x0000_3023, 0x0000_4023,
      0x0000_1067, 0x4000_1013, 0x6000_5013, 0x0200_5013, 0x4000_1033, 0x6000_5033, 0x0400_0033, 0x7C00_2073,
      0x7C00_3073, 0x7C00_5073, 0x7C00_6073, 0x7C00_7073, 0x8200_4073, 0x0000_0001, 0x0000_4501,
    ] as [UInt32])
  func illegal(_ word: UInt32) throws {
    let (report, _, _) = try run { $0.raw(word) }
    #expect(report.stop == .badInstruction(word))
    #expect(report.pc == 0 && report.cycles == 1)
    #expect(Disassembler.text(word, at: 0).hasPrefix(".word"))
  }

  @Test("images of impossible size")
  func imageSizes() {
    #expect(throws: AirbenderError.imageSize(0)) { try Program(image: [UInt8]()) }
    #expect(throws: AirbenderError.imageSize(7)) { try Program(image: [UInt8](repeating: 0, count: 7)) }
    let large = Int(AddressSpace.romSize) + 4
    #expect(throws: AirbenderError.imageSize(large)) { try Program(image: [UInt8](repeating: 0, count: large)) }
    #expect(throws: Never.self) { try Program(image: [0x6F, 0, 0, 0]) }
  }
}
