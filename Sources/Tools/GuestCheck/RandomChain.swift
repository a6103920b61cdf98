import Primitives
import ProverInput
import Transactions
import ZKsyncOS

/// A chain made of random blocks on a random world. The same seed always makes the same chain.
public struct RandomChain: Sendable {
  public struct Options: Sendable {
    /// Blocks that one world goes through.
    public var blocks = 4
    /// The most transactions offered to a block.
    public var transactionsPerBlock = 8
    /// Where the tree is kept while it is needed.
    public var temporaryDirectory = "/tmp"

    public init() {}
  }

  /// A block as execution left it, with what proving it takes.
  public struct GeneratedBlock {
    public var summary: BlockSummary
    public var output: BlockOutput
    public var request: ProverInputGenerator.Request
    /// The candidates that it refused, in order.
    public var refused: [RefusedCandidate]
    public var totals: BlockTotals
  }

  /// What a block amounts to.
  public struct BlockSummary: Sendable {
    public var seed: UInt64
    /// From 1.
    public var number: UInt64
    /// Transactions included, and how many of them succeeded.
    public var included = 0
    public var succeeded = 0
    /// Candidates that were refused.
    public var rejected = 0
    /// Included transactions of type 0x71, and how many of them came from contracts.
    public var typedData = 0
    public var fromContracts = 0
    public var touchedSlots = 0
    public var writtenSlots = 0
  }

  /// A block that could not be made, or that two parts of the path disagree about.
  public struct Failure: Error, Sendable, CustomStringConvertible {
    /// What makes the block again.
    private let origin: String
    public let reason: String

    init(seed: UInt64, block: UInt64, reason: String) {
      origin = "seed \(seed) block \(block)"
      self.reason = reason
    }

    init(shape: String, reason: String) {
      origin = "shape \(shape)"
      self.reason = reason
    }

    public var description: String { "\(origin): \(reason)" }
  }

  public let version: ProtocolVersion
  public let seed: UInt64
  public let options: Options

  public init(_ version: ProtocolVersion, seed: UInt64, options: Options = Options()) {
    self.version = version
    self.seed = seed
    self.options = options
  }

  /// Makes the blocks one after the other: produces each, produces it again from the included transactions and expects
  /// the same, extends the tree, and hands it to `body`.
  public func forEachBlock(_ body: (GeneratedBlock) throws -> Void) throws(Failure) {
    var random = SeededGenerator(seed: seed)
    var number: UInt64 = 0
    do {
      let world = try World(version, &random)
      let chain = try TestedChain(
        state: world.state, leaves: world.leaves, temporaryDirectory: options.temporaryDirectory)
      var transactions = RandomTransactions(world)
      var hashes = world.hashes
      for _ in 0..<options.blocks {
        number += 1
        let context = context(&random, number: number, hashes: hashes, world)
        var summary = BlockSummary(seed: seed, number: number)
        let made = try produce(context, chain, &transactions, &random, &summary)
        try body(
          GeneratedBlock(
            summary: summary, output: made.output, request: made.request, refused: made.refused, totals: made.totals))
        hashes = hashes.appending(made.output.blockHash)
      }
    } catch let error as Disagreement {
      throw Failure(seed: seed, block: number, reason: error.reason)
    } catch {
      throw Failure(seed: seed, block: number, reason: "\(error)")
    }
  }

  private func context(
    _ random: inout SeededGenerator, number: UInt64, hashes: BlockHashes, _ world: World
  ) -> BlockContext {
    BlockContext(
      protocolVersion: version, chainID: world.chainID, number: world.height + number,
      timestamp: 1_700_000_000 + 3 * number,
      blockHashes: hashes, baseFee: random.oneIn(6) ? .zero : UInt256(UInt64(random.upTo(2000))),
      gasPerPubdata: UInt256(UInt64(random.upTo(1))),
      nativePrice: UInt256(UInt64(1 + random.upTo(20))),
      coinbase: random.oneIn(3) ? random.pick(world.addresses) : Address(truncating: random.bytes32()),
      gasLimit: 80_000_000, mixHash: random.word())
  }

  /// Builds a block from random candidates.
  private func produce(
    _ context: BlockContext, _ chain: TestedChain, _ transactions: inout RandomTransactions,
    _ random: inout SeededGenerator, _ summary: inout BlockSummary
  ) throws -> TestedChain.Block {
    transactions.observe(chain.state)
    var offers = random.upTo(options.transactionsPerBlock)
    let made = try chain.block(context) { included in
      while offers > 0 {
        offers -= 1
        if let candidate = transactions.next(&random, context, isFirst: included == 0) { return candidate }
      }
      return nil
    } outcome: { candidate, outcome in
      guard case .included(let result) = outcome else { return }
      transactions.included(candidate)
      if result.succeeded { summary.succeeded += 1 }
      if case .form(let form) = candidate, form.type == 0x71 {
        summary.typedData += 1
        if transactions.world.accountContracts.contains(form.from) { summary.fromContracts += 1 }
      }
    }
    summary.included = made.results.count
    summary.rejected = made.refused.count
    summary.touchedSlots = made.output.touchedSlots.count
    summary.writtenSlots = made.output.storageWrites.count
    return made
  }
}
