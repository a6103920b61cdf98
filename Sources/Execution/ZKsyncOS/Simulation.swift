import Concurrency
import EVM
import Primitives
import Transactions

/// Runs single calls that leave no trace, for `eth_call`, `eth_estimateGas` and tracers.
///
/// A simulation is a block of one transaction whose validation and fees are left out: neither signature nor nonce nor
/// balance is looked at. It may run on any thread, with an engine of that thread.
///
/// What it may use is bounded: memory by gas, which the block's limit bounds, and return data by what the virtual machine
/// holds; time by gas as far as plain instructions go. Whatever takes longer for its gas looks whether the simulation is
/// cancelled: each call, creation, first access of a slot, and KECCAK256.
public enum Simulation {
  /// How a call ended, and what it would have done.
  public struct Result: Sendable, Equatable {
    public var succeeded: Bool
    /// Return data, or the data of a revert.
    public var output: [UInt8]
    /// What the same transaction would use in a block, the check of its signature included.
    public var gasUsed: UInt64
    public var createdAddress: Address?
    public var logs: [Log]
    /// Keccak-256 of the code of each account whose code the call changed.
    public var deployedCode: [Address: Bytes32]
    /// Calls and creations whose effects were undone.
    public var undoneFrames: Int
    /// Slots of contracts that the call changed; told only on request.
    public var storageWrites: [StorageWrite]
    /// Why it stopped abnormally; `nil` for a success, a revert, and what is only told by the gas that is gone.
    public var halt: Halt?
    /// Whether it failed since it leaves more pubdata than its gas pays for.
    public var lacksNativeForPubdata: Bool
  }

  /// Gas that a transaction pays for the check of its signature. It is set aside before the call and counted after it,
  /// so that a simulated call sees exactly the gas that it will see in a block.
  static let signatureGas = ErgsCost.ecrecover / ergsPerGas

  /// Runs `transaction` in the block of `context` on `state`. An L2 transaction's signature may be 65 zero bytes.
  ///
  /// - Parameters:
  ///   - world: what it sees differently.
  ///   - limits: what it may take, where it is to become a transaction.
  ///   - tellsWrites: whether the result has the slots that change.
  /// - Throws: `.rejected` where no block could contain the transaction (too little gas to begin with, fees below the
  ///   base fee, more value than the sender owns, a hazard), `.failed` where the state cannot be read or the call was cancelled.
  public static func call(
    _ transaction: VMTransaction, context: BlockContext, state: any StateView, engine: ExecutionEngine,
    world: SimulatedWorld = SimulatedWorld(), limits: ExecutionLimits = .unlimited, tellsWrites: Bool = false,
    cancellation: Cancellation? = nil
  ) throws(SimulationFailure) -> Result {
    var tracer = NoTracer()
    return try call(
      transaction, context: context, state: state, engine: engine, world: world, limits: limits,
      tellsWrites: tellsWrites, cancellation: cancellation, tracer: &tracer)
  }

  /// Runs `transaction` and observes it.
  public static func call<T: Tracer>(
    _ transaction: VMTransaction, context: BlockContext, state: any StateView, engine: ExecutionEngine,
    world: SimulatedWorld = SimulatedWorld(), limits: ExecutionLimits = .unlimited, tellsWrites: Bool = false,
    cancellation: Cancellation? = nil, tracer: inout T
  ) throws(SimulationFailure) -> Result {
    let bootloader = Bootloader(
      context: context, view: state, engine: engine, features: BlockFeatures(), isSimulation: true,
      cancellation: cancellation)
    bootloader.world = world
    return try run(transaction, bootloader, limits: limits, tellsWrites: tellsWrites, tracer: &tracer)
  }

  /// What a simulated transaction leaves behind for those that come after it.
  public struct Changes: Sendable {
    public var writes: [StorageWrite]
    public var preimages: [PublishedPreimage]
  }

  /// Runs a transaction after which others are to come: the nonce of the sender counts, and the fee is paid. Neither
  /// signature nor nonce is looked at.
  public static func step<T: Tracer>(
    _ transaction: VMTransaction, context: BlockContext, state: any StateView, engine: ExecutionEngine,
    world: SimulatedWorld, cancellation: Cancellation, tracer: inout T
  ) throws(SimulationFailure) -> (result: Result, changes: Changes) {
    let bootloader = Bootloader(
      context: context, view: state, engine: engine, features: BlockFeatures(), isSimulation: true,
      cancellation: cancellation)
    bootloader.world = world
    bootloader.isStep = true
    let result = try run(transaction, bootloader, limits: .unlimited, tellsWrites: false, tracer: &tracer)
    return (result, try changes(of: bootloader))
  }

  /// Ends a simulated transaction.
  static func changes(of bootloader: Bootloader) throws(SimulationFailure) -> Changes {
    do throws(TransactionStop) { try bootloader.finish() } catch { throw SimulationFailure(error) }
    let state = bootloader.state
    do throws(BlockError) { _ = try state.pointee.flushAccounts() } catch { throw .failed(error) }
    return Changes(
      writes: state.pointee.storageWrites(order: state.pointee.orderedCells()),
      preimages: state.pointee.publishedPreimages())
  }

  private static func run<T: Tracer>(
    _ transaction: VMTransaction, _ bootloader: Bootloader, limits: ExecutionLimits, tellsWrites: Bool,
    tracer: inout T
  ) throws(SimulationFailure) -> Result {
    var transaction = transaction
    let context = bootloader.context
    guard transaction.gasLimit <= context.gasLimit else {
      throw .rejected(.invalid(.callerGasLimitMoreThanBlock))
    }
    guard transaction.gasLimit >= signatureGas else { throw .rejected(.invalid(.outOfGasDuringValidation)) }
    if !transaction.isL1 { transaction.gasLimit -= signatureGas }
    bootloader.allowedNative = limits.native
    do throws(TransactionStop) {
      let processed = try bootloader.process(transaction, senderIsKnown: true, tracer: &tracer)
      let result = bootloader.result(of: processed)
      let length = transaction.encodedLength
      let added = bootloader.state.pointee.finishEffort(
        native: result.nativeUsed, encodedLength: length, counted: bootloader.machine.environment.counted)
      let model = CycleModel.of(context.protocolVersion)
      var totals = BlockTotals(model)
      totals.add(
        result, encodedLength: length, pubdata: bootloader.state.pointee.countPubdata(), added, model)
      if let resource = limits.resourceExceeded(by: totals) { throw .exceeded(resource) }
      return Result(
        succeeded: result.succeeded, output: result.output,
        gasUsed: result.gasUsed + (transaction.isL1 ? 0 : signatureGas), createdAddress: result.createdAddress,
        logs: result.logs, deployedCode: bootloader.state.pointee.deployedCode,
        undoneFrames: bootloader.state.pointee.undoneFrames,
        storageWrites: tellsWrites
          ? bootloader.state.pointee.storageWrites(order: bootloader.state.pointee.orderedCells()) : [],
        halt: processed.run.halt, lacksNativeForPubdata: processed.run.lacksNativeForPubdata)
    } catch {
      throw SimulationFailure(error)
    }
  }
}

/// Why a call could not be simulated.
public enum SimulationFailure: Error, Hashable, Sendable {
  /// No block could contain the transaction.
  case rejected(Rejection)
  /// The transaction takes more of this than the limits leave to it.
  case exceeded(BlockResource)
  /// The state could not be read, or the call was cancelled.
  case failed(BlockError)

  init(_ stop: TransactionStop) {
    switch stop {
    case .rejected(let reason): self = .rejected(reason)
    case .exceeded(let resource): self = .exceeded(resource)
    case .failed(let fault): self = .failed(fault)
    }
  }
}
