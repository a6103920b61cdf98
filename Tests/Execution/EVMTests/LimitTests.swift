// Programs at the edge of what they have: the two interpreters find the same instruction to halt at, or none.

import EVM
import EVMTesting
import Primitives
import Testing

@Suite("Two interpreters: limits")
struct LimitTests {
  /// Straight and looping code, with memory that grows, GAS that is looked at, and instructions of the host between blocks.
  private static let programs = [
    "1 2 ADD 3 MUL DUP1 DUP1 XOR POP 64 MSTORE 96 32 KECCAK256 7 SSTORE GAS" + returnTop,
    "20 JUMPDEST 1 SWAP1 SUB DUP1 DUP1 32 MUL MSTORE DUP1 2 JUMPI GAS" + returnTop,
    "JUMPDEST 9 0 CALLDATALOAD EXP 1 TSTORE 64 0 0 CALLDATACOPY MSIZE 5 SLOAD ADD GAS ADD 0 MSTORE 32 0 LOG0 CALLER GAS ADD"
      + returnTop,
  ]

  private struct Outcome: Equatable {
    var result: ExecutionResult
    var meter: Meter
  }

  private static func outcome<Rules: RuleSet>(
    _ machine: VirtualMachine<Rules>, _ code: Code, gas: Int64, native: UInt64, input: [UInt8] = []
  ) -> Outcome {
    var state = MemoryState()
    state.beginTransaction()
    var host = EthereumHost(revision: .cancun, state: state)
    var meter = Meter(gas: gas, native: native)
    let message = Message(address: contract, caller: sender, input: input)
    let result = machine.execute(message, code: code, meter: &meter, host: &host)
    return Outcome(result: result, meter: meter)
  }

  @Test("the last 3,000 of gas and 6,000 of native that a program needs, unit by unit", arguments: programs)
  func amounts(program: String) {
    let machine = VirtualMachine(rules: ZKsyncRules())
    let code = assemble(program)
    let (reference, blocks) = (Code(code, translation: .never), Code(code, translation: .atOnce))
    let (gas, native) = (1_000_000 as Int64, 1_000_000_000 as UInt64)
    let free = Self.outcome(machine, reference, gas: gas, native: native)
    #expect(free.result.status.succeeded)
    let (gasUsed, nativeUsed) = (gas - free.meter.gas, native - free.meter.native)
    func compare(gas: Int64, native: UInt64) -> Bool {
      let expected = Self.outcome(machine, reference, gas: gas, native: native)
      let actual = Self.outcome(machine, blocks, gas: gas, native: native)
      #expect(expected == actual, "\(program): gas \(gas), native \(native)")
      return expected.result.status.succeeded
    }
    for amount in 0...min(gasUsed, 3_000) { _ = compare(gas: gasUsed - amount, native: native) }
    for amount in 0...min(nativeUsed, 6_000) { _ = compare(gas: gas, native: nativeUsed - amount) }
    // What GAS shows lies in memory and changes no cost, so that the last unit decides.
    #expect(compare(gas: gas, native: nativeUsed))
    #expect(!compare(gas: gas, native: nativeUsed - 1))
    #expect(blocks.translationSize > 0)
  }

  @Test("heights of the stack around its limits")
  func heights() {
    let machine = VirtualMachine(rules: EthereumRules(.cancun))
    // Blocks that look five items down, grow by three and by five, and end three higher.
    let body = "DUP1 DUP5 DUP2 ADD POP 0 0 JUMPDEST SWAP4 DUP1 DUP1 XOR POP POP 7 STOP"
    for height in Array(0...8) + Array(1_010...1_024) {
      var code = [UInt8](repeating: 0x36, count: height)
      code += assemble("JUMPDEST " + body)
      let expected = Self.outcome(machine, Code(code, translation: .never), gas: 100_000, native: 0)
      #expect(Self.outcome(machine, Code(code, translation: .atOnce), gas: 100_000, native: 0) == expected, "\(height)")
      #expect(expected.result.status.succeeded == (4...1_019 ~= height), "\(height): \(expected.result.status)")
    }
  }

  @Test("jumps to each place in the code, of which some begin a block and are no destinations")
  func targets() {
    let machine = VirtualMachine(rules: EthereumRules(.cancun))
    let text = """
      0 CALLDATALOAD JUMP JUMPDEST 1 2 SSTORE 5 6 ADD 32 CALLDATALOAD 31 JUMPI 7 8 SLOAD POP PUSH2:0x5b5b STOP JUMPDEST \
      JUMPDEST 3 3 TSTORE 9 0 MSTORE 32 0 RETURN
      """
    let code = assemble(text)
    let (reference, blocks) = (Code(code, translation: .never), Code(code, translation: .atOnce))
    func compare(_ target: UInt256, _ condition: UInt256) {
      let input = target.bytes + condition.bytes
      let expected = Self.outcome(machine, reference, gas: 100_000, native: 0, input: input)
      #expect(
        Self.outcome(machine, blocks, gas: 100_000, native: 0, input: input) == expected, "\(target), \(condition)")
    }
    // Three rounds: every block that can be is translated after the first.
    for _ in 0..<3 {
      for condition in [0, 1] as [UInt256] {
        for target in 0...code.count + 45 {
          compare(UInt256(UInt64(target)), condition)
          compare(UInt256(UInt64(target)) &+ 1 << 32, condition)
          compare(UInt256(UInt64(target)) &+ 1 << 64, condition)
          compare(UInt256(UInt64(target)) &+ 1 << 255, condition)
        }
      }
    }
    #expect(blocks.translationSize > 0)
  }
}
