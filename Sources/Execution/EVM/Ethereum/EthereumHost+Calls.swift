// Preparation and completion of calls and creations on plain Ethereum.

import Cryptography
import Primitives

extension EthereumHost {
  /// Calls nest 1,024 deep below the transaction's own frame.
  @inlinable static var callDepthLimit: Int { 1024 }

  @inlinable public mutating func prepareCall(
    _ request: CallRequest, meter: inout Meter, output: inout ReturnData
  ) throws(Halt) -> CallPreparation<Checkpoint> {
    let movesValue = request.transfersValue
    try access(request.codeAddress, meter: &meter)
    var code = state.code(request.codeAddress)
    if revision >= .prague, let target = code.flatMap(Delegation.target(of:)) {
      try access(target, meter: &meter)
      // A precompile has no code, and one that delegates further is not followed.
      code = state.code(target)
    }
    if movesValue { try meter.charge(gas: 9000) }
    if request.kind == .call {
      let isNew =
        revision >= .spuriousDragon
        ? movesValue && isEmpty(request.codeAddress) : !state.exists(request.codeAddress)
      if isNew { try meter.charge(gas: 25_000) }
    }
    var callee = try splitGas(request.gas, &meter)
    if movesValue { callee.gas += 2300 }
    let given = callee.gas

    if request.depth > EthereumHost.callDepthLimit {
      meter.reclaim(callee)
      return .finished(status: .halted(.callDepthExceeded), gasProvided: given, gasUsed: 0)
    }
    if movesValue && state.peekBalance(request.executor) < request.value {
      meter.reclaim(callee)
      return .finished(status: .halted(.insufficientBalance), gasProvided: given, gasUsed: 0)
    }

    let start = checkpoint()
    switch request.kind {
    case .call, .staticCall: transfer(from: request.executor, to: request.address, request.value)
    case .callCode, .delegateCall: break
    }
    if let precompile = Precompiles.ethereum(request.codeAddress, revision) {
      let succeeded = precompile.runEthereum(request.input, revision, meter: &callee, output: &output)
      if !succeeded { undo(to: start) }
      meter.reclaim(callee)
      return .finished(
        status: succeeded ? .returned : .halted(.precompileFailure), gasProvided: given, gasUsed: given - callee.gas)
    }
    guard let code else {
      meter.reclaim(callee)
      return .finished(status: .stopped, gasProvided: given, gasUsed: 0)
    }
    return .run(code: code, meter: callee, checkpoint: start)
  }

  /// The callee's gas: all but a 64th at most (EIP-150); before, exactly what was asked for.
  @inlinable func splitGas(_ request: UInt64, _ meter: inout Meter) throws(Halt) -> Meter {
    if revision >= .tangerineWhistle { return meter.forward(atMost: request) }
    guard request <= UInt64(meter.gas) else { throw .outOfGas }
    try meter.charge(gas: Int64(request))
    return Meter(gas: Int64(request), native: 0)
  }

  @inlinable public mutating func finishCall(_ checkpoint: Checkpoint, succeeded: Bool) {
    if !succeeded { undo(to: checkpoint) }
  }

  @inlinable public mutating func prepareCreate(
    _ request: CreateRequest, meter: inout Meter
  ) throws(Halt) -> CreatePreparation<Checkpoint> {
    try checkCancellation()
    let creator = request.creator
    let nonce = state.peekNonce(creator)
    if request.depth > EthereumHost.callDepthLimit { return .refused(reason: .callDepthExceeded) }
    if state.peekBalance(creator) < request.value { return .refused(reason: .insufficientBalance) }
    if nonce == .max { return .refused(reason: .nonceOverflow) }
    let constructor = try splitGas(
      revision >= .tangerineWhistle ? .max : UInt64(meter.gas), &meter)
    state.setNonce(creator, nonce + 1)
    let address =
      if let salt = request.salt {
        ContractAddress.create2(creator, salt: salt, initCodeHash: Keccak256.hash(request.initCode))
      } else {
        ContractAddress.create(creator, nonce: nonce)
      }
    guard let start = beginCreate(address, from: creator, value: request.value) else {
      return .refused(reason: .createCollision)
    }
    return .run(address: address, meter: constructor, checkpoint: start)
  }

  /// Makes `address` a new contract that owns `value`; `nil` if the address is taken. A transaction that creates a
  /// contract begins with this too.
  @inlinable public mutating func beginCreate(_ address: Address, from creator: Address, value: UInt256) -> Checkpoint?
  {
    if revision >= .berlin { _ = state.warm(address) }
    if state.peekNonce(address) != 0 || state.code(address) != nil || state.hasStorage(address) { return nil }
    let start = checkpoint()
    state.markCreated(address)
    if revision >= .spuriousDragon { state.setNonce(address, 1) }
    transfer(from: creator, to: address, value)
    return start
  }

  @inlinable public mutating func finishCreate(
    _ checkpoint: Checkpoint, address: Address, status: FrameStatus, output: UnsafeRawBufferPointer,
    meter: inout Meter
  ) -> CreateCompletion {
    guard status.succeeded else {
      undo(to: checkpoint)
      return .failed(reason: nil, keepsOutput: status == .reverted)
    }
    if let reason = deposit(output, at: address, &meter) {
      undo(to: checkpoint)
      meter.exhaustGas()
      return .failed(reason: reason, keepsOutput: false)
    }
    return .deployed
  }

  /// Stores a constructor's output as code: not longer than ``codeSizeLimit``, not beginning with 0xef (EIP-3541), 200 gas
  /// a byte. On Frontier a contract that cannot pay stays without code.
  @inlinable mutating func deposit(_ code: UnsafeRawBufferPointer, at address: Address, _ meter: inout Meter) -> Halt? {
    if code.count > codeSizeLimit { return .codeTooLarge }
    if revision >= .london && code.first == 0xef { return .invalidDeployedCode }
    let price = 200 * Int64(code.count)
    if price > meter.gas { return revision >= .homestead ? .codeDepositOutOfGas : nil }
    meter.gas -= price
    state.setCode(address, code)
    return nil
  }
}
