import Glibc
import Primitives
import ProverInput
import StateTree
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
    public let seed: UInt64
    public let block: UInt64
    public let reason: String

    public var description: String { "seed \(seed) block \(block): \(reason)" }
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
      var template = Array(
        (options.temporaryDirectory + "/random-chain-" + String(repeating: "X", count: 6)).utf8CString)
      guard mkdtemp(&template) != nil else { throw Disagreement("no temporary directory") }
      let path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress.unsafelyUnwrapped) }
      defer { removeDirectory(path) }
      let tree = try StateTree.open(directory: path, genesis: world.leaves)
      var state = world.state
      var transactions = RandomTransactions(world)
      var hashes = BlockHashes()
      for _ in 0..<options.blocks {
        number += 1
        let context = context(&random, number: number, hashes: hashes, world)
        var summary = BlockSummary(seed: seed, number: number)
        let made = try produce(context, state, &transactions, &random, &summary)
        let request = try extend(tree, made.output, made.encoded, context, state)
        let output = made.output
        try body(GeneratedBlock(summary: summary, output: output, request: request, refused: made.refused))
        state.apply(output)
        hashes = hashes.appending(output.blockHash)
      }
    } catch let error as Disagreement {
      throw Failure(seed: seed, block: number, reason: error.reason)
    } catch {
      throw Failure(seed: seed, block: number, reason: "\(error)")
    }
  }

  private struct Disagreement: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
  }

  private func context(
    _ random: inout SeededGenerator, number: UInt64, hashes: BlockHashes, _ world: World
  ) -> BlockContext {
    BlockContext(
      protocolVersion: version, chainID: 270, number: number, timestamp: 1_700_000_000 + 3 * number,
      blockHashes: hashes, baseFee: random.oneIn(6) ? .zero : UInt256(UInt64(random.upTo(2000))),
      gasPerPubdata: UInt256(UInt64(random.upTo(1))),
      nativePrice: UInt256(UInt64(1 + random.upTo(20))),
      coinbase: random.oneIn(3) ? random.pick(world.addresses) : Address(truncating: random.bytes32()),
      gasLimit: 80_000_000, mixHash: random.word())
  }

  /// Builds a block from candidates, then builds it again from those included and expects the same.
  private func produce(
    _ context: BlockContext, _ state: MemoryState, _ transactions: inout RandomTransactions,
    _ random: inout SeededGenerator, _ summary: inout BlockSummary
  ) throws -> (output: BlockOutput, encoded: [[UInt8]], refused: [RefusedCandidate]) {
    var executor = try BlockExecutor(context: context, state: state)
    transactions.observe(state)
    var included: [Candidate] = []
    var refused: [RefusedCandidate] = []
    for _ in 0..<random.upTo(options.transactionsPerBlock) {
      guard let candidate = transactions.next(&random, context, isFirst: included.isEmpty) else { continue }
      switch try candidate.offer(to: &executor) {
      case .included(let result):
        included.append(candidate)
        transactions.included(candidate)
        if result.succeeded { summary.succeeded += 1 }
        if case .form(let form) = candidate, form.type == 0x71 {
          summary.typedData += 1
          if transactions.world.accountContracts.contains(form.from) { summary.fromContracts += 1 }
        }
      case .rejected(let reason):
        refused.append(
          RefusedCandidate(position: included.count, encoded: try candidate.encoded(), reason: reason))
      case .exceeded(let resource): throw Disagreement("a limit of \(resource) was exceeded that there is not")
      }
    }
    let totals = executor.totals
    let output = try executor.seal()
    guard totals.pubdata == output.pubdata.count else {
      throw Disagreement("the pubdata was counted as \(totals.pubdata) bytes and has \(output.pubdata.count)")
    }

    var replay = try BlockExecutor(context: context, state: state)
    for transaction in included {
      guard case .included = try transaction.offer(to: &replay) else {
        throw Disagreement("the replay rejects a transaction that was included")
      }
    }
    let again = try replay.seal()
    guard again.accesses == output.accesses else { throw Disagreement("the replay's accesses differ") }
    guard again.pubdata == output.pubdata else { throw Disagreement("the replay's pubdata differs") }
    guard again.touchedSlots == output.touchedSlots else { throw Disagreement("the replay's slots differ") }
    summary.included = included.count
    summary.rejected = refused.count
    summary.touchedSlots = output.touchedSlots.count
    summary.writtenSlots = output.storageWrites.count
    return (output, try included.map { try $0.encoded() }, refused)
  }

  /// Applies the block to the tree and collects what proving it takes.
  private func extend(
    _ tree: StateTree, _ output: BlockOutput, _ encoded: [[UInt8]], _ context: BlockContext, _ state: MemoryState
  ) throws -> ProverInputGenerator.Request {
    let view = try tree.view(at: context.number - 1)
    let reads = output.touchedSlots.filter { $0.initial == $0.current }.map(\.flatKey)
    let (after, witness) = try tree.apply(
      version: context.number, writes: output.storageWrites.map { ($0.flatKey, $0.value) }, witnessing: reads)
    let publicInput = BatchCommitment(output, context: context)
      .publicInput(before: view.commitment.hash, after: after.hash)
    return ProverInputGenerator.Request(
      block: ProvingBlock(context: context, transactions: encoded, before: view.commitment),
      accesses: output.accesses, witness: witness, tree: view, state: state, publicInput: publicInput)
  }

  private func removeDirectory(_ path: String) {
    guard let handle = opendir(path) else { return }
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      unlink(path + "/" + name)
    }
    closedir(handle)
    rmdir(path)
  }
}
