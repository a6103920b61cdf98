// Calls that leave no trace: `eth_call` and `eth_estimateGas`.

import Concurrency
import JSON
import JSONRPC
import Primitives
import Transactions

extension EthereumAPI {
  func addCallMethods(to table: inout MethodTable) {
    table.add(
      "eth_call", .heavy, "Runs a call on the state after a block, without leaving a trace.",
      parameters: [
        .required("request", "transaction request"), .optional("blockNumber", "block"),
        .optional("stateOverrides", "state overrides"), .optional("blockOverrides", "block overrides"),
      ], result: "data",
      refusals: [
        .init(3, "execution reverted: the reason where it can be read, and the output as data"),
        .init(-32_000, "the call fails otherwise, or can never be valid"), .blockNotFound, .stateNotAvailable,
      ],
      differences:
        "A call that names no gas has that of an option, one that does at most a block's. An override of the base fee is "
        + "seen by a call without a price too, which pays nothing. EIP-4844 and EIP-7702 are not supported.",
      immediate: { [self] (parameters, context, writer) throws(RPCError) in
        try callImmediately(&parameters, context, &writer)
      }
    ) { [self] (parameters, context, writer) throws(RPCError) in
      var stopwatch = Stopwatch()
      defer { metrics.call.observe(nanoseconds: stopwatch.lap()) }
      let request = try parameters.required("request", as: TransactionRequest.self)
      let (number, baseFee) = try block(of: try parameters.optional("blockNumber"))
      let overrides = try Self.overrides(&parameters)
      var call = try request.simulatedCall(
        baseFee: baseFee, allowsAuthorizations: configuration.allowsAuthorizations)
      call.gasLimit = min(request.gas ?? configuration.callGas, Self.blockGas(chain.head, overrides))
      switch try simulate(call, after: number, overrides, context) {
      case .success(let output, _, _): writer.data(output)
      case .revert(let output, _): throw .reverted(output)
      case .halt(let reason, _, _): throw .refused(reason)
      }
    }
    table.add(
      "eth_estimateGas", .heavy,
      "The least gas limit, to within 1.5 %, with which a call does what it does with all the gas it may have.",
      parameters: [
        .required("request", "transaction request"), .optional("blockNumber", "block"),
        .optional("stateOverrides", "state overrides"), .optional("blockOverrides", "block overrides"),
      ], result: "quantity",
      refusals: [
        .init(3, "execution reverted: the reason where it can be read, and the output as data"),
        .init(-32_000, "the call fails otherwise, or can never be valid"), .blockNotFound, .stateNotAvailable,
      ],
      differences:
        "geth asks for success alone. Here no inner call or creation may fail that does not fail with more gas, and "
        + "logs, output and deployed code are the same unless they depend on the gas limit itself."
    ) { [self] (parameters, context, writer) throws(RPCError) in
      var stopwatch = Stopwatch()
      let request = try parameters.required("request", as: TransactionRequest.self)
      let id = try parameters.optional("blockNumber", as: BlockID.self)
      let overrides = try Self.overrides(&parameters)
      writer.quantity(try estimateGas(request, at: id, overrides, context))
      metrics.estimateGas.observe(nanoseconds: stopwatch.lap())
    }
  }

  /// A call on the newest block, without overrides, that is over at once.
  private func callImmediately(
    _ parameters: inout Parameters, _ context: RPCContext, _ writer: inout JSONWriter
  ) throws(RPCError) -> Bool {
    var stopwatch = Stopwatch()
    let request = try parameters.required("request", as: TransactionRequest.self)
    let id = try parameters.optional("blockNumber", as: BlockID.self)
    let hasOverrides = parameters.next("stateOverrides") != nil || parameters.next("blockOverrides") != nil
    guard id == nil || id == .latest, !hasOverrides else { return false }
    let head = chain.head
    var call = try request.simulatedCall(
      baseFee: head.header.baseFeePerGas, allowsAuthorizations: configuration.allowsAuthorizations)
    call.gasLimit = min(request.gas ?? configuration.callGas, Self.blockGas(head, SimulationOverrides()))
    switch simulator.simulateImmediately(call, after: head.position, cancellation: context.cancellation) {
    case .success(let output, _, _) where output.count <= Self.longestImmediateOutput: writer.data(output)
    case .revert(let output, _) where output.count <= Self.longestImmediateOutput:
      metrics.call.observe(nanoseconds: stopwatch.lap())
      throw .reverted(output)
    case .halt, .success, .revert, nil: return false
    }
    metrics.call.observe(nanoseconds: stopwatch.lap())
    return true
  }

  /// Bytes that are written as text in microseconds.
  private static let longestImmediateOutput = 16_384

  /// The least gas limit with which a request does what it does with all the gas it may have.
  func estimateGas(
    _ request: TransactionRequest, at id: BlockID?, _ overrides: SimulationOverrides, _ context: RPCContext
  ) throws(RPCError) -> UInt64 {
    let (number, baseFee) = try block(of: id)
    var call = try request.simulatedCall(
      baseFee: baseFee, allowsAuthorizations: configuration.allowsAuthorizations)
    call.mustFitBlock = true
    let reference = call
    let estimator = GasEstimator(
      floor: IntrinsicGas.calldataFloor(of: configuration.hasCalldataFloor ? call.input : []),
      ceiling: try gasCeiling(request, call, after: number, overrides)
    ) { (gas) throws(RPCError) in
      var call = reference
      call.gasLimit = gas
      return try self.simulate(call, after: number, overrides, context, isProbe: true)
    }
    return try estimator.estimate()
  }

  /// The same of a request in JSON, whatever fees and gas it names.
  public func estimateGas(ignoringFeesOf value: JSONValue, _ context: RPCContext) throws(RPCError) -> UInt64 {
    var request: TransactionRequest
    do throws(InvalidParameter) { request = try TransactionRequest(parameter: value) } catch {
      throw .invalidParameters("invalid argument 0: \(error.reason)")
    }
    (request.gas, request.gasPrice, request.maxFeePerGas, request.maxPriorityFeePerGas) = (nil, nil, nil, nil)
    return try estimateGas(request, at: .latest, SimulationOverrides(), context)
  }

  func block(of id: BlockID?) throws(RPCError) -> (number: UInt64, baseFee: UInt64) {
    guard let block = try blocks.header(of: id ?? .latest) else { throw .refused("block not found") }
    return (block.number, block.header.baseFeePerGas)
  }

  static func overrides(_ parameters: inout Parameters) throws(RPCError) -> SimulationOverrides {
    var overrides = SimulationOverrides()
    overrides.accounts = try parameters.optional("stateOverrides", as: StateOverrides.self)?.accounts ?? [:]
    overrides.block = try parameters.optional("blockOverrides", as: BlockOverrides.self)?.block ?? .init()
    return overrides
  }

  /// Runs a call. With `isProbe` a gas limit too low to begin with is an outcome, not an error.
  private func simulate(
    _ call: SimulatedCall, after number: UInt64, _ overrides: SimulationOverrides, _ context: RPCContext,
    isProbe: Bool = false
  ) throws(RPCError) -> SimulationOutcome {
    try running(context) { () throws(SimulationError) in
      do throws(SimulationError) {
        return try simulator.simulate(call, after: number, overrides, cancellation: context.cancellation)
      } catch {
        guard isProbe, error == .intrinsicGasTooLow else { throw error }
        return .halt(reason: "intrinsic gas too low", isOutOfGas: true, gasUsed: 0)
      }
    }
  }

  /// Asks a port to run something, with its errors as clients see them.
  public func running<T>(_ context: RPCContext, _ body: () throws(SimulationError) -> T) throws(RPCError) -> T {
    do throws(SimulationError) {
      return try body()
    } catch {
      switch error {
      case .intrinsicGasTooLow: throw .refused("intrinsic gas too low")
      case .initCodeTooLarge: throw .refused("max initcode size exceeded")
      case .nonceOverflow: throw .refused("nonce has max value")
      case .invalid(let reason): throw .refused(reason)
      case .stateNotAvailable(let block): throw .refused("state for block \(block) is not available")
      case .unsupportedOverride(let reason): throw .invalidParameters(reason)
      case .cancelled: throw .cancelled(context.cancellation.reason)
      case .failed(let reason): throw faults.internalError(reason)
      }
    }
  }

  /// A chain whose blocks have no limit writes the largest number into their headers.
  private static let mostEstimatedGas: UInt64 = 1 << 40

  /// The most gas of any call. An override may lower the limit; raising it would be an invitation to compute without end.
  static func blockGas(_ head: SealedHeader, _ overrides: SimulationOverrides) -> UInt64 {
    let limit = min(head.header.gasLimit, mostEstimatedGas)
    return min(overrides.block.gasLimit ?? limit, limit)
  }

  /// The most gas that the call can have: what it asks for, what a block has, and what the sender can pay.
  private func gasCeiling(
    _ request: TransactionRequest, _ call: SimulatedCall, after number: UInt64, _ overrides: SimulationOverrides
  ) throws(RPCError) -> UInt64 {
    let blockLimit = Self.blockGas(chain.head, overrides)
    let asked = min(request.gas ?? blockLimit, blockLimit)
    guard !call.gasPrice.isZero else { return asked }
    let balance: UInt256
    if let given = overrides.accounts[call.from]?.balance {
      balance = given
    } else {
      balance = try faults.reading { () throws(ChainReadError) in try state.balance(of: call.from, after: number) }
    }
    guard balance >= call.value else { throw .refused("insufficient funds for transfer") }
    let affordable = (balance &- call.value) / call.gasPrice
    return min(asked, affordable.saturatedUInt64)
  }
}
