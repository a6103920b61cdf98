import ChainStorage
import Concurrency
import EVM
import EthereumAPI
import Primitives
import Synchronization
import Tracers
import Transactions
import ZKsyncOS

/// Traces of blocks, executed again from their records on the state before them, and of calls.
///
/// Who asks for the transactions of a block one after the other finds the block where the last answer left it: a few
/// blocks stay open, so that what comes before a transaction is not executed again for each.
public final class BlockTracer: TransactionTracer {
  private let storage: ChainStorage
  private let simulator: StateSimulator
  private let open: OpenBlocks

  public init(_ storage: ChainStorage, simulator: StateSimulator) {
    self.storage = storage
    self.simulator = simulator
    open = OpenBlocks()
  }

  public func trace(
    block number: UInt64, only index: Int?, _ options: TraceOptions, cancellation: Cancellation,
    _ found: (Bytes32, Write) throws(TraceError) -> Void
  ) throws(TraceError) {
    var block = open.take(number, notAfter: index ?? 0)
    // The chain may have gone back, and on with another block of this number.
    if let opened = block, (try? storage.log.blockHash(number)) != opened.record.blockHash { block = nil }
    if block == nil { block = try self.block(number) }
    guard let block else { return }
    let transactions = block.record.transactions
    let last = index ?? transactions.count - 1
    guard last < transactions.count else { return }
    block.executor.stop(with: cancellation)
    while block.next <= last {
      if cancellation.isCancelled { throw .simulation(.cancelled) }
      let position = block.next, transaction = transactions[position]
      if let index, position < index {
        try block.pass(transaction)
      } else {
        let place = TracedTransaction.Place(
          blockHash: block.record.blockHash, blockNumber: number, hash: transaction.hash, index: position)
        try found(transaction.hash) { (text) throws(TraceError) in
          try block.trace(transaction, options, place, into: text)
        }
      }
      block.next += 1
    }
    block.executor.stop(with: nil)
    if block.next < transactions.count { open.put(block) }
  }

  public func trace(
    _ call: SimulatedCall, after number: UInt64, _ overrides: SimulationOverrides, _ options: TraceOptions,
    into text: TraceText, cancellation: Cancellation
  ) throws(TraceError) {
    try simulator.trace(call, after: number, overrides, options, into: text, cancellation: cancellation)
  }

  /// A block before its first transaction; `nil` where there is no such block.
  private func block(_ number: UInt64) throws(TraceError) -> OpenBlock? {
    guard number > 0 else { return nil }
    let record: ReplayRecord?
    do throws(StorageError) { record = try storage.log.record(number) } catch {
      throw .simulation(.failed(error.description))
    }
    guard let record else { return nil }
    let view: ChainStateView
    do throws(StorageError) { view = try storage.state.view(at: number - 1) } catch {
      throw .simulation(.stateNotAvailable(block: number - 1))
    }
    do throws(BlockError) {
      return OpenBlock(record, try BlockExecutor(context: record.context, state: view, engine: open.engine()))
    } catch {
      throw .simulation(.failed("block \(number) cannot be executed again: \(error)"))
    }
  }
}

/// A block that has been executed up to one of its transactions. Only one thread has it.
private final class OpenBlock: @unchecked Sendable {
  let record: ReplayRecord
  var executor: BlockExecutor
  /// The transaction that comes next.
  var next = 0

  init(_ record: ReplayRecord, _ executor: consuming BlockExecutor) {
    self.record = record
    self.executor = executor
  }

  /// Executes a transaction that nobody wants to see.
  func pass(_ transaction: RecoveredTransaction) throws(TraceError) {
    do throws(BlockError) {
      if case .rejected(let reason) = try executor.execute(transaction) { throw BlockError.invariant("\(reason)") }
    } catch {
      throw Self.explain(transaction, error)
    }
  }

  func trace(
    _ transaction: RecoveredTransaction, _ options: TraceOptions, _ place: TracedTransaction.Place, into text: TraceText
  ) throws(TraceError) {
    do throws(TraceFailure) {
      try executor.trace(transaction, options.kind, byteLimit: options.maxBytes, place: place, into: text)
    } catch {
      switch error {
      case .tooLarge: throw .tooLarge
      case .rejected(let reason): throw Self.explain(transaction, .invariant("\(reason)"))
      case .failed(let fault): throw Self.explain(transaction, fault)
      }
    }
  }

  private static func explain(_ transaction: RecoveredTransaction, _ error: BlockError) -> TraceError {
    if case .cancelled = error { return .simulation(.cancelled) }
    return .simulation(.failed("transaction \(transaction.hash) cannot be executed again: \(error)"))
  }
}

/// The few blocks that are open, the one used last at the end; and engines for more.
private final class OpenBlocks: Sendable {
  /// Each holds what its transactions have changed so far.
  private static let most = 4
  private let blocks = Mutex<[OpenBlock]>([])
  private let codes = CodeCache()

  /// Takes an open block that has not gone beyond a transaction; none for the first, for which nothing needs to be passed.
  func take(_ number: UInt64, notAfter index: Int) -> OpenBlock? {
    guard index > 0 else { return nil }
    return blocks.withLock { blocks in
      let best = blocks.indices.filter { blocks[$0].record.context.number == number && blocks[$0].next <= index }
        .max { blocks[$0].next < blocks[$1].next }
      return best.map { blocks.remove(at: $0) }
    }
  }

  func put(_ block: OpenBlock) {
    // What falls out is destroyed behind the lock's back.
    let dropped = blocks.withLock { blocks -> OpenBlock? in
      blocks.append(block)
      return blocks.count > Self.most ? blocks.removeFirst() : nil
    }
    _ = dropped
  }

  func engine() -> ExecutionEngine { ExecutionEngine(codes: codes) }
}
