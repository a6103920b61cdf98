// Every arithmetic instruction against its definition, on the values where definitions differ.

import Airbender
import GuestAssembler
import Testing

private let edges: [UInt32] = [
  0, 1, 2, 5, 31, 32, 33, 0x7F, 0x80, 0xFF, 0x800, 0xFFF, 0x7FFF, 0x8000, 0xFFFF, 0x1234_5678, 0x7FFF_FFFF, 0x8000_0000,
  0x8000_0001, 0xDEAD_BEEF, 0xFFFF_F800, 0xFFFF_FFFE, 0xFFFF_FFFF,
]

private func signed(_ x: UInt32) -> Int32 { Int32(bitPattern: x) }

/// One register-register instruction and what it means.
struct RegisterCase: Sendable, CustomTestStringConvertible {
  let name: String
  let function7: UInt32
  let function3: UInt32
  let meaning: @Sendable (UInt32, UInt32) -> UInt32
  var testDescription: String { name }
}

private func high(_ product: Int64) -> UInt32 { UInt32(truncatingIfNeeded: product >> 32) }

/// Quotient and remainder by long division of magnitudes: nothing of the machine's own arithmetic.
private func divide(_ a: UInt32, _ b: UInt32, signed isSigned: Bool) -> (quotient: UInt32, remainder: UInt32) {
  if b == 0 { return (.max, a) }
  let x = isSigned ? Int64(signed(a)) : Int64(a)
  let y = isSigned ? Int64(signed(b)) : Int64(b)
  return (UInt32(truncatingIfNeeded: x / y), UInt32(truncatingIfNeeded: x % y))
}

private let registerCases: [RegisterCase] = [
  RegisterCase(name: "add", function7: 0, function3: 0) { UInt32(truncatingIfNeeded: UInt64($0) + UInt64($1)) },
  RegisterCase(name: "sub", function7: 0x20, function3: 0) { UInt32(truncatingIfNeeded: Int64($0) - Int64($1)) },
  RegisterCase(name: "sll", function7: 0, function3: 1) { UInt32(truncatingIfNeeded: UInt64($0) << UInt64($1 & 31)) },
  RegisterCase(name: "slt", function7: 0, function3: 2) { signed($0) < signed($1) ? 1 : 0 },
  RegisterCase(name: "sltu", function7: 0, function3: 3) { $0 < $1 ? 1 : 0 },
  RegisterCase(name: "xor", function7: 0, function3: 4) { ($0 | $1) & ~($0 & $1) },
  RegisterCase(name: "srl", function7: 0, function3: 5) { UInt32(UInt64($0) >> UInt64($1 & 31)) },
  RegisterCase(name: "sra", function7: 0x20, function3: 5) {
    UInt32(truncatingIfNeeded: Int64(signed($0)) >> Int64($1 & 31))
  },
  RegisterCase(name: "or", function7: 0, function3: 6) { ~(~$0 & ~$1) },
  RegisterCase(name: "and", function7: 0, function3: 7) { ~(~$0 | ~$1) },
  RegisterCase(name: "mul", function7: 1, function3: 0) {
    UInt32(truncatingIfNeeded: Int64(signed($0)) * Int64(signed($1)))
  },
  RegisterCase(name: "mulh", function7: 1, function3: 1) { high(Int64(signed($0)) * Int64(signed($1))) },
  RegisterCase(name: "mulhsu", function7: 1, function3: 2) { high(Int64(signed($0)) * Int64($1)) },
  RegisterCase(name: "mulhu", function7: 1, function3: 3) { UInt32((UInt64($0) * UInt64($1)) >> 32) },
  RegisterCase(name: "div", function7: 1, function3: 4) { divide($0, $1, signed: true).quotient },
  RegisterCase(name: "divu", function7: 1, function3: 5) { divide($0, $1, signed: false).quotient },
  RegisterCase(name: "rem", function7: 1, function3: 6) { divide($0, $1, signed: true).remainder },
  RegisterCase(name: "remu", function7: 1, function3: 7) { divide($0, $1, signed: false).remainder },
]

/// One register-immediate instruction and what it means.
struct ImmediateCase: Sendable, CustomTestStringConvertible {
  let name: String
  let function3: UInt32
  /// Bits 31…25 for shifts.
  var high: Int32 = 0
  var isShift = false
  let meaning: @Sendable (UInt32, Int32) -> UInt32
  var testDescription: String { name }
}

private let immediateCases: [ImmediateCase] = [
  ImmediateCase(name: "addi", function3: 0) { UInt32(truncatingIfNeeded: Int64($0) + Int64($1)) },
  ImmediateCase(name: "slti", function3: 2) { signed($0) < $1 ? 1 : 0 },
  ImmediateCase(name: "sltiu", function3: 3) { $0 < UInt32(bitPattern: $1) ? 1 : 0 },
  ImmediateCase(name: "xori", function3: 4) { $0 ^ UInt32(bitPattern: $1) },
  ImmediateCase(name: "ori", function3: 6) { $0 | UInt32(bitPattern: $1) },
  ImmediateCase(name: "andi", function3: 7) { $0 & UInt32(bitPattern: $1) },
  ImmediateCase(name: "slli", function3: 1, isShift: true) { UInt32(truncatingIfNeeded: UInt64($0) << UInt64($1)) },
  ImmediateCase(name: "srli", function3: 5, isShift: true) { UInt32(UInt64($0) >> UInt64($1)) },
  ImmediateCase(name: "srai", function3: 5, high: 0x20 << 5, isShift: true) {
    UInt32(truncatingIfNeeded: Int64(signed($0)) >> Int64($1))
  },
]

@Suite("Arithmetic")
struct ArithmeticTests {
  @Test("register with register", arguments: registerCases)
  func registers(_ testCase: RegisterCase) throws {
    for b in edges {
      // All left operands in one program: the results go to the host.
      let (report, host, _) = try run { code in
        code.li(.t1, b)
        for a in edges {
          code.li(.t0, a)
          code.r(testCase.function7, testCase.function3, .t2, .t0, .t1)
          code.write(.t2)
          // Destination equal to a source.
          code.r(testCase.function7, testCase.function3, .t0, .t0, .t1)
          code.write(.t0)
        }
        code.halt()
      }
      #expect(report.stop == .halted)
      #expect(host.received == edges.flatMap { [testCase.meaning($0, b), testCase.meaning($0, b)] })
    }
  }

  @Test("register with immediate", arguments: immediateCases)
  func immediates(_ testCase: ImmediateCase) throws {
    let immediates: [Int32] = testCase.isShift ? [0, 1, 7, 16, 31] : [-2048, -2047, -1, 0, 1, 5, 0x7F, 1024, 2047]
    for immediate in immediates {
      let (report, host, _) = try run { code in
        for a in edges {
          code.li(.a3, a)
          code.i(0x13, testCase.function3, .a4, .a3, immediate | testCase.high)
          code.write(.a4)
        }
        code.halt()
      }
      #expect(report.stop == .halted)
      #expect(host.received == edges.map { testCase.meaning($0, immediate) })
    }
  }

  @Test("upper immediates")
  func upper() throws {
    let (report, host, _) = try run { code in
      for value in [0, 1, 0x7FFFF, 0x80000, 0xFFFFF] as [UInt32] {
        code.lui(.s2, value)
        code.write(.s2)
        code.auipc(.s2, value)
        code.write(.s2)
      }
      code.halt()
    }
    #expect(report.stop == .halted)
    var expected: [UInt32] = []
    for (index, value) in ([0, 1, 0x7FFFF, 0x80000, 0xFFFFF] as [UInt32]).enumerated() {
      expected += [value << 12, value << 12 &+ UInt32(index * 16 + 8)]
    }
    #expect(host.received == expected)
  }

  @Test("x0 stays zero, whatever writes to it")
  func zeroRegister() throws {
    let (report, _, _) = try run([77]) { code in
      code.li(.t0, 1234)
      code.addi(.zero, .t0, 5)
      code.add(.zero, .t0, .t0)
      code.lui(.zero, 0xFFFFF)
      code.li(.t1, ram)
      code.sw(.t0, 0, .t1)
      code.lw(.zero, 0, .t1)
      code.r(1, 0, .zero, .t0, .t0)
      code.csrrw(.zero, CSR.marker, .t0)
      code.add(.a0, .zero, .zero)
      code.halt()
    }
    #expect(report.stop == .halted)
    #expect(report.registers[0] == 0 && report.registers[10] == 0)
    #expect(report.registers[5] == 1234)
  }

  @Test("every register keeps its own value")
  func allRegisters() throws {
    let (report, _, _) = try run { code in
      for register in Register.allCases { code.addi(register, .zero, Int32(register.rawValue) + 100) }
      code.halt()
    }
    #expect(report.registers == [0] + (1..<32).map { UInt32($0 + 100) })
    #expect(report.cycles == 33)
    #expect(report.output == (10..<18).map { UInt32($0 + 100) })
  }
}
