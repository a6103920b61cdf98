// The recursion machine: three operations of a field more, and much less of everything else.

import Airbender
import GuestAssembler
import Testing

private let modulus: UInt64 = 1 << 31 - 1

/// Around the modulus, its double, and where 32 bits end.
private let operands: [UInt32] = [
  0, 1, 2, 0x1234_5678, 0x7FFF_FFFD, 0x7FFF_FFFE, 0x7FFF_FFFF, 0x8000_0000, 0x8000_0001, 0xDEAD_BEEF, 0xFFFF_FFFD,
  0xFFFF_FFFE, 0xFFFF_FFFF,
]

/// By division, not by folding as the machine does it.
private func meaning(_ operation: Assembler.FieldOperation, _ a: UInt32, _ b: UInt32) -> UInt32 {
  let (x, y) = (UInt64(a) % modulus, UInt64(b) % modulus)
  switch operation {
  case .add: return UInt32((x + y) % modulus)
  case .subtract: return UInt32((x + modulus - y) % modulus)
  case .multiply: return UInt32(x * y % modulus)
  }
}

@Suite("Recursion machine")
struct RecursionMachineTests {
  @Test("field operations on words of any value", arguments: Assembler.FieldOperation.allCases)
  func fieldOperations(_ operation: Assembler.FieldOperation) throws {
    for b in operands {
      let (report, host, _) = try run(machine: .recursion) { code in
        code.li(.t1, b)
        for a in operands {
          code.li(.t0, a)
          code.field(operation, .t2, .t0, .t1)
          code.write(.t2)
          // Destination equal to the first source, to the second, and to neither with both the same.
          code.field(operation, .t0, .t0, .t1)
          code.write(.t0)
          code.li(.t3, a)
          code.addi(.t4, .t1, 0)
          code.field(operation, .t4, .t3, .t4)
          code.write(.t4)
          code.field(operation, .t5, .t3, .t3)
          code.write(.t5)
        }
        code.halt()
      }
      #expect(report.stop == .halted)
      let expected = operands.flatMap { a in
        let result = meaning(operation, a, b)
        return [result, result, result, meaning(operation, a, a)]
      }
      #expect(host.received == expected)
    }
  }

  @Test("a result for x0 is dropped", arguments: Assembler.FieldOperation.allCases)
  func zeroRegister(_ operation: Assembler.FieldOperation) throws {
    let (report, _, _) = try run(machine: .recursion) { code in
      code.li(.t0, 5)
      code.li(.t1, 3)
      code.field(operation, .zero, .t0, .t1)
      code.add(.a0, .zero, .zero)
      code.halt()
    }
    #expect(report.stop == .halted && report.registers[0] == 0 && report.registers[10] == 0)
  }

  @Test("the standard machine has no field operations", arguments: Assembler.FieldOperation.allCases)
  func standard(_ operation: Assembler.FieldOperation) throws {
    let (report, _, _) = try run { code in
      code.addi(.t0, .zero, 5)
      code.field(operation, .a0, .t0, .t0)
      code.halt()
    }
    guard case .badInstruction = report.stop else { return #expect(Bool(false), "\(report)") }
    #expect(report.pc == 4 && report.registers[10] == 0)
  }

  @Test("other numbers of may-be-operations are no instructions")
  func otherOperations() throws {
    let known = Set(Assembler.FieldOperation.allCases.map(\.rawValue))
    for function7 in (0..<128 as Range<UInt32>) where !known.contains(function7) {
      let word = function7 << 25 | 0x00C5_C573
      let (report, _, _) = try run(machine: .recursion) { $0.raw(word) }
      #expect(report.stop == .badInstruction(word))
    }
  }

  @Test("no multiplication, no division, no bytes and half words")
  func missing() throws {
    var words: [UInt32] = []
    for function3 in 0..<8 as Range<UInt32> {
      var code = Assembler()
      code.r(1, function3, .a0, .a1, .a2)
      words += code.words
    }
    for function3 in [0, 1, 4, 5] as [UInt32] {
      var code = Assembler()
      code.i(0x03, function3, .a0, .s0, 0)
      words += code.words
    }
    for function3 in [0, 1] as [UInt32] {
      var code = Assembler()
      code.s(function3, .a0, 0, .s0)
      words += code.words
    }
    for word in words {
      func attempt(_ kind: MachineKind) throws -> RunReport {
        try run(machine: kind) { code in
          code.li(.s0, ram)
          code.raw(word)
          code.halt()
        }.report
      }
      #expect(try attempt(.standard).stop == .halted)
      #expect(try attempt(.recursion).stop == .badInstruction(word))
    }
  }

  @Test("BLAKE2s rounds, but no 256-bit integers")
  func delegations() throws {
    func attempt(_ csr: UInt16, _ control: UInt32) throws -> RunReport {
      try run(machine: .recursion) { code in
        code.li(.a0, ram)
        code.li(.a1, ram + 256)
        code.li(.a2, control)
        code.csrrw(.zero, csr, .zero)
        code.halt()
      }.report
    }
    let blake = try attempt(CSR.blake2sRound, 1)
    #expect(blake.stop == .halted && blake.blake2sRounds == 1)
    #expect(try attempt(CSR.bigInteger, 1).stop == .unknownCSR(CSR.bigInteger))
  }

  /// A guest that sends the inverse of each word: the power to p − 2, by squaring and multiplying.
  static let inverses: [UInt32] = {
    var code = Assembler()
    let next = code.label(), power = code.label(), square = code.label()
    code.li(.s0, UInt32(modulus - 2))
    code.place(next)
    code.read(.t0)
    code.addi(.t1, .zero, 1)
    code.addi(.t2, .s0, 0)
    code.place(power)
    code.i(0x13, 7, .t3, .t2, 1)
    code.branch(0, .t3, .zero, square)
    code.field(.multiply, .t1, .t1, .t0)
    code.place(square)
    code.field(.multiply, .t0, .t0, .t0)
    code.i(0x13, 5, .t2, .t2, 1)
    code.branch(1, .t2, .zero, power)
    code.write(.t1)
    code.jal(.zero, next)
    return code.words
  }()

  @Test("a guest that computes in the field", arguments: Program.Engine.allCases)
  func guest(_ engine: Program.Engine) throws {
    let machine = try Machine(Program(words: Self.inverses, machine: .recursion, engine: engine))
    let numbers: [UInt32] = [1, 2, 3, 0x7FFF_FFFE, 0x8000_0001, 0xFFFF_FFFD, 1_234_567]
    var host = ScriptedHost(numbers)
    #expect(machine.run(&host).stop == .inputExhausted)
    #expect(host.received.count == numbers.count)
    for (number, inverse) in zip(numbers, host.received) {
      #expect(UInt64(number) % modulus * UInt64(inverse) % modulus == 1)
      #expect(UInt64(inverse) < modulus)
    }
  }
}
