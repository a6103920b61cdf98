// Runs of code under plain Ethereum.

import EVM
import EVMTesting
import Primitives

/// The outcome of a run under plain Ethereum.
struct Run {
  var status: FrameStatus
  var output: [UInt8]
  var gasUsed: Int64
  var host: EthereumHost<MemoryState>

  /// The output as a number.
  var word: UInt256 { UInt256(bigEndianBytes: Array((output + [UInt8](repeating: 0, count: 32)).prefix(32)))! }
}

func run(
  _ code: [UInt8], revision: Revision = .cancun, gas: Int64 = 10_000_000, input: [UInt8] = [], value: UInt256 = .zero,
  isStatic: Bool = false, environment: ExecutionEnvironment = ExecutionEnvironment(),
  accounts: [Address: MemoryAccount] = [:]
) -> Run {
  var state = MemoryState()
  state.world.accounts = accounts
  state[contract].code = code
  state.beginTransaction()
  _ = state.warm(contract)
  _ = state.warm(sender)
  var host = EthereumHost(revision: revision, state: state)
  let machine = VirtualMachine(rules: EthereumRules(revision))
  machine.environment = environment
  var meter = Meter(gas: gas)
  let start = host.checkpoint()
  let result = machine.execute(
    Message(address: contract, caller: sender, value: value, input: input, isStatic: isStatic), code: Code(code),
    meter: &meter, host: &host)
  if !result.status.succeeded { host.undo(to: start) }
  return Run(status: result.status, output: result.output, gasUsed: gas - meter.gas, host: host)
}

func run(_ text: String, revision: Revision = .cancun, gas: Int64 = 10_000_000, isStatic: Bool = false) -> Run {
  run(assemble(text), revision: revision, gas: gas, isStatic: isStatic)
}
