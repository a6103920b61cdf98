import EVM
import Ethereum
import Primitives

/// One program ready to be executed, its code analysed and, where blocks are measured, translated.
public final class InstructionRun {
  private let body: () -> FrameStatus

  /// - Parameters:
  ///   - count: units in the code: up to 200.
  ///   - native: under the rules of ZKsync OS instead of Ethereum's.
  public init(_ program: InstructionProgram, count: Int, tier: InterpreterTier, native: Bool) {
    let code = tier.code(program.code(count))
    body =
      native
      ? InstructionRun.body(VirtualMachine(rules: ZKsyncRules()), code)
      : InstructionRun.body(VirtualMachine(rules: EthereumRules(.cancun)), code)
    // Whatever is done once is done now.
    for _ in 0..<program.executionsBefore { _ = body() }
  }

  private static func body<Rules: RuleSet>(_ machine: VirtualMachine<Rules>, _ code: Code) -> () -> FrameStatus {
    var host = EthereumHost(
      revision: .cancun, state: WorldState(accounts: [Workload.contract: Account(code: Array(code.bytes))]))
    let message = Message(address: Workload.contract, caller: .zero, input: InstructionProgram.input)
    return {
      var meter = Meter(gas: 1_000_000_000)
      return machine.execute(message, code: code, meter: &meter, host: &host).status
    }
  }

  /// Executes the program. Whether it ended as it must.
  public func execute() -> Bool { body() == .stopped }
}
