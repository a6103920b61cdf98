// A chain, a state, a mempool and a machine in memory, as small as the API lets them be.

import Concurrency
import Cryptography
import EthereumAPI
import HTTP
import JSON
import JSONRPC
import Logging
import NIOPosix
import Primitives
import Synchronization
import Telemetry
import Testing
import Transactions

let alice = Address(0xa11ce)
let token = Address(0x70ce2)

/// Blocks with an optional transaction each, made and dropped by the test.
final class TestChain: ChainReader, StateReader, ReorganisationHistory {
  struct Block: Sendable {
    var sealed: SealedHeader
    var transactions: [RecoveredTransaction] = []
    var receipts: [LocatedReceipt] = []
  }

  private let blocks = Mutex<[Block]>([])
  private let dropped = Mutex<[Bytes32: Block]>([:])
  /// Called while a header is read, with its number: something may happen at that moment.
  let whenHeaderIsRead = Mutex<(@Sendable (UInt64) -> Void)?>(nil)
  let safeBlock: UInt64? = nil
  let finalizedBlock: UInt64? = 1
  let nextBaseFee: UInt64 = 1_000

  init() { addBlock() }

  /// Adds a block with the transactions, each of which emits the logs given for it. Those of another branch differ.
  func addBlock(
    _ transactions: [(RecoveredTransaction, [Log])] = [], branch: UInt8? = nil,
    _ adjust: (inout BlockHeader) -> Void = { _ in }
  ) {
    blocks.withLock { blocks in
      let number = UInt64(blocks.count)
      var header = BlockHeader(
        parentHash: blocks.last?.sealed.hash ?? .zero, number: number, gasLimit: 100_000_000,
        gasUsed: UInt64(transactions.count) * 21_000, timestamp: 1_000 + number,
        extraData: branch.map { [$0] } ?? [], baseFeePerGas: 1_000)
      adjust(&header)
      let hash = header.hash
      header.logsBloom = Bloom(transactions.flatMap(\.1))
      var block = Block(sealed: SealedHeader(hash: hash, header: header))
      var logCount = 0
      for (index, (transaction, logs)) in transactions.enumerated() {
        var to: Address?
        var price = UInt256(1_000)
        if case .signed(let signed) = transaction.transaction {
          to = signed.to
          price = signed.effectiveGasPrice(baseFee: 1_000)
        }
        block.transactions.append(transaction)
        block.receipts.append(
          LocatedReceipt(
            receipt: Receipt(
              transactionType: 2, succeeded: true, gasUsed: 21_000, cumulativeGasUsed: UInt64(index + 1) * 21_000,
              contractAddress: to == nil ? token : nil, logs: logs),
            transactionHash: transaction.hash, from: transaction.sender, to: to, effectiveGasPrice: price,
            blockHash: hash, blockNumber: number, blockTimestamp: header.timestamp, index: index,
            firstLogIndex: logCount))
        logCount += logs.count
      }
      blocks.append(block)
    }
  }

  /// Drops the newest blocks, and remembers them unless they are to be forgotten.
  func drop(_ count: Int, forget: Bool = false) {
    blocks.withLock { blocks in
      if !forget {
        dropped.withLock { dropped in
          for block in blocks.suffix(count) { dropped[block.sealed.hash] = block }
        }
      }
      blocks.removeLast(count)
    }
  }

  func droppedBlock(hash: Bytes32) -> DroppedBlock? {
    dropped.withLock { $0[hash] }.map { DroppedBlock(header: $0.sealed, receipts: $0.receipts) }
  }

  private func block(_ number: UInt64) -> Block? {
    blocks.withLock { number < $0.count ? $0[Int(number)] : nil }
  }

  var head: SealedHeader { blocks.withLock { $0[$0.count - 1].sealed } }

  func header(number: UInt64) -> SealedHeader? {
    whenHeaderIsRead.withLock { $0 }?(number)
    return block(number)?.sealed
  }

  func number(ofBlock hash: Bytes32) -> UInt64? {
    blocks.withLock { $0.firstIndex { $0.sealed.hash == hash } }.map { UInt64($0) }
  }

  func transactionHashes(ofBlock number: UInt64) -> [Bytes32]? { block(number)?.transactions.map(\.hash) }

  func transactions(ofBlock number: UInt64) -> [RecoveredTransaction]? { block(number)?.transactions }

  func receipts(ofBlock number: UInt64) -> [LocatedReceipt]? { block(number)?.receipts }

  func transaction(hash: Bytes32) -> LocatedTransaction? {
    guard let receipt = receipt(hash: hash), let block = block(receipt.blockNumber) else { return nil }
    return LocatedTransaction(
      transaction: block.transactions[receipt.index], blockHash: receipt.blockHash, blockNumber: receipt.blockNumber,
      blockTimestamp: receipt.blockTimestamp, index: receipt.index, baseFee: 1_000)
  }

  func receipt(hash: Bytes32) -> LocatedReceipt? {
    blocks.withLock { $0.flatMap(\.receipts).first { $0.transactionHash == hash } }
  }

  func transactionHash(sender: Address, nonce: UInt64) -> Bytes32? {
    blocks.withLock { $0.flatMap(\.transactions).first { $0.sender == sender && $0.nonce == nonce }?.hash }
  }

  // The balance of alice after block n is 10 n, her nonce n; the token has code from block 2 on and n in every slot.

  func balance(of address: Address, after block: UInt64) throws(ChainReadError) -> UInt256 {
    if block == 1 { throw .stateNotAvailable(block: 1) }
    return address == alice ? UInt256(block * 10) : .zero
  }

  func nonce(of address: Address, after block: UInt64) -> UInt64 { address == alice ? block : 0 }

  func code(of address: Address, after block: UInt64) -> [UInt8] {
    address == token && block >= 2 ? [0x60, 0x00] : []
  }

  func storage(of address: Address, key: Bytes32, after block: UInt64) throws(ChainReadError) -> Bytes32 {
    if key == Bytes32(UInt256(666)) { throw .failed("disk on fire") }
    return address == token ? Bytes32(UInt256(block) + UInt256(key)) : .zero
  }
}

/// Takes every transaction that decodes, except with nonce 99; for nonce 666 its disk fails.
final class TestMempool: TransactionSubmitter {
  private let waiting = Mutex<[Bytes32: RecoveredTransaction]>([:])
  /// What is known of any transaction.
  let standing = Mutex(SubmissionStanding.executable)

  func submit(envelope: [UInt8]) throws(SubmissionError) -> Bytes32 {
    let transaction: RecoveredTransaction
    do throws(TransactionError) {
      transaction = try RecoveredTransaction(try Transaction(envelope: envelope))
    } catch {
      throw .refused("\(error)")
    }
    if transaction.nonce == 99 { throw .refused("nonce too low: next nonce 100, tx nonce 99") }
    if transaction.nonce == 666 { throw .failed("disk on fire") }
    waiting.withLock { $0[transaction.hash] = transaction }
    return transaction.hash
  }

  func pendingNonce(of sender: Address) throws(ChainReadError) -> UInt64 {
    if sender == token { throw .failed("disk on fire") }
    return 8
  }

  func transaction(hash: Bytes32) -> RecoveredTransaction? { waiting.withLock { $0[hash] } }

  func standing(of hash: Bytes32) -> SubmissionStanding { standing.withLock { $0 } }

  var counts: (pending: Int, queued: Int) { (waiting.withLock { $0.count }, 2) }
}

/// Does what the first byte of the input says; needs as much gas as its second and third say, in thousands.
struct TestSimulator: Simulator {
  static let reason: [UInt8] =
    [0x08, 0xc3, 0x79, 0xa0] + Bytes32(UInt256(32)).bytes + Bytes32(UInt256(4)).bytes + Array("nope".utf8)
    + [UInt8](repeating: 0, count: 28)

  func simulate(
    _ call: SimulatedCall, after number: UInt64, _ overrides: SimulationOverrides, cancellation: Cancellation
  ) throws(SimulationError) -> SimulationOutcome {
    if number == 1 { throw .stateNotAvailable(block: 1) }
    if call.gasLimit < 21_000 { throw .intrinsicGasTooLow }
    switch call.input.first {
    case nil: return .success(output: [], gasUsed: 21_000)
    case 0: return .success(output: Array(call.input.dropFirst()), gasUsed: 21_000)
    case 1: return .revert(output: Self.reason, gasUsed: 30_000)
    case 2: return .revert(output: [], gasUsed: 30_000)
    case 3: return .halt(reason: "invalid opcode: 0xfe", isOutOfGas: false, gasUsed: call.gasLimit)
    case 4:
      let need = UInt64(call.input[1]) << 8 | UInt64(call.input[2])
      guard call.gasLimit >= need * 1_000 else {
        return .halt(reason: "out of gas", isOutOfGas: true, gasUsed: call.gasLimit)
      }
      // Less is used than must be there, as with refunds and the 63/64 rule.
      return .success(output: [], gasUsed: need * 800)
    case 5: throw .invalid("insufficient funds")
    case 6: return .success(output: Bytes32(call.gasPrice).bytes, gasUsed: 21_000)
    case 7:
      let account = overrides.accounts[alice]
      return .success(
        output: Bytes32(account?.balance ?? .zero).bytes + Bytes32(UInt256(overrides.block.number ?? number)).bytes
          + Bytes32(UInt256(account?.stateDifference.count ?? 0)).bytes,
        gasUsed: 21_000)
    case 8: return .success(output: Bytes32(UInt256(call.gasLimit)).bytes, gasUsed: 21_000)
    case 11: return .success(output: [UInt8(call.authorizations.count)], gasUsed: 21_000)
    case 10: return .halt(reason: "gas limit \(call.gasLimit)", isOutOfGas: false, gasUsed: 0)
    default: throw .failed("machine broke")
    }
  }
}

/// Tells what the test wants it to tell.
final class TestEvents: EventSource {
  private struct State {
    var newest = ChainPosition(number: 0, hash: nil)
    /// The last block that everybody has been told of.
    var told = ChainPosition(number: 0, hash: nil)
    var isOver = false
    var handler: (@Sendable ([RecoveredTransaction]) -> Void)?
    var refusalHandler: (@Sendable (RefusedTransaction) -> Void)?
  }

  private let state = Monitor(State())

  /// Says that a block can be read, and that no block was dropped.
  func publish(block number: UInt64) { publish(ChainPosition(number: number, hash: nil)) }

  /// Says what the newest block is, be it on another branch.
  func publish(_ head: ChainPosition) { state.update { $0.newest = head } }

  func refuse(_ transaction: RefusedTransaction) { state.read { $0.refusalHandler }?(transaction) }

  func onRefusal(_ handler: @escaping @Sendable (RefusedTransaction) -> Void) {
    state.update { $0.refusalHandler = handler }
  }

  func offer(_ transactions: [RecoveredTransaction]) { state.read { $0.handler }?(transactions) }

  /// Waits until subscribers have been told of a block.
  func waitUntilTold(of block: UInt64) { _ = state.wait { $0.told.number >= block ? true : nil } }

  /// Waits until somebody waits for what comes after a block.
  func waitUntilAsked(after block: ChainPosition) { _ = state.wait { $0.told == block ? true : nil } }

  func waitForHead(otherThan block: ChainPosition) -> UInt64? {
    state.update { $0.told = block }
    return state.wait { state -> UInt64?? in
      if state.isOver { return .some(nil) }
      let newest = state.newest
      let isOther = newest.hash.map { $0 != block.hash } ?? (newest.number > block.number)
      return isOther ? .some(newest.number) : nil
    } ?? nil
  }

  func stopWaiting() { state.update { $0.isOver = true } }

  func onExecutable(_ handler: @escaping @Sendable ([RecoveredTransaction]) -> Void) {
    state.update { $0.handler = handler }
  }
}

/// Keeps what is logged, but for what only those want who look closely.
final class TestLog: LogHandler, Sendable {
  private let written = Mutex<[String]>([])
  var lines: [String] { written.withLock { $0 } }
  var logger: Logger { Logger(label: "test") { _ in self } }

  // Nobody changes these here.
  var metadata: Logger.Metadata {
    get { [:] }
    set {}
  }
  var logLevel: Logger.Level {
    get { .trace }
    set {}
  }
  subscript(metadataKey _: String) -> Logger.Metadata.Value? {
    get { nil }
    set {}
  }

  func log(event: LogEvent) {
    guard event.level >= .info else { return }
    written.withLock { $0.append("\(event.message): \(event.metadata?["reason"] ?? "")") }
  }
}

/// An API over all of it, and a way to call it.
final class Fixture: Sendable {
  let chain = TestChain()
  let mempool = TestMempool()
  let registry = MetricsRegistry()
  let pool = WorkerPool(threads: 2)
  let log = TestLog()
  let events = TestEvents()
  let api: EthereumAPI
  let dispatcher: RPCDispatcher

  convenience init(_ adjust: (inout EthereumAPI.Configuration) -> Void = { _ in }) {
    self.init(ports: { _ in OptionalPorts() }, adjust)
  }

  /// - Parameters:
  ///   - ports: what the chain can do besides, given the chain.
  ///   - adjust: changes the configuration.
  init(
    ports: (TestChain) -> OptionalPorts,
    _ adjust: (inout EthereumAPI.Configuration) -> Void = { _ in }
  ) {
    var configuration = EthereumAPI.Configuration()
    adjust(&configuration)
    api = EthereumAPI(
      configuration, chain: chain, state: chain, submitter: mempool, simulator: TestSimulator(), events: events,
      optional: ports(chain), metrics: registry, log: log.logger)
    dispatcher = RPCDispatcher(
      methods: api.methods, pool: pool, heavyPool: pool, metrics: RPCMetrics(registry), log: log.logger)
  }

  deinit { Task { [pool] in await pool.shutdown() } }

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

  /// The response to a whole message of a client.
  func response(to message: String, from client: IPAddress) async throws -> JSONValue {
    let text = await withCheckedContinuation { continuation in
      dispatcher.handle(Array(message.utf8), RPCContext(client: client)) {
        continuation.resume(returning: $0.map { Array($0.text.readableBytesView) } ?? [])
      }
    }
    return try JSONValue(parsing: text)
  }

  /// The same API where replies may have only so many bytes.
  func limited(toBytes bytes: Int) -> (_ message: String) async throws -> JSONValue {
    var limits = RPCDispatcher.Limits()
    limits.responseBytes = bytes
    let dispatcher = RPCDispatcher(
      methods: api.methods, pool: pool, heavyPool: pool, limits: limits, metrics: RPCMetrics(MetricsRegistry()))
    return { message in
      let text = await withCheckedContinuation { continuation in
        dispatcher.handle(Array(message.utf8)) {
          continuation.resume(returning: $0.map { Array($0.text.readableBytesView) } ?? [])
        }
      }
      return try JSONValue(parsing: text)
    }
  }

  /// The text of the result of a call; the text of the error where there is none.
  func call(_ method: String, _ parameters: String = "[]") async throws -> String {
    let response = try await response(method, parameters)
    let value = try #require(response["result"] ?? response["error"])
    return String(decoding: value.text, as: UTF8.self)
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

/// A transaction of a fixed key, a different one for each nonce.
func transfer(
  nonce: UInt64, kind: SignedTransaction.Kind = .dynamicFee, chainID: UInt64? = 270, to: Address? = alice,
  _ adjust: (inout SignedTransaction) -> Void = { _ in }
) throws -> RecoveredTransaction {
  let key = try #require(Secp256k1.PrivateKey(Bytes32(UInt256(0xc0ffee))))
  var unsigned = SignedTransaction(
    kind: kind, chainID: chainID, nonce: nonce, gasLimit: 21_000, maxFeePerGas: 2_000, maxPriorityFeePerGas: 500,
    to: to,
    value: 7, input: [0xab],
    accessList: kind == .legacy ? AccessList() : AccessList([.init(address: token, storageKeys: [.zero])]))
  adjust(&unsigned)
  return try RecoveredTransaction(.signed(try unsigned.signed(with: key)))
}

func topic(_ number: UInt64) -> Bytes32 { Bytes32(UInt256(number)) }
