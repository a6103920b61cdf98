import EVM
import Ethereum
import Primitives

/// An implementation that can run a workload again and again on the same world.
protocol WorkloadRunner: AnyObject {
  /// Runs every execution once, each followed by the undoing of what it changed.
  func run()
  /// Runs one execution and says what came of it.
  func outcome(_ execution: Int) -> WorkloadOutcome
}

/// Our interpreter, called directly.
final class OwnRunner: WorkloadRunner {
  private let workload: Workload
  private let machine: Machine<EthereumRules>
  private var host: EthereumHost<WorldState>
  /// Analysed code of each execution, where analysis is not part of the measurement.
  private let analysed: [Code]

  /// - Parameter keepsAnalysis: analyse each code once, as a node does that keeps it by its hash.
  init(_ workload: Workload, keepsAnalysis: Bool) {
    self.workload = workload
    machine = Machine(rules: EthereumRules(workload.revision))
    machine.environment = workload.environment
    host = EthereumHost(revision: workload.revision, state: workload.world)
    guard keepsAnalysis else {
      analysed = []
      return
    }
    var codes: [[UInt8]: Code] = [:]
    analysed = workload.executions.map { execution in
      if let code = codes[execution.code] { return code }
      let code = Code(execution.code)
      codes[execution.code] = code
      return code
    }
  }

  func run() {
    for index in workload.executions.indices { _ = execute(index) }
  }

  func outcome(_ execution: Int) -> WorkloadOutcome {
    let (result, gas) = execute(execution)
    switch result.status {
    case .stopped, .returned, .selfDestructed:
      return WorkloadOutcome(status: .succeeded, gasLeft: gas, output: result.output)
    case .reverted: return WorkloadOutcome(status: .reverted, gasLeft: gas, output: result.output)
    case .halted: return WorkloadOutcome(status: .halted, gasLeft: gas, output: [])
    }
  }

  private func execute(_ index: Int) -> (ExecutionResult, gasLeft: Int64) {
    let execution = workload.executions[index]
    let start = host.checkpoint()
    var meter = Meter(gas: execution.gas)
    let code = analysed.isEmpty ? Code(execution.code) : analysed[index]
    let result = machine.execute(execution.message, code: code, meter: &meter, host: &host)
    host.undo(to: start)
    return (result, meter.gas)
  }
}
