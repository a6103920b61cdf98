import Cryptography
import EVM
import Primitives
import Transactions

/// What became of a transaction that a block contains.
public struct TransitionResult: Sendable {
  public var succeeded: Bool
  /// After refunds.
  public var gasUsed: UInt64
  public var output: [UInt8]
  public var logs: [Log]
}

/// The state transition of plain Ethereum: transactions against a world, under the rules of a hard fork.
///
/// Source: the yellow paper, section 6, and the EIPs named at each rule.
public final class EthereumTransition {
  public let revision: Revision
  public let block: BlockEnvironment
  public private(set) var world: WorldState
  private let machine: VirtualMachine<EthereumRules>

  public init(world: WorldState, revision: Revision, block: BlockEnvironment) {
    self.world = world
    self.revision = revision
    self.block = block
    machine = VirtualMachine(rules: EthereumRules(revision))
  }

  /// Executes a transaction of `sender`; an invalid one changes nothing.
  public func execute(
    _ transaction: SignedTransaction, sender: Address
  ) throws(TransactionRefusal) -> TransitionResult {
    var tracer = NoTracer()
    return try execute(transaction, sender: sender, tracer: &tracer)
  }

  /// Executes a transaction under the eyes of a tracer.
  public func execute<T: Tracer>(
    _ transaction: SignedTransaction, sender: Address, tracer: inout T
  ) throws(TransactionRefusal) -> TransitionResult {
    let intrinsicGas = try validate(transaction, sender: sender)
    let gasPrice = transaction.effectiveGasPrice(baseFee: block.baseFee)
    let blobFee = block.blobBaseFee &* UInt256(BlobGas.of(transaction))
    world.blockHashes = block.blockHash
    var host = EthereumHost(revision: revision, state: world)
    // The host owns the world for the time of the execution, so that changes are made in place.
    world = WorldState()
    defer { world = host.state }

    host.state.setBalance(
      sender, host.state.peekBalance(sender) &- UInt256(transaction.gasLimit) &* gasPrice &- blobFee)
    let nonce = host.state.peekNonce(sender)
    host.state.setNonce(sender, nonce + 1)
    warm(transaction, sender, &host)
    machine.environment = environment(transaction, sender, gasPrice)

    var meter = Meter(gas: Int64(transaction.gasLimit - intrinsicGas))
    let outcome =
      if let to = transaction.to {
        call(to, transaction, sender, &meter, &host, &tracer)
      } else {
        create(transaction, sender, nonce, &meter, &host, &tracer)
      }

    let spent = transaction.gasLimit - UInt64(meter.gas)
    let mostRefund = spent / (revision >= .london ? 5 : 2)
    let gasUsed = spent - min(mostRefund, UInt64(max(host.refund, 0)))
    credit(sender, UInt256(transaction.gasLimit - gasUsed) &* gasPrice, &host)
    let tip = revision >= .london ? gasPrice &- block.baseFee : gasPrice
    credit(block.coinbase, UInt256(gasUsed) &* tip, &host)
    let logs = host.state.finishTransaction(clearsEmptyAccounts: revision >= .spuriousDragon)
    return TransitionResult(
      succeeded: outcome.succeeded, gasUsed: gasUsed, output: outcome.output, logs: logs)
  }

  private struct Outcome {
    var succeeded: Bool
    var output: [UInt8]
  }

  private func call<T: Tracer>(
    _ to: Address, _ transaction: SignedTransaction, _ sender: Address, _ meter: inout Meter,
    _ host: inout EthereumHost<WorldState>,
    _ tracer: inout T
  ) -> Outcome {
    let checkpoint = host.checkpoint()
    host.transfer(from: sender, to: to, transaction.value)
    let result: ExecutionResult
    if let end = runPrecompile(to, transaction.input, &meter) {
      result = end
    } else {
      let message = Message(address: to, caller: sender, value: transaction.value, input: transaction.input)
      result = machine.execute(
        message, code: host.state.code(to) ?? .empty, meter: &meter, host: &host, tracer: &tracer)
    }
    if !result.status.succeeded { host.undo(to: checkpoint) }
    return Outcome(succeeded: result.status.succeeded, output: result.output)
  }

  private func create<T: Tracer>(
    _ transaction: SignedTransaction, _ sender: Address, _ nonce: UInt64, _ meter: inout Meter,
    _ host: inout EthereumHost<WorldState>,
    _ tracer: inout T
  ) -> Outcome {
    let address = ContractAddress.create(sender, nonce: nonce)
    guard let checkpoint = host.beginCreate(address, from: sender, value: transaction.value) else {
      meter.exhaustGas()
      return Outcome(succeeded: false, output: [])
    }
    let message = Message(address: address, caller: sender, value: transaction.value, isConstructor: true)
    let result = machine.execute(
      message, code: Code(transaction.input), meter: &meter, host: &host, tracer: &tracer)
    let completion = result.output.withUnsafeBytes { output in
      host.finishCreate(checkpoint, address: address, status: result.status, output: output, meter: &meter)
    }
    let succeeded = completion == .deployed
    return Outcome(succeeded: succeeded, output: result.output)
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
    for address in (1...10 as ClosedRange<UInt64>).lazy.map({ Address($0) })
    where Precompiles.ethereum(address, revision) != nil {
      _ = host.state.warm(address)
    }
    if revision >= .shanghai { _ = host.state.warm(block.coinbase) }
    for item in transaction.accessList.items {
      _ = host.state.warm(item.address)
      for key in item.storageKeys { _ = host.state.warm(item.address, UInt256(key)) }
    }
  }

  private func environment(
    _ transaction: SignedTransaction, _ sender: Address, _ gasPrice: UInt256
  ) -> ExecutionEnvironment {
    ExecutionEnvironment(
      coinbase: block.coinbase, number: block.number, timestamp: block.timestamp, gasLimit: block.gasLimit,
      prevRandao: block.prevRandao, chainID: block.chainID, baseFee: block.baseFee, blobBaseFee: block.blobBaseFee,
      origin: sender, gasPrice: gasPrice, blobHashes: transaction.blobVersionedHashes)
  }
}

/// Gas that blobs take, a market of its own (EIP-4844).
enum BlobGas {
  static let perBlob: UInt64 = 131_072
  /// Most blobs in a block of Cancun.
  static let mostBlobs = 6

  static func of(_ transaction: SignedTransaction) -> UInt64 { perBlob * UInt64(transaction.blobVersionedHashes.count) }
}
