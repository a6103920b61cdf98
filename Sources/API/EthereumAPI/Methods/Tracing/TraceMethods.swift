// How transactions went, step by step or call by call.

import Cryptography
import JSON
import JSONRPC
import Primitives
import Tracers
import Transactions

extension EthereumAPI {
  func addTraceMethods(to table: inout MethodTable) {
    guard let tracer = optional.transactionTracer else { return }
    let options = MethodDocumentation.Parameter.optional("options", "trace options")
    let tooLarge = MethodDocumentation.Refusal(-32_000, "the trace is too large: the message says what to leave out")
    table.add(
      "debug_traceTransaction", .heavy, "Executes a transaction again and tells how it goes.",
      parameters: [.required("hash", "32 bytes"), options], result: "trace, by its tracer",
      refusals: [.init(-32_000, "transaction not found"), .stateNotAvailable, tooLarge]
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let hash = try parameters.required("hash", as: Bytes32.self)
      let configuration = try parameters.optional("options") ?? TraceConfiguration()
      guard let location = try included(hash) else { throw .refused("transaction not found") }
      try refuseGenesis(location.blockNumber)
      var isFound = false
      try tracing(context, &writer) { (text) throws(TraceError) in
        try tracer.trace(
          block: location.blockNumber, only: location.index, traceOptions(configuration.kind),
          cancellation: context.cancellation
        ) { (transaction, write) throws(TraceError) in
          // Another block may have taken the place of its own.
          guard transaction == hash else { return }
          isFound = true
          try write(text)
        }
      }
      if !isFound { throw .refused("transaction not found") }
    }
    for naming in BlockNaming.allCases {
      table.add(
        "debug_traceBlockBy\(naming.rawValue)", .heavy,
        "Executes the transactions of the block \(naming.phrase) again and tells how they go.",
        parameters: [naming.parameter, options],
        result: "array of objects with `txHash` and `result`, a trace by its tracer",
        refusals: [.blockNotFound, .stateNotAvailable, tooLarge]
      ) { [self] (parameters, context, writer) throws(RPCError) in
        let id = try naming.block(&parameters)
        let configuration = try parameters.optional("options") ?? TraceConfiguration()
        guard let number = try blocks.number(of: id) else { throw .refused("block not found") }
        try refuseGenesis(number)
        try traceBlock(number, configuration.kind, with: tracer, context, &writer)
      }
    }
    table.add(
      "debug_traceBlock", .heavy, "Executes the transactions of a block of the chain again and tells how they go.",
      parameters: [.required("block", "data: the RLP of the block, as `debug_getRawBlock` gives it"), options],
      result: "array of objects with `txHash` and `result`, a trace by its tracer",
      refusals: [.blockNotFound, .stateNotAvailable, tooLarge],
      differences: "The block must be in the chain: it is found by the hash of its header."
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let bytes = try parameters.required("block", as: HexData.self).bytes
      let configuration = try parameters.optional("options") ?? TraceConfiguration()
      guard let header = EthereumBlock.header(ofEncoded: bytes) else {
        throw .invalidParameters("invalid argument 0: this is not the RLP of a block")
      }
      guard let number = try blocks.number(of: .hash(Keccak256.hash(header))) else {
        throw .refused("block not found: a block can be traced if it is in the chain")
      }
      try refuseGenesis(number)
      try traceBlock(number, configuration.kind, with: tracer, context, &writer)
    }
    table.add(
      "debug_traceCall", .heavy, "Runs a call on the state after a block and tells how it goes.",
      parameters: [
        .required("request", "transaction request"), .optional("blockNumber", "block"), options,
      ], result: "trace, by its tracer",
      refusals: [
        .init(-32_000, "the call can never be valid"), .blockNotFound, .stateNotAvailable, tooLarge,
      ],
      differences: "The options may have `stateOverrides` and `blockOverrides`."
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let request = try parameters.required("request", as: TransactionRequest.self)
      let id = try parameters.optional("blockNumber", as: BlockID.self)
      let configuration = try parameters.optional("options") ?? TraceConfiguration()
      try traceCall(request, at: id, configuration.overrides, configuration.kind, with: tracer, context, &writer)
    }
  }

  /// Writes the trace of a call on the state after a block.
  func traceCall(
    _ request: TransactionRequest, at id: BlockID?, _ overrides: SimulationOverrides, _ kind: TraceKind,
    with tracer: any TransactionTracer, _ context: RPCContext, _ writer: inout JSONWriter
  ) throws(RPCError) {
    let (number, baseFee) = try block(of: id)
    var call = try request.simulatedCall(baseFee: baseFee, allowsAuthorizations: configuration.allowsAuthorizations)
    call.gasLimit = min(request.gas ?? configuration.callGas, Self.blockGas(chain.head, overrides))
    try tracing(context, &writer) { (text) throws(TraceError) in
      try tracer.trace(
        call, after: number, overrides, traceOptions(kind), into: text, cancellation: context.cancellation)
    }
  }

  /// The trace of a transaction, whole; `nil` where no block has it.
  func trace(
    of hash: Bytes32, _ kind: TraceKind, with tracer: any TransactionTracer, _ context: RPCContext
  ) throws(RPCError) -> (json: [UInt8], location: LocatedTransaction)? {
    guard let location = try included(hash) else { return nil }
    try refuseGenesis(location.blockNumber)
    var found: [UInt8]?
    try eachTrace(ofBlock: location.blockNumber, only: location.index, kind, with: tracer, context) {
      (transaction, json) throws(RPCError) in
      if transaction == hash { found = json }
    }
    return found.map { ($0, location) }
  }

  /// Gives the traces of the transactions of a block, or of one of them, each whole.
  func eachTrace(
    ofBlock number: UInt64, only index: Int? = nil, _ kind: TraceKind, with tracer: any TransactionTracer,
    _ context: RPCContext, _ body: (_ transaction: Bytes32, _ json: [UInt8]) throws(RPCError) -> Void
  ) throws(RPCError) {
    let most = configuration.maxTraceBytes
    var fault: RPCError?
    do throws(RPCError) {
      try tracing(context) { () throws(TraceError) in
        try tracer.trace(
          block: number, only: index, traceOptions(kind), cancellation: context.cancellation
        ) { (hash, write) throws(TraceError) in
          let text = TraceText()
          try write(text)
          guard text.json.count <= most else { throw .tooLarge }
          do throws(RPCError) { try body(hash, text.json.bytes) } catch {
            fault = error
            throw .simulation(.cancelled)
          }
        }
      }
    } catch {
      throw fault ?? error
    }
  }

  private func traceBlock(
    _ number: UInt64, _ kind: TraceKind, with tracer: any TransactionTracer, _ context: RPCContext,
    _ writer: inout JSONWriter
  ) throws(RPCError) {
    writer.beginArray()
    try tracing(context, &writer) { (text) throws(TraceError) in
      try tracer.trace(block: number, only: nil, traceOptions(kind), cancellation: context.cancellation) {
        (hash, write) throws(TraceError) in
        text.json.beginObject()
        text.json.key("txHash")
        text.json.data(hash)
        text.json.key("result")
        try write(text)
        text.json.endObject()
        text.pass()
      }
    }
    writer.endArray()
  }

  func traceOptions(_ kind: TraceKind) -> TraceOptions {
    TraceOptions(kind, maxBytes: configuration.maxTraceBytes)
  }

  private func refuseGenesis(_ number: UInt64) throws(RPCError) {
    if number == 0 { throw .refused("genesis is not traceable") }
  }

  /// Asks for traces that are written where `writer` stands, and go out from there.
  func tracing(
    _ context: RPCContext, _ writer: inout JSONWriter, _ body: (TraceText) throws(TraceError) -> Void
  ) throws(RPCError) {
    var fault: RPCError?
    let text = TraceText { writer in
      do throws(RPCError) {
        try context.flow(&writer)
        return true
      } catch {
        fault = error
        return false
      }
    }
    swap(&text.json, &writer)
    defer { swap(&text.json, &writer) }
    do throws(RPCError) {
      try tracing(context) { () throws(TraceError) in try body(text) }
    } catch {
      throw fault ?? error
    }
    if let fault { throw fault }
  }

  /// Asks for traces, with the errors as clients see them.
  func tracing(_ context: RPCContext, _ body: () throws(TraceError) -> Void) throws(RPCError) {
    do throws(TraceError) {
      try body()
    } catch {
      switch error {
      case .tooLarge:
        throw .refused(
          "the trace has more than \(configuration.maxTraceBytes) bytes: leave stack, memory and storage out, set a limit "
            + "of steps, or take callTracer")
      case .simulation(let reason): return try running(context) { () throws(SimulationError) in throw reason }
      }
    }
  }
}
