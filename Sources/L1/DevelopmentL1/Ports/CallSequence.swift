import Concurrency
import EVM
import Ethereum
import EthereumAPI
import Primitives
import Tracers
import Transactions

/// Simulated transactions on the state after a block, or in the middle of it.
final class CallSequence: SimulatedSequence {
  private let chain: DevelopmentChain
  /// On which the world stands, for the roots of blocks.
  private let state: StateTrie
  private(set) var world: WorldState
  /// Of the block in which the sequence began, for blocks that differ from it in some fields.
  private let origin: BlockEnvironment
  private var block: BlockEnvironment
  /// What follows about a block that is to be sealed.
  private var parent = Bytes32.zero, excessBlobGas: UInt64 = 0
  /// Of blocks that were sealed here.
  private var hashes: [UInt64: Bytes32] = [:]

  init(_ chain: DevelopmentChain, _ state: StateTrie, _ world: WorldState, _ block: BlockEnvironment) {
    self.chain = chain
    self.state = state
    self.world = world
    origin = block
    self.block = block
  }

  func balance(of address: Address) -> UInt256 { world.peekBalance(address) }
  func nonce(of address: Address) -> UInt64 { world.peekNonce(address) }

  func hasPrecompile(at address: Address) -> Bool {
    Precompiles.ethereum(address, chain.identity.hardfork.revision) != nil
  }

  func override(_ accounts: [Address: SimulationOverrides.Account]) throws(SimulationError) {
    for (address, change) in accounts {
      if change.precompileMovedTo != nil {
        throw .unsupportedOverride(
          hasPrecompile(at: address)
            ? "precompiles cannot be moved on this chain" : "account \(address) is not a precompile")
      }
      world.override(address, with: AccountOverride(change))
    }
  }

  func enter(_ fields: SimulationOverrides.BlockFields) throws(SimulationError) {
    try checkBlobs(fields.blobBaseFee)
    block = origin
    fields.apply(to: &block)
    // Calls without a price do not see the fee of the chain, as in eth_call.
    pricelessBaseFee = fields.baseFee ?? .zero
  }

  /// What calls see that name no price, where that is not the block's.
  private var pricelessBaseFee: UInt256?

  private func checkBlobs(_ fee: UInt256?) throws(SimulationError) {
    if fee != nil { throw .unsupportedOverride("blobBaseFee cannot be overridden on this chain") }
  }

  func begin(_ next: SimulatedBlock) throws(SimulationError) {
    try checkBlobs(next.blobBaseFee)
    pricelessBaseFee = nil
    hashes[next.parent.number] = next.parent.hash
    parent = next.parent.hash
    let revision = chain.identity.hardfork.revision
    excessBlobGas = BlobSchedule(revision).excessBlobGas(after: next.parent.header)
    let hashes = hashes
    block = BlockEnvironment(
      number: next.number, timestamp: next.timestamp, gasLimit: next.gasLimit, coinbase: next.beneficiary,
      prevRandao: UInt256(next.randomness), baseFee: UInt256(next.baseFee), excessBlobGas: excessBlobGas,
      chainID: origin.chainID
    ) { [chain] in hashes[$0] ?? chain.hash($0) }
    let transition = transition(block)
    transition.beginBlock(parentHash: parent, parentBeaconBlockRoot: .zero)
    world = transition.world
  }

  private func transition(_ block: BlockEnvironment) -> EthereumTransition {
    var options = chain.identity.rules(chainID: block.chainID).options
    options.sendersMayHaveCode = true
    return EthereumTransition(
      world: world, revision: chain.identity.hardfork.revision, block: block, options: options)
  }

  func run(
    _ call: SimulatedCall, showsTransfers: Bool, cancellation: Cancellation
  ) throws(SimulationError) -> SimulatedStep {
    if showsTransfers {
      var tracer = TransferTracer()
      let result = try run(call, cancellation, &tracer)
      return SimulatedStep(outcome: SimulationOutcome(result), shown: tracer.logs, mostGas: result.mostGas)
    }
    var tracer = NoTracer()
    let result = try run(call, cancellation, &tracer)
    return SimulatedStep(outcome: SimulationOutcome(result), shown: result.logs, mostGas: result.mostGas)
  }

  func run<T: Tracer>(
    _ call: SimulatedCall, _ cancellation: Cancellation, _ tracer: inout T
  ) throws(SimulationError) -> TransitionResult {
    var block = block
    // The call may have more gas than a block: what it may have was decided by whoever asks.
    block.gasLimit = max(block.gasLimit, call.gasLimit)
    if call.gasPrice.isZero { block.baseFee = pricelessBaseFee ?? block.baseFee }
    let transaction = SignedTransaction(
      kind: call.authorizations.isEmpty ? .dynamicFee : .setCode, chainID: block.chainID,
      nonce: world.peekNonce(call.from), gasLimit: call.gasLimit, maxFeePerGas: call.gasPrice,
      maxPriorityFeePerGas: call.gasPrice, to: call.to, value: call.value, input: call.input,
      accessList: call.accessList, authorizations: call.authorizations)
    let transition = transition(block)
    let result: TransitionResult
    do throws(TransactionRefusal) {
      result =
        call.gasPrice.isZero
        ? try transition.simulate(transaction, sender: call.from, cancellation: cancellation, tracer: &tracer)
        : try transition.execute(transaction, sender: call.from, cancellation: cancellation, tracer: &tracer)
    } catch {
      throw CallSimulation.explain(error)
    }
    if cancellation.isCancelled { throw .cancelled }
    world = transition.world
    return result
  }

  func trace(
    _ call: SimulatedCall, _ options: TraceOptions, into text: TraceText, cancellation: Cancellation
  ) throws(TraceError) -> UInt64 {
    let run = SequenceRun(sequence: self, call: call, cancellation: cancellation)
    try options.trace(run, chain, firstLog: 0, into: text, cancellation)
    return run.gasUsed
  }

  func seal(_ transactions: [SignedTransaction], _ receipts: [Receipt]) -> SealedHeader {
    var after = state
    after.apply(world.changes)
    let fields = BlockFields(
      timestamp: block.timestamp, coinbase: block.coinbase, gasLimit: block.gasLimit, baseFee: block.baseFee.l0,
      prevRandao: Bytes32(block.prevRandao), excessBlobGas: excessBlobGas)
    let header = BlockBuilder.header(
      number: block.number, parentHash: parent, fields: fields, rules: chain.identity.rules(chainID: block.chainID),
      stateRoot: after.root, transactions: transactions, receipts: receipts)
    return SealedHeader(hash: header.hash, header: header)
  }
}

/// A call of a sequence, as tracers see it.
private final class SequenceRun: TracedRun {
  let sequence: CallSequence
  let call: SimulatedCall
  let cancellation: Cancellation
  /// Once it has run.
  private(set) var gasUsed: UInt64 = 0

  init(sequence: CallSequence, call: SimulatedCall, cancellation: Cancellation) {
    self.sequence = sequence
    self.call = call
    self.cancellation = cancellation
  }

  var touched: [Address] { [call.from] + (call.to.map { [$0] } ?? []) }

  func before() -> WorldState { sequence.world }

  func execute<T: Tracer>(_ tracer: inout T) throws(TraceError) -> (transaction: TracedTransaction, world: WorldState) {
    let nonce = sequence.nonce(of: call.from)
    let result: TransitionResult
    do throws(SimulationError) { result = try sequence.run(call, cancellation, &tracer) } catch {
      throw .simulation(error)
    }
    gasUsed = result.gasUsed
    let traced = TracedTransaction(
      from: call.from, to: call.to ?? ContractAddress.create(call.from, nonce: nonce), creates: call.to == nil,
      value: call.value, input: call.input, gasLimit: call.gasLimit, gasUsed: result.gasUsed,
      succeeded: result.succeeded, output: result.output)
    return (traced, sequence.world)
  }
}

extension CallSimulation: SequenceSimulator {
  func sequence(
    in number: UInt64, after count: Int?, cancellation: Cancellation
  ) throws(SimulationError) -> any SimulatedSequence {
    let (after, block) = try context(after: number)
    guard let count else { return CallSequence(chain, after, WorldState(base: after), block) }
    let body: BlockBody?, state: StateTrie?
    let found = chain.block(number), parent = chain.block(number &- 1)
    do throws(ChainError) {
      body = try found.flatMap { (block) throws(ChainError) in try chain.body(of: block) }
      state = try chain.state(after: number &- 1)
    } catch {
      throw .failed("\(error)")
    }
    guard let found, let parent, let body, let state else { throw .stateNotAvailable(block: number &- 1) }
    guard count <= body.transactions.count else {
      throw .invalid(
        "transaction index \(count) is beyond the \(body.transactions.count) transactions of block \(number)")
    }
    let builder = BlockBuilder(
      parent: parent.header, state: state, fields: BlockFields(found.header),
      rules: chain.identity.rules(chainID: chain.settings.chainID)
    ) { [chain] in chain.hash($0) }
    for transaction in body.transactions.prefix(count) {
      if cancellation.isCancelled { throw .cancelled }
      guard case .signed(let signed) = transaction.transaction else { continue }
      do throws(TransactionRefusal) { _ = try builder.add(signed, sender: transaction.sender) } catch {
        throw .failed("a transaction of the block is refused: \(error)")
      }
    }
    return CallSequence(chain, state, builder.world, block)
  }

  func baseFee(after parent: SealedHeader) -> UInt64 { BaseFee.next(after: parent.header) }
}
