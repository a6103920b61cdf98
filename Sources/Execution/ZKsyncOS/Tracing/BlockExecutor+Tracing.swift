import Concurrency
import EVM
import Primitives
import Tracers
import Transactions

/// Why there is no trace.
public enum TraceFailure: Error, Hashable, Sendable {
  /// It would have more bytes than it may.
  case tooLarge
  /// The transaction cannot be executed.
  case rejected(Rejection)
  /// The state could not be read, or nobody waits any more.
  case failed(BlockError)

  fileprivate init(_ failure: SimulationFailure) {
    switch failure {
    case .rejected(let reason): self = .rejected(reason)
    case .exceeded: self = .failed(.invariant("a call exceeds a limit that there is not"))
    case .failed(let fault): self = .failed(fault)
    }
  }
}

extension BlockExecutor {
  /// Ends executions under way, and those to come, once `cancellation` is; `nil` lets them take the time that they need.
  public mutating func stop(with cancellation: Cancellation?) { bootloader.cancellation = cancellation }

  /// Executes a transaction of the block and tells how it goes, in one JSON value.
  ///
  /// After an error the block is not good for another transaction, and the text may have a part of the value.
  ///
  /// - Parameters:
  ///   - byteLimit: bytes that a tracer may collect before it writes.
  ///   - place: where the transaction is, for tracers that tell.
  public mutating func trace(
    _ transaction: RecoveredTransaction, _ kind: TraceKind, byteLimit: Int, place: TracedTransaction.Place,
    into text: TraceText
  ) throws(TraceFailure) {
    let form: VMTransaction
    do throws(TransactionError) { form = try VMTransaction(transaction) } catch {
      throw .rejected(.hazard(.notEncodable))
    }
    let firstLog = bootloader.state.pointee.events.count
    if kind.observesSteps {
      var tracer = TracerSet<EveryStep>(kind, byteLimit, firstLog, text, bootloader.cancellation)
      return try trace(form, place, &tracer)
    }
    var tracer = TracerSet<CallsOnly>(kind, byteLimit, firstLog, text, bootloader.cancellation)
    return try trace(form, place, &tracer)
  }

  private mutating func trace<Detail: TraceDetail>(
    _ transaction: VMTransaction, _ place: TracedTransaction.Place, _ tracer: inout TracerSet<Detail>
  ) throws(TraceFailure) {
    let world = BlockWorld(state: bootloader.state)
    tracer.touch(transaction.touched(coinbase: context.coinbase), world: world)
    let outcome: TransactionOutcome
    do throws(BlockError) {
      outcome = try execute(transaction, senderIsKnown: true, within: .unlimited, tracer: &tracer)
    } catch {
      throw tracer.isTooLarge ? .tooLarge : .failed(error)
    }
    let result: TransactionResult
    switch outcome {
    case .included(let included): result = included
    case .rejected(let reason): throw .rejected(reason)
    case .exceeded: throw .failed(.invariant("a transaction exceeds a limit that there is not"))
    }
    try tracer.end(
      transaction.traced(
        gasUsed: result.gasUsed, succeeded: result.succeeded, output: result.output, place: place), world)
  }
}

extension Simulation {
  /// Runs a call like ``call(_:context:state:engine:limits:tellsWrites:cancellation:)`` and tells how it goes, in one JSON
  /// value.
  ///
  /// - Parameter byteLimit: bytes that a tracer may collect before it writes.
  public static func trace(
    _ transaction: VMTransaction, _ kind: TraceKind, byteLimit: Int, into text: TraceText, context: BlockContext,
    state: any StateView, engine: ExecutionEngine, world: SimulatedWorld = SimulatedWorld(),
    cancellation: Cancellation? = nil
  ) throws(TraceFailure) {
    let bootloader = Bootloader(
      context: context, view: state, engine: engine, features: BlockFeatures(), isSimulation: true,
      cancellation: cancellation)
    bootloader.world = world
    _ = try trace(transaction, kind, byteLimit, text, bootloader)
  }

  /// Runs a transaction like ``step(_:context:state:engine:world:cancellation:tracer:)`` and tells how it goes, in one JSON
  /// value.
  ///
  /// - Parameter byteLimit: bytes that a tracer may collect before it writes.
  public static func traceStep(
    _ transaction: VMTransaction, _ kind: TraceKind, byteLimit: Int, into text: TraceText, context: BlockContext,
    state: any StateView, engine: ExecutionEngine, world: SimulatedWorld, cancellation: Cancellation
  ) throws(TraceFailure) -> (gasUsed: UInt64, changes: Changes) {
    let bootloader = Bootloader(
      context: context, view: state, engine: engine, features: BlockFeatures(), isSimulation: true,
      cancellation: cancellation)
    bootloader.world = world
    bootloader.isStep = true
    let gasUsed = try trace(transaction, kind, byteLimit, text, bootloader)
    do throws(SimulationFailure) { return (gasUsed, try changes(of: bootloader)) } catch { throw TraceFailure(error) }
  }

  /// The gas that the transaction used.
  private static func trace(
    _ transaction: VMTransaction, _ kind: TraceKind, _ byteLimit: Int, _ text: TraceText, _ bootloader: Bootloader
  ) throws(TraceFailure) -> UInt64 {
    if kind.observesSteps {
      var tracer = TracerSet<EveryStep>(kind, byteLimit, 0, text, bootloader.cancellation)
      return try trace(transaction, bootloader, &tracer)
    }
    var tracer = TracerSet<CallsOnly>(kind, byteLimit, 0, text, bootloader.cancellation)
    return try trace(transaction, bootloader, &tracer)
  }

  private static func trace<Detail: TraceDetail>(
    _ transaction: VMTransaction, _ bootloader: Bootloader, _ tracer: inout TracerSet<Detail>
  ) throws(TraceFailure) -> UInt64 {
    let context = bootloader.context
    guard transaction.gasLimit <= context.gasLimit else {
      throw .rejected(.invalid(.callerGasLimitMoreThanBlock))
    }
    let reserve = transaction.isL1 ? 0 : signatureGas
    guard transaction.gasLimit >= reserve else { throw .rejected(.invalid(.outOfGasDuringValidation)) }
    let world = BlockWorld(state: bootloader.state)
    tracer.touch(transaction.touched(coinbase: context.coinbase), world: world)
    var run = transaction
    run.gasLimit -= reserve
    let processed: Bootloader.Processed
    do throws(TransactionStop) {
      processed = try bootloader.process(run, senderIsKnown: true, tracer: &tracer)
    } catch {
      throw tracer.isTooLarge ? .tooLarge : TraceFailure(SimulationFailure(error))
    }
    let gasUsed = processed.gasUsed + reserve
    try tracer.end(
      transaction.traced(
        gasUsed: gasUsed, succeeded: processed.run.succeeded, output: processed.run.output, place: nil), world)
    return gasUsed
  }
}

extension TracerSet {
  fileprivate init(
    _ kind: TraceKind, _ byteLimit: Int, _ firstLog: Int, _ text: TraceText, _ cancellation: Cancellation?
  ) {
    self.init(
      kind, byteLimit: byteLimit, firstLog: firstLog, into: text, cancellation: cancellation,
      isPrecompile: { Precompiles.zksync($0) != nil },
      changedByCall: { SystemHost.deployed(by: $0) })
  }

  fileprivate mutating func end(_ transaction: TracedTransaction, _ world: BlockWorld) throws(TraceFailure) {
    if isTooLarge { throw .tooLarge }
    finish(transaction, world: world)
    if isCutShort { throw .failed(.cancelled) }
  }
}

/// The state of a block as tracers read it.
struct BlockWorld: WorldReader {
  let state: UnsafeMutablePointer<BlockState>

  func peekBalance(_ address: Address) -> UInt256 { state.pointee.peekAccount(address).balance }
  func peekNonce(_ address: Address) -> UInt64 { state.pointee.peekAccount(address).nonce }
  func peekCode(_ address: Address) -> [UInt8] { state.pointee.peekCode(address) }
  func peekStorage(_ address: Address, _ key: UInt256) -> UInt256 { state.pointee.peekSlot(UInt256(address), key) }
}

extension VMTransaction {
  /// Where its contract comes to be, or the account that it calls.
  private var target: Address {
    creates ? ContractAddress.create(from, nonce: nonce.saturatedUInt64) : to
  }

  private var creates: Bool { !isL1 && !reserved[1].isZero }

  /// The accounts that it touches outside of its calls.
  fileprivate func touched(coinbase: Address) -> [Address] {
    [from, target, coinbase] + (isL1 ? [Address(truncating: reserved[1])] : [])
  }

  fileprivate func traced(
    gasUsed: UInt64, succeeded: Bool, output: [UInt8], place: TracedTransaction.Place?
  ) -> TracedTransaction {
    TracedTransaction(
      from: from, to: target, creates: creates, value: value, input: data, gasLimit: gasLimit, gasUsed: gasUsed,
      succeeded: succeeded, output: output, place: place)
  }
}
