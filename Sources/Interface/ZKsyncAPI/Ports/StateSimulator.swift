import ChainStorage
import Concurrency
import EVM
import EthereumAPI
import Primitives
import Synchronization
import Tracers
import Transactions
import ZKsyncOS

/// Simulated calls on the state after any block.
///
/// An engine belongs to one call at a time; those that are idle wait in a pool, as each has memory that is worth keeping.
public final class StateSimulator: Simulator, AccessTracer {
  private let storage: ChainStorage
  /// How simulated blocks are shown.
  let headers: ServedHeaders
  let contextAfter: @Sendable (UInt64) throws(SimulationError) -> BlockContext?
  private let limits: ExecutionLimits
  private let codes = CodeCache()
  private let idle = Mutex<[Engine]>([])
  let immediate = ImmediateCalls()

  /// Moves an engine from thread to thread; only one has it.
  private struct Engine: @unchecked Sendable {
    let engine: ExecutionEngine
  }

  /// - Parameters:
  ///   - limits: what a transaction may take that a block is to contain.
  ///   - headers: how simulated blocks are shown.
  ///   - context: the one in which what comes on top of a block is simulated; `nil` for a block that is not kept.
  public init(
    _ storage: ChainStorage, limits: ExecutionLimits = .unlimited, headers: ServedHeaders = .linked,
    context: @escaping @Sendable (_ block: UInt64) throws(SimulationError) -> BlockContext?
  ) {
    self.storage = storage
    self.headers = headers
    self.limits = limits
    contextAfter = context
  }

  public func simulate(
    _ call: SimulatedCall, after number: UInt64, _ overrides: SimulationOverrides, cancellation: Cancellation
  ) throws(SimulationError) -> SimulationOutcome {
    let (context, world) = try self.context(of: number, call, overrides)
    let view = try OverriddenState(
      try self.view(after: number), overrides.accounts, version: context.protocolVersion)
    let transaction = try self.transaction(call, view)
    let result = try running { (engine) throws(SimulationFailure) in
      try Simulation.call(
        transaction, context: context, state: view, engine: engine, world: world,
        limits: call.mustFitBlock ? limits : .unlimited, cancellation: cancellation)
    }
    return Self.outcome(result, gasLimit: transaction.gasLimit)
  }

  public func simulateImmediately(
    _ call: SimulatedCall, after block: ChainPosition, cancellation: Cancellation
  ) -> SimulationOutcome? {
    guard ImmediateCalls.suits(call), let hash = block.hash, var context = immediate.context(ofBlock: hash) else {
      return nil
    }
    return immediate.trying { () throws(SimulationError) in
      let view: ChainStateView
      do throws(StorageError) { view = try storage.state.residentView(at: block.number) } catch {
        throw .stateNotAvailable(block: block.number)
      }
      let world = Self.adapt(&context, to: call)
      let state = try OverriddenState(view, [:], version: context.protocolVersion)
      let transaction = try self.transaction(call, state)
      let result = try running { (engine) throws(SimulationFailure) in
        try Simulation.call(
          transaction, context: context, state: state, engine: engine, world: world, limits: ImmediateCalls.limits,
          cancellation: cancellation)
      }
      return Self.outcome(result, gasLimit: transaction.gasLimit)
    }
  }

  /// Runs a call as ``simulate(_:after:_:cancellation:)`` does, and notes what it touches.
  public func accesses(
    of call: SimulatedCall, after number: UInt64, _ overrides: SimulationOverrides, cancellation: Cancellation
  ) throws(SimulationError) -> (accesses: AccessList, outcome: SimulationOutcome) {
    let (context, world) = try self.context(of: number, call, overrides)
    let view = try OverriddenState(
      try self.view(after: number), overrides.accounts, version: context.protocolVersion)
    let transaction = try self.transaction(call, view)
    var tracer = AccessListTracer { Precompiles.zksync($0) != nil }
    let result = try running { (engine) throws(SimulationFailure) in
      try Simulation.call(
        transaction, context: context, state: view, engine: engine, world: world, cancellation: cancellation,
        tracer: &tracer)
    }
    return (tracer.accesses, Self.outcome(result, gasLimit: transaction.gasLimit))
  }

  static func outcome(_ result: Simulation.Result, gasLimit: UInt64) -> SimulationOutcome {
    if result.succeeded {
      let effects = SimulationEffects(
        logs: result.logs, deployedCode: result.deployedCode, undoneFrames: result.undoneFrames)
      return .success(output: result.output, gasUsed: result.gasUsed, effects: effects)
    }
    if result.lacksNativeForPubdata {
      return .halt(
        reason: "out of native resources for pubdata", isOutOfGas: true, gasUsed: result.gasUsed)
    }
    if let halt = result.halt {
      return .halt(reason: halt.gethMessage, isOutOfGas: halt.isCuredByGas, gasUsed: result.gasUsed)
    }
    if result.output.isEmpty, result.gasUsed >= gasLimit {
      return .halt(reason: "out of gas", isOutOfGas: true, gasUsed: result.gasUsed)
    }
    return .revert(output: result.output, gasUsed: result.gasUsed)
  }

  /// What a transaction, with its fee and without a look at its signature, would do on top of a block; with the slots that
  /// it changes.
  func outcome(
    of transaction: VMTransaction, after number: UInt64, cancellation: Cancellation
  ) throws(SimulationError) -> Simulation.Result {
    guard let context = try contextAfter(number) else { throw .stateNotAvailable(block: number) }
    let view = try self.view(after: number)
    return try running { (engine) throws(SimulationFailure) in
      try Simulation.call(
        transaction, context: context, state: view, engine: engine, limits: limits, tellsWrites: true,
        cancellation: cancellation)
    }
  }

  /// Runs a call as ``simulate(_:after:_:cancellation:)`` does, and tells how it goes.
  func trace(
    _ call: SimulatedCall, after number: UInt64, _ overrides: SimulationOverrides, _ options: TraceOptions,
    into text: TraceText, cancellation: Cancellation
  ) throws(TraceError) {
    let context: BlockContext, world: SimulatedWorld, view: OverriddenState, transaction: VMTransaction
    do throws(SimulationError) {
      (context, world) = try self.context(of: number, call, overrides)
      view = try OverriddenState(
        try self.view(after: number), overrides.accounts, version: context.protocolVersion)
      transaction = try self.transaction(call, view)
    } catch {
      throw .simulation(error)
    }
    try tracing { (engine) throws(TraceFailure) in
      try Simulation.trace(
        transaction, options.kind, byteLimit: options.maxBytes, into: text, context: context, state: view,
        engine: engine, world: world, cancellation: cancellation)
    }
  }

  func view(after number: UInt64) throws(SimulationError) -> ChainStateView {
    do throws(StorageError) { return try storage.state.view(at: number) } catch {
      throw .stateNotAvailable(block: number)
    }
  }

  /// The transactions of a block that is there.
  func transactions(ofBlock number: UInt64) throws(SimulationError) -> [RecoveredTransaction] {
    let record: ReplayRecord?
    do throws(StorageError) { record = try storage.log.record(number) } catch { throw .failed(error.description) }
    guard let record else { throw .stateNotAvailable(block: number) }
    return record.transactions
  }

  /// Lends an engine.
  private func lending<T, E: Error>(_ body: (ExecutionEngine) throws(E) -> T) throws(E) -> T {
    let pooled = idle.withLock { $0.popLast() } ?? Engine(engine: ExecutionEngine(codes: codes))
    defer { idle.withLock { $0.append(pooled) } }
    return try body(pooled.engine)
  }

  func running<T>(_ body: (ExecutionEngine) throws(SimulationFailure) -> T) throws(SimulationError) -> T {
    do throws(SimulationFailure) { return try lending(body) } catch { throw Self.explain(error) }
  }

  func tracing<T>(_ body: (ExecutionEngine) throws(TraceFailure) -> T) throws(TraceError) -> T {
    do throws(TraceFailure) { return try lending(body) } catch {
      switch error {
      case .tooLarge: throw .tooLarge
      case .rejected(let reason): throw .simulation(Self.explain(.rejected(reason)))
      case .failed(let fault): throw .simulation(Self.explain(.failed(fault)))
      }
    }
  }

  private func context(
    of number: UInt64, _ call: SimulatedCall, _ overrides: SimulationOverrides
  ) throws(SimulationError) -> (BlockContext, SimulatedWorld) {
    // The block before and after: it may be dropped in between, and another take its place.
    let hash = storage.blocks.residentHash(number)
    guard var context = try contextAfter(number) else { throw .stateNotAvailable(block: number) }
    if let hash, hash == storage.blocks.residentHash(number) { immediate.keep(context, ofBlock: hash, number) }
    var world = Self.adapt(&context, to: call, baseFee: overrides.block.baseFee)
    world.movedPrecompiles = try Self.movedPrecompiles(overrides.accounts)
    world.blobBaseFee = overrides.block.blobBaseFee
    Self.apply(overrides.block, to: &context)
    return (context, world)
  }

  /// Has a block look as the call is to see it.
  ///
  /// - Parameter baseFee: in place of the block's.
  private static func adapt(
    _ context: inout BlockContext, to call: SimulatedCall, baseFee: UInt256? = nil
  ) -> SimulatedWorld {
    var world = SimulatedWorld()
    // A call that offers no price pays none, and the base fee must not stand in its way.
    if call.gasPrice.isZero {
      context.baseFee = .zero
      world.shownBaseFee = baseFee
    } else if let baseFee {
      context.baseFee = baseFee
    }
    return world
  }

  /// Makes a block different, but for its base fee.
  static func apply(_ fields: SimulationOverrides.BlockFields, to context: inout BlockContext) {
    if let number = fields.number {
      context.blockHashes = context.blockHashes.shifted(from: context.number, to: number)
      context.number = number
    }
    if let timestamp = fields.timestamp { context.timestamp = timestamp }
    if let gasLimit = fields.gasLimit { context.gasLimit = gasLimit }
    if let beneficiary = fields.beneficiary { context.coinbase = beneficiary }
    if let randomness = fields.randomness { context.mixHash = UInt256(randomness) }
  }

  /// Which precompile answers at an address in place of what is there.
  static func movedPrecompiles(
    _ accounts: [Address: SimulationOverrides.Account]
  ) throws(SimulationError) -> [Address: Address] {
    var moved: [Address: Address] = [:]
    for (address, account) in accounts {
      guard let place = account.precompileMovedTo else { continue }
      guard SimulatedWorld.hasPrecompile(at: address) else {
        throw .unsupportedOverride("account \(address) is not a precompile")
      }
      guard moved[place] == nil else {
        throw .unsupportedOverride("account \(place) has already been overridden by a precompile")
      }
      moved[place] = address
    }
    return moved
  }

  func transaction(
    _ call: SimulatedCall, _ view: OverriddenState
  ) throws(SimulationError) -> VMTransaction {
    var nonce = call.nonce ?? 0
    if call.nonce == nil {
      do throws(StateReadError) { nonce = try view.account(call.from).nonce } catch {
        throw .failed(error.description)
      }
    }
    let signed = SignedTransaction(
      kind: call.accessList.isEmpty ? .legacy : .accessList, chainID: nil, nonce: nonce, gasLimit: call.gasLimit,
      maxFeePerGas: call.gasPrice, maxPriorityFeePerGas: call.gasPrice, to: call.to, value: call.value,
      input: call.input, accessList: call.accessList)
    do throws(TransactionError) { return try VMTransaction(signed, sender: call.from) } catch {
      throw .invalid(error.description)
    }
  }

  static func explain(_ failure: SimulationFailure) -> SimulationError {
    switch failure {
    case .rejected(.invalid(.outOfGasDuringValidation)): .intrinsicGasTooLow
    case .rejected(.invalid(.createInitCodeSizeLimit)): .initCodeTooLarge
    case .rejected(.invalid(.nonceOverflowInTransaction)): .nonceOverflow
    case .rejected(.hazard(.valueBeyondBalance)): .invalid("insufficient funds for transfer")
    case .rejected(let reason): .invalid("\(reason)")
    case .exceeded(let resource): .invalid(resource.refusal)
    case .failed(.cancelled): .cancelled
    case .failed(let fault): .failed("\(fault)")
    }
  }
}

extension BlockHashes {
  /// What another number sees where these are what `number` sees: each hash stays with its block.
  fileprivate func shifted(from number: UInt64, to other: UInt64) -> BlockHashes {
    if other >= number {
      let unknown = Int(min(other - number, UInt64(Self.count)))
      return BlockHashes(newestFirst: [Bytes32](repeating: .zero, count: unknown) + hashes.dropLast(unknown))
    }
    return BlockHashes(newestFirst: Array(hashes.dropFirst(Int(min(number - other, UInt64(Self.count))))))
  }
}

extension Halt {
  /// Whether the same call may do better with more gas.
  fileprivate var isCuredByGas: Bool {
    switch self {
    case .outOfGas, .memoryLimit, .precompileFailure, .codeDepositOutOfGas, .outOfNative: true
    default: false
    }
  }
}
