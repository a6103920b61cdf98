import ChainStorage
import Concurrency
import Cryptography
import EVM
import EthereumAPI
import Primitives
import Tracers
import Transactions
import ZKsyncOS

/// Simulated transactions on the state after a block, or in the middle of it.
final class StateSequence: SimulatedSequence {
  private let simulator: StateSimulator
  /// Of the block in which the sequence began, for blocks that differ from it in some fields.
  private let origin: BlockContext
  private var context: BlockContext
  private var world = SimulatedWorld()
  private var state: OverriddenState

  init(_ simulator: StateSimulator, _ context: BlockContext, _ state: OverriddenState) {
    self.simulator = simulator
    origin = context
    self.context = context
    self.state = state
  }

  func balance(of address: Address) throws(SimulationError) -> UInt256 { try account(address).balance }
  func nonce(of address: Address) throws(SimulationError) -> UInt64 { try account(address).nonce }

  private func account(_ address: Address) throws(SimulationError) -> AccountProperties {
    do throws(StateReadError) { return try state.account(address) } catch { throw .failed(error.description) }
  }

  func hasPrecompile(at address: Address) -> Bool { SimulatedWorld.hasPrecompile(at: address) }

  func override(_ accounts: [Address: SimulationOverrides.Account]) throws(SimulationError) {
    world.movedPrecompiles = try StateSimulator.movedPrecompiles(accounts)
    try state.override(accounts, version: context.protocolVersion)
  }

  func enter(_ fields: SimulationOverrides.BlockFields) {
    context = origin
    world.blobBaseFee = fields.blobBaseFee
    StateSimulator.apply(fields, to: &context)
    if let baseFee = fields.baseFee { context.baseFee = baseFee }
    // Calls without a price do not see the fee of the chain, as in eth_call.
    world.shownBaseFee = fields.baseFee ?? .zero
  }

  func begin(_ block: SimulatedBlock) {
    context.number = block.number
    context.timestamp = block.timestamp
    context.gasLimit = block.gasLimit
    context.coinbase = block.beneficiary
    context.mixHash = UInt256(block.randomness)
    context.baseFee = UInt256(block.baseFee)
    context.blockHashes = context.blockHashes.appending(block.parent.hash)
    world.shownBaseFee = context.baseFee
    world.blobBaseFee = block.blobBaseFee
  }

  func run(
    _ call: SimulatedCall, showsTransfers: Bool, cancellation: Cancellation
  ) throws(SimulationError) -> SimulatedStep {
    if showsTransfers {
      var tracer = TransferTracer()
      let outcome = try run(call, cancellation, &tracer)
      return SimulatedStep(outcome: outcome, shown: tracer.logs, mostGas: outcome.gasUsed)
    }
    var tracer = NoTracer()
    let outcome = try run(call, cancellation, &tracer)
    // Nothing is ever given back here.
    return SimulatedStep(outcome: outcome, shown: outcome.logs, mostGas: outcome.gasUsed)
  }

  private func run<T: Tracer>(
    _ call: SimulatedCall, _ cancellation: Cancellation, _ tracer: inout T
  ) throws(SimulationError) -> SimulationOutcome {
    let (context, world) = place(of: call)
    let transaction = try simulator.transaction(call, state)
    let result = try simulator.running { [state] (engine) throws(SimulationFailure) in
      try Simulation.step(
        transaction, context: context, state: state, engine: engine, world: world, cancellation: cancellation,
        tracer: &tracer)
    }
    state.apply(writes: result.changes.writes, preimages: result.changes.preimages)
    return StateSimulator.outcome(result.result, gasLimit: call.gasLimit)
  }

  func trace(
    _ call: SimulatedCall, _ options: TraceOptions, into text: TraceText, cancellation: Cancellation
  ) throws(TraceError) -> UInt64 {
    let (context, world) = place(of: call)
    let transaction: VMTransaction
    do throws(SimulationError) { transaction = try simulator.transaction(call, state) } catch {
      throw .simulation(error)
    }
    let result = try simulator.tracing { [state] (engine) throws(TraceFailure) in
      try Simulation.traceStep(
        transaction, options.kind, byteLimit: options.maxBytes, into: text, context: context, state: state,
        engine: engine, world: world, cancellation: cancellation)
    }
    state.apply(writes: result.changes.writes, preimages: result.changes.preimages)
    return result.gasUsed
  }

  /// What a call runs in: one that offers no price pays none, and the base fee must not stand in its way.
  private func place(of call: SimulatedCall) -> (BlockContext, SimulatedWorld) {
    var context = context, world = world
    if call.gasPrice.isZero { context.baseFee = .zero } else { world.shownBaseFee = nil }
    return (context, world)
  }

  func seal(_ transactions: [SignedTransaction], _ receipts: [Receipt]) -> SealedHeader {
    let root = transactions.reduce(Bytes32.zero) { Keccak256.hash($0, $1.hash) }
    return simulator.headers.sealed(
      context.header(transactionsRoot: root), parent: context.blockHashes[0],
      gasUsed: receipts.last?.cumulativeGasUsed ?? 0, bloom: Bloom(receipts.flatMap(\.logs)))
  }
}

extension StateSimulator: SequenceSimulator {
  public func sequence(
    in number: UInt64, after count: Int?, cancellation: Cancellation
  ) throws(SimulationError) -> any SimulatedSequence {
    guard let context = try contextAfter(number) else { throw .stateNotAvailable(block: number) }
    guard let count else {
      let state = try OverriddenState(try view(after: number), [:], version: context.protocolVersion)
      return StateSequence(self, context, state)
    }
    guard number > 0 else { throw .invalid("the genesis block has no transactions") }
    let transactions = try transactions(ofBlock: number)
    guard count <= transactions.count else {
      throw .invalid("transaction index \(count) is beyond the \(transactions.count) transactions of block \(number)")
    }
    let before = try view(after: number - 1)
    var state = try OverriddenState(before, [:], version: context.protocolVersion)
    let output = try running { (engine) throws(SimulationFailure) in
      do throws(BlockError) {
        var executor = try BlockExecutor(context: context, state: before, engine: engine)
        executor.stop(with: cancellation)
        for transaction in transactions.prefix(count) {
          if case .rejected(let reason) = try executor.execute(transaction) { throw BlockError.invariant("\(reason)") }
        }
        return try executor.seal()
      } catch {
        throw .failed(error)
      }
    }
    state.apply(writes: output.storageWrites, preimages: output.publishedPreimages)
    return StateSequence(self, context, state)
  }

  /// That of `parent`: whether it moves is the sequencer's affair.
  public func baseFee(after parent: SealedHeader) -> UInt64 { parent.header.baseFeePerGas }
}
