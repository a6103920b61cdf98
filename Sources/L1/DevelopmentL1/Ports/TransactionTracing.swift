import Concurrency
import EVM
import Ethereum
import EthereumAPI
import Primitives
import Tracers
import Transactions

/// Executes blocks and calls again under geth's tracers.
struct TransactionTracing: TransactionTracer {
  let chain: DevelopmentChain

  func trace(
    block number: UInt64, only index: Int?, _ options: TraceOptions, cancellation: Cancellation,
    _ found: (Bytes32, Write) throws(TraceError) -> Void
  ) throws(TraceError) {
    guard let block = chain.block(number), let parent = chain.block(number &- 1) else { return }
    let body: BlockBody?
    let state: StateTrie?
    do throws(ChainError) {
      body = try chain.body(of: block)
      state = try chain.state(after: parent.number)
    } catch {
      throw .simulation(.failed("\(error)"))
    }
    guard let body, let state else { throw .simulation(.stateNotAvailable(block: parent.number)) }
    let builder = BlockBuilder(
      parent: parent.header, state: state, fields: BlockFields(block.header),
      rules: chain.identity.rules(chainID: chain.settings.chainID)
    ) { [chain] in chain.hash($0) }
    for (position, transaction) in body.transactions.enumerated() {
      if cancellation.isCancelled { throw .simulation(.cancelled) }
      guard case .signed(let signed) = transaction.transaction else { continue }
      let run = IncludedRun(
        transaction: signed, sender: transaction.sender, builder: builder,
        place: TracedTransaction.Place(
          blockHash: block.hash, blockNumber: number, hash: transaction.hash, index: position))
      if let index, position < index {
        var tracer = NoTracer()
        _ = try run.execute(&tracer)
        continue
      }
      let firstLog = builder.logCount
      try found(transaction.hash) { (text) throws(TraceError) in
        try options.trace(run, chain, firstLog: firstLog, into: text, cancellation)
      }
      if position == index { return }
    }
  }

  func trace(
    _ call: SimulatedCall, after number: UInt64, _ overrides: SimulationOverrides, _ options: TraceOptions,
    into text: TraceText, cancellation: Cancellation
  ) throws(TraceError) {
    try options.trace(
      CallRun(
        call: call, number: number, overrides: overrides, simulation: CallSimulation(chain: chain),
        cancellation: cancellation), chain, firstLog: 0, into: text, cancellation)
  }
}

/// Something that can be executed under the eyes of any tracer.
protocol TracedRun {
  /// Whose accounts the beginning touches.
  var touched: [Address] { get }

  /// The world before.
  func before() throws(TraceError) -> WorldState

  /// Executes it; how it ended, and the world after it.
  func execute<T: Tracer>(_ tracer: inout T) throws(TraceError) -> (transaction: TracedTransaction, world: WorldState)
}

/// A transaction of a block.
private struct IncludedRun: TracedRun {
  let transaction: SignedTransaction
  let sender: Address
  let builder: BlockBuilder
  let place: TracedTransaction.Place

  private var target: Address { transaction.to ?? ContractAddress.create(sender, nonce: transaction.nonce) }

  var touched: [Address] {
    [sender, target, builder.fields.coinbase] + transaction.authorizations.compactMap(\.authority)
  }

  func before() throws(TraceError) -> WorldState { builder.world }

  func execute<T: Tracer>(_ tracer: inout T) throws(TraceError) -> (transaction: TracedTransaction, world: WorldState) {
    do throws(TransactionRefusal) {
      let included = try builder.add(transaction, sender: sender, tracer: &tracer)
      let traced = TracedTransaction(
        from: sender, to: target, creates: transaction.to == nil, value: transaction.value, input: transaction.input,
        gasLimit: transaction.gasLimit, gasUsed: included.receipt.gasUsed, succeeded: included.receipt.succeeded,
        output: included.output, place: place)
      return (traced, builder.world)
    } catch {
      throw .simulation(.failed("a transaction of the block is refused: \(error)"))
    }
  }
}

/// A call that is in no block.
private struct CallRun: TracedRun {
  let call: SimulatedCall
  let number: UInt64
  let overrides: SimulationOverrides
  let simulation: CallSimulation
  let cancellation: Cancellation

  var touched: [Address] { [call.from] + (call.to.map { [$0] } ?? []) }

  func before() throws(TraceError) -> WorldState {
    do throws(SimulationError) { return try simulation.world(after: number, overrides) } catch {
      throw .simulation(error)
    }
  }

  func execute<T: Tracer>(_ tracer: inout T) throws(TraceError) -> (transaction: TracedTransaction, world: WorldState) {
    let nonce = try before().peekNonce(call.from)
    do throws(SimulationError) {
      let (result, world) = try simulation.run(call, after: number, overrides, cancellation, &tracer)
      let traced = TracedTransaction(
        from: call.from, to: call.to ?? ContractAddress.create(call.from, nonce: call.nonce ?? nonce),
        creates: call.to == nil, value: call.value, input: call.input, gasLimit: call.gasLimit, gasUsed: result.gasUsed,
        succeeded: result.succeeded, output: result.output)
      return (traced, world)
    } catch {
      throw .simulation(error)
    }
  }
}

extension TraceOptions {
  /// Executes a run and writes down what the options ask for.
  func trace(
    _ run: some TracedRun, _ chain: DevelopmentChain, firstLog: Int, into text: TraceText, _ cancellation: Cancellation
  ) throws(TraceError) {
    let revision = chain.identity.hardfork.revision
    let isPrecompile: @Sendable (Address) -> Bool = { Precompiles.ethereum($0, revision) != nil }
    if kind.observesSteps {
      var tracer = TracerSet<EveryStep>(
        kind, byteLimit: maxBytes, firstLog: firstLog, into: text, cancellation: cancellation,
        isPrecompile: isPrecompile)
      return try trace(run, &tracer)
    }
    var tracer = TracerSet<CallsOnly>(
      kind, byteLimit: maxBytes, firstLog: firstLog, into: text, cancellation: cancellation, isPrecompile: isPrecompile)
    return try trace(run, &tracer)
  }

  private func trace<Detail: TraceDetail>(
    _ run: some TracedRun, _ tracer: inout TracerSet<Detail>
  ) throws(TraceError) {
    tracer.touch(run.touched, world: try run.before())
    let (transaction, world) = try run.execute(&tracer)
    if tracer.isTooLarge { throw .tooLarge }
    if tracer.isCutShort { throw .simulation(.cancelled) }
    tracer.finish(transaction, world: world)
    if tracer.isCutShort { throw .simulation(.cancelled) }
  }
}
