import Concurrency
import Cryptography
import EVM
import Primitives
import Transactions

/// The state transition of plain Ethereum: transactions against a world, under the rules of a hard fork.
///
/// Source: the yellow paper, section 6, and the EIPs named at each rule.
public final class EthereumTransition {
  public let revision: Revision
  public let block: BlockEnvironment
  public let options: TransitionOptions
  public private(set) var world: WorldState
  let blobBaseFee: UInt256
  private let machine: VirtualMachine<EthereumRules>

  public init(
    world: WorldState, revision: Revision, block: BlockEnvironment, options: TransitionOptions = TransitionOptions()
  ) {
    self.world = world
    self.world.blockHashes = block.blockHash
    self.revision = revision
    self.block = block
    self.options = options
    blobBaseFee = block.blobBaseFee(revision)
    machine = VirtualMachine(rules: EthereumRules(revision, limitsInitCode: options.limitsCodeSize))
  }

  /// Executes a transaction of `sender`; an invalid one changes nothing. The signature is not looked at.
  public func execute(
    _ transaction: SignedTransaction, sender: Address
  ) throws(TransactionRefusal) -> TransitionResult {
    var tracer = NoTracer()
    return try execute(transaction, sender: sender, tracer: &tracer)
  }

  /// Executes a transaction under the eyes of a tracer.
  ///
  /// - Parameter cancellation: ends it with ``Halt/cancelled``.
  public func execute<T: Tracer>(
    _ transaction: SignedTransaction, sender: Address, cancellation: Cancellation? = nil, tracer: inout T
  ) throws(TransactionRefusal) -> TransitionResult {
    let gas = try validate(transaction, sender: sender)
    let gasPrice = transaction.effectiveGasPrice(baseFee: block.baseFee)
    let blobFee = blobBaseFee &* UInt256(BlobSchedule.gas(of: transaction))
    let mostFee = UInt256(transaction.gasLimit) &* gasPrice &+ blobFee
    world.setBalance(sender, world.peekBalance(sender) &- mostFee)
    var run = Run(transaction: transaction, sender: sender, gasPrice: gasPrice, gas: gas, cancellation: cancellation)
    return self.run(&run, tracer: &tracer) { gasUsed, host in
      credit(sender, UInt256(transaction.gasLimit - gasUsed) &* gasPrice, &host)
      let tip = revision >= .london ? gasPrice &- block.baseFee : gasPrice
      credit(block.coinbase, UInt256(gasUsed) &* tip, &host)
    }
  }

  /// Executes a call that is no transaction (`eth_call`, `eth_estimateGas`): neither the nonce nor the fees are looked at,
  /// nobody pays, and `sender` may be any account. What it does stays in ``world``.
  ///
  /// - Parameters:
  ///   - transaction: the call; its signature and nonce do not matter. Its gas price is what GASPRICE says.
  ///   - cancellation: ends the call with ``Halt/cancelled``.
  /// - Throws: where no transaction like this can be: too little gas to begin with, more value than the sender owns, an
  ///   impossible type.
  public func simulate<T: Tracer>(
    _ transaction: SignedTransaction, sender: Address, cancellation: Cancellation? = nil, tracer: inout T
  ) throws(TransactionRefusal) -> TransitionResult {
    let gas = try validate(call: transaction, sender: sender)
    let gasPrice = transaction.effectiveGasPrice(baseFee: block.baseFee)
    var run = Run(transaction: transaction, sender: sender, gasPrice: gasPrice, gas: gas, cancellation: cancellation)
    return self.run(&run, tracer: &tracer) { _, _ in }
  }

  /// What the protocol does at a block's beginning: the contracts of EIP-4788 and EIP-2935 are told the parent's roots, where
  /// they exist.
  public func beginBlock(parentHash: Bytes32, parentBeaconBlockRoot: Bytes32) {
    if revision >= .cancun { _ = callBySystem(SystemContracts.beaconRoots, parentBeaconBlockRoot.bytes) }
    if revision >= .prague { _ = callBySystem(SystemContracts.history, parentHash.bytes) }
  }

  /// Lets a contract of the protocol know something, as the protocol does around the transactions of a block: the caller
  /// is the system, nobody pays, and gas does not count (EIP-4788, EIP-2935, EIP-7002, EIP-7251).
  ///
  /// - Returns: what the contract returned; `nil` where there is no code, or it failed, and nothing has happened.
  func callBySystem(_ contract: Address, _ input: [UInt8]) -> [UInt8]? {
    guard let code = world.code(contract) else { return nil }
    var host = EthereumHost(revision: revision, state: world)
    world = WorldState()
    defer { world = host.state }
    machine.environment = environment(origin: Self.system, gasPrice: .zero, blobHashes: [])
    let checkpoint = host.checkpoint()
    var meter = Meter(gas: 30_000_000), tracer = NoTracer()
    let result = machine.execute(
      Message(address: contract, caller: Self.system, input: input), code: code, meter: &meter, host: &host,
      tracer: &tracer)
    if !result.status.succeeded { host.undo(to: checkpoint) }
    _ = host.state.finishTransaction(clearsEmptyAccounts: true)
    return result.status.succeeded ? result.output : nil
  }

  /// Who calls when the protocol does.
  private static let system = Address(truncating: UInt256.max &- 1)

  /// One execution: what is asked, and what is found on the way.
  private struct Run {
    let transaction: SignedTransaction
    let sender: Address
    let gasPrice: UInt256
    let gas: FixedGas
    var cancellation: Cancellation?
    /// The outermost frame's end.
    var status = FrameStatus.stopped
    var output: [UInt8] = []
    var contractAddress: Address?
  }

  /// Everything between the payment in advance and the end; `settle` gets the gas that was used.
  private func run<T: Tracer>(
    _ run: inout Run, tracer: inout T, settle: (UInt64, inout EthereumHost<WorldState>) -> Void
  ) -> TransitionResult {
    let transaction = run.transaction
    var host = EthereumHost(revision: revision, state: world)
    if !options.limitsCodeSize { host.codeSizeLimit = .max }
    host.cancellation = run.cancellation
    // The host owns the world for the time of the execution, so that changes are made in place.
    world = WorldState()
    defer { world = host.state }

    let nonce = host.state.peekNonce(run.sender)
    host.state.setNonce(run.sender, nonce &+ 1)
    warm(transaction, run.sender, &host)
    for authorization in transaction.authorizations { delegate(authorization, &host) }
    machine.environment = environment(
      origin: run.sender, gasPrice: run.gasPrice, blobHashes: transaction.blobVersionedHashes)
    machine.environment.cancellation = run.cancellation

    var meter = Meter(gas: Int64(clamping: transaction.gasLimit - run.gas.intrinsic))
    if let to = transaction.to {
      call(to, &run, &meter, &host, &tracer)
    } else {
      create(nonce, &run, &meter, &host, &tracer)
    }

    let spent = transaction.gasLimit - UInt64(meter.gas)
    let mostRefund = spent / (revision >= .london ? 5 : 2)
    let gasUsed = max(spent - min(mostRefund, UInt64(max(host.refund, 0))), run.gas.floor)
    if T.isActive {
      run.output.withUnsafeBytes {
        tracer.leave(FrameEnd(status: run.status, gasUsed: Int64(clamping: gasUsed), output: $0), world: host)
      }
    }
    settle(gasUsed, &host)
    let deployed = host.state.deployedCode
    let logs = host.state.finishTransaction(clearsEmptyAccounts: revision >= .spuriousDragon)
    return TransitionResult(
      status: run.status, gasUsed: gasUsed, mostGas: max(spent, run.gas.floor), output: run.output, logs: logs,
      contractAddress: run.contractAddress,
      deployedCode: deployed, undoneFrames: host.undoneFrames)
  }

  private func call<T: Tracer>(
    _ to: Address, _ run: inout Run, _ meter: inout Meter, _ host: inout EthereumHost<WorldState>, _ tracer: inout T
  ) {
    let transaction = run.transaction
    if T.isActive { enter(.call, to, run, host, &tracer) }
    let checkpoint = host.checkpoint()
    host.transfer(from: run.sender, to: to, transaction.value)
    let result: ExecutionResult
    if let end = runPrecompile(to, transaction.input, &meter) {
      result = end
    } else {
      let message = Message(address: to, caller: run.sender, value: transaction.value, input: transaction.input)
      result = machine.execute(message, code: code(of: to, &host), meter: &meter, host: &host, tracer: &tracer)
    }
    if !result.status.succeeded { host.undo(to: checkpoint) }
    run.status = result.status
    run.output = result.output
  }

  /// The code that a call of an account runs: its own, or that to which it has delegated (EIP-7702).
  private func code(of address: Address, _ host: inout EthereumHost<WorldState>) -> Code {
    guard let code = host.state.code(address) else { return .empty }
    guard revision >= .prague, let target = Delegation.target(of: code) else { return code }
    _ = host.state.warm(target)
    return host.state.code(target) ?? .empty
  }

  private func create<T: Tracer>(
    _ nonce: UInt64, _ run: inout Run, _ meter: inout Meter, _ host: inout EthereumHost<WorldState>, _ tracer: inout T
  ) {
    let transaction = run.transaction
    let address = ContractAddress.create(run.sender, nonce: nonce)
    run.contractAddress = address
    let start = host.beginCreate(address, from: run.sender, value: transaction.value)
    if T.isActive { enter(.create, address, run, host, &tracer) }
    guard let start else {
      meter.exhaustGas()
      run.status = .halted(.createCollision)
      return
    }
    let message = Message(address: address, caller: run.sender, value: transaction.value, isConstructor: true)
    let result = machine.execute(
      message, code: Code(transaction.input), meter: &meter, host: &host, tracer: &tracer)
    let completion = result.output.withUnsafeBytes { output in
      host.finishCreate(start, address: address, status: result.status, output: output, meter: &meter)
    }
    run.status = result.status
    run.output = result.output
    if case .failed(let reason?, _) = completion {
      run.status = .halted(reason)
      run.output = []
    }
  }

  /// Tells the tracer of the outermost frame, with the gas of the whole transaction.
  private func enter<T: Tracer>(
    _ kind: FrameKind, _ to: Address, _ run: Run, _ host: EthereumHost<WorldState>, _ tracer: inout T
  ) {
    let transaction = run.transaction
    transaction.input.withUnsafeBytes { input in
      tracer.enter(
        FrameEvent(
          kind: kind, from: run.sender, to: to, value: transaction.value, input: input,
          gas: Int64(clamping: transaction.gasLimit), depth: 0),
        world: host)
    }
  }

  private func credit(_ address: Address, _ amount: UInt256, _ host: inout EthereumHost<WorldState>) {
    host.state.setBalance(address, host.state.peekBalance(address) &+ amount)
  }

  /// The end of a transaction that calls a precompile; `nil` where `to` is none.
  private func runPrecompile(_ to: Address, _ input: [UInt8], _ meter: inout Meter) -> ExecutionResult? {
    guard let precompile = Precompiles.ethereum(to, revision) else { return nil }
    var output = ReturnData()
    defer { output.deallocate() }
    let succeeded = input.withUnsafeBytes { precompile.runEthereum($0, revision, meter: &meter, output: &output) }
    return ExecutionResult(
      status: succeeded ? .returned : .halted(.precompileFailure), output: Array(output.bytes))
  }

  /// What is warm before the first instruction (EIP-2929, EIP-2930, EIP-3651).
  private func warm(_ transaction: SignedTransaction, _ sender: Address, _ host: inout EthereumHost<WorldState>) {
    guard revision >= .berlin else { return }
    _ = host.state.warm(sender)
    if let to = transaction.to { _ = host.state.warm(to) }
    for address in Precompile.allCases.lazy.map({ Address(UInt64($0.rawValue)) })
    where Precompiles.ethereum(address, revision) != nil {
      _ = host.state.warm(address)
    }
    if revision >= .shanghai { _ = host.state.warm(block.coinbase) }
    for item in transaction.accessList.items {
      _ = host.state.warm(item.address)
      for key in item.storageKeys { _ = host.state.warm(item.address, UInt256(key)) }
    }
  }

  /// Lets an account that signed for it delegate to a contract (EIP-7702); one that may not changes nothing. It stays when
  /// the transaction fails.
  private func delegate(_ authorization: Authorization, _ host: inout EthereumHost<WorldState>) {
    guard authorization.chainID.isZero || authorization.chainID == UInt256(block.chainID),
      authorization.nonce < .max, let authority = authorization.authority
    else { return }
    _ = host.state.warm(authority)
    if let code = host.state.code(authority), Delegation.target(of: code) == nil { return }
    guard host.state.peekNonce(authority) == authorization.nonce else { return }
    // The intrinsic gas was that of a new account.
    if host.state.exists(authority) { host.refund += 12_500 }
    let code = authorization.address.isZero ? [] : Delegation.code(to: authorization.address)
    code.withUnsafeBytes { host.state.setCode(authority, $0) }
    host.state.setNonce(authority, authorization.nonce + 1)
  }

  private func environment(origin: Address, gasPrice: UInt256, blobHashes: [Bytes32]) -> ExecutionEnvironment {
    ExecutionEnvironment(
      coinbase: block.coinbase, number: block.number, timestamp: block.timestamp, gasLimit: block.gasLimit,
      prevRandao: block.prevRandao, chainID: block.chainID, baseFee: block.baseFee, blobBaseFee: blobBaseFee,
      origin: origin, gasPrice: gasPrice, blobHashes: blobHashes)
  }
}
