// ADD … SAR: values and gas.

import EVM
import EVMTesting
import Primitives
import Testing

@Suite("Arithmetic and bitwise instructions")
struct ArithmeticTests {
  /// Operands are given top first.
  static let cases: [(code: String, result: String, gas: Int64)] = [
    ("2 1 ADD", "3", 3), ("1 NOT0 ADD", "0", 3), ("7 6 MUL", "42", 5), ("NOT0 NOT0 MUL", "1", 5),
    ("1 3 SUB", "2", 3), ("3 1 SUB", "NOT1", 3),
    ("3 10 DIV", "3", 5), ("0 10 DIV", "0", 5), ("NOT0 NOT0 DIV", "1", 5),
    ("NOT0 MIN SDIV", "MIN", 5), ("NOT2 10 SDIV", "NOT2", 5), ("0 5 SDIV", "0", 5),
    ("3 10 MOD", "1", 5), ("0 10 MOD", "0", 5),
    ("3 NOT9 SMOD", "NOT0", 5), ("NOT2 10 SMOD", "1", 5), ("0 10 SMOD", "0", 5),
    ("8 NOT0 NOT0 ADDMOD", "6", 8), ("0 1 1 ADDMOD", "0", 8),
    ("12 NOT0 NOT0 MULMOD", "9", 8), ("0 3 3 MULMOD", "0", 8),
    ("0 3 EXP", "1", 10), ("5 3 EXP", "243", 60), ("256 2 EXP", "0", 110), ("NOT0 1 EXP", "1", 1610),
    ("0xff 0 SIGNEXTEND", "NOT0", 5), ("0x7f 0 SIGNEXTEND", "0x7f", 5), ("0xff 31 SIGNEXTEND", "0xff", 5),
    ("2 1 LT", "1", 3), ("1 2 LT", "0", 3), ("1 2 GT", "1", 3), ("0 NOT0 SLT", "1", 3), ("NOT0 0 SGT", "1", 3),
    ("5 5 EQ", "1", 3), ("5 6 EQ", "0", 3), ("0 ISZERO", "1", 3), ("9 ISZERO", "0", 3),
    ("12 10 AND", "8", 3), ("12 10 OR", "14", 3), ("12 10 XOR", "6", 3), ("0 NOT", "NOT0", 3),
    ("0x0102 31 BYTE", "2", 3), ("0x0102 30 BYTE", "1", 3), ("0x0102 32 BYTE", "0", 3), ("5 NOT0 BYTE", "0", 3),
    ("1 4 SHL", "16", 3), ("1 256 SHL", "0", 3), ("1 0x100000000 SHL", "0", 3), ("16 4 SHR", "1", 3),
    ("NOT0 255 SHR", "1", 3), ("NOT0 256 SAR", "NOT0", 3), ("16 NOT0 SAR", "0", 3), ("NOT15 2 SAR", "NOT3", 3),
  ]

  /// `NOTn` is the complement of n, `MIN` the least signed number.
  static func operand(_ text: Substring) -> UInt256? {
    if text == "MIN" { return UInt256.one << 255 }
    if text.hasPrefix("NOT"), let n = UInt64(text.dropFirst(3)) { return ~UInt256(n) }
    return UInt256(String(text))
  }

  @Test("each computes what the yellow paper says, for its gas", arguments: cases)
  func computes(code: String, result: String, gas: Int64) throws {
    let tokens = code.split(separator: " ")
    let bytes = tokens.flatMap { token -> [UInt8] in
      Self.operand(token).map { [0x7f] + $0.bytes } ?? assemble(String(token))
    }
    let expected = try #require(Self.operand(Substring(result)))
    let outcome = run(bytes + assemble(returnTop))
    #expect(outcome.status == .returned)
    #expect(outcome.word == expected)
    let pushes = Int64(tokens.count - 1)
    // PUSH 0, MSTORE with one word, PUSH 32, PUSH 0, RETURN.
    #expect(outcome.gasUsed == 3 * pushes + gas + 3 + 6 + 3 + 3)
  }

  @Test("EXP costs 10 gas a byte before EIP-160")
  func oldExponent() {
    #expect(run("256 2 EXP STOP", revision: .homestead).gasUsed == 6 + 10 + 20)
    #expect(run("256 2 EXP STOP", revision: .spuriousDragon).gasUsed == 6 + 10 + 100)
  }

  @Test("shifts do not exist before Constantinople", arguments: ["SHL", "SHR", "SAR"])
  func shiftsAreNew(name: String) {
    #expect(run("1 1 \(name) STOP", revision: .byzantium).status == .halted(.undefinedOpcode))
    #expect(run("1 1 \(name) STOP", revision: .constantinople).status == .stopped)
  }
}
