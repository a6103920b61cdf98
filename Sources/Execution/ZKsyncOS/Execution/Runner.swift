import EVM
import Primitives
import Transactions

/// What executions of one thread share from block to block: the virtual machine with its memory, and analysed code.
///
/// Not safe to use from two threads at once; the code cache inside may be shared.
public final class ExecutionEngine {
  let codes: CodeCache
  private var machines: [ProtocolVersion: VirtualMachine<ZKsyncRules>] = [:]

  public init(codes: CodeCache = CodeCache()) { self.codes = codes }

  func machine(for version: ProtocolVersion) -> VirtualMachine<ZKsyncRules> {
    if let machine = machines[version] { return machine }
    // Operands are bounded by the 32-bit words of the proving image, whose verdict counts, not by those of this host.
    let machine = VirtualMachine(
      rules: ZKsyncRules(
        storesJumpDestinations: !version.analysesDeployedCodeAtFrameStart, provesWordWidth: true))
    machines[version] = machine
    return machine
  }
}

/// The end of a transaction's call or deployment.
struct RunResult {
  var succeeded: Bool
  var output: [UInt8] = []
  var createdAddress: Address?
  /// Why it stopped abnormally, where it did.
  var halt: Halt?
  /// Whether it failed since it leaves more pubdata than its native pays for.
  var lacksNativeForPubdata = false

  /// For tracers.
  var status: FrameStatus { halt.map { .halted($0) } ?? (succeeded ? .returned : .reverted) }
}

/// Starts the outermost frame of a transaction.
/// Source: zksync-os `basic_bootloader/src/bootloader/run_single_interaction.rs`, `runner.rs`, `account_models/eoa.rs`.
struct Runner<T: Tracer> {
  let machine: VirtualMachine<ZKsyncRules>
  var host: SystemHost
  var tracer: T
  /// Then a creation tells what its constructor returned. In a block nobody asks.
  let isSimulation: Bool

  private var state: UnsafeMutablePointer<BlockState> { host.state }

  /// Calls `callee` with all that `meter` has. With `ownFrame` a failure undoes what the call did; otherwise the caller
  /// does.
  mutating func call(
    from caller: Address, to callee: Address, _ input: [UInt8], value: UInt256, ownFrame: Bool, _ meter: inout Meter
  ) throws(Halt) -> RunResult {
    let tariff = try callerTariff(caller, &meter)
    let outer = ownFrame ? state.pointee.openFrame() : nil
    let provided = meter.gas
    let result = try enter(from: caller, to: callee, input, value: value, tariff, &meter)
    if T.isActive { leave(result, gasUsed: provided - meter.gas) }
    if let outer { state.pointee.close(outer, keep: result.succeeded) }
    return result
  }

  /// A caller without code makes the system pay for what follows; one with code pays EVM prices (at no gas here).
  private func callerTariff(_ caller: Address, _ meter: inout Meter) throws(Halt) -> Tariff {
    let position = try state.pointee.withoutGas(&meter) { (state, meter) throws(Halt) in
      try state.readAccount(caller, .system, &meter).account
    }
    switch state.pointee.accounts[position].current.executionEnvironment {
    case 0: return .system
    case 1: return .evm
    default: throw state.pointee.fail(.hazard(.unsupportedExecutionEnvironment))
    }
  }

  private mutating func enter(
    from caller: Address, to callee: Address, _ input: [UInt8], value: UInt256, _ tariff: Tariff,
    _ meter: inout Meter
  ) throws(Halt) -> RunResult {
    let (account, stored) = try state.pointee.withoutGas(&meter) { (state, meter) throws(Halt) in
      try state.readAccount(callee, tariff, &meter)
    }
    if T.isActive {
      input.withUnsafeBytes { bytes in
        tracer.enter(
          FrameEvent(kind: .call, from: caller, to: callee, value: value, input: bytes, gas: meter.gas, depth: 0),
          world: host)
      }
    }
    let frame = state.pointee.openFrame()
    if !value.isZero {
      do throws(Halt) {
        try host.transfer(from: caller, to: callee, value, &meter)
      } catch .insufficientBalance {
        guard tariff == .evm else { throw state.pointee.fail(.hazard(.valueBeyondBalance)) }
        state.pointee.close(frame, keep: false)
        return RunResult(succeeded: false, halt: .insufficientBalance)
      }
    }
    let result: RunResult
    if let special = host.special(at: callee) {
      result = try callSpecial(special, from: caller, to: callee, input, value: value, tariff, &meter)
    } else if let stored, host.hasCode(stored) {
      try host.requireEVM(account)
      result = try execute(
        Message(address: callee, caller: caller, value: value, input: input), host.code(of: account, stored: stored),
        &meter)
    } else {
      result = RunResult(succeeded: true)
    }
    state.pointee.close(frame, keep: result.succeeded)
    return result
  }

  private mutating func callSpecial(
    _ special: SpecialAddress, from caller: Address, to callee: Address, _ input: [UInt8], value: UInt256,
    _ tariff: Tariff, _ meter: inout Meter
  ) throws(Halt) -> RunResult {
    var output = ReturnData()
    defer { output.deallocate() }
    let succeeded = try input.withRawBytes { (bytes) throws(Halt) in
      try host.run(
        special,
        HookCall(
          address: callee, caller: caller, value: value, input: bytes, isStatic: false, isPlain: true, tariff: tariff),
        &meter, &output)
    }
    try host.countReturned(2 * output.count)
    return RunResult(succeeded: succeeded, output: Array(output.bytes))
  }

  private mutating func execute(_ message: Message, _ code: Code, _ meter: inout Meter) throws(Halt) -> RunResult {
    host.countAnalysis(of: code.bytes.count, isConstructor: false)
    let result =
      T.isActive
      ? machine.execute(message, code: code, meter: &meter, host: &host, tracer: &tracer)
      : machine.execute(message, code: code, meter: &meter, host: &host)
    if let fatal = result.status.fatal { throw fatal }
    if state.pointee.fault != nil { throw .internalFailure }
    try host.countReturned(result.output.count)
    return RunResult(succeeded: result.status.succeeded, output: result.output, halt: result.status.halt)
  }

  private mutating func leave(_ result: RunResult, gasUsed: Int64) {
    result.output.withUnsafeBytes { bytes in
      tracer.leave(
        FrameEnd(status: result.status, gasUsed: gasUsed, output: bytes), world: host)
    }
  }

  /// Deploys the contract of a creation transaction. `nonce` is the sender's before the transaction; `environmentExists`
  /// is false for a deployment into another environment than the EVM.
  mutating func deploy(
    from deployer: Address, nonce: UInt64, _ initCode: [UInt8], value: UInt256, environmentExists: Bool,
    _ meter: inout Meter
  ) throws(Halt) -> RunResult {
    do throws(Halt) {
      try meter.charge(ergs: ErgsCost.deploymentTransaction)
    } catch .outOfGas {
      state.pointee.effort.excludedNative &+= meter.native
      meter = Meter(gas: 0, native: 0)
      return RunResult(succeeded: false, halt: .outOfGas)
    }
    if initCode.count > TransactionCost.maxInitcodeLength {
      return RunResult(succeeded: false, halt: .initCodeTooLarge)
    }
    guard environmentExists else { throw state.pointee.fail(.hazard(.wasmDeployment)) }
    let outer = state.pointee.openFrame()
    let creation = try initCode.withRawBytes { (bytes) throws(Halt) in
      try host.prepareCreation(creator: deployer, nonce: nonce, salt: nil, value: value, initCode: bytes, &meter)
    }
    guard case .address(let address, var constructor) = creation else {
      state.pointee.close(outer, keep: false)
      return RunResult(succeeded: false)
    }
    // Nobody is left to use the creator's 64th.
    constructor.reclaim(meter)
    let provided = constructor.gas
    if T.isActive {
      initCode.withUnsafeBytes { bytes in
        tracer.enter(
          FrameEvent(kind: .create, from: deployer, to: address, value: value, input: bytes, gas: provided, depth: 0),
          world: host)
      }
    }
    let frame = try host.openConstructor(address, creator: deployer, value: value, &constructor)
    let message = Message(address: address, caller: deployer, value: value, isConstructor: true)
    let code = Code(initCode)
    host.countAnalysis(of: initCode.count, isConstructor: true)
    let run =
      T.isActive
      ? machine.execute(message, code: code, meter: &constructor, host: &host, tracer: &tracer)
      : machine.execute(message, code: code, meter: &constructor, host: &host)
    if let fatal = run.status.fatal { throw fatal }
    if state.pointee.fault != nil { throw .internalFailure }
    let completion = try run.output.withRawBytes { (bytes) throws(Halt) in
      try host.finishCreate(frame, address: address, status: run.status, output: bytes, meter: &constructor)
    }
    meter = constructor
    var result = RunResult(succeeded: false)
    switch completion {
    case .deployed: result = RunResult(succeeded: true, output: isSimulation ? run.output : [], createdAddress: address)
    case .failed(let reason, let keepsOutput):
      result.halt = reason ?? run.status.halt
      if keepsOutput { result.output = run.output }
    }
    try host.countReturned(result.output.count)
    if T.isActive {
      var traced = result
      // Who traces sees the code, in a block too.
      if traced.succeeded { traced.output = run.output }
      leave(traced, gasUsed: provided - meter.gas)
    }
    state.pointee.close(outer, keep: result.succeeded)
    return result
  }
}
