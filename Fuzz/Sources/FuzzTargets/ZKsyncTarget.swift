import EVM
import Primitives
import Transactions
import ZKsyncOS

/// Runs bytecode as init code of a transaction of ZKsync OS, through its bootloader, at full speed and step by step.
///
/// Input: version, gas in units of 64 beyond what the transaction costs at least (two bytes), init code.
enum ZKsyncTarget {
  static func run(_ input: UnsafeRawBufferPointer) {
    guard input.count > 3 else { return }
    let version: ProtocolVersion = input[0] & 1 == 0 ? .v0_0_5 : .v0_0_4
    let gas = 150_000 + 64 * (UInt64(input[1]) << 8 | UInt64(input[2]))
    let signed = SignedTransaction(
      kind: .dynamicFee, chainID: 270, nonce: 0, gasLimit: gas, maxFeePerGas: 1_000, maxPriorityFeePerGas: 0, to: nil,
      value: .zero, input: Array(input[3...]))
    guard let transaction = try? VMTransaction(signed, sender: Address(0xa11ce)) else { return }
    let context = BlockContext(protocolVersion: version, chainID: 270, number: 300, timestamp: 1_700_000_000)
    let engine = ExecutionEngine()

    let fast = outcome { () throws(SimulationFailure) in
      try Simulation.call(transaction, context: context, state: EmptyState(), engine: engine)
    }
    let stepped = outcome { () throws(SimulationFailure) in
      var tracer = Steps()
      return try Simulation.call(transaction, context: context, state: EmptyState(), engine: engine, tracer: &tracer)
    }
    promise(fast == stepped, "both ways end alike")
    if case .success(let result) = fast {
      promise(result.gasUsed <= gas, "an execution uses at most its gas")
      promise((result.createdAddress != nil) == result.succeeded, "a creation that succeeds has an address")
    }
  }

  private static func outcome(
    _ body: () throws(SimulationFailure) -> Simulation.Result
  ) -> Result<Simulation.Result, SimulationFailure> {
    do throws(SimulationFailure) { return .success(try body()) } catch { return .failure(error) }
  }
}

/// A chain on which nothing has happened.
private struct EmptyState: StateView {
  func slot(_ flatKey: Bytes32) -> Bytes32? { nil }
  func preimage(_ hash: Bytes32) -> [UInt8]? { nil }
}

/// Makes the machine go step by step.
private struct Steps: Tracer {
  static var isActive: Bool { true }
  static var observesSteps: Bool { true }

  mutating func willStep(_ frame: FrameView, world: some WorldReader) {
    promise(frame.stack.count <= 1_024 && frame.depth <= 1_024, "stacks and calls are bounded")
  }
  mutating func didStep(_ frame: FrameView, halt: Halt?, world: some WorldReader) {}
  mutating func enter(_ event: FrameEvent, world: some WorldReader) {}
  mutating func leave(_ end: FrameEnd, world: some WorldReader) {}
  mutating func log(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) {}
}
