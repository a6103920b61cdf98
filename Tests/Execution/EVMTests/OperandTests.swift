// Every instruction that computes, on operands at the edges, known to the translator or not: the two interpreters agree.

import EVM
import EVMTesting
import Primitives
import Testing

@Suite("Two interpreters: operands")
struct OperandTests {
  /// Small numbers, the edges of bytes, of counts of places, of limbs and of signs, and numbers whose low 32 bits are
  /// small, which is what ZKsync OS shifts by.
  private static let edges: [UInt256] = [
    0, 1, 2, 3, 31, 32, 255, 256, 1 << 32, 1 << 32 &+ 3, 1 << 63, UInt256(UInt64.max), 1 << 64, 1 << 64 &+ 5,
    1 << 128 &+ 1, 1 << 192, 1 << 255, (1 << 255) &- 1, .max, .max &- 1,
    0xfedc_ba98_7654_3210_0f1e_2d3c_4b5a_6978_8796_a5b4_c3d2_e1f0_0123_4567_89ab_cdef,
  ]

  /// Code that brings operands onto the stack, the last one on top: as constants, or from calldata where `mask` says so.
  private static func operands(_ values: [UInt256], fromCalldata mask: Int) -> [UInt8] {
    values.enumerated().flatMap { index, value in
      mask >> index & 1 == 1 ? assemble("\(32 * index) CALLDATALOAD") : assemble("\(value)")
    }
  }

  /// Runs a program in both interpreters and reports if they come to different ends.
  private struct Comparison<Rules: RuleSet> {
    let machine: VirtualMachine<Rules>
    private let host: EthereumHost<MemoryState>

    init(_ rules: Rules) {
      machine = VirtualMachine(rules: rules)
      var state = MemoryState()
      state.beginTransaction()
      host = EthereumHost(revision: .cancun, state: state)
    }

    func run(_ code: [UInt8], _ values: [UInt256], _ label: @autoclosure () -> String) {
      let (reference, blocks) = (outcome(code, values, .never), outcome(code, values, .atOnce))
      if reference.0 != blocks.0 || reference.1 != blocks.1 || !reference.0.status.succeeded {
        Issue.record("\(label()) of \(values): \(reference) and \(blocks)")
      }
    }

    private func outcome(
      _ code: [UInt8], _ values: [UInt256], _ policy: TranslationPolicy
    ) -> (ExecutionResult, Meter) {
      var host = host
      var meter = Meter(gas: 100_000, native: 1 << 30)
      let message = Message(address: contract, caller: sender, input: values.flatMap(\.bytes))
      let result = machine.execute(message, code: Code(code, translation: policy), meter: &meter, host: &host)
      return (result, meter)
    }
  }

  private static func forEachPair(_ body: ([UInt256]) -> Void) {
    for a in edges { for b in edges { body([a, b]) } }
  }

  private static func compareBinary<Rules: RuleSet>(_ opcode: String, _ rules: Rules) {
    let comparison = Comparison(rules)
    let end = assemble(opcode + returnTop)
    forEachPair { values in
      for mask in 0..<4 {
        comparison.run(operands(values, fromCalldata: mask) + end, values, "\(opcode), mask \(mask)")
      }
      // An operand that is used twice, and stays.
      comparison.run(
        operands(values, fromCalldata: 3) + assemble("DUP2 DUP2 \(opcode) ADD ADD" + returnTop), values,
        "DUP2 DUP2 \(opcode) ADD ADD")
    }
  }

  @Test(
    "two operands",
    arguments: [
      "ADD", "SUB", "MUL", "DIV", "SDIV", "MOD", "SMOD", "SIGNEXTEND", "LT", "GT", "SLT", "SGT", "EQ", "AND", "OR",
      "XOR", "BYTE", "SHL", "SHR", "SAR", "EXP",
    ])
  func binary(opcode: String) {
    Self.compareBinary(opcode, EthereumRules(.cancun))
    Self.compareBinary(opcode, ZKsyncRules())
  }

  @Test("one operand, and three", arguments: ["ISZERO", "NOT", "ADDMOD", "MULMOD"])
  func unaryAndTernary(opcode: String) {
    let comparison = Comparison(EthereumRules(.cancun))
    let end = assemble(opcode + returnTop)
    if opcode == "ISZERO" || opcode == "NOT" {
      for value in Self.edges {
        for mask in 0..<2 { comparison.run(Self.operands([value], fromCalldata: mask) + end, [value], opcode) }
      }
      return
    }
    let edges = Self.edges.enumerated().filter { $0.offset.isMultiple(of: 3) }.map(\.element)
    for a in edges {
      for b in edges {
        for c in edges {
          for mask in [0, 3, 5, 6, 7] {
            comparison.run(Self.operands([a, b, c], fromCalldata: mask) + end, [a, b, c], "\(opcode), mask \(mask)")
          }
        }
      }
    }
  }

  @Test(
    "conditions of jumps, as they are and negated",
    arguments: ["LT", "GT", "SLT", "SGT", "EQ", "SUB", "XOR", "AND", "POP"])
  func conditions(opcode: String) {
    let comparison = Comparison(EthereumRules(.cancun))
    Self.forEachPair { values in
      for mask in 0..<4 {
        for negations in 0..<3 {
          // The condition is used once, or stays on the stack as well.
          for use in ["", "DUP1 "] {
            let condition = [opcode] + [String](repeating: "ISZERO", count: negations)
            var code = Self.operands(values, fromCalldata: mask)
            code += assemble(condition.joined(separator: " ") + " \(use)")
            // PUSH2, JUMPI, 7 + RETURN, and the destination after it.
            let notTaken = assemble("7" + returnTop)
            code += assemble("PUSH2:\(code.count + 4 + notTaken.count) JUMPI") + notTaken
            code += assemble("JUMPDEST \(use.isEmpty ? "9" : "")" + returnTop)
            comparison.run(code, values, "\(condition), mask \(mask), used twice: \(!use.isEmpty)")
          }
        }
      }
    }
  }

  @Test("memory at the edges of offsets, grown or not", arguments: ["MLOAD", "MSTORE", "MSTORE8"])
  func memory(opcode: String) {
    let comparison = Comparison(EthereumRules(.cancun))
    let end = opcode == "MLOAD" ? assemble("MLOAD MSIZE ADD" + returnTop) : assemble("\(opcode) MSIZE" + returnTop)
    for offset in [0, 1, 31, 32, 33, 63, 64, 95, 96, 1000] as [UInt256] {
      for size in [0, 1, 2, 3] {
        for mask in 0..<4 {
          let values = [(0x1122_3344_5566_7788 as UInt256) << 190 &+ 0x99aa, offset]
          let grown = size == 0 ? [] : assemble("5 \(32 * (size - 1)) MSTORE")
          comparison.run(
            grown + Self.operands(values, fromCalldata: mask) + end, values, "\(opcode), mask \(mask), size \(size)")
        }
      }
    }
  }
}
