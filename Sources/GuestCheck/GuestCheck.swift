import Airbender
import Glibc
import Primitives
import ProverInput
import StateTree
import Transactions
import ZKsyncOS

import struct StateTree.StateCommitment

/// Compares the whole proving path with the real guest on random blocks: produce, replay, tree, native prover input,
/// guest. A seed names a world and the few blocks that are built on it; the same seed always makes the same blocks.
public struct GuestCheck {
  public struct Options: Sendable {
    /// Blocks that one world goes through.
    public var blocksPerWorld = 4
    /// The most transactions offered to a block.
    public var transactionsPerBlock = 8
    /// Where trees are kept while they are needed.
    public var temporaryDirectory = "/tmp"

    public init() {}
  }

  /// A block on which two parts of the path disagree.
  public struct Failure: Error, Sendable, CustomStringConvertible {
    public let seed: UInt64
    /// The number of the block in its world, from 1.
    public let block: UInt64
    public let reason: String

    public var description: String { "seed \(seed) block \(block): \(reason)" }
  }

  /// What a clean block amounted to.
  public struct BlockSummary: Sendable {
    public var seed: UInt64
    public var number: UInt64
    /// Transactions included, and how many of them succeeded.
    public var included = 0
    public var succeeded = 0
    public var rejected = 0
    public var words = 0
    public var touchedSlots = 0
    public var writtenSlots = 0
    public var cycles: UInt64 = 0
    public var publicInput = Bytes32.zero
    public var rejections: [String] = []
  }

  private let version: ProtocolVersion
  private let machine: Machine
  public var options: Options

  /// - Parameter program: the guest of `version`.
  public init(_ program: Program, version: ProtocolVersion, options: Options = Options()) throws(AirbenderError) {
    self.version = version
    self.options = options
    machine = try Machine(program)
  }

  /// Checks the world of one seed.
  ///
  /// - Parameter limit: stops after this many blocks.
  /// - Throws: the first ``Failure``.
  public func check(seed: UInt64, limit: Int = .max) throws(Failure) -> [BlockSummary] {
    var random = SeededGenerator(seed: seed)
    let world = World(version, &random)
    var number: UInt64 = 0
    do {
      var directory = Array((options.temporaryDirectory + "/guest-check-XXXXXX").utf8CString)
      guard mkdtemp(&directory) != nil else { throw Disagreement("no temporary directory") }
      let path = directory.withUnsafeBufferPointer { String(cString: $0.baseAddress.unsafelyUnwrapped) }
      defer { removeDirectory(path) }
      let tree = try StateTree.open(directory: path, genesis: world.leaves)
      var state = world.state
      var transactions = RandomTransactions(world)
      var hashes = BlockHashes()
      var summaries: [BlockSummary] = []
      for _ in 0..<min(options.blocksPerWorld, limit) {
        number += 1
        let context = context(&random, number: number, hashes: hashes, world)
        var summary = BlockSummary(seed: seed, number: number)
        let produced = try produce(context, state, &transactions, &random, &summary)
        try prove(produced, context, state, tree, &summary)
        state.apply(produced.output)
        hashes = hashes.appending(produced.output.blockHash)
        summaries.append(summary)
      }
      return summaries
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

  private struct Produced {
    var output: BlockOutput
    var encoded: [[UInt8]]
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
  ) throws -> Produced {
    var executor = try BlockExecutor(context: context, state: state)
    transactions.observe(state)
    var included: [RecoveredTransaction] = []
    for _ in 0..<random.upTo(options.transactionsPerBlock) {
      guard let candidate = transactions.next(&random, context, isFirst: included.isEmpty) else { continue }
      switch try executor.execute(candidate) {
      case .included(let result):
        included.append(candidate)
        transactions.included(candidate)
        if result.succeeded { summary.succeeded += 1 }
      case .rejected(let reason):
        summary.rejected += 1
        summary.rejections.append("\(reason)")
      }
    }
    let output = try executor.seal()

    var replay = try BlockExecutor(context: context, state: state)
    for transaction in included {
      guard case .included = try replay.execute(transaction) else {
        throw Disagreement("the replay rejects a transaction that was included")
      }
    }
    let again = try replay.seal()
    guard again.accesses == output.accesses else { throw Disagreement("the replay's accesses differ") }
    guard again.pubdata == output.pubdata else { throw Disagreement("the replay's pubdata differs") }
    guard again.touchedSlots == output.touchedSlots else { throw Disagreement("the replay's slots differ") }
    summary.included = included.count
    return Produced(output: output, encoded: try included.map { try VMTransaction($0).encoded })
  }

  /// Extends the tree, makes the native input, runs the guest, and expects them to agree.
  private func prove(
    _ produced: Produced, _ context: BlockContext, _ state: MemoryState, _ tree: StateTree,
    _ summary: inout BlockSummary
  ) throws {
    let output = produced.output
    let view = try tree.view(at: context.number - 1)
    let reads = output.touchedSlots.filter { $0.initial == $0.current }.map(\.flatKey)
    let (after, witness) = try tree.apply(
      version: context.number, writes: output.storageWrites.map { ($0.flatKey, $0.value) }, witnessing: reads)
    let publicInput = BatchCommitment(output, context: context)
      .publicInput(before: view.commitment.hash, after: after.hash)
    let request = ProverInputGenerator.Request(
      block: ProvingBlock(context: context, transactions: produced.encoded, before: view.commitment),
      accesses: output.accesses, witness: witness, tree: view, state: state, publicInput: publicInput)
    let run = try ProverInputGenerator.compare(request, on: machine)
    summary.words = run.words.count
    summary.cycles = run.report.cycles
    summary.touchedSlots = output.touchedSlots.count
    summary.writtenSlots = output.storageWrites.count
    summary.publicInput = publicInput
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
