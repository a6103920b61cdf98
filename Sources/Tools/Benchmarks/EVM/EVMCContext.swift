import CEVMC
import Cryptography
import EVM
import Ethereum
import Primitives

/// What the callbacks of an EVMC machine work on: the world of our own host, whose prices they do not use.
struct EVMCContext {
  var host: EthereumHost<WorldState>
  private let machine: UnsafeMutablePointer<evmc_vm>
  private let callbacks: UnsafePointer<evmc_host_interface>
  private let environment: ExecutionEnvironment
  private let revision: Int32

  init(
    _ workload: Workload, machine: UnsafeMutablePointer<evmc_vm>, callbacks: UnsafePointer<evmc_host_interface>
  ) {
    host = EthereumHost(revision: workload.revision, state: workload.world)
    environment = workload.environment
    self.machine = machine
    self.callbacks = callbacks
    revision = Int32(workload.revision.rawValue)
  }

  /// Runs code with `context` as its host. The machine comes back through the callbacks, which change the context.
  static func execute(
    _ context: UnsafeMutablePointer<EVMCContext>, _ message: UnsafePointer<evmc_message>,
    _ code: UnsafeBufferPointer<UInt8>
  ) -> evmc_result {
    let machine = context.pointee.machine
    return machine.pointee.execute(
      machine, context.pointee.callbacks, context, context.pointee.revision, message, code.baseAddress, code.count)
  }

  var transaction: evmc_tx_context {
    var context = evmc_tx_context()
    context.tx_gas_price = evmc_bytes32(environment.gasPrice)
    context.tx_origin = evmc_address(environment.origin)
    context.block_coinbase = evmc_address(environment.coinbase)
    context.block_number = Int64(clamping: environment.number)
    context.block_timestamp = Int64(clamping: environment.timestamp)
    context.block_gas_limit = Int64(clamping: environment.gasLimit)
    context.block_prev_randao = evmc_bytes32(environment.prevRandao)
    context.chain_id = evmc_bytes32(UInt256(environment.chainID))
    context.block_base_fee = evmc_bytes32(environment.baseFee)
    context.blob_base_fee = evmc_bytes32(environment.blobBaseFee)
    return context
  }

  /// Changes a slot and names the kind of change by the value at the beginning of the transaction, before and after.
  mutating func store(_ address: Address, _ key: UInt256, _ new: UInt256) -> Int {
    let original = host.state.originalStorage(address, key)
    let current = host.state.peekStorage(address, key)
    if current == new { return EVMC_STORAGE_ASSIGNED }
    host.state.setStorage(address, key, new)
    if original == current {
      return original.isZero
        ? EVMC_STORAGE_ADDED : new.isZero ? EVMC_STORAGE_DELETED : EVMC_STORAGE_MODIFIED
    }
    if original.isZero { return new.isZero ? EVMC_STORAGE_ADDED_DELETED : EVMC_STORAGE_ASSIGNED }
    if current.isZero { return new == original ? EVMC_STORAGE_DELETED_RESTORED : EVMC_STORAGE_DELETED_ADDED }
    if new.isZero { return EVMC_STORAGE_MODIFIED_DELETED }
    return new == original ? EVMC_STORAGE_MODIFIED_RESTORED : EVMC_STORAGE_ASSIGNED
  }

  /// A call of the machine's: value moves, and a precompile or the callee's code runs.
  static func call(_ context: UnsafeMutablePointer<EVMCContext>, _ message: evmc_message) -> evmc_result {
    // Creations are not served: where a workload has one, the outcomes differ and the benchmark says so.
    guard message.kind <= EVMC_CALLCODE else { return result(EVMC_FAILURE) }
    let start = context.pointee.host.checkpoint()
    if message.kind == EVMC_CALL {
      context.pointee.host.transfer(
        from: Address(message.sender), to: Address(message.recipient), UInt256(message.value))
    }
    let target = Address(message.code_address)
    let end: evmc_result
    if let precompile = Precompiles.ethereum(target, context.pointee.host.revision) {
      end = run(precompile, message, context.pointee.host.revision)
    } else if let code = context.pointee.host.state.code(target) {
      var message = message
      end = code.bytes.withMemoryRebound(to: UInt8.self) { execute(context, &message, $0) }
    } else {
      end = result(EVMC_SUCCESS, gasLeft: message.gas)
    }
    if end.status_code != EVMC_SUCCESS { context.pointee.host.undo(to: start) }
    return end
  }

  private static func run(_ precompile: Precompile, _ message: evmc_message, _ revision: Revision) -> evmc_result {
    var meter = Meter(gas: message.gas)
    var output = ReturnData()
    defer { output.deallocate() }
    let input = UnsafeRawBufferPointer(start: message.input_data, count: message.input_size)
    guard precompile.runEthereum(input, revision, meter: &meter, output: &output) else {
      return result(EVMC_PRECOMPILE_FAILURE)
    }
    var end = result(EVMC_SUCCESS, gasLeft: meter.gas)
    let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: output.count)
    _ = copy.initialize(from: output.bytes)
    end.output_data = UnsafePointer(copy.baseAddress)
    end.output_size = copy.count
    end.release = { UnsafeMutablePointer(mutating: $0?.pointee.output_data)?.deallocate() }
    return end
  }

  private static func result(_ status: Int, gasLeft: Int64 = 0) -> evmc_result {
    var result = evmc_result()
    result.status_code = Int32(status)
    result.gas_left = gasLeft
    return result
  }
}
