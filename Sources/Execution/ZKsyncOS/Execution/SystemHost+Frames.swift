import Cryptography
import EVM
import Primitives

// Calls and creations of EVM frames: who pays what, what runs, what is undone.
// Source: zksync-os `basic_bootloader/src/bootloader/runner.rs`, `evm_interpreter/src/ee_trait_impl.rs`.

extension SystemHost {
  mutating func prepareCall(
    _ request: CallRequest, meter: inout Meter, output: inout ReturnData
  ) throws(Halt) -> CallPreparation<FrameHandle> {
    try state.pointee.checkCancellation()
    let (account, stored) = try state.pointee.readAccount(request.codeAddress, .evm, &meter)
    if request.transfersValue {
      try meter.charge(ergs: ErgsCost.callValue)
      if request.kind == .call && state.pointee.accounts[account].current.isEmpty {
        try meter.charge(ergs: ErgsCost.newAccount)
      }
    }
    var callee = meter.forward(atMost: request.gas)
    if request.transfersValue { callee.ergs += ErgsCost.callStipend }
    let provided = callee.gas
    let frame = state.pointee.openFrame()

    if request.transfersValue {
      do throws(Halt) {
        try transfer(from: request.executor, to: request.address, request.value, &callee)
      } catch .insufficientBalance {
        return settle(frame, .halted(.insufficientBalance), provided, &callee, &meter)
      }
    }
    let special = special(at: request.codeAddress)
    guard special != nil || stored != nil && hasCode(stored) else {
      return settle(frame, .stopped, provided, &callee, &meter)
    }
    guard request.depth <= TransactionCost.maxCallDepth else {
      return settle(frame, .halted(.callDepthExceeded), provided, &callee, &meter)
    }
    if let special {
      let call = HookCall(
        address: request.codeAddress, caller: request.executor, value: request.value, input: request.input,
        isStatic: request.isStatic, isPlain: request.kind == .call || request.kind == .staticCall, tariff: .evm)
      let succeeded = try run(special, call, &callee, &output)
      // The hook writes its output, and the runner copies it once more.
      try countReturned(2 * output.count)
      return settle(frame, succeeded ? .returned : .reverted, provided, &callee, &meter)
    }
    guard let stored else { return settle(frame, .stopped, provided, &callee, &meter) }
    try requireEVM(account)
    let code = code(of: account, stored: stored)
    countAnalysis(of: code.bytes.count, isConstructor: false)
    return .run(code: code, meter: callee, checkpoint: frame)
  }

  /// Ends a call that runs no code: state is kept or undone by its status, the callee's meter returns to the caller.
  private func settle(
    _ frame: FrameHandle, _ status: FrameStatus, _ provided: Int64, _ callee: inout Meter, _ meter: inout Meter
  ) -> CallPreparation<FrameHandle> {
    state.pointee.close(frame, keep: status.succeeded)
    let used = provided - callee.gas
    meter.reclaim(callee)
    return .finished(status: status, gasProvided: provided, gasUsed: used)
  }

  /// Moves value at no gas, on behalf of the system.
  func transfer(from: Address, to: Address, _ value: UInt256, _ meter: inout Meter) throws(Halt) {
    try state.pointee.withoutGas(&meter) { (state, meter) throws(Halt) in
      try state.transfer(from: from, to: to, value, .system, .ordinary, &meter)
    }
  }

  func hasCode(_ stored: Int?) -> Bool {
    guard let stored else { return false }
    return !state.pointee.preimages[stored].bytes.isEmpty
  }

  /// Code of another kind than EVM cannot run.
  func requireEVM(_ account: Int) throws(Halt) {
    guard state.pointee.accounts[account].current.executionEnvironment == 1 else {
      throw state.pointee.fail(.hazard(.unsupportedExecutionEnvironment))
    }
  }

  mutating func finishCall(_ checkpoint: FrameHandle, succeeded: Bool) {
    state.pointee.close(checkpoint, keep: succeeded)
  }

  mutating func didReturn(count: Int) throws(Halt) { try countReturned(count) }

  /// Counts return data. A transaction with more than the virtual machine has room for aborts the proving run, whatever
  /// becomes of the frame: nothing that comes after matters.
  mutating func countReturned(_ count: Int) throws(Halt) {
    returnedBytes += count
    if returnedBytes > Self.returnDataLimit { throw state.pointee.fail(.hazard(.returnDataLimit)) }
  }

  /// Notes the search for jump destinations that the machine is about to charge for.
  func countAnalysis(of count: Int, isConstructor: Bool) {
    guard isConstructor || context.protocolVersion.analysesDeployedCodeAtFrameStart else { return }
    state.pointee.effort.analysed(bytes: count, native: NativeCost.jumpAnalysisByte * UInt64(count))
  }

  // MARK: Creations

  mutating func prepareCreate(
    _ request: CreateRequest, meter: inout Meter
  ) throws(Halt) -> CreatePreparation<FrameHandle> {
    let creation = try prepareCreation(
      creator: request.creator, nonce: nil, salt: request.salt, value: request.value, initCode: request.initCode, &meter
    )
    switch creation {
    case .refused(let reason): return .refused(reason: reason)
    case .address(let address, var constructor):
      guard request.depth <= TransactionCost.maxCallDepth else {
        meter.reclaim(constructor)
        return .refused(reason: .callDepthExceeded)
      }
      let frame = try openConstructor(address, creator: request.creator, value: request.value, &constructor)
      countAnalysis(of: request.initCode.count, isConstructor: true)
      return .run(address: address, meter: constructor, checkpoint: frame)
    }
  }

  /// The outcome of the checks before a constructor.
  enum Creation {
    case refused(Halt)
    /// The constructor may run, with a meter split off the creator's.
    case address(Address, Meter)
  }

  /// Checks balance and nonce, derives the address, and looks for a collision. `nonce` is given for a transaction,
  /// whose sender's nonce was incremented before.
  mutating func prepareCreation(
    creator: Address, nonce: UInt64?, salt: UInt256?, value: UInt256, initCode: UnsafeRawBufferPointer,
    _ meter: inout Meter
  ) throws(Halt) -> Creation {
    try state.pointee.checkCancellation()
    let creatorPosition = try readForFree(creator, &meter)
    if state.pointee.accounts[creatorPosition].current.balance < value { return .refused(.insufficientBalance) }
    let usedNonce: UInt64
    if let nonce {
      usedNonce = nonce
    } else {
      do throws(Halt) {
        usedNonce = try state.pointee.withoutGas(&meter) { (state, meter) throws(Halt) in
          try state.incrementNonce(creator, .evm, &meter)
        }
      } catch .nonceOverflow {
        return .refused(.nonceOverflow)
      }
    }
    let address: Address
    if let salt {
      try meter.charge(native: NativeCost.keccak(initCode.count))
      state.pointee.effort.hashed(bytes: initCode.count)
      address = ContractAddress.create2(creator, salt: salt, initCodeHash: Keccak256.hash(initCode))
    } else {
      address = ContractAddress.create(creator, nonce: usedNonce)
    }
    var constructor = meter.forward(atMost: .max)
    // Native stays with the creator until the constructor is sure to run.
    meter.native = constructor.native
    let target = try readForFree(address, &meter)
    let properties = state.pointee.accounts[target].current
    if properties.codeLength != 0 || properties.nonce != 0 { return .refused(.createCollision) }
    constructor.native = meter.native
    meter.native = 0
    return .address(address, constructor)
  }

  /// Opens the constructor's frame: the new account gets nonce 1 (EIP-161) and the value.
  mutating func openConstructor(
    _ address: Address, creator: Address, value: UInt256, _ meter: inout Meter
  ) throws(Halt) -> FrameHandle {
    let frame = state.pointee.openFrame()
    do throws(Halt) {
      try state.pointee.withoutGas(&meter) { (state, meter) throws(Halt) in
        _ = try state.incrementNonce(address, .evm, &meter)
        if !value.isZero { try state.transfer(from: creator, to: address, value, .evm, .ordinary, &meter) }
      }
    } catch .insufficientBalance {
      throw state.pointee.fail(.hazard(.balanceOverflow))
    }
    return frame
  }

  private func readForFree(_ address: Address, _ meter: inout Meter) throws(Halt) -> Int {
    try state.pointee.withoutGas(&meter) { (state, meter) throws(Halt) in
      try state.readAccount(address, .evm, &meter).account
    }
  }

  mutating func finishCreate(
    _ checkpoint: FrameHandle, address: Address, status: FrameStatus, output: UnsafeRawBufferPointer,
    meter: inout Meter
  ) throws(Halt) -> CreateCompletion {
    guard status.succeeded else {
      state.pointee.close(checkpoint, keep: false)
      return .failed(reason: nil, keepsOutput: status == .reverted)
    }
    if output.first == 0xef || output.count > TransactionCost.maxCodeLength {
      state.pointee.close(checkpoint, keep: false)
      meter.exhaustGas()
      // Unlike Ethereum, the creator sees the rejected code as return data.
      return .failed(reason: output.first == 0xef ? .invalidDeployedCode : .codeTooLarge, keepsOutput: true)
    }
    do throws(Halt) {
      try state.pointee.deployCode(address, Array(output), &meter)
    } catch .outOfGas {
      state.pointee.close(checkpoint, keep: false)
      return .failed(reason: .codeDepositOutOfGas, keepsOutput: false)
    }
    state.pointee.close(checkpoint, keep: true)
    return .deployed
  }
}
