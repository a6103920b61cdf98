import Concurrency
import EthereumAPI
import JSON
import JSONRPC
import Logging
import Primitives
import Telemetry
import Tracers
import Transactions

/// The API of a chain of three blocks, whose stores never fail: an internal error is the API's own.
enum FuzzAPI {
  /// Behind it are threads of its own, as in the node.
  static let dispatcher: RPCDispatcher = {
    let chain = FuzzChain()
    var optional = OptionalPorts()
    optional.reorganisations = chain
    optional.pendingBlocks = chain
    optional.accountProver = chain
    optional.accessTracer = chain
    optional.transactionTracer = chain
    optional.pool = chain
    optional.blobPricing = chain
    var configuration = EthereumAPI.Configuration()
    configuration.hasEthereumBlocks = true
    configuration.allowsAuthorizations = true
    let api = EthereumAPI(
      configuration, chain: chain, state: chain, submitter: chain, simulator: chain, events: chain,
      optional: optional, metrics: registry, log: log)
    return RPCDispatcher(
      methods: api.methods, pool: WorkerPool(threads: 1), heavyPool: WorkerPool(threads: 1),
      metrics: RPCMetrics(registry))
  }()

  private static let registry = MetricsRegistry()
  /// Faults of the node that clients were told of; methods that are not supported count as none.
  static let faults = registry.counter("rpc_internal_errors", "")

  static let log = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
}

private struct FuzzChain: ChainReader, StateReader, TransactionSubmitter, Simulator, EventSource {
  private static let account = Address(0xa11ce)

  private let headers: [SealedHeader]
  private let receipt: LocatedReceipt

  init() {
    let log = Log(address: Self.account, topics: [Bytes32(UInt256(1))], data: [7])
    headers = (UInt64(0)..<3).map { number in
      var header = BlockHeader(
        parentHash: .zero, number: number, gasLimit: 100_000_000, timestamp: number, baseFeePerGas: 1_000)
      header.logsBloom = Bloom([log])
      return SealedHeader(hash: Bytes32(UInt256(number)), header: header)
    }
    receipt = LocatedReceipt(
      receipt: Receipt(transactionType: 2, succeeded: true, gasUsed: 1, cumulativeGasUsed: 1, logs: [log]),
      transactionHash: Bytes32(UInt256(9)), from: Self.account, to: nil, effectiveGasPrice: 1,
      blockHash: headers[1].hash,
      blockNumber: 1, blockTimestamp: 1, index: 0, firstLogIndex: 0)
  }

  var head: SealedHeader { headers[2] }
  let nextBaseFee: UInt64 = 1_000
  let safeBlock: UInt64? = nil
  let finalizedBlock: UInt64? = 1

  func header(number: UInt64) -> SealedHeader? { number < 3 ? headers[Int(number)] : nil }
  func number(ofBlock hash: Bytes32) -> UInt64? { headers.first { $0.hash == hash }?.number }
  func transactionHashes(ofBlock number: UInt64) -> [Bytes32]? { number < 3 ? [] : nil }
  func transactions(ofBlock number: UInt64) -> [RecoveredTransaction]? { number < 3 ? [] : nil }
  func receipts(ofBlock number: UInt64) -> [LocatedReceipt]? { number == 1 ? [receipt] : number < 3 ? [] : nil }
  func transaction(hash: Bytes32) -> LocatedTransaction? { nil }
  func receipt(hash: Bytes32) -> LocatedReceipt? { hash == receipt.transactionHash ? receipt : nil }
  func transactionHash(sender: Address, nonce: UInt64) -> Bytes32? { nil }

  func balance(of address: Address, after block: UInt64) -> UInt256 { .max }
  func nonce(of address: Address, after block: UInt64) -> UInt64 { .max }
  func code(of address: Address, after block: UInt64) -> [UInt8] { [0xef] }
  func storage(of address: Address, key: Bytes32, after block: UInt64) -> Bytes32 { key }

  func submit(envelope: [UInt8]) throws(SubmissionError) -> Bytes32 {
    do { return try RecoveredTransaction(Transaction(envelope: envelope)).hash } catch { throw .refused("\(error)") }
  }

  func pendingNonce(of sender: Address) -> UInt64 { .max }
  func transaction(hash: Bytes32) -> RecoveredTransaction? { nil }
  func standing(of hash: Bytes32) -> SubmissionStanding { .unknown }
  var counts: (pending: Int, queued: Int) { (.max, .max) }

  /// Needs as much gas as there are bytes.
  func simulate(
    _ call: SimulatedCall, after number: UInt64, _ overrides: SimulationOverrides, cancellation: Cancellation
  ) -> SimulationOutcome {
    let need = 21_000 + UInt64(call.input.count)
    guard call.gasLimit >= need else { return .halt(reason: "out of gas", isOutOfGas: true, gasUsed: call.gasLimit) }
    return call.input.first == 0xfd
      ? .revert(output: call.input, gasUsed: need) : .success(output: call.input, gasUsed: need)
  }

  func waitForHead(otherThan block: ChainPosition) -> UInt64? { nil }
  func stopWaiting() {}
  func onRefusal(_ handler: @escaping @Sendable (RefusedTransaction) -> Void) {}
  func onExecutable(_ handler: @escaping @Sendable ([RecoveredTransaction]) -> Void) {}
}

// What only some chains can do.
extension FuzzChain: ReorganisationHistory, PendingBlocks, AccountProver, AccessTracer, TransactionTracer, PoolReader,
  BlobPricing
{
  func droppedBlock(hash: Bytes32) -> DroppedBlock? { nil }

  func pendingBlock() -> PendingBlock {
    var header = head
    header.header.number += 1
    return PendingBlock(header: header, transactions: [], receipts: [receipt])
  }

  func prove(_ address: Address, slots: [Bytes32], after block: UInt64) -> MerkleAccountProof {
    MerkleAccountProof(
      balance: .max, nonce: .max, codeHash: .zero, storageHash: .zero, accountProof: [[]],
      slots: slots.map { .init(key: $0, value: UInt256($0), proof: []) })
  }

  /// Touches a slot for each byte.
  func accesses(
    of call: SimulatedCall, after number: UInt64, _ overrides: SimulationOverrides, cancellation: Cancellation
  ) -> (accesses: AccessList, outcome: SimulationOutcome) {
    let keys = Set(call.input).map { Bytes32(UInt256(UInt64($0))) }
    return (
      AccessList([.init(address: Self.account, storageKeys: keys)]),
      simulate(call, after: number, overrides, cancellation: cancellation)
    )
  }

  func trace(
    block number: UInt64, only index: Int?, _ options: TraceOptions, cancellation: Cancellation,
    _ found: (Bytes32, Write) throws(TraceError) -> Void
  ) throws(TraceError) {
    try found(receipt.transactionHash) { (text) throws(TraceError) in text.json.raw("{}") }
  }

  func trace(
    _ call: SimulatedCall, after number: UInt64, _ overrides: SimulationOverrides, _ options: TraceOptions,
    into text: TraceText, cancellation: Cancellation
  ) throws(TraceError) {
    if call.input.first == 0xfd { throw .tooLarge }
    text.json.raw("{}")
  }

  func content(of sender: Address?) -> PoolContent { PoolContent(pending: [], queued: []) }

  func blobBaseFee(of header: BlockHeader) -> UInt256? { .max }
  var nextBlobBaseFee: UInt256 { .max }
  func maxBlobGas(of header: BlockHeader) -> UInt64 { 0 }
}
