import Concurrency
import Cryptography
import EVM
import Ethereum
import EthereumAPI
import Primitives
import Tracers
import Transactions

/// Executes calls on the state after any block, without a trace in the chain.
struct CallSimulation: Simulator, AccessTracer {
  let chain: DevelopmentChain

  func simulate(
    _ call: SimulatedCall, after number: UInt64, _ overrides: SimulationOverrides, cancellation: Cancellation
  ) throws(SimulationError) -> SimulationOutcome {
    var tracer = NoTracer()
    return SimulationOutcome(try run(call, after: number, overrides, cancellation, &tracer).result)
  }

  func accesses(
    of call: SimulatedCall, after number: UInt64, _ overrides: SimulationOverrides, cancellation: Cancellation
  ) throws(SimulationError) -> (accesses: AccessList, outcome: SimulationOutcome) {
    var tracer = AccessListTracer { Precompiles.ethereum($0, chain.identity.hardfork.revision) != nil }
    let outcome = SimulationOutcome(try run(call, after: number, overrides, cancellation, &tracer).result)
    return (tracer.accesses, outcome)
  }

  /// The state after a block with what is to be different about it.
  func world(after number: UInt64, _ overrides: SimulationOverrides) throws(SimulationError) -> WorldState {
    var world = WorldState(base: try context(after: number).state)
    for (address, change) in overrides.accounts { world.override(address, with: AccountOverride(change)) }
    return world
  }

  /// Runs a call under the eyes of a tracer; how it ended, and the world that it left behind.
  func run<T: Tracer>(
    _ call: SimulatedCall, after number: UInt64, _ overrides: SimulationOverrides, _ cancellation: Cancellation,
    _ tracer: inout T
  ) throws(SimulationError) -> (result: TransitionResult, world: WorldState) {
    var block = try context(after: number).block
    overrides.block.apply(to: &block)
    // A call that offers no price pays none, and the base fee must not stand in its way.
    if call.gasPrice.isZero, overrides.block.baseFee == nil { block.baseFee = .zero }
    // The call may have more gas than a block: what it may have was decided by whoever asks.
    if overrides.block.gasLimit == nil { block.gasLimit = max(block.gasLimit, call.gasLimit) }
    let world = try world(after: number, overrides)
    let transition = EthereumTransition(
      world: world, revision: chain.identity.hardfork.revision, block: block,
      options: chain.identity.rules(chainID: block.chainID).options)
    let transaction = SignedTransaction(
      kind: call.authorizations.isEmpty ? .dynamicFee : .setCode, chainID: block.chainID,
      nonce: call.nonce ?? world.peekNonce(call.from),
      gasLimit: call.gasLimit, maxFeePerGas: call.gasPrice, maxPriorityFeePerGas: call.gasPrice, to: call.to,
      value: call.value, input: call.input, accessList: call.accessList, authorizations: call.authorizations)
    let result: TransitionResult
    do throws(TransactionRefusal) {
      result = try transition.simulate(transaction, sender: call.from, cancellation: cancellation, tracer: &tracer)
    } catch {
      throw Self.explain(error)
    }
    if cancellation.isCancelled { throw .cancelled }
    return (result, transition.world)
  }

  /// The block in which a call after a block runs, as the API promises: that block itself, on the state after it.
  func context(after number: UInt64) throws(SimulationError) -> (state: StateTrie, block: BlockEnvironment) {
    let chainID = chain.settings.chainID
    let hashes: @Sendable (UInt64) -> Bytes32 = { [chain] in chain.hash($0) }
    if number == chain.head.number &+ 1 {
      let pending = chain.pending()
      return (
        pending.state,
        BlockBuilder.environment(number: number, fields: pending.fields, chainID: chainID, blockHash: hashes)
      )
    }
    let state: StateTrie?
    do throws(ChainError) { state = try chain.state(after: number) } catch { throw .failed("\(error)") }
    guard let header = chain.block(number)?.header, let state else { throw .stateNotAvailable(block: number) }
    return (
      state,
      BlockBuilder.environment(number: number, fields: BlockFields(header), chainID: chainID, blockHash: hashes)
    )
  }

  static func explain(_ refusal: TransactionRefusal) -> SimulationError {
    switch refusal {
    case .intrinsicGasTooLow: .intrinsicGasTooLow
    case .insufficientFunds: .invalid("insufficient funds for transfer")
    case .initCodeTooLarge: .initCodeTooLarge
    case .nonceOverflow: .nonceOverflow
    default: .invalid("\(refusal)")
    }
  }
}

extension SimulationOutcome {
  init(_ result: TransitionResult) {
    switch result.status {
    case .stopped, .returned, .selfDestructed:
      self = .success(
        output: result.output, gasUsed: result.gasUsed,
        effects: SimulationEffects(
          logs: result.logs, deployedCode: result.deployedCode, undoneFrames: result.undoneFrames))
    case .reverted: self = .revert(output: result.output, gasUsed: result.gasUsed)
    case .halted(let halt):
      self = .halt(reason: halt.gethMessage, isOutOfGas: halt.mayNeedGas, gasUsed: result.gasUsed)
    }
  }
}

extension Halt {
  /// Whether more gas might cure it.
  fileprivate var mayNeedGas: Bool {
    switch self {
    case .outOfGas, .memoryLimit, .operandTooLarge, .precompileFailure, .codeDepositOutOfGas: true
    default: false
    }
  }
}

extension BlockFields {
  /// What was decided about a block that exists.
  init(_ header: BlockHeader) {
    self.init(
      timestamp: header.timestamp, coinbase: header.beneficiary, gasLimit: header.gasLimit,
      baseFee: header.baseFeePerGas, prevRandao: header.mixHash, extraData: header.extraData,
      parentBeaconBlockRoot: header.parentBeaconBlockRoot ?? .zero, excessBlobGas: header.excessBlobGas ?? 0)
  }
}

extension SimulationOverrides.BlockFields {
  func apply(to block: inout BlockEnvironment) {
    if let number { block.number = number }
    if let timestamp { block.timestamp = timestamp }
    if let gasLimit { block.gasLimit = gasLimit }
    if let beneficiary { block.coinbase = beneficiary }
    if let randomness { block.prevRandao = UInt256(randomness) }
    if let baseFee { block.baseFee = baseFee }
  }
}

extension AccountOverride {
  init(_ change: SimulationOverrides.Account) {
    func slots(_ given: [Bytes32: Bytes32]) -> [UInt256: UInt256] {
      Dictionary(given.map { (UInt256($0.key), UInt256($0.value)) }) { $1 }
    }
    self.init(
      nonce: change.nonce, balance: change.balance, code: change.code, storage: change.state.map(slots),
      slots: slots(change.stateDifference))
  }
}
