import EVM
import Ethereum
import Primitives

extension Workload {
  /// How often each instruction byte is executed in one run of the workload, by its value.
  public func opcodeCounts() -> [Int] {
    let machine = VirtualMachine(rules: EthereumRules(revision))
    machine.environment = environment
    var host = EthereumHost(revision: revision, state: world)
    var counter = OpcodeCounter()
    for execution in executions {
      let start = host.checkpoint()
      var meter = Meter(gas: execution.gas)
      _ = machine.execute(
        execution.message, code: Code(execution.code), meter: &meter, host: &host, tracer: &counter)
      host.undo(to: start)
    }
    return counter.counts
  }
}

/// Counts steps by their instruction byte.
private struct OpcodeCounter: Tracer {
  private(set) var counts = [Int](repeating: 0, count: 256)

  static var isActive: Bool { true }
  static var observesSteps: Bool { true }

  mutating func willStep(_ frame: FrameView, world: some WorldReader) { counts[Int(frame.opcode)] += 1 }
  mutating func didStep(_ frame: FrameView, halt: Halt?, world: some WorldReader) {}
  mutating func enter(_ event: FrameEvent, world: some WorldReader) {}
  mutating func leave(_ end: FrameEnd, world: some WorldReader) {}
  mutating func log(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) {}
}
