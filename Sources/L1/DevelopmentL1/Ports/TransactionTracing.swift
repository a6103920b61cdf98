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
    _ found: (Bytes32, [UInt8]) throws(TraceError) -> Void
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
      let run = IncludedRun(transaction: signed, sender: transaction.sender, builder: builder)
      if let index, position < index {
        var tracer = NoTracer()
        _ = try run.execute(&tracer)
        continue
      }
      try found(transaction.hash, try options.trace(run))
      if position == index { return }
    }
  }

  func trace(
    _ call: SimulatedCall, after number: UInt64, _ overrides: SimulationOverrides, _ options: TraceOptions,
    cancellation: Cancellation
  ) throws(TraceError) -> [UInt8] {
    try options.trace(
      CallRun(
        call: call, number: number, overrides: overrides, simulation: CallSimulation(chain: chain),
        cancellation: cancellation))
  }
}

/// Something that can be executed under the eyes of any tracer.
private protocol TracedRun {
  /// Whose accounts the beginning touches.
  var touched: [Address] { get }

  /// The world before.
  func before() throws(TraceError) -> WorldState

  func execute<T: Tracer>(_ tracer: inout T) throws(TraceError) -> TracedEnd
}

private struct TracedEnd {
  var gasUsed: UInt64
  var failed: Bool
  var output: [UInt8]
  var world: WorldState
}

/// A transaction of a block.
private struct IncludedRun: TracedRun {
  let transaction: SignedTransaction
  let sender: Address
  let builder: BlockBuilder

  var touched: [Address] {
    [sender, transaction.to ?? ContractAddress.create(sender, nonce: transaction.nonce), builder.fields.coinbase]
  }

  func before() throws(TraceError) -> WorldState { builder.world }

  func execute<T: Tracer>(_ tracer: inout T) throws(TraceError) -> TracedEnd {
    do throws(TransactionRefusal) {
      let included = try builder.add(transaction, sender: sender, tracer: &tracer)
      return TracedEnd(
        gasUsed: included.receipt.gasUsed, failed: !included.receipt.succeeded, output: included.output,
        world: builder.world)
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

  func execute<T: Tracer>(_ tracer: inout T) throws(TraceError) -> TracedEnd {
    do throws(SimulationError) {
      let (result, world) = try simulation.run(call, after: number, overrides, cancellation, &tracer)
      return TracedEnd(
        gasUsed: result.gasUsed, failed: !result.succeeded, output: result.output, world: world)
    } catch {
      throw .simulation(error)
    }
  }
}

extension TraceOptions {
  /// Executes a run and writes down what the options ask for.
  fileprivate func trace(_ run: some TracedRun) throws(TraceError) -> [UInt8] {
    let json: [UInt8]
    switch kind {
    case .structLogs(let options):
      var tracer = StructLogger(options: StructLogger.Options(options, byteLimit: maxBytes))
      let end = try run.execute(&tracer)
      if tracer.isTruncatedByBytes { throw .tooLarge }
      json = tracer.result(gasUsed: end.gasUsed, failed: end.failed, output: end.output)
    case .calls(let onlyTopCall, let withLog):
      var tracer = CallTracer(onlyTopCall: onlyTopCall, withLog: withLog, byteLimit: maxBytes)
      _ = try run.execute(&tracer)
      if tracer.isTooLarge { throw .tooLarge }
      json = tracer.result
    case .prestate(let isDifference):
      var tracer = PrestateTracer(byteLimit: maxBytes)
      let world = try run.before()
      for address in run.touched { tracer.touch(address, world: world) }
      let end = try run.execute(&tracer)
      if tracer.isTooLarge { throw .tooLarge }
      json = isDifference ? tracer.difference(world: end.world) : tracer.result
    case .fourByte:
      var tracer = FourByteTracer()
      _ = try run.execute(&tracer)
      json = tracer.result
    case .nothing:
      var tracer = NoTracer()
      _ = try run.execute(&tracer)
      json = Array("{}".utf8)
    }
    guard json.count <= maxBytes else { throw .tooLarge }
    return json
  }
}

extension StructLogger.Options {
  fileprivate init(_ options: StructLogOptions, byteLimit: Int) {
    self.init()
    disableStack = options.disableStack
    disableStorage = options.disableStorage
    enableMemory = options.enableMemory
    enableReturnData = options.enableReturnData
    if let limit = options.limit { self.limit = limit }
    self.byteLimit = byteLimit
  }
}
