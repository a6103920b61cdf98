// The delegated computations, through a guest that calls them.

import Airbender
import Cryptography
import GuestAssembler
import Primitives
import RandomTesting
import Testing

@Suite("256-bit delegation")
struct BigIntegerDelegationTests {
  static let a = ram + 64, b = ram + 96

  static func words(_ value: UInt256) -> [UInt32] {
    [value.l0, value.l1, value.l2, value.l3].flatMap { [UInt32(truncatingIfNeeded: $0), UInt32($0 >> 32)] }
  }

  static let guest: [UInt32] = {
    var code = Assembler()
    // Words of a and b from the host, then the mask; a and x12 back.
    code.li(.a0, a)
    code.li(.a1, b)
    for index in 0..<16 {
      code.read(.t0)
      code.sw(.t0, Int32(index * 4), .a0)
    }
    code.read(.a2)
    code.csrrw(.zero, CSR.bigInteger, .zero)
    code.halt()
    return code.words
  }()

  static let values: [UInt256] = {
    var random = SplitMix64(seed: 1)
    func next() -> UInt256 {
      UInt256(l0: random.next(), l1: random.next(), l2: random.next(), l3: random.next())
    }
    let top = UInt256(l0: 0, l1: 0, l2: 0, l3: 1 << 63)
    return [.zero, .one, .max, top, UInt256(UInt64.max), .max &- .one, next(), next(), next()]
  }()

  @Test("all operations", arguments: [0, 1, 2, 3, 4, 5, 7], Program.Engine.allCases)
  func operations(_ operation: UInt32, _ engine: Program.Engine) throws {
    let machine = try Machine(Program(words: Self.guest, engine: engine))
    for a in Self.values {
      for b in Self.values {
        for carry in [0, 1] as [UInt64] {
          let mask: UInt32 = 1 << operation | UInt32(carry) << 6
          var host = ScriptedHost(Self.words(a) + Self.words(b) + [mask])
          let report = machine.run(&host)
          let expected = Self.expectation(operation, a, b, carry)
          #expect(report.stop == .halted && report.bigIntegerOperations == 1)
          let bytes = machine.bytes(at: Self.a, count: 32)
          #expect(UInt256(bigEndianBytes: bytes.reversed()) == expected.value)
          #expect(report.registers[12] == expected.flag)
          #expect(UInt256(bigEndianBytes: machine.bytes(at: Self.b, count: 32).reversed()) == b)
          #expect(report.registers[10] == Self.a && report.registers[11] == Self.b)
        }
      }
    }
  }

  /// The operations by school arithmetic on 32-bit digits, wide enough not to overflow.
  static func expectation(
    _ operation: UInt32, _ a: UInt256, _ b: UInt256, _ carry: UInt64
  ) -> (value: UInt256, flag: UInt32) {
    func sum(_ x: UInt256, _ y: UInt256, _ c: UInt64) -> (UInt256, UInt32) {
      var carry = c
      let digits = zip(words(x), words(y)).map { pair -> UInt32 in
        let t = UInt64(pair.0) + UInt64(pair.1) + carry
        carry = t >> 32
        return UInt32(truncatingIfNeeded: t)
      }
      return (number(digits), UInt32(carry))
    }
    func difference(_ x: UInt256, _ y: UInt256, _ c: UInt64) -> (UInt256, UInt32) {
      let r = sum(x, ~y, 1 - c)
      return (r.0, 1 - r.1)
    }
    switch operation {
    case 0: return sum(a, b, carry)
    case 1: return difference(a, b, carry)
    case 2: return difference(b, a, carry)
    case 3, 4:
      var digits = [UInt32](repeating: 0, count: 16)
      for (i, x) in words(a).enumerated() {
        var rest: UInt64 = 0
        for (j, y) in words(b).enumerated() {
          let t = UInt64(x) * UInt64(y) + UInt64(digits[i + j]) + rest
          digits[i + j] = UInt32(truncatingIfNeeded: t)
          rest = t >> 32
        }
        digits[i + 8] = UInt32(rest)
      }
      if operation == 4 { return (number(Array(digits[8...])), 0) }
      return (number(Array(digits[..<8])), digits[8...].allSatisfy { $0 == 0 } ? 0 : 1)
    case 5: return (a, words(a) == words(b) ? 1 : 0)
    default: return sum(b, .zero, carry)
    }
  }

  static func number(_ digits: [UInt32]) -> UInt256 {
    let limbs = stride(from: 0, to: 8, by: 2).map { UInt64(digits[$0]) | UInt64(digits[$0 + 1]) << 32 }
    return UInt256(l0: limbs[0], l1: limbs[1], l2: limbs[2], l3: limbs[3])
  }

  @Test(
    "wrong registers",
    arguments: [
      (ram + 16, ram + 64, 1, .stateAddress), (ram - 32, ram + 64, 1, .stateAddress),
      (AddressSpace.size, ram + 64, 1, .stateAddress), (ram, ram + 8, 1, .operandAddress),
      (ram, 0, 1, .operandAddress), (ram, 0xFFFF_FFE0, 1, .operandAddress), (ram, ram, 1, .sameAddress),
      (ram, ram + 32, 0, .control), (ram, ram + 32, 3, .control), (ram, ram + 32, 0x40, .control),
      (ram, ram + 32, 0x101, .control),
    ] as [(UInt32, UInt32, UInt32, DelegationFault)])
  func faults(_ x10: UInt32, _ x11: UInt32, _ x12: UInt32, _ fault: DelegationFault) throws {
    let (report, _, _) = try run { code in
      code.li(.a0, x10)
      code.li(.a1, x11)
      code.li(.a2, x12)
      code.csrrw(.zero, CSR.bigInteger, .zero)
    }
    #expect(report.stop == .badDelegation(fault))
    #expect(report.pc == 24)
  }

  @Test("the CSR's own registers: rd is cleared, rs1 must hold zero", arguments: [CSR.bigInteger, CSR.blake2sRound])
  func forms(_ csr: UInt16) throws {
    let bad = try run { code in
      code.addi(.t0, .zero, 1)
      code.csrrw(.zero, csr, .t0)
    }.report
    #expect(bad.stop == .badDelegation(.operandNotZero))
    let good = try run { code in
      code.li(.a0, ram + 128)
      code.li(.a1, ram + 256)
      code.li(.a2, 1)
      code.addi(.t1, .zero, 9)
      code.csrrw(.t1, csr, .t0)
      code.halt()
    }.report
    #expect(good.stop == .halted && good.registers[6] == 0)
    #expect(good.bigIntegerOperations + good.blake2sRounds == 1)
  }
}

@Suite("BLAKE2s delegation")
struct Blake2sDelegationTests {
  static let state = ram + 128, message = ram + 1024
  static let initial: [UInt32] = [
    0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
  ]

  /// A guest that hashes a message of `count` bytes, block by block, ten rounds each, words from the host.
  static func hash(_ bytes: [UInt8]) throws -> [UInt8] {
    let blocks = max(1, (bytes.count + 63) / 64)
    var code = Assembler()
    code.li(.a0, state)
    code.li(.a1, message)
    for (index, word) in initial.enumerated() {
      code.li(.t0, index == 0 ? word ^ 0x0101_0020 : word)
      code.sw(.t0, Int32(index * 4), .a0)
    }
    for block in 0..<blocks {
      for index in 0..<16 {
        code.read(.t0)
        code.sw(.t0, Int32(index * 4), .a1)
      }
      let isLast = block == blocks - 1
      code.li(.t0, UInt32(isLast ? bytes.count : (block + 1) * 64) ^ initial[4])
      code.sw(.t0, (8 + 12) * 4, .a0)
      code.li(.t0, (isLast ? 0xFFFF_FFFF : 0) ^ initial[6])
      code.sw(.t0, (8 + 14) * 4, .a0)
      for round in 0..<10 {
        code.addi(.a2, .zero, 1 << round)
        code.addi(.a3, .zero, round == 9 ? 1 : 0)
        code.csrrw(.zero, CSR.blake2sRound, .zero)
      }
    }
    code.halt()
    let padded = bytes + [UInt8](repeating: 0, count: blocks * 64 - bytes.count)
    let words = stride(from: 0, to: padded.count, by: 4).map { i in
      (0..<4).reduce(UInt32(0)) { $0 | UInt32(padded[i + $1]) << UInt32(8 * $1) }
    }
    let machine = try Machine(Program(words: code.words))
    var host = ScriptedHost(words)
    let report = machine.run(&host)
    #expect(report.stop == .halted && report.blake2sRounds == UInt64(blocks * 10))
    return machine.bytes(at: state, count: 32)
  }

  @Test("hashes equal BLAKE2s-256", arguments: [0, 1, 3, 63, 64, 65, 127, 128, 129, 300])
  func hashes(_ count: Int) throws {
    var random = SplitMix64(seed: UInt64(count))
    let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    #expect(try Self.hash(bytes) == Blake2s256.hash(bytes).bytes)
  }

  @Test("RFC 7693, appendix B: abc")
  func published() throws {
    #expect(
      Hex.encode(try Self.hash(Array("abc".utf8)))
        == "0x508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982")
  }

  @Test("node compression hashes two children, on either side", arguments: [false, true])
  func compression(_ isRight: Bool) throws {
    let left = (0..<8).map { UInt32(0x0101_0101 * ($0 + 1)) }
    let right = (0..<8).map { UInt32(0x0F0E_0D0C &+ $0 * 77) }
    let (report, _, machine) = try run(left + right) { code in
      code.li(.a0, Self.state)
      code.li(.a1, Self.message)
      for index in 0..<8 {
        code.read(.t0)
        code.sw(.t0, Int32(index * 4), .a0)
      }
      for index in 0..<8 {
        code.read(.t0)
        code.sw(.t0, Int32(index * 4), .a1)
      }
      for round in 0..<10 {
        code.addi(.a2, .zero, 1 << round)
        code.addi(.a3, .zero, (round == 9 ? 1 : 0) | (isRight ? 2 : 0) | 4)
        code.csrrw(.zero, CSR.blake2sRound, .zero)
      }
      code.halt()
    }
    #expect(report.stop == .halted)
    let children = isRight ? right + left : left + right
    let bytes = children.flatMap { word in [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> $0) } }
    #expect(machine.bytes(at: Self.state, count: 32) == Blake2s256.hash(bytes).bytes)
  }

  @Test(
    "wrong registers",
    arguments: [
      (ram + 64, ram + 256, 1, 0, .stateAddress), (128, ram + 256, 1, 0, .stateAddress),
      (ram + 128, ram + 2, 1, 0, .operandAddress), (ram + 128, AddressSpace.size - 60, 1, 0, .operandAddress),
      (ram + 128, ram + 128, 1, 0, .sameAddress), (ram + 128, ram + 256, 0, 0, .control),
      (ram + 128, ram + 256, 3, 0, .control), (ram + 128, ram + 256, 1 << 10, 0, .control),
      (ram + 128, ram + 256, 1, 8, .control),
    ] as [(UInt32, UInt32, UInt32, UInt32, DelegationFault)])
  func faults(_ x10: UInt32, _ x11: UInt32, _ x12: UInt32, _ x13: UInt32, _ fault: DelegationFault) throws {
    let (report, _, _) = try run { code in
      code.li(.a0, x10)
      code.li(.a1, x11)
      code.li(.a2, x12)
      code.li(.a3, x13)
      code.csrrw(.zero, CSR.blake2sRound, .zero)
    }
    #expect(report.stop == .badDelegation(fault))
  }
}
