// How transactions went, step by step or call by call.

import JSON
import JSONRPC
import Primitives

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
      var trace: [UInt8]?
      try tracing(context) { () throws(TraceError) in
        try tracer.trace(
          block: location.blockNumber, only: location.index,
          TraceOptions(configuration.kind, maxBytes: self.configuration.maxTraceBytes),
          cancellation: context.cancellation
        ) { (transaction, json) throws(TraceError) in if transaction == hash { trace = json } }
      }
      // Another block may have taken the place of its own.
      guard let trace else { throw .refused("transaction not found") }
      writer.raw(trace)
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
      let (number, baseFee) = try block(of: try parameters.optional("blockNumber"))
      let configuration = try parameters.optional("options") ?? TraceConfiguration()
      var call = try request.simulatedCall(
        baseFee: baseFee, allowsAuthorizations: self.configuration.allowsAuthorizations)
      let mostGas = self.configuration.callGas
      call.gasLimit = min(request.gas ?? mostGas, mostGas)
      let trace = try tracing(context) { () throws(TraceError) in
        try tracer.trace(
          call, after: number, configuration.overrides,
          TraceOptions(configuration.kind, maxBytes: self.configuration.maxTraceBytes),
          cancellation: context.cancellation)
      }
      writer.raw(trace)
    }
  }

  private func traceBlock(
    _ number: UInt64, _ kind: TraceKind, with tracer: any TransactionTracer, _ context: RPCContext,
    _ writer: inout JSONWriter
  ) throws(RPCError) {
    let most = configuration.maxTraceBytes
    var bytes = 0
    var traces: [(hash: Bytes32, json: [UInt8])] = []
    try tracing(context) { () throws(TraceError) in
      try tracer.trace(
        block: number, only: nil, TraceOptions(kind, maxBytes: most), cancellation: context.cancellation
      ) { (hash, json) throws(TraceError) in
        bytes += json.count
        guard bytes <= most else { throw .tooLarge }
        traces.append((hash, json))
      }
    }
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
  private func tracing<T>(_ context: RPCContext, _ body: () throws(TraceError) -> T) throws(RPCError) -> T {
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
