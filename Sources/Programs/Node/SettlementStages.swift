import ChainStorage
import Concurrency
import HTTP
import Logging
import NIOPosix
import NodeOptions
import Primitives
import ProverInput
import ProverService
import Sequencer
import Settlement
import StateTree
import SystemPackage
import Telemetry
import ZKsyncOS

/// What follows the sequencer: the state tree, and where provers are to be served, batches and proof jobs.
///
/// An error here halts settlement and shows in the health report; the chain goes on until the backlog is full.
final class SettlementStages: Sendable {
  private let pipeline: SettlementPipeline
  private let feed: ServiceThread
  private let fakes: FakeProverPool?
  /// The proof jobs, where there are any.
  let jobs: ProofJobs?
  let tree: StateTree

  /// Opens the tree and the proofs, and follows `sequencer` from now on. To be called after recovery and before the
  /// sequencer starts: what the stages lack they replay from the log themselves.
  init(
    _ configuration: NodeConfiguration, _ sequencer: Sequencer, _ metrics: NodeMetrics, _ log: Logger
  ) throws {
    var treeOptions = StateTree.Options()
    treeOptions.cacheBytes = configuration.tree.cacheBytes
    treeOptions.retainedVersions = configuration.tree.retainedBlocks
    tree = try StateTree.open(directory: configuration.sequencer.databasePath + "/tree", options: treeOptions)
    let lag = TreeLag(log)
    let blocks = sequencer.storage.blocks
    let observe: @Sendable (SettlementPipeline.Event) -> Void = { event in
      if case .treeExtended(let block, _, _, _) = event { lag.observe(tree: block, head: blocks.head) }
      Self.observe(event, metrics, log)
    }
    let chain = StoredChain(storage: sequencer.storage)
    if configuration.provesBlocks {
      let store = try ProofStore(path: configuration.sequencer.databasePath + "/proofs")
      var jobOptions = ProofJobs.Options()
      jobOptions.timeout = configuration.proverAPI.jobTimeout
      jobOptions.maxUnproved = configuration.proverAPI.maxUnprovedBlocks
      let names = ProverNames()
      let notify: @Sendable (ProofJobs.Event) -> Void = { event in
        switch event {
        case .proved(let number, let prover, let time, let kind):
          if let time { metrics.proveTime(prover: names.label(prover)).observe(time) }
          log.info("block proved", metadata: ["block": "\(number)", "prover": "\(prover)", "kind": "\(kind)"])
        case .rejected(let number, let prover, let fault):
          log.warning(
            "proof refused", metadata: ["block": "\(number)", "prover": "\(prover)", "reason": "\(fault)"])
        case .picked(let number, let prover, isReassignment: true):
          log.warning("proof job given to another prover", metadata: ["block": "\(number)", "prover": "\(prover)"])
        case .picked: break
        }
      }
      let jobs = try ProofJobs(
        store: store, verifier: StructuralProofVerifier(), options: jobOptions, notify: notify)
      var options = SettlementPipeline.Options()
      options.maxInFlight = configuration.batcher.maxInFlightBlocks
      pipeline = try SettlementPipeline(
        chain: chain, tree: tree, generator: try Self.generator(configuration), jobs: jobs,
        options: options, notify: observe)
      self.jobs = jobs
      fakes =
        configuration.proverAPI.fakeProvers == 0 ? nil : Self.fakes(jobs, configuration.proverAPI.fakeProvers, log)
    } else {
      pipeline = try SettlementPipeline(chain: chain, tree: tree, notify: observe)
      jobs = nil
      fakes = nil
    }
    let channel = BoundedChannel<SealedBlock>(capacity: 16)
    sequencer.attach(channel)
    let pipeline = pipeline
    pipeline.start()
    feed = ServiceThread {
      while let block = channel.receive() {
        pipeline.append(UnsettledBlock(record: block.record, output: block.output))
      }
    }
    fakes?.start()
  }

  /// Why settlement has halted; `nil` while it goes on.
  var failure: String? { pipeline.failure.map { "\($0)" } }

  /// Waits for the tree to have a block; false where it does not in time, or will not in this run.
  func waitForTree(_ block: UInt64, atMost time: Duration) -> Bool { pipeline.waitForTree(block, atMost: time) }

  /// Lets the sequencer run free, before it is stopped itself.
  func stop() {
    fakes?.stop()
    pipeline.stop()
  }

  /// Ends the feed; the sequencer has closed its channel by now. Then brings the tree's pages to the disk, which saves the
  /// next start from repeating its journal.
  func join(_ log: Logger) {
    feed.join()
    do throws(StateTreeError) { try tree.flush() } catch {
      log.warning("the state tree is left to its journal", metadata: ["error": "\(error)"])
    }
  }

  private static func generator(_ configuration: NodeConfiguration) throws -> ProverInputGenerator {
    let path = configuration.proverInput.image
    guard !path.isEmpty else { return try ProverInputGenerator(mode: configuration.proverInput.mode) }
    let image: [UInt8]
    do { image = try FilePath(path).contents() } catch {
      throw StartError.cannotRead(path: path, reason: "\(error)")
    }
    return try ProverInputGenerator(mode: configuration.proverInput.mode, image: image)
  }

  private static func fakes(_ jobs: ProofJobs, _ count: Int, _ log: Logger) -> FakeProverPool {
    var options = FakeProverPool.Options()
    options.provers = count
    return FakeProverPool(jobs: jobs, options: options) { log.error("fake prover: \($0)") }
  }

  private static func observe(_ event: SettlementPipeline.Event, _ metrics: NodeMetrics, _ log: Logger) {
    switch event {
    case .treeExtended(let block, let transactions, let entries, let time):
      metrics.blockNumber(.treeManager).set(block)
      metrics.executedTransactions(.treeManager).increment(by: UInt64(transactions))
      metrics.treeBlock.observe(time)
      if entries > 0 { metrics.treeEntry.observe(time / entries) }
      metrics.treeProcessingRange.observe(Double(entries))
    case .inputStarted(let block): metrics.batcherCurrentBlock.set(block)
    case .inputMade(_, let transactions, _, let time):
      metrics.proverInputGeneration.observe(time)
      metrics.executedTransactions(.batcher).increment(by: UInt64(transactions))
    case .batchMade(let batch): metrics.blockNumber(.batcher).set(batch.number)
    case .holdingBack(let block):
      log.warning("block production waits for settlement", metadata: ["block": "\(block)"])
    case .released(let block): log.info("block production goes on", metadata: ["block": "\(block)"])
    case .retrying(let error): log.warning("settlement retries", metadata: ["error": "\(error)"])
    case .halted(let error): log.error("settlement has halted", metadata: ["error": "\(error)"])
    }
  }
}

/// The chain as settlement reads it.
private struct StoredChain: SettlementChain {
  let storage: ChainStorage

  var lastBlock: UInt64 { storage.log.last }
  func record(_ number: UInt64) throws -> ReplayRecord? { try storage.log.record(number) }
  func state(after number: UInt64) throws -> any StateView & Sendable { try storage.state.view(at: number) }
}
