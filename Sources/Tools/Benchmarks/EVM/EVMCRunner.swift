import CEVMC
import EVM
import Ethereum
import Primitives

/// Another machine, called through the EVMC interface, on the same kind of world as ours.
final class EVMCRunner: WorkloadRunner {
  private let library: EVMCLibrary
  private let workload: Workload
  private let context: UnsafeMutablePointer<EVMCContext>
  private let callbacks: UnsafeMutablePointer<evmc_host_interface>

  init(_ workload: Workload, library: EVMCLibrary) {
    self.library = library
    self.workload = workload
    callbacks = .allocate(capacity: 1)
    callbacks.initialize(to: EVMCContext.makeCallbacks())
    context = .allocate(capacity: 1)
    context.initialize(to: EVMCContext(workload, machine: library.machine, callbacks: callbacks))
  }

  deinit {
    context.deinitialize(count: 1)
    context.deallocate()
    callbacks.deallocate()
  }

  func run() {
    for index in workload.executions.indices {
      var result = execute(index)
      result.release?(&result)
    }
  }

  func outcome(_ execution: Int) -> WorkloadOutcome {
    var result = execute(execution)
    defer { result.release?(&result) }
    let output = Array(UnsafeBufferPointer(start: result.output_data, count: result.output_size))
    switch result.status_code {
    case Int32(EVMC_SUCCESS): return WorkloadOutcome(status: .succeeded, gasLeft: result.gas_left, output: output)
    case Int32(EVMC_REVERT): return WorkloadOutcome(status: .reverted, gasLeft: result.gas_left, output: output)
    default: return WorkloadOutcome(status: .halted, gasLeft: result.gas_left, output: [])
    }
  }

  private func execute(_ index: Int) -> evmc_result {
    let execution = workload.executions[index]
    let start = context.pointee.host.checkpoint()
    let result = execution.message.input.withUnsafeBufferPointer { input in
      var message = evmc_message()
      message.kind = Int32(EVMC_CALL)
      message.gas = execution.gas
      message.recipient = evmc_address(execution.message.address)
      message.sender = evmc_address(execution.message.caller)
      message.input_data = input.baseAddress
      message.input_size = input.count
      message.code_address = message.recipient
      return execution.code.withUnsafeBufferPointer { EVMCContext.execute(context, &message, $0) }
    }
    context.pointee.host.undo(to: start)
    return result
  }
}
