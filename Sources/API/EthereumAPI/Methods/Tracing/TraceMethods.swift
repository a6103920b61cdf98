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
      guard let trace = try trace(of: hash, configuration.kind, with: tracer, context) else {
        throw .refused("transaction not found")
      }
      writer.raw(trace.json)
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
      let trace = try traceCall(request, at: id, configuration.overrides, configuration.kind, with: tracer, context)
      writer.raw(trace)
    }
  }

  /// The trace of a call on the state after a block.
  func traceCall(
    _ request: TransactionRequest, at id: BlockID?, _ overrides: SimulationOverrides, _ kind: TraceKind,
    with tracer: any TransactionTracer, _ context: RPCContext
  ) throws(RPCError) -> [UInt8] {
    let (number, baseFee) = try block(of: id)
    var call = try request.simulatedCall(baseFee: baseFee, allowsAuthorizations: configuration.allowsAuthorizations)
    call.gasLimit = min(request.gas ?? configuration.callGas, Self.blockGas(chain.head, overrides))
    return try tracing(context) { () throws(TraceError) in
      try tracer.trace(
        call, after: number, overrides, TraceOptions(kind, maxBytes: self.configuration.maxTraceBytes),
        cancellation: context.cancellation)
    }
  }

  /// The trace of a transaction; `nil` where no block has it.
  func trace(
    of hash: Bytes32, _ kind: TraceKind, with tracer: any TransactionTracer, _ context: RPCContext
  ) throws(RPCError) -> (json: [UInt8], location: LocatedTransaction)? {
    guard let location = try included(hash) else { return nil }
    try refuseGenesis(location.blockNumber)
    let traces = try traces(ofBlock: location.blockNumber, only: location.index, kind, with: tracer, context)
    // Another block may have taken the place of its own.
    guard let trace = traces.first, trace.hash == hash else { return nil }
    return (trace.json, location)
  }

  /// The traces of the transactions of a block, or of one of them.
  func traces(
    ofBlock number: UInt64, only index: Int? = nil, _ kind: TraceKind, with tracer: any TransactionTracer,
    _ context: RPCContext
  ) throws(RPCError) -> [(hash: Bytes32, json: [UInt8])] {
    let most = configuration.maxTraceBytes
    var bytes = 0
    var traces: [(hash: Bytes32, json: [UInt8])] = []
    try tracing(context) { () throws(TraceError) in
      try tracer.trace(
        block: number, only: index, TraceOptions(kind, maxBytes: most), cancellation: context.cancellation
      ) { (hash, json) throws(TraceError) in
        bytes += json.count
        guard bytes <= most else { throw .tooLarge }
        traces.append((hash, json))
      }
    }
    return traces
  }

  private func traceBlock(
    _ number: UInt64, _ kind: TraceKind, with tracer: any TransactionTracer, _ context: RPCContext,
    _ writer: inout JSONWriter
  ) throws(RPCError) {
    let traces = try traces(ofBlock: number, kind, with: tracer, context)
    writer.beginArray()
    for trace in traces {
      writer.beginObject()
      writer.key("txHash")
      writer.data(trace.hash)
      writer.key("result")
      writer.raw(trace.json)
      writer.endObject()
    }
    writer.endArray()
  }

  private func refuseGenesis(_ number: UInt64) throws(RPCError) {
    if number == 0 { throw .refused("genesis is not traceable") }
  }

  /// Asks for traces, with the errors as clients see them.
  func tracing<T>(_ context: RPCContext, _ body: () throws(TraceError) -> T) throws(RPCError) -> T {
    do throws(TraceError) {
      return try body()
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
