import ChainStorage
import Concurrency
import Primitives
import Transactions
import ZKsyncOS

/// Where the transactions of a block come from, and when they end. That is all that producing and replaying a block
/// differ in.
protocol BlockSource {
  /// The next transaction, or `nil` to seal the block. May wait.
  mutating func next(_ totals: BlockTotals) -> RecoveredTransaction?
  /// The transaction given last is not in the block; false to give the block up.
  mutating func rejected(_ transaction: RecoveredTransaction, _ reason: Rejection) -> Bool
}

/// Makes blocks from contexts, states and transactions. Belongs to one thread.
struct BlockBuilder {
  private let engine = ExecutionEngine()
  private let clock: TimeSource
  private let observer: SequencerObserver?

  init(clock: TimeSource, observer: SequencerObserver?) {
    self.clock = clock
    self.observer = observer
  }

  /// Executes what `source` gives. `nil` where nothing was included or the source gave up: no block is empty.
  func build(
    _ context: BlockContext, on state: any StateView, from source: inout some BlockSource
  ) throws(BlockError) -> (output: BlockOutput, transactions: [RecoveredTransaction])? {
    var executor = try BlockExecutor(context: context, state: state, engine: engine)
    var included: [RecoveredTransaction] = []
    var start = now
    while let transaction = source.next(executor.totals) {
      let begun = now
      let outcome = try executor.execute(transaction)
      let end = now
      observer?(.waited(time: begun - start))
      observer?(.executed(time: end - begun))
      start = end
      switch outcome {
      case .included: included.append(transaction)
      case .rejected(let reason): if !source.rejected(transaction, reason) { return nil }
      }
    }
    if included.isEmpty { return nil }
    start = now
    let output = try executor.seal()
    observer?(.sealed(time: now - start))
    return (output, included)
  }

  private var now: UInt64 { observer == nil ? 0 : clock.monotonicNanoseconds() }
}

/// A block with everything that the stages after it may need.
public struct SealedBlock: Sendable {
  public let record: ReplayRecord
  public let output: BlockOutput
  /// As clients see it.
  public let block: Block

  public var number: UInt64 { record.context.number }
}

/// The transactions of a stored block.
struct ReplaySource: BlockSource {
  private let transactions: [RecoveredTransaction]
  private var index = 0
  /// The first one refused; a stored block has none.
  private(set) var refused: (transaction: Bytes32, reason: Rejection)?

  init(_ transactions: [RecoveredTransaction]) { self.transactions = transactions }

  mutating func next(_ totals: BlockTotals) -> RecoveredTransaction? {
    guard index < transactions.count else { return nil }
    index += 1
    return transactions[index - 1]
  }

  mutating func rejected(_ transaction: RecoveredTransaction, _ reason: Rejection) -> Bool {
    refused = (transaction.hash, reason)
    return false
  }
}

extension BlockBuilder {
  /// Executes a stored block again and checks that the same block comes out.
  func replay(_ record: ReplayRecord, on state: any StateView) throws(SequencerError) -> SealedBlock {
    let number = record.context.number
    var source = ReplaySource(record.transactions)
    let built: (output: BlockOutput, transactions: [RecoveredTransaction])?
    do throws(BlockError) { built = try build(record.context, on: state, from: &source) } catch {
      throw .execution(block: number, error)
    }
    if let refused = source.refused {
      throw .replayRejected(block: number, transaction: refused.transaction, refused.reason)
    }
    guard let built else { throw .missingRecord(block: number) }
    guard built.output.blockHash == record.blockHash else {
      throw .replayDiffers(block: number, stored: record.blockHash, computed: built.output.blockHash)
    }
    return SealedBlock(
      record: record, output: built.output, block: Block(built.output, transactions: built.transactions))
  }
}
