// Calls one after the other: eth_callMany and debug_traceCallMany, in the forms of Erigon and Reth.

import Concurrency
import JSON
import JSONRPC
import Primitives

extension EthereumAPI {
  func addCallManyMethods(to table: inout MethodTable) {
    guard let simulator = optional.sequences else { return }
    let parameters: [MethodDocumentation.Parameter] = [
      .required("bundles", "array of objects with `transactions` and `blockOverride`"),
      .optional("simulateContext", "object with `blockNumber` and `transactionIndex`, -1 after all transactions"),
    ]
    let differences =
      "The block of the first bundle is that of the context, as in `eth_call`; each further one has the next number, and a time "
      + "one second later. All calls together may use the gas of one block."
    table.add(
      "eth_callMany", .heavy, "Runs bundles of calls, each on what those before it did, without leaving a trace.",
      parameters: parameters + [
        .optional("stateOverride", "state overrides"), .optional("timeout", "milliseconds, a number"),
      ],
      result: "array of arrays, one for each bundle, of objects with `value`, the output, or `error`, a text",
      refusals: [
        .init(-32_000, "a call can never be valid, or the timeout is over"), .blockNotFound, .stateNotAvailable,
      ], differences: differences
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let bundles = try parameters.required("bundles", as: CallBundles.self).bundles
      let place = try parameters.optional("simulateContext") ?? SimulationContext()
      let accounts = try parameters.optional("stateOverride", as: StateOverrides.self)?.accounts ?? [:]
      let timeout = try parameters.optional("timeout", as: UInt64.self)
      var stopwatch = Stopwatch()
      var spent: UInt64 = 0
      try forEachCall(of: bundles, at: place, accounts, simulator, context, &writer) {
        (call, sequence, writer) throws(RPCError) in
        spent += stopwatch.lap()
        if let timeout, spent / 1_000_000 > timeout { throw .refused("execution aborted (timeout = \(timeout)ms)") }
        let outcome = try running(context) { () throws(SimulationError) in
          try sequence.run(call, showsTransfers: false, cancellation: context.cancellation).outcome
        }
        writer.called(outcome)
        return outcome.gasUsed
      }
    }
    table.add(
      "debug_traceCallMany", .heavy,
      "Runs bundles of calls, each on what those before it did, and tells how they go.",
      parameters: parameters + [.optional("options", "trace options")],
      result: "array of arrays, one for each bundle, of traces by their tracer",
      refusals: [
        .init(-32_000, "a call can never be valid, or the traces are too large"), .blockNotFound, .stateNotAvailable,
      ], differences: differences + " The options may have `stateOverrides`."
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let bundles = try parameters.required("bundles", as: CallBundles.self).bundles
      let place = try parameters.optional("simulateContext") ?? SimulationContext()
      let options = try parameters.optional("options") ?? TraceConfiguration()
      try forEachCall(of: bundles, at: place, options.overrides.accounts, simulator, context, &writer) {
        (call, sequence, writer) throws(RPCError) in
        var gasUsed: UInt64 = 0
        try tracing(context, &writer) { (text) throws(TraceError) in
          gasUsed = try sequence.trace(
            call, traceOptions(options.kind), into: text, cancellation: context.cancellation)
        }
        return gasUsed
      }
    }
  }

  /// Runs calls and writes an array of an array for each bundle; `body` writes an element, and says how much gas that took.
  private func forEachCall(
    of bundles: [CallBundles.Bundle], at place: SimulationContext,
    _ accounts: [Address: SimulationOverrides.Account], _ simulator: any SequenceSimulator, _ context: RPCContext,
    _ writer: inout JSONWriter,
    _ body: (SimulatedCall, any SimulatedSequence, inout JSONWriter) throws(RPCError) -> UInt64
  ) throws(RPCError) {
    guard let header = try blocks.header(of: place.block) else { throw .refused("block not found") }
    let sequence = try running(context) { () throws(SimulationError) in
      let sequence = try simulator.sequence(
        in: header.number, after: place.transactions, cancellation: context.cancellation)
      if !accounts.isEmpty { try sequence.override(accounts) }
      return sequence
    }
    let limit = Self.blockGas(chain.head, SimulationOverrides())
    var gasLeft = limit
    writer.beginArray()
    for (index, bundle) in bundles.enumerated() {
      var fields = bundle.block
      if index > 0 {
        fields.number = fields.number ?? header.number &+ UInt64(index)
        fields.timestamp = fields.timestamp ?? header.header.timestamp &+ UInt64(index)
      }
      try running(context) { () throws(SimulationError) in try sequence.enter(fields) }
      writer.beginArray()
      for request in bundle.calls {
        try context.checkCancellation()
        var call = try request.simulatedCall(
          baseFee: fields.baseFee?.saturatedUInt64 ?? header.header.baseFeePerGas,
          allowsAuthorizations: configuration.allowsAuthorizations)
        let asked = min(request.gas ?? configuration.callGas, fields.gasLimit.map { min($0, limit) } ?? limit)
        guard gasLeft > 0 else {
          throw .refused("the calls have used \(limit) gas, more than a request may: send fewer")
        }
        call.gasLimit = min(asked, gasLeft)
        let used = try body(call, sequence, &writer)
        gasLeft -= min(used, gasLeft)
      }
      writer.endArray()
    }
    writer.endArray()
  }
}

extension JSONWriter {
  fileprivate mutating func called(_ outcome: SimulationOutcome) {
    beginObject()
    switch outcome {
    case .success(let output, _, _):
      key("value")
      data(output)
    case .revert(let output, _):
      key("error")
      string(RPCError.reverted(output).message)
    case .halt(let reason, _, _):
      key("error")
      string(reason)
    }
    endObject()
  }
}
