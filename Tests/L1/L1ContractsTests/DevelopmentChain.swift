import Batches
import Cryptography
import EVM
import Ethereum
import L1Contracts
import Primitives
import Transactions
import ZKsyncOS

/// The contracts on a chain of one block, and calls of them.
struct DevelopmentChain {
  let genesis: L1Genesis
  let transition: EthereumTransition
  var deployment: L1Deployment { genesis.deployment }

  let gasPrice: UInt256
  static let stored = StoredBatchInfo.genesis(
    stateCommitment: Bytes32(hex: "6e6e7044cb237fa30937e7e2ee56db7bb3b5d3bd0f46ba7c3a46a6ac4cf2f330") ?? .zero)

  /// A chain that has run what belongs into its first block.
  ///
  /// - Parameter gasPrice: of all transactions, and the base fee.
  init(timestamp: UInt64 = 1_753_350_100, gasPrice: UInt256 = 1_000_000_000) throws {
    genesis = try L1Genesis(storedBatchZero: Self.stored.hash)
    self.gasPrice = gasPrice
    transition = Self.transition(WorldState(accounts: genesis.accounts), timestamp, gasPrice)
    for transaction in genesis.transactions {
      let result = try transition.execute(transaction, sender: try transaction.recoverSender())
      guard result.succeeded else { throw L1GenesisError.failed(contract: "first block", output: result.output) }
    }
  }

  private static func transition(
    _ world: WorldState, _ timestamp: UInt64, _ baseFee: UInt256
  ) -> EthereumTransition {
    EthereumTransition(
      world: world, revision: .cancun,
      block: BlockEnvironment(
        number: 1, timestamp: timestamp, gasLimit: 30_000_000, coinbase: Address(0xc0), prevRandao: .zero,
        baseFee: baseFee, chainID: 9, blockHash: { _ in .zero }))
  }

  /// Runs a transaction with gas at the base fee.
  @discardableResult
  func send(
    from sender: Address = DevelopmentAccount.wellKnown[0].address, to: Address?, value: UInt256 = .zero,
    _ input: [UInt8]
  ) throws -> TransitionResult {
    let transaction = SignedTransaction(
      kind: .legacy, chainID: nil, nonce: transition.world.peekNonce(sender), gasLimit: 15_000_000,
      maxFeePerGas: gasPrice, maxPriorityFeePerGas: gasPrice, to: to, value: value, input: input)
    return try transition.execute(transaction, sender: sender)
  }

  /// The name of the error that a transaction fails with; `nil` if it succeeds.
  func refusal(
    from sender: Address = DevelopmentAccount.wellKnown[0].address, to: Address, value: UInt256 = .zero,
    _ input: [UInt8]
  ) throws -> ContractError? {
    let result = try send(from: sender, to: to, value: value, input)
    return result.succeeded ? nil : ContractError(output: result.output)
  }

  /// What a call of a function answers.
  func read<Result>(_ call: ContractCall<Result>, at address: Address) throws -> Result {
    try call.result(of: try send(to: address, call.input).output)
  }

  /// The events of the chain among the logs of a transaction.
  func events(_ result: TransitionResult) throws -> [ChainEvent] {
    try result.logs.filter { $0.address == deployment.chain }.compactMap { try ChainEvent($0) }
  }

  // MARK: Batches

  var validator: Address { L1Genesis.operatorAccount }
  var timelock: Address { deployment.validatorTimelock }

  func commit(_ batch: Batch) throws -> TransitionResult {
    try send(from: validator, to: timelock, batch.commit.commitCalldata(previous: batch.previous))
  }

  func prove(_ previous: StoredBatchInfo, _ batches: [StoredBatchInfo], proof: [UInt256] = []) throws
    -> TransitionResult
  {
    try send(from: validator, to: timelock, Self.proveCall(previous, batches, proof: proof).input)
  }

  func execute(_ batches: [StoredBatchInfo], _ requests: [RequestRange]) throws -> TransitionResult {
    try send(from: validator, to: timelock, Self.executeCall(batches, requests).input)
  }

  func revert(to number: UInt64) throws -> TransitionResult {
    try send(
      from: validator, to: timelock, ValidatorTimelockCall.revertBatches(270, newLast: number).input)
  }

  static func proveCall(
    _ previous: StoredBatchInfo, _ batches: [StoredBatchInfo], proof: [UInt256] = []
  ) -> ContractCall<Void> {
    var data = ABIWriter()
    append(previous, to: &data)
    data.appendArray(batches) { append($1, to: &$0) }
    data.appendArray(proof) { $0.append($1) }
    return ValidatorTimelockCall.proveBatches(270, range(batches), data: [0] + data.encoded)
  }

  static func executeCall(_ batches: [StoredBatchInfo], _ requests: [RequestRange]) -> ContractCall<Void> {
    var data = ABIWriter()
    data.appendArray(batches) { append($1, to: &$0) }
    data.appendArray(requests) { array, request in
      array.appendTuple { tuple in
        for list in [request.left, request.right, request.hashes] { tuple.appendArray(list) { $0.append($1) } }
      }
    }
    return ValidatorTimelockCall.executeBatches(270, range(batches), data: [0] + data.encoded)
  }

  private static func range(_ batches: [StoredBatchInfo]) -> ClosedRange<UInt64> {
    (batches.first?.batchNumber.rawValue ?? 0)...(batches.last?.batchNumber.rawValue ?? 0)
  }

  private static func append(_ batch: StoredBatchInfo, to writer: inout ABIWriter) {
    let words = batch.encoded
    for start in stride(from: 0, to: words.count, by: 32) { writer.append(fixedBytes: words[start..<start + 32]) }
  }
}

/// The requests of a batch, and the way from them to the root of all requests.
struct RequestRange {
  var left: [Bytes32] = []
  var right: [Bytes32] = []
  var hashes: [Bytes32] = []
}
