import EVM
import Ethereum
import Primitives

/// Runs bytecode step by step and, cold and hot, at full speed, which must all end alike: status, output, gas, refund and
/// state.
///
/// Input: revision, gas in units of 8 (two bytes), length of the calldata, calldata, code.
enum InterpreterTarget {
  private static let contract = Address(0xc0de)
  private static let caller = Address(0xa11ce)

  static func run(_ input: UnsafeRawBufferPointer) {
    guard input.count > 4 else { return }
    let revision = Revision.allCases[Int(input[0]) % Revision.allCases.count]
    let gas = 8 * (Int64(input[1]) << 8 | Int64(input[2]))
    let calldataEnd = min(4 + Int(input[3]), input.count)
    let message = Message(
      address: contract, caller: caller, value: 3, input: Array(input[4..<calldataEnd]))
    let code = Array(input[calldataEnd...])
    var world = WorldState(accounts: [
      contract: Account(nonce: 1, balance: 1_000, code: code, storage: [1: 3]), caller: Account(balance: 1_000),
    ])
    _ = world.warm(contract)
    let machine = VirtualMachine(rules: EthereumRules(revision))

    var stepped = EthereumHost(revision: revision, state: world)
    var steppedMeter = Meter(gas: gas)
    var tracer = LimitsTracer(gas: gas)
    let steppedResult = machine.execute(
      message, code: Code(code), meter: &steppedMeter, host: &stepped, tracer: &tracer)

    promise(steppedMeter.gas >= 0 && steppedMeter.gas <= gas, "an execution leaves between nothing and all of its gas")
    promise(tracer.depth == 0, "every frame that is entered is left")
    let steppedRoot = stepped.state.stateRoot

    // As it comes; translated before it begins; translated in the middle.
    for policy in [TranslationPolicy.standard, .atOnce, .after(arrivals: 2)] {
      let runnable = Code(code, translation: policy)
      var fast = EthereumHost(revision: revision, state: world)
      var fastMeter = Meter(gas: gas)
      let fastResult = machine.execute(message, code: runnable, meter: &fastMeter, host: &fast)
      promise(fastResult == steppedResult, "every way ends with the same status and output")
      promise(fastMeter == steppedMeter, "every way leaves the same gas")
      promise(fast.refund == stepped.refund, "every way refunds the same")
      promise(fast.state.stateRoot == steppedRoot, "every way leaves the same state")
    }
  }
}

/// Checks the limits of the machine at each step.
private struct LimitsTracer: Tracer {
  let gas: Int64
  var depth = 0

  init(gas: Int64) { self.gas = gas }

  static var isActive: Bool { true }
  static var observesSteps: Bool { true }

  mutating func willStep(_ frame: FrameView, world: some WorldReader) {
    promise(frame.stack.count <= 1_024, "a stack has at most 1,024 words")
    promise(frame.gas >= 0 && frame.gas <= gas, "a frame has between nothing and all of the gas")
    promise(frame.depth == depth && depth <= 1_024, "frames nest at most 1,024 deep")
    // 3 gas per word: memory that is paid for.
    promise(Int64(frame.memory.count) <= 32 * (gas / 3 + 1), "memory is paid for")
  }

  mutating func didStep(_ frame: FrameView, halt: Halt?, world: some WorldReader) {}
  mutating func enter(_ event: FrameEvent, world: some WorldReader) { depth += 1 }
  mutating func leave(_ end: FrameEnd, world: some WorldReader) { depth -= 1 }
  mutating func log(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) {}
}
