import EVM
import Ethereum
import Primitives

/// Executions of contracts that are measured together: a world, a block, and messages, each run on the world as it is.
public struct Workload: Sendable {
  /// One message to one contract.
  struct Execution: Sendable {
    let message: Message
    let code: [UInt8]
    let gas: Int64
  }

  public let name: String
  let revision: Revision
  let environment: ExecutionEnvironment
  let world: WorldState
  let executions: [Execution]
  /// Operations of interest in a run: times are divided by it.
  public let operations: Int

  /// A workload that runs one piece of code without calldata.
  init(name: String, code: [UInt8], gas: Int64 = 1_000_000_000) {
    self.init(
      name: name, revision: .cancun, environment: ExecutionEnvironment(),
      world: WorldState(accounts: [Workload.contract: Account(code: code)]),
      executions: [Execution(message: Message(address: Workload.contract, caller: .zero), code: code, gas: gas)])
  }

  init(
    name: String, revision: Revision, environment: ExecutionEnvironment, world: WorldState, executions: [Execution],
    calls: UInt64 = 1
  ) {
    self.name = name
    self.revision = revision
    self.environment = environment
    self.world = world
    self.executions = executions
    operations = Int(calls)
  }

  /// Where the code of our own workloads stands.
  static let contract = Address(0x1_0000)
}

/// What an execution came to: the same for every implementation that is right.
package struct WorkloadOutcome: Equatable {
  package enum Status { case succeeded, reverted, halted }

  package let status: Status
  package let gasLeft: Int64
  package let output: [UInt8]
}

extension Workload {
  /// What our interpreter makes of each execution.
  package func outcomes(keepsAnalysis: Bool) -> [WorkloadOutcome] {
    let runner = OwnRunner(self, keepsAnalysis: keepsAnalysis)
    return executions.indices.map { runner.outcome($0) }
  }
}
