// A chain of five blocks in real stores, a state tree of its first four, and the APIs over them.

import ChainStorage
import EthereumAPI
import JSON
import JSONRPC
import Logging
import Mempool
import Primitives
import StateTree
import StorageTesting
import Telemetry
import Testing
import Transactions
import ZKsyncAPI
import ZKsyncOS

let token = Address(0x70ce2)

func topic(_ number: UInt64) -> Bytes32 { Bytes32(UInt256(number)) }

/// Blocks 0 to 4 without transactions. The tree has them up to block 3: block n writes n × 100 to slot n of the token, and
/// n to slot 1.
final class Fixture: Sendable {
  static let newest: UInt64 = 4
  private let directory = TemporaryDirectory()
  private let pool = WorkerPool(threads: 2)
  let storage: ChainStorage
  let tree: StateTree
  private let dispatcher: RPCDispatcher

  /// - Parameters:
  ///   - treeSeemsComplete: whether the tree is said to have blocks that it does not have.
  ///   - settlement: what is known of L1; the newest block has its messages.
  ///   - headers: which ones clients see.
  init(
    treeSeemsComplete: Bool = false, settlement: TestSettlement = TestSettlement(), headers: ServedHeaders = .linked
  ) throws {
    storage = try TestChain.open(directory.path)
    tree = try StateTree.open(directory: directory.file("tree"))
    var hashes = BlockHashes().appending(TestChain.genesis.hash)
    for number in 1...Self.newest {
      let context = BlockContext(
        chainID: 270, number: number, timestamp: 1_000 + number, blockHashes: hashes)
      let header = BlockHeader(
        parentHash: hashes[0], number: number, gasLimit: 100_000_000, timestamp: 1_000 + number, baseFeePerGas: 1_000)
      hashes = hashes.appending(header.hash)
      try storage.state.append(StateChange(number: number, blockHash: header.hash, slots: [:], preimages: [:]))
      try storage.log.append([
        ReplayRecord(context: context, firstPriorityID: 0, transactions: [], blockHash: header.hash)
      ])
      let says = number == Self.newest && !settlement.receipts.isEmpty
      try storage.blocks.publish(
        Block(
          header: header, hash: header.hash, transactions: says ? settlement.transactions : [],
          receipts: says ? settlement.receipts : []))
      guard number < Self.newest else { continue }
      var writes = [(key: FlatKey.of(token, topic(1)), value: topic(number))]
      if number > 1 { writes.append((FlatKey.of(token, topic(number)), topic(number * 100))) }
      try tree.apply(version: number, writes: writes)
    }

    let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let state = StateStoreReader(storage.state)
    let storage = storage, tree = tree
    let simulator = StateSimulator(storage, headers: headers) { (number) throws(SimulationError) in
      do throws(StorageError) {
        return try storage.log.record(number)?.context
      } catch {
        throw .failed(error.description)
      }
    }
    let mempool = Mempool(
      options: MempoolOptions(chainID: 270), accounts: NoAccounts(), metrics: MempoolMetrics(MetricsRegistry()),
      clock: { 0 })
    var configuration = EthereumAPI.Configuration()
    configuration.isRollup = true
    var ports = OptionalPorts()
    ports.sequences = simulator
    let ethereum = EthereumAPI(
      configuration,
      chain: try ChainStoreReader(
        storage.blocks, headers: headers, state: state, settlement: settlement, nextBaseFee: { 1_000 }, log: log),
      state: state,
      submitter: MempoolSubmitter(mempool), simulator: simulator, events: NoEvents(),
      optional: ports, metrics: MetricsRegistry(), log: log)
    var methods = ethereum.methods
    methods.merge(
      ZKsyncAPI(
        ethereum: ethereum, storage: storage, simulator: simulator, settlement: settlement, tree: tree,
        mempool: mempool,
        feeParameters: ZKsyncAPI.FeeParameters(maxGas: 100_000_000, maxPubdata: 126_464)
      ) { block, _ in treeSeemsComplete || block <= tree.lastVersion }.methods)
    dispatcher = RPCDispatcher(methods: methods, pool: pool, heavyPool: pool, metrics: RPCMetrics(MetricsRegistry()))
  }

  /// Documentation of all methods.
  var documentation: [MethodDocumentation] { dispatcher.methods.documentation }

  /// The response to a call; `parameters` is the text of an array.
  func response(_ method: String, _ parameters: String = "[]") async throws -> JSONValue {
    let message = #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":\#(parameters)}"#
    let text = await withCheckedContinuation { continuation in
      dispatcher.handle(Array(message.utf8)) {
        continuation.resume(returning: $0.map { Array($0.text.readableBytesView) } ?? [])
      }
    }
    return try JSONValue(parsing: text)
  }

  func result(_ method: String, _ parameters: String = "[]") async throws -> JSONValue {
    try #require(try await response(method, parameters)["result"])
  }

  /// Code and message of the error of a call.
  func error(_ method: String, _ parameters: String = "[]") async throws -> (code: Int64, message: String) {
    let error = try #require(try await response(method, parameters)["error"])
    return (error["code"]?.integer ?? 0, error["message"]?.string ?? "")
  }
}

/// Nothing ever happens.
struct NoEvents: EventSource {
  func waitForHead(otherThan block: ChainPosition) -> UInt64? { nil }
  func stopWaiting() {}
  func onExecutable(_ handler: @escaping @Sendable ([RecoveredTransaction]) -> Void) {}
  func onRefusal(_ handler: @escaping @Sendable (RefusedTransaction) -> Void) {}
}

/// A state that cannot be read.
struct NoAccounts: AccountReader {
  func account(_ address: Address) throws(MempoolError) -> AccountState { throw .stateUnavailable("disk on fire") }
}
