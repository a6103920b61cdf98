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
  private(set) var transition: EthereumTransition
  var deployment: L1Deployment { genesis.deployment }

  static let baseFee: UInt256 = 1_000_000_000
  static let stored = StoredBatchInfo.genesis(
    stateCommitment: Bytes32(hex: "6e6e7044cb237fa30937e7e2ee56db7bb3b5d3bd0f46ba7c3a46a6ac4cf2f330") ?? .zero)

  /// A chain that has run what belongs into its first block.
  init(timestamp: UInt64 = 1_753_350_100) throws {
    genesis = try L1Genesis(storedBatchZero: Self.stored.hash)
    transition = Self.transition(WorldState(accounts: genesis.accounts), timestamp: timestamp)
    for transaction in genesis.transactions {
      let result = try transition.execute(transaction, sender: try transaction.recoverSender())
      guard result.succeeded else { throw L1GenesisError.failed(contract: "first block", output: result.output) }
    }
  }

  private static func transition(_ world: WorldState, timestamp: UInt64) -> EthereumTransition {
    EthereumTransition(
      world: world, revision: .cancun,
      block: BlockEnvironment(
        number: 1, timestamp: timestamp, gasLimit: 30_000_000, coinbase: Address(0xc0), prevRandao: .zero,
        baseFee: baseFee, chainID: 9, blockHash: { _ in .zero }))
  }

  /// Goes on in a block with another time.
  mutating func move(to timestamp: UInt64) { transition = Self.transition(transition.world, timestamp: timestamp) }

  /// Runs a transaction with gas at the base fee.
  @discardableResult
  func send(
    from sender: Address = DevelopmentAccount.wellKnown[0].address, to: Address?, value: UInt256 = .zero,
    _ input: [UInt8]
  ) throws -> TransitionResult {
    let transaction = SignedTransaction(
      kind: .legacy, chainID: nil, nonce: transition.world.peekNonce(sender), gasLimit: 15_000_000,
      maxFeePerGas: Self.baseFee, maxPriorityFeePerGas: Self.baseFee, to: to, value: value, input: input)
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
}
