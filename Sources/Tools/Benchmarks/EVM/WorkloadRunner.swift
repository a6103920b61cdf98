import Concurrency
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

extension WorkloadRunner {
  /// Nanoseconds of one run, over `count`.
  func time(_ count: Int) -> Double {
    let start = ProcessorClock.threadNanoseconds
    for _ in 0..<count { run() }
    return Double(ProcessorClock.threadNanoseconds - start) / Double(count)
  }
}

/// A workload in our interpreter, run a slice at a time with what it has learnt of the code, as in a node.
public final class WorkloadSlices {
  private let runner: OwnRunner

  /// - Throws: `.workload` if an execution does not succeed.
  public init(_ workload: Workload) throws(EVMBenchmarkError) {
    runner = OwnRunner(workload, keepsAnalysis: true)
    for index in workload.executions.indices {
      let outcome = runner.outcome(index)
      guard outcome.status == .succeeded else { throw .workload("\(workload.name): \(outcome.status)") }
    }
  }

  /// Nanoseconds of one run, over `count`.
  public func time(_ count: Int) -> Double { runner.time(count) }
}

/// Our interpreter, called directly.
final class OwnRunner: WorkloadRunner {
  private let workload: Workload
  private let machine: VirtualMachine<EthereumRules>
  private var host: EthereumHost<WorldState>
  /// Analysed code of each execution, where analysis is not part of the measurement.
  private let analysed: [Code]
  private let tier: InterpreterTier

  /// - Parameter keepsAnalysis: analyse each code once, as a node does that keeps it by its hash.
  init(_ workload: Workload, keepsAnalysis: Bool, tier: InterpreterTier = .automatic) {
    self.workload = workload
    self.tier = tier
    machine = VirtualMachine(rules: EthereumRules(workload.revision))
    machine.environment = workload.environment
    host = EthereumHost(revision: workload.revision, state: workload.world)
    guard keepsAnalysis else {
      analysed = []
      return
    }
    var codes: [[UInt8]: Code] = [:]
    analysed = workload.executions.map { execution in
      if let code = codes[execution.code] { return code }
      let code = tier.code(execution.code)
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
    let code = analysed.isEmpty ? tier.code(execution.code) : analysed[index]
    let result = machine.execute(execution.message, code: code, meter: &meter, host: &host)
    host.undo(to: start)
    return (result, meter.gas)
  }
}

/// Which of our interpreters run the code of an execution.
public enum InterpreterTier: Int, Sendable {
  /// The reference interpreter alone.
  case reference = 0
  /// The block interpreter from the first instruction, its translation included.
  case blocks = 1
  /// The reference interpreter until the code is hot, as everywhere.
  case automatic = 2

  func code(_ bytes: [UInt8]) -> Code {
    switch self {
    case .reference: Code(bytes, translation: .never)
    case .blocks: Code(bytes, translation: .atOnce)
    case .automatic: Code(bytes)
    }
  }
}
