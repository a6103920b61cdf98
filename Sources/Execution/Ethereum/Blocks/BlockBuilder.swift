import Cryptography
import EVM
import Primitives
import Transactions

/// Makes one block of a plain Ethereum chain, Paris or later: transactions go in one after the other, and the sealed block
/// comes out with everything that its header commits to. The same transactions make the same block again.
///
///     let builder = BlockBuilder(parent: head, state: state, fields: fields, rules: rules, blockHash: hashes)
///     for (transaction, sender) in pool { let included = try builder.add(transaction, sender: sender) }
///     let block = builder.seal()
public final class BlockBuilder {
  public let rules: ChainRules
  public let fields: BlockFields
  public let number: UInt64
  private let parentHash: Bytes32
  private let state: StateTrie
  private let transition: EthereumTransition
  private var transactions: [SignedTransaction] = []
  private var receipts: [Receipt] = []
  private var blobGasUsed: UInt64 = 0

  /// Begins a block on `state`, the one after `parent`, with what the protocol does at a block's beginning: the contracts
  /// of EIP-4788 and EIP-2935 are told the parent's roots, where they exist.
  ///
  /// - Parameter blockHash: the hash of each of the 256 blocks before this one.
  public init(
    parent: BlockHeader, state: StateTrie, fields: BlockFields, rules: ChainRules,
    blockHash: @escaping @Sendable (UInt64) -> Bytes32
  ) {
    self.rules = rules
    self.fields = fields
    self.state = state
    number = parent.number + 1
    parentHash = parent.hash
    transition = EthereumTransition(
      world: WorldState(base: state), revision: rules.revision,
      block: Self.environment(number: number, fields: fields, chainID: rules.chainID, blockHash: blockHash),
      options: rules.options)
    transition.beginBlock(parentHash: parentHash, parentBeaconBlockRoot: fields.parentBeaconBlockRoot)
  }

  /// The block as instructions see it; also for calls that are to see the same.
  public static func environment(
    number: UInt64, fields: BlockFields, chainID: UInt64, blockHash: @escaping @Sendable (UInt64) -> Bytes32
  ) -> BlockEnvironment {
    BlockEnvironment(
      number: number, timestamp: fields.timestamp, gasLimit: fields.gasLimit, coinbase: fields.coinbase,
      prevRandao: UInt256(fields.prevRandao), baseFee: UInt256(fields.baseFee), excessBlobGas: fields.excessBlobGas,
      chainID: chainID, blockHash: blockHash)
  }

  /// The accounts as they are after what was added so far.
  public var world: WorldState { transition.world }

  /// Logs of what was added so far.
  public var logCount: Int { receipts.reduce(0) { $0 + $1.logs.count } }

  /// Gas of what was added so far.
  public var gasUsed: UInt64 { receipts.last?.cumulativeGasUsed ?? 0 }

  /// Gas that the block has left.
  public var gasLeft: UInt64 { fields.gasLimit - min(gasUsed, fields.gasLimit) }

  /// A transaction in the block, with what it did.
  public struct Included: Sendable {
    public var receipt: Receipt
    /// How the outermost frame ended.
    public var status: FrameStatus
    /// Return data, or the data of a revert.
    public var output: [UInt8]
    /// Wei per gas that was paid.
    public var effectiveGasPrice: UInt256
  }

  /// Executes a transaction of `sender` and puts it into the block; one that the block cannot contain changes nothing.
  /// The signature is not looked at: who sends is the caller's word.
  public func add(_ transaction: SignedTransaction, sender: Address) throws(TransactionRefusal) -> Included {
    var tracer = NoTracer()
    return try add(transaction, sender: sender, tracer: &tracer)
  }

  /// Adds a transaction under the eyes of a tracer.
  public func add<T: Tracer>(
    _ transaction: SignedTransaction, sender: Address, tracer: inout T
  ) throws(TransactionRefusal) -> Included {
    if transaction.gasLimit > gasLeft, transaction.gasLimit <= fields.gasLimit { throw .gasLimitAboveRest }
    let blobGas = BlobSchedule.gas(of: transaction), most = BlobSchedule(rules.revision).most
    if transaction.blobVersionedHashes.count <= most, blobGasUsed + blobGas > most * BlobSchedule.gasPerBlob {
      throw .blobsAboveRest
    }
    let result = try transition.execute(transaction, sender: sender, tracer: &tracer)
    let receipt = Receipt(
      transactionType: transaction.kind.rawValue, succeeded: result.succeeded, gasUsed: result.gasUsed,
      cumulativeGasUsed: gasUsed + result.gasUsed, contractAddress: result.contractAddress, logs: result.logs)
    receipts.append(receipt)
    transactions.append(transaction)
    blobGasUsed += blobGas
    return Included(
      receipt: receipt, status: result.status, output: result.output,
      effectiveGasPrice: transaction.effectiveGasPrice(baseFee: UInt256(fields.baseFee)))
  }

  /// A block with everything that follows from it.
  public struct Sealed: Sendable {
    public var header: BlockHeader
    public var transactions: [SignedTransaction]
    public var receipts: [Receipt]
    /// The state after the block, whose root the header names.
    public var state: StateTrie

    /// keccak256 of the header.
    public var hash: Bytes32
  }

  /// Ends the block. What is added afterwards is not in it.
  public func seal() -> Sealed {
    let requests = rules.revision >= .prague ? collectRequests() : []
    var after = state
    after.apply(transition.world.changes)
    let header = Self.header(
      number: number, parentHash: parentHash, fields: fields, rules: rules, stateRoot: after.root,
      transactions: transactions, receipts: receipts, blobGasUsed: blobGasUsed, requests: requests)
    return Sealed(
      header: header, transactions: transactions, receipts: receipts, state: after, hash: header.hash)
  }

  /// The header of a block, with all that it commits to.
  ///
  /// - Parameter requests: each with its type in front.
  public static func header(
    number: UInt64, parentHash: Bytes32, fields: BlockFields, rules: ChainRules, stateRoot: Bytes32,
    transactions: [SignedTransaction], receipts: [Receipt], blobGasUsed: UInt64 = 0, requests: [[UInt8]] = []
  ) -> BlockHeader {
    var bloom = Bloom()
    for receipt in receipts { bloom.formUnion(receipt.bloom) }
    var header = BlockHeader(
      parentHash: parentHash, beneficiary: fields.coinbase, stateRoot: stateRoot,
      transactionsRoot: MerklePatriciaTrie.root(ofList: transactions.map(\.envelope)),
      receiptsRoot: MerklePatriciaTrie.root(ofList: receipts.map(\.envelope)), logsBloom: bloom, number: number,
      gasLimit: fields.gasLimit, gasUsed: receipts.last?.cumulativeGasUsed ?? 0, timestamp: fields.timestamp,
      extraData: fields.extraData,
      mixHash: fields.prevRandao, baseFeePerGas: fields.baseFee)
    // There are no withdrawals without a beacon chain.
    if rules.revision >= .shanghai { header.withdrawalsRoot = MerklePatriciaTrie.emptyRoot }
    if rules.revision >= .cancun {
      header.blobGasUsed = blobGasUsed
      header.excessBlobGas = fields.excessBlobGas
      header.parentBeaconBlockRoot = fields.parentBeaconBlockRoot
    }
    if rules.revision >= .prague { header.requestsHash = SystemContracts.requestsHash(requests) }
    return header
  }

  /// What the contracts of withdrawals and consolidations ask of the beacon chain; nothing where they do not exist.
  private func collectRequests() -> [[UInt8]] {
    SystemContracts.requests.compactMap { type, contract in
      guard let output = transition.callBySystem(contract, []), !output.isEmpty else { return nil }
      return [type] + output
    }
  }
}
