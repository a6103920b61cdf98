// What a chain can do besides, each as small as its port lets it be.

import Concurrency
import EthereumAPI
import Primitives
import Synchronization
import Tracers
import Transactions

extension OptionalPorts {
  /// All of them over a chain.
  static func all(_ chain: TestChain, pool: PoolContent = PoolContent(pending: [], queued: [])) -> OptionalPorts {
    var ports = OptionalPorts()
    ports.reorganisations = chain
    ports.pendingBlocks = TestPendingBlocks(chain: chain)
    ports.accountProver = TestProver()
    ports.accessTracer = TestAccessTracer()
    ports.transactionTracer = TestTracer(chain: chain)
    ports.pool = TestPool(all: pool)
    ports.blobPricing = TestBlobs()
    return ports
  }
}

/// One transaction waits, of nonce 70.
struct TestPendingBlocks: PendingBlocks {
  let chain: TestChain

  func pendingBlock() throws(ChainReadError) -> PendingBlock {
    let transaction: RecoveredTransaction
    do { transaction = try transfer(nonce: 70) } catch { throw .failed("\(error)") }
    let head = chain.head
    let header = BlockHeader(
      parentHash: head.hash, beneficiary: alice, number: head.number + 1, gasLimit: 30_000_000, gasUsed: 21_000,
      timestamp: 9_999, baseFeePerGas: 1_100)
    let sealed = SealedHeader(hash: header.hash, header: header)
    let receipt = LocatedReceipt(
      receipt: Receipt(transactionType: 2, succeeded: true, gasUsed: 21_000, cumulativeGasUsed: 21_000, logs: []),
      transactionHash: transaction.hash, from: transaction.sender, to: alice, effectiveGasPrice: 1_600,
      blockHash: sealed.hash, blockNumber: sealed.number, blockTimestamp: 9_999, index: 0, firstLogIndex: 0)
    return PendingBlock(header: sealed, transactions: [transaction], receipts: [receipt])
  }
}

/// Proves that slot n holds n, with nodes that are no nodes.
struct TestProver: AccountProver {
  func prove(
    _ address: Address, slots: [Bytes32], after block: UInt64
  ) throws(ChainReadError) -> MerkleAccountProof {
    if block == 1 { throw .stateNotAvailable(block: 1) }
    return MerkleAccountProof(
      balance: 7, nonce: block, codeHash: topic(1), storageHash: topic(2), accountProof: [[1], [2, 3]],
      slots: slots.map { .init(key: $0, value: UInt256($0), proof: [[4]]) })
  }
}

/// A call that touches one slot of the token more than were declared, up to as many as its input says, and the sender.
struct TestAccessTracer: AccessTracer {
  func accesses(
    of call: SimulatedCall, after number: UInt64, _ overrides: SimulationOverrides, cancellation: Cancellation
  ) throws(SimulationError) -> (accesses: AccessList, outcome: SimulationOutcome) {
    if call.input.first == 0xcc {
      cancellation.cancel(.timeLimit)
      throw .cancelled
    }
    let declared = call.accessList.items.first { $0.address == token }?.storageKeys.count ?? 0
    let most = Int(call.input.first ?? 0)
    var items = [AccessList.Item(address: call.from, storageKeys: [])]
    if let to = call.to {
      items.append(.init(address: to, storageKeys: []))
    } else {
      // Where CREATE puts what the zero address makes with nonce 0.
      let created = Address(hex: "0xbd770416a3345f91e4b34576cb804a576fa48eb1") ?? .zero
      items.append(.init(address: created, storageKeys: []))
    }
    if most > 0 {
      items.append(.init(address: token, storageKeys: (0..<min(most, declared + 1)).map { topic(UInt64($0)) }))
    }
    let gas = 21_000 + UInt64(call.accessList.storageKeyCount) * 1_900
    if most == 9 { return (AccessList(items), .revert(output: [], gasUsed: gas)) }
    if most == 8 { return (AccessList(items), .halt(reason: "out of gas", isOutOfGas: true, gasUsed: gas)) }
    return (AccessList(items), .success(output: [], gasUsed: gas))
  }
}

/// A trace is its options and, for a call, the gas and the block; one with memory is as large as it may be, and a byte more.
struct TestTracer: TransactionTracer {
  let chain: TestChain

  private func json(_ options: TraceOptions, _ rest: String) throws(TraceError) -> [UInt8] {
    if case .structLogs(let steps) = options.kind, steps.enableMemory { throw .tooLarge }
    if options.kind == .calls(.init(onlyTopCall: true, withLog: true)) { return Array("{\"of\":\"\(rest)\"}".utf8) }
    let kind = "\(options.kind)".replacing("Tracers.", with: "").replacing("\"", with: "'")
    return Array("{\"kind\":\"\(kind)\",\"of\":\"\(rest)\"}".utf8)
  }

  func trace(
    block number: UInt64, only index: Int?, _ options: TraceOptions, cancellation: Cancellation,
    _ found: (Bytes32, Write) throws(TraceError) -> Void
  ) throws(TraceError) {
    if number == 5 { throw .simulation(.stateNotAvailable(block: 4)) }
    let transactions = chain.transactions(ofBlock: number) ?? []
    for (place, transaction) in transactions.enumerated() where place == index ?? place {
      try found(transaction.hash) { (text) throws(TraceError) in
        text.json.raw(try json(options, "\(number)/\(place)"))
      }
    }
  }

  func trace(
    _ call: SimulatedCall, after number: UInt64, _ overrides: SimulationOverrides, _ options: TraceOptions,
    into text: TraceText, cancellation: Cancellation
  ) throws(TraceError) {
    switch call.input.first {
    case 0xcc:
      cancellation.cancel(.timeLimit)
      throw .simulation(.cancelled)
    case 0xbb: throw .simulation(.invalid("insufficient funds for transfer"))
    case 0xaa: throw .simulation(.failed("machine broke"))
    default:
      text.json.raw(try json(options, "\(call.gasLimit) after \(number), \(overrides.accounts.count) accounts"))
    }
  }
}

struct TestPool: PoolReader {
  let all: PoolContent

  func content(of sender: Address?) -> PoolContent {
    guard let sender else { return all }
    return PoolContent(
      pending: all.pending.filter { $0.sender == sender }, queued: all.queued.filter { $0.sender == sender })
  }
}

/// Blob gas costs what is in excess, and 5 in the next block.
struct TestBlobs: BlobPricing {
  let nextBlobBaseFee: UInt256 = 5

  func blobBaseFee(of header: BlockHeader) -> UInt256? { header.excessBlobGas.map { UInt256($0) } }
  func maxBlobGas(of header: BlockHeader) -> UInt64 { 1 << 20 }
}
