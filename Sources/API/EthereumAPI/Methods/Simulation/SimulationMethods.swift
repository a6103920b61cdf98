// Blocks that might be: eth_simulateV1.

import JSON
import JSONRPC
import Primitives
import Transactions

extension EthereumAPI {
  func addSimulationMethods(to table: inout MethodTable) {
    guard let simulator = optional.sequences else { return }
    table.add(
      "eth_simulateV1", .heavy,
      "Makes blocks of calls on top of a block, each on what those before it did, and leaves no trace.",
      parameters: [
        .required(
          "payload",
          "object with `blockStateCalls` (up to 256 blocks, each with `blockOverrides`, `stateOverrides` and `calls`), "
            + "`validation`, `traceTransfers` and `returnFullTransactions`"),
        .optional("blockNumber", "block"),
      ],
      result:
        "array of blocks, each with `calls`: `status`, `returnData`, `gasUsed`, `maxUsedGas`, `logs`, and `error`",
      refusals: [
        .init(-32_602, "the payload is not one, or a tip is above its cap"), .init(-32_000, "header not found"),
        .stateNotAvailable,
        .init(-32_603, "the nonce of the sender has its largest value"),
        .init(-38_010, "nonce too low"), .init(-38_011, "nonce too high"),
        .init(-38_012, "max fee per gas less than block base fee"), .init(-38_013, "intrinsic gas too low"),
        .init(-38_014, "insufficient funds for gas * price + value"), .init(-38_015, "block gas limit reached"),
        .init(-38_020, "block numbers must be in order"), .init(-38_021, "block timestamps must be in order"),
        .init(-38_022, "a precompile is moved to where it is"),
        .init(-38_023, "two precompiles are moved to one address"), .init(-38_025, "max initcode size exceeded"),
        .init(-38_026, "too many blocks or calls, or more bytes of response than traces may have"),
      ],
      differences:
        "Blocks follow each other by \(configuration.simulatedBlockTime) s where no time is given. All calls together may use "
        + "\(configuration.simulationGas / 1_000_000) million gas, and no more than a block has."
        + (configuration.isRollup
          ? " Headers are made and shown like those of the chain (`rpc_block_headers`), PREVRANDAO is one where the protocol "
            + "version fixes it, and the base fee is paid to the fee recipient too." : "")
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let request = try parameters.required("payload", as: SimulationRequest.self)
      let id = try parameters.optional("blockNumber", as: BlockID.self)
      guard request.callCount <= SimulationRequest.mostCalls else {
        throw RPCError(code: -38_026, message: "too many calls")
      }
      guard let base = try blocks.header(of: id ?? .latest) else { throw .refused("header not found") }
      let plan = try BlockPlan(
        request.blocks, after: base.number, base.header.timestamp, interval: configuration.simulatedBlockTime)
      let sequence = try running(context) { () throws(SimulationError) in
        try simulator.sequence(in: base.number, after: nil, cancellation: context.cancellation)
      }
      var simulation = BlockSimulation(
        api: self, simulator: simulator, sequence: sequence, request: request, parent: base, context: context,
        gasLeft: min(configuration.simulationGas, Self.blockGas(chain.head, SimulationOverrides())))
      let start = writer.mark
      writer.beginArray()
      for entry in plan.entries {
        try simulation.add(entry, &writer)
        guard writer.count(since: start) <= configuration.maxTraceBytes else { throw tooManySimulatedBytes }
      }
      writer.endArray()
    }
  }
}

extension EthereumAPI {
  fileprivate var tooManySimulatedBytes: RPCError {
    RPCError(
      code: -38_026, message: "the response has more than \(configuration.maxTraceBytes) bytes: ask for fewer blocks")
  }
}

extension SimulatedStep {
  /// Bytes that are kept of it, roughly.
  fileprivate var size: Int {
    let output: Int
    switch outcome {
    case .success(let bytes, _, _), .revert(let bytes, _): output = bytes.count
    case .halt: output = 0
    }
    return shown.reduce(output) { $0 + $1.data.count + 32 * $1.topics.count + 256 }
  }
}

/// Blocks of one request that are simulated one after the other.
private struct BlockSimulation {
  let api: EthereumAPI
  let simulator: any SequenceSimulator
  let sequence: any SimulatedSequence
  let request: SimulationRequest
  /// The block that came last.
  var parent: SealedHeader
  let context: RPCContext
  /// Gas that the request may still use.
  var gasLeft: UInt64

  /// A call that was run.
  private struct Ran {
    var transaction: RecoveredTransaction
    var step: SimulatedStep
    var receipt: Receipt
  }

  /// Makes a block and writes it.
  mutating func add(_ entry: BlockPlan.Entry, _ writer: inout JSONWriter) throws(RPCError) {
    try context.checkCancellation()
    let block = try begin(entry)
    var ran: [Ran] = []
    var gasUsed: UInt64 = 0, bytes = 0
    for request in entry.block.calls {
      try context.checkCancellation()
      let call = try run(request, in: block, gasUsed: gasUsed)
      gasUsed = call.receipt.cumulativeGasUsed
      bytes += call.step.size
      guard bytes <= api.configuration.maxTraceBytes else { throw api.tooManySimulatedBytes }
      ran.append(call)
    }
    let signed = ran.compactMap { call -> SignedTransaction? in
      if case .signed(let transaction) = call.transaction.transaction { return transaction }
      return nil
    }
    let sealed = try api.running(context) { () throws(SimulationError) in
      try sequence.seal(signed, ran.map(\.receipt))
    }
    write(ran, sealed, block, &writer)
    parent = sealed
  }

  /// Settles what a block is, and makes accounts different.
  private func begin(_ entry: BlockPlan.Entry) throws(RPCError) -> SimulatedBlock {
    let fields = entry.block.overrides.block
    let baseFee: UInt64
    if let given = fields.baseFee {
      guard given.fitsUInt64 else { throw .invalidParameters("baseFeePerGas is larger than 64 bits") }
      baseFee = given.l0
    } else if !request.validates {
      baseFee = 0
    } else {
      baseFee = parent.hash == api.chain.head.hash ? api.chain.nextBaseFee : simulator.baseFee(after: parent)
    }
    let block = SimulatedBlock(
      number: entry.number, timestamp: entry.timestamp, gasLimit: fields.gasLimit ?? parent.header.gasLimit,
      beneficiary: fields.beneficiary ?? parent.header.beneficiary, randomness: fields.randomness ?? .zero,
      baseFee: baseFee, blobBaseFee: fields.blobBaseFee, parent: parent)
    let accounts = entry.block.overrides.accounts
    try checkMoves(accounts)
    do throws(SimulationError) {
      try sequence.begin(block)
      try sequence.override(accounts)
    } catch {
      // geth's code: the payload is in order, but for what it wants.
      if case .unsupportedOverride(let reason) = error { throw .refused(reason) }
      try api.running(context) { () throws(SimulationError) in throw error }
    }
    return block
  }

  private func checkMoves(_ accounts: [Address: SimulationOverrides.Account]) throws(RPCError) {
    var places: Set<Address> = []
    for (address, account) in accounts {
      guard let place = account.precompileMovedTo else { continue }
      // What is no precompile is refused as such, wherever it is to go.
      guard sequence.hasPrecompile(at: address) else { continue }
      guard place != address else {
        throw RPCError(code: -38_022, message: "the precompile at \(address) is moved to where it is")
      }
      guard places.insert(place).inserted else {
        throw RPCError(code: -38_023, message: "account \(place) has already been overridden by a precompile")
      }
    }
  }

  private mutating func run(
    _ request: TransactionRequest, in block: SimulatedBlock, gasUsed: UInt64
  ) throws(RPCError) -> Ran {
    let sender = request.from ?? .zero
    let (nonce, balance) = try api.running(context) { () throws(SimulationError) in
      (try sequence.nonce(of: sender), try sequence.balance(of: sender))
    }
    let simulated = try SimulatedTransaction(
      request,
      in: SimulatedTransaction.Place(
        chainID: api.configuration.chainID, allowsAuthorizations: api.configuration.allowsAuthorizations,
        validates: self.request.validates, baseFee: block.baseFee, gasLimit: block.gasLimit, gasUsed: gasUsed,
        budget: gasLeft, nonce: nonce, balance: balance))
    let step: SimulatedStep
    do throws(SimulationError) {
      step = try sequence.run(
        simulated.call, showsTransfers: self.request.showsTransfers, cancellation: context.cancellation)
    } catch {
      if let refusal = simulated.refusal(error) { throw refusal }
      step = try api.running(context) { () throws(SimulationError) in throw error }
    }
    let gas = step.outcome.gasUsed
    gasLeft -= min(gas, gasLeft)
    var succeeded = false
    if case .success = step.outcome { succeeded = true }
    return Ran(
      transaction: RecoveredTransaction(.signed(simulated.transaction), sender: sender), step: step,
      receipt: Receipt(
        transactionType: simulated.transaction.kind.rawValue, succeeded: succeeded, gasUsed: gas,
        cumulativeGasUsed: gasUsed &+ gas, logs: step.outcome.logs))
  }

  private func write(_ ran: [Ran], _ sealed: SealedHeader, _ block: SimulatedBlock, _ writer: inout JSONWriter) {
    let bytes = EthereumBlock.bytes(of: ran.map(\.transaction))
    writer.block(sealed, size: EthereumBlock.size(sealed.header, transactionBytes: bytes)) { writer in
      for (index, call) in ran.enumerated() {
        if request.returnsFullTransactions {
          writer.transaction(
            LocatedTransaction(
              transaction: call.transaction, blockHash: sealed.hash, blockNumber: block.number,
              blockTimestamp: block.timestamp, index: index, baseFee: block.baseFee))
        } else {
          writer.data(call.transaction.hash)
        }
      }
    } more: { writer in
      writer.key("calls")
      writer.beginArray()
      var logCount = 0
      for (index, call) in ran.enumerated() {
        let located = LocatedReceipt(
          receipt: call.receipt, transactionHash: call.transaction.hash, from: call.transaction.sender, to: nil,
          effectiveGasPrice: .zero, blockHash: sealed.hash, blockNumber: block.number, blockTimestamp: block.timestamp,
          index: index, firstLogIndex: logCount)
        logCount += call.receipt.succeeded ? call.step.shown.count : 0
        writer.simulated(call.step, located)
      }
      writer.endArray()
    }
  }
}

extension JSONWriter {
  fileprivate mutating func simulated(_ step: SimulatedStep, _ located: LocatedReceipt) {
    beginObject()
    key("returnData")
    if case .success(let output, _, _) = step.outcome { data(output) } else { data([]) }
    key("logs")
    beginArray()
    if located.receipt.succeeded {
      for (offset, entry) in step.shown.enumerated() { log(entry, at: offset, of: located) }
    }
    endArray()
    key("gasUsed")
    quantity(step.outcome.gasUsed)
    key("maxUsedGas")
    quantity(step.mostGas)
    key("status")
    quantity(UInt64(located.receipt.succeeded ? 1 : 0))
    switch step.outcome {
    case .success: break
    case .revert(let output, _): error(.reverted(output))
    case .halt(let reason, _, _): error(RPCError(code: -32_015, message: "vm execution error: \(reason)"))
    }
    endObject()
  }

  private mutating func error(_ error: RPCError) {
    key("error")
    beginObject()
    key("message")
    string(error.message)
    key("code")
    number(error.code)
    if case .bytes(let bytes) = error.data {
      key("data")
      data(bytes)
    }
    endObject()
  }
}
