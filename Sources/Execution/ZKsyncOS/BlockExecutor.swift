import Cryptography
import EVM
import Primitives
import Transactions

/// Executes a block, one transaction at a time.
///
/// Producing and replaying differ only in where the transactions come from: a rejected transaction leaves no trace, so
/// the included ones alone determine the result, bit for bit. An error that `execute` throws leaves no trace of its
/// transaction either, but means that the state could not be read. Not for use from two threads at once.
public struct BlockExecutor: ~Copyable {
  public let context: BlockContext
  /// What the included transactions amount to, for a builder that seals on limits.
  public private(set) var totals: BlockTotals
  /// Estimated cycles of a proving run over a block of nothing but the transaction included last.
  public var lastTransactionCycles: UInt64 { model.cycles(bootloader.state.pointee.effort.alone) }
  let bootloader: Bootloader
  private let model: CycleModel
  private var results: [TransactionResult] = []
  private var rollingHash = Bytes32.zero
  private var upgradeHash = Bytes32.zero

  /// - Parameter engine: what the thread keeps from block to block; a new one works too, more slowly.
  public init(
    context: BlockContext, state: any StateView, engine: ExecutionEngine = ExecutionEngine(),
    features: BlockFeatures = BlockFeatures()
  ) throws(BlockError) {
    guard context.baseFee.fitsUInt64 else { throw .baseFeeTooLarge(context.baseFee) }
    self.context = context
    model = .of(context.protocolVersion)
    totals = BlockTotals(model)
    bootloader = Bootloader(
      context: context, view: state, engine: engine, features: features, isSimulation: false)
  }

  /// Offers a transaction whose sender is known to the block.
  ///
  /// - Parameter limits: what a builder leaves it. Replaying has none: what is in a block is in it.
  public mutating func execute(
    _ transaction: RecoveredTransaction, within limits: ExecutionLimits = .unlimited
  ) throws(BlockError) -> TransactionOutcome {
    var tracer = NoTracer()
    return try execute(transaction, within: limits, tracer: &tracer)
  }

  /// Offers a transaction and observes its execution.
  public mutating func execute<T: Tracer>(
    _ transaction: RecoveredTransaction, within limits: ExecutionLimits = .unlimited, tracer: inout T
  ) throws(BlockError) -> TransactionOutcome {
    let form: VMTransaction
    do throws(TransactionError) { form = try VMTransaction(transaction) } catch {
      return .rejected(.hazard(.notEncodable))
    }
    return try execute(form, senderIsKnown: true, within: limits, tracer: &tracer)
  }

  /// Offers a transaction in the virtual machine's form, which must be structurally valid; its signature is checked.
  public mutating func execute(_ transaction: VMTransaction) throws(BlockError) -> TransactionOutcome {
    var tracer = NoTracer()
    return try execute(transaction, tracer: &tracer)
  }

  /// Offers a transaction in the virtual machine's form and observes its execution.
  public mutating func execute<T: Tracer>(
    _ transaction: VMTransaction, tracer: inout T
  ) throws(BlockError) -> TransactionOutcome {
    guard transaction.isL1 || transaction.hasCanonicalAccessList else { return .rejected(.hazard(.accessListForm)) }
    return try execute(transaction, senderIsKnown: false, within: .unlimited, tracer: &tracer)
  }

  /// Offers an encoded transaction.
  public mutating func execute(encoded: [UInt8]) throws(BlockError) -> TransactionOutcome {
    var tracer = NoTracer()
    return try execute(encoded: encoded, tracer: &tracer)
  }

  /// Offers an encoded transaction and observes its execution.
  public mutating func execute<T: Tracer>(
    encoded: [UInt8], tracer: inout T
  ) throws(BlockError) -> TransactionOutcome {
    guard encoded.count <= TransactionCost.maxEncodedLength else { return .rejected(.hazard(.transactionTooLong)) }
    guard let transaction = try? VMTransaction(decoding: encoded) else {
      return .rejected(.invalid(.invalidEncoding))
    }
    return try execute(transaction, tracer: &tracer)
  }

  mutating func execute<T: Tracer>(
    _ transaction: VMTransaction, senderIsKnown: Bool, within limits: ExecutionLimits, tracer: inout T
  ) throws(BlockError) -> TransactionOutcome {
    let length = transaction.encodedLength
    guard length <= TransactionCost.maxEncodedLength else { return .rejected(.hazard(.transactionTooLong)) }
    guard transaction.isL1 || transaction.signature.count == 65 else { return .rejected(.invalid(.invalidEncoding)) }
    do throws(TransactionStop) {
      bootloader.allowedNative = limits.native
      let processed = try bootloader.process(transaction, senderIsKnown: senderIsKnown, tracer: &tracer)
      let result = bootloader.result(of: processed)
      try bootloader.finish()
      let added = bootloader.state.pointee.finishEffort(
        native: result.nativeUsed, encodedLength: length, counted: bootloader.machine.environment.counted)
      var sums = totals
      sums.add(
        result, encodedLength: length, pubdata: bootloader.state.pointee.countPubdata(), added, model)
      if let resource = limits.resourceExceeded(by: sums) { throw .exceeded(resource) }
      include(result, transaction)
      totals = sums
      return .included(result)
    } catch {
      bootloader.abandon()
      switch error {
      case .rejected(let reason): return .rejected(reason)
      case .exceeded(let resource): return .exceeded(resource)
      case .failed(let fault): throw fault
      }
    }
  }

  private mutating func include(_ result: TransactionResult, _ transaction: VMTransaction) {
    rollingHash = Keccak256.hash(rollingHash, result.bootloaderHash)
    if transaction.type == 0xfe { upgradeHash = result.bootloaderHash }
    results.append(result)
  }

  /// Ends the block.
  public consuming func seal() throws(BlockError) -> BlockOutput {
    let header = context.header(transactionsRoot: rollingHash)
    let blockHash = header.hash
    let state = bootloader.state
    let accountDiffs = try state.pointee.flushAccounts()
    let order = state.pointee.orderedCells()
    let logs = state.pointee.messages
    let l1Hashes = logs.filter { $0.message == nil }.map(\.key)
    return BlockOutput(
      header: header, blockHash: blockHash, transactions: results,
      storageWrites: state.pointee.storageWrites(order: order),
      publishedPreimages: state.pointee.publishedPreimages(),
      pubdata: state.pointee.pubdata(blockHash: blockHash, order: order), accountDiffs: accountDiffs,
      l2ToL1Logs: logs,
      l1Transactions: L1RequestSummary(
        count: l1Hashes.count,
        rollingHash: l1Hashes.reduce(BatchCommitment.emptyRollingHash) { Keccak256.hash($0, $1) },
        upgradeHash: upgradeHash),
      accesses: state.pointee.accesses, touchedSlots: state.pointee.touchedSlots(order: order))
  }
}

extension BlockContext {
  /// The header that a block hashes. Its root is the rolling hash of its transactions: from zero on
  /// keccak256(root ‖ transaction hash).
  public func header(transactionsRoot: Bytes32) -> BlockHeader {
    BlockHeader(
      parentHash: .zero, beneficiary: coinbase, transactionsRoot: transactionsRoot, number: number, gasLimit: gasLimit,
      timestamp: timestamp, mixHash: protocolVersion.fixesRandomnessToOne ? Bytes32(UInt256.one) : .zero,
      baseFeePerGas: baseFee.l0)
  }
}

/// Sums over the included transactions of a block.
public struct BlockTotals: Hashable, Sendable {
  public var transactions = 0
  public var gasUsed: UInt64 = 0
  public var nativeUsed: UInt64 = 0
  /// Bytes of the block's pubdata were it sealed now, exactly: the keys of slots that were merely read, which no
  /// transaction is charged for, included.
  public var pubdata = BlockState.emptyPubdataBytes
  public var l2ToL1Logs = 0
  /// Length of the transactions in the virtual machine's encoding.
  public var encodedBytes = 0
  /// What the proving run of the block will do, the block's own share included.
  public var work = ProvingWork()
  /// Estimated cycles of that run, from above: see ``CycleModel``.
  public var cycles: UInt64

  /// A block without transactions.
  public init(_ model: CycleModel) {
    work[.block] = 1
    cycles = model.cycles(work)
  }

  /// - Parameters:
  ///   - pubdata: bytes by which the transaction makes the block's pubdata longer.
  ///   - effort: what it adds to the proving run.
  mutating func add(
    _ result: TransactionResult, encodedLength: Int, pubdata growth: Int, _ effort: ProvingWork, _ model: CycleModel
  ) {
    transactions += 1
    gasUsed += result.gasUsed
    nativeUsed += result.nativeUsed
    pubdata += growth
    l2ToL1Logs += result.l2ToL1Logs.count
    encodedBytes += encodedLength
    work += effort
    cycles = model.cycles(work)
  }
}

extension VMTransaction {
  /// Whether the access list is the one encoding that the node itself writes, or none at all.
  var hasCanonicalAccessList: Bool {
    let (list, isWhole) = AccessList.readable(inVM: reservedDynamic)
    return !isWhole || list.encodedForVM == reservedDynamic
  }

  /// Bytes of `encoded`.
  var encodedLength: Int {
    func padded(_ count: Int) -> Int { (count + 31) / 32 * 32 }
    return 32 * 24 + padded(data.count) + padded(signature.count) + 32 * factoryDeps.count
      + padded(paymasterInput.count) + padded(reservedDynamic.count)
  }
}

extension Bootloader {
  /// The result of the transaction just processed, with what it logged.
  func result(of processed: Processed) -> TransactionResult {
    let start = state.pointee.transactionStart.frame
    return TransactionResult(
      bootloaderHash: processed.hash, succeeded: processed.run.succeeded, gasUsed: processed.gasUsed,
      gasPrice: processed.gasPrice, nativeUsed: processed.nativeUsed, pubdataUsed: processed.pubdataUsed,
      output: processed.run.output, createdAddress: processed.run.createdAddress,
      logs: Array(state.pointee.events[start.events...]), l2ToL1Logs: Array(state.pointee.messages[start.messages...]))
  }
}
