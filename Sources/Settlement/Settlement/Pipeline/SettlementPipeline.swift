import Batches
import Chain
import Concurrency
import Logging
import Primitives
import ProverInput
import ProverService
import StateTree
import Telemetry
import ZKsyncOS

/// What follows the chain: brings the state tree to every block, makes prover inputs, and makes batches of them.
///
/// ```
/// BlockFollower ─► tree (1 thread) ─► drafts (n threads) ─► batches (1 thread) ─► ProofJobs
/// ```
///
/// Each stage resumes from its own last number: the tree from its last version, the drafts and batches from the last
/// batch in the store. Between them there is nothing that must survive: a block that is not in memory is read from the
/// journal and executed again. All of it is bounded. A stage that falls behind holds back those before it, and in the end
/// block production, by what the follower says it has finished.
///
/// Nothing here can change or lose a block. A block of which no batch can be made ends the batches, and nothing else: the
/// tree and the chain go on, nobody waits for batches any more, and ``health`` says which block it is and why. Any other
/// error stops the pipeline where it is and leaves the chain and the prover API alone. A restart tries again. A full disk
/// under the tree is waited for.
public final class SettlementPipeline: Service {
  public struct Options: Sendable {
    /// Prover inputs that may be in work or wait for those before them.
    public var maxInFlight = 10
    /// Threads that make prover inputs, at most as many as blocks in flight.
    public var draftThreads = 2
    /// Blocks that the tree may be ahead of the last batch. The tree must retain more versions than that.
    public var maxTreeLead: UInt64 = 100
    /// Blocks that may wait for settlement before block production has to wait.
    public var maxBacklog: UInt64 = 100
    /// Whether each prover input is executed once more, from its words alone, before it is handed out. That takes two to
    /// three times as long as executing the block did.
    public var verifiesInputs = true

    public init() {}
  }

  /// A block in the tree, with the answers that its proving run needs.
  struct WitnessedBlock: Sendable {
    var block: SealedBlock
    var witness: BlockWitness
  }

  struct Progress: Sendable {
    /// The last block in the tree.
    var tree: UInt64
    /// Blocks after `batch` with their witnesses, as the tree gave them. Not all of them either.
    var witnessed: [UInt64: WitnessedBlock] = [:]
    /// The next block to draft a batch of.
    var nextDraft: UInt64
    /// Drafts that wait for those before them.
    var drafts: [UInt64: Result<BatchDraft, SettlementError>] = [:]
    /// The last block of the last batch that is durable.
    var batch: UInt64
    /// The last block of which a batch is made for now, where somebody may want to go back to it.
    var heldAfter: UInt64?
    var isStopping = false
    var failure: SettlementError?
    /// The first batch that L1 will not take.
    var tooLarge: TooLargeBatch?
    /// Why no batch is made any more.
    var batchFailure: SettlementError?

    var isEnding: Bool { isStopping || failure != nil }
    var isEndingBatches: Bool { isEnding || batchFailure != nil }
  }

  public let name = "settlement"
  public let options: Options
  let chain: any SettlementChain
  public let tree: StateTree
  /// What makes prover inputs, and who gets them; `nil` for a node that only keeps the tree.
  let proving: (generator: ProverInputGenerator, jobs: ProofJobs)?
  let follower: BlockFollower
  let metrics: SettlementMetrics
  let log = Logger(label: "settlement")
  let treeLag: TreeLag
  let progress: Monitor<Progress>
  /// The last batch of an earlier run, which the tree must agree with.
  let lastStoredBatch: Batch?
  private let threads: Monitor<[ServiceThread]> = Monitor([])

  /// Finds out where each stage is. Throws where tree, batches and chain do not belong together.
  ///
  /// - Parameters:
  ///   - generator: makes prover inputs; absent together with `jobs` where the node does not make batches.
  ///   - registry: where the stages' metrics are shown.
  public init(
    chain: any SettlementChain, tree: StateTree, generator: ProverInputGenerator? = nil, jobs: ProofJobs? = nil,
    options: Options = Options(), registry: MetricsRegistry = MetricsRegistry()
  ) throws(SettlementError) {
    precondition((generator == nil) == (jobs == nil), "prover inputs and jobs belong together")
    self.chain = chain
    self.tree = tree
    self.options = options
    proving = if let generator, let jobs { (generator, jobs) } else { nil }

    let head = chain.stream.head, version = tree.lastVersion
    guard version <= head else { throw .treeAhead(tree: version, chain: head) }
    let stored = try storing { () throws(ProofStoreError) in try jobs?.store.lastBatch() }
    let batch = stored?.blocks.upperBound ?? 0
    guard batch <= head else { throw .batchesAhead(batches: batch, chain: head) }
    lastStoredBatch = stored
    var start = Progress(tree: version, nextDraft: batch + 1, batch: batch)
    if jobs != nil, tree.oldestVersion > batch {
      start.batchFailure = .treeForgot(version: batch, oldest: tree.oldestVersion)
      log.error("no further batch is made", metadata: ["error": "\(start.batchFailure.map { "\($0)" } ?? "")"])
    }
    progress = Monitor(start)
    let waitsForBatches = jobs != nil && start.batchFailure == nil
    follower = chain.stream.follow(
      name, after: version, finished: waitsForBatches ? batch : version, maxLag: options.maxBacklog)
    metrics = SettlementMetrics(registry)
    metrics.resumed(tree: version, batch: batch)
    if start.batchFailure != nil { metrics.batchesEnded(at: batch + 1) }
    SettlementMetrics.show(tree, behind: chain.stream, in: registry)
    treeLag = TreeLag(log)
    if version >= batch { try checkState() }
  }

  // MARK: Life

  public func start() {
    var started = [ServiceThread { [self] in runTree() }]
    if proving != nil, failure == nil {
      for _ in 0..<max(1, min(options.draftThreads, options.maxInFlight)) {
        started.append(ServiceThread { [self] in runDrafts() })
      }
      started.append(ServiceThread { [self] in runBatches() })
      started.append(ServiceThread { [self] in runSizeCheck() })
    }
    threads.update { $0 += started }
  }

  /// Ends the stages where they are and returns once they have; nothing is held back any more. Safe at any time: what is
  /// unfinished is done again after the next start. The tree's pages are brought to the disk, which saves the next start
  /// from repeating its journal.
  public func stop() {
    progress.update { $0.isStopping = true }
    follower.close()
    proving?.jobs.close()
    let running = threads.update { threads in
      defer { threads = [] }
      return threads
    }
    for thread in running { thread.join() }
    do throws(StateTreeError) { try tree.flush() } catch {
      log.warning("the state tree is left to its journal", metadata: ["error": "\(error)"])
    }
  }

  /// A halted settlement is no reason to take the node away from its callers.
  public var health: Health {
    let (failure, batchFailure, batch, tooLarge) = progress.read {
      ($0.failure, $0.batchFailure, $0.batch, $0.tooLarge)
    }
    if let failure { return .degraded("\(failure)") }
    guard let batchFailure else { return tooLarge.map { .degraded("\($0)") } ?? .ready }
    return .degraded("no batch is made from block \(batch + 1) on, all else goes on: \(batchFailure)")
  }

  public var lag: Lag? {
    let (tree, batch, hasBatches) = progress.read { ($0.tree, $0.batch, proving != nil && $0.batchFailure == nil) }
    let position = hasBatches ? min(tree, batch) : tree
    let waitsForProofs = hasBatches && tree >= batch + options.maxTreeLead
    return Lag(
      position: position, target: chain.stream.head,
      waitingFor: failure.map { "\($0)" } ?? (waitsForProofs ? "proofs of earlier batches" : nil))
  }

  /// The tree and the batches, each for itself.
  public var stages: [Stage] {
    let (treeBlock, batch, failure, batchFailure) = progress.read { ($0.tree, $0.batch, $0.failure, $0.batchFailure) }
    let head = chain.stream.head
    let hasBatches = proving != nil && batchFailure == nil
    let isAhead = hasBatches && treeBlock < head && treeBlock >= batch + options.maxTreeLead
    let treeReason = failure.map { "\($0)" } ?? (isAhead ? "batches" : nil)
    var stages = [Stage("tree", Lag(position: treeBlock, target: head, waitingFor: treeReason))]
    guard let jobs = proving?.jobs else { return stages }
    let isFull = batch < head && jobs.unprovedCount >= jobs.options.maxUnproved
    let batchReason = (failure ?? batchFailure).map { "\($0)" } ?? (isFull ? "provers" : nil)
    stages.append(Stage("batches", Lag(position: batch, target: head, waitingFor: batchReason)))
    return stages
  }

  // MARK: Looking

  /// The last block in the tree.
  public var treeVersion: UInt64 { progress.read { $0.tree } }

  /// The last block in a batch.
  public var lastBatchedBlock: UInt64 { progress.read { $0.batch } }

  /// Why the pipeline, or the part of it that makes batches, stands still, if it does.
  public var failure: SettlementError? { progress.read { $0.failure ?? $0.batchFailure } }

  /// Waits until the tree has block `number`; false where it will not in this run, or does not within `time`.
  public func waitForTree(_ number: UInt64, atMost time: Duration? = nil) -> Bool {
    let deadline = time.map { MonotonicClock.nanoseconds + $0.nanoseconds }
    return progress.wait(until: deadline) { $0.tree >= number ? true : $0.isEnding ? false : nil } ?? false
  }

  /// Waits until a batch with block `number` is durable; false where it will not be in this run.
  public func waitForBatch(_ number: UInt64) -> Bool {
    progress.wait { $0.batch >= number ? true : $0.isEndingBatches ? false : nil } ?? false
  }

  // MARK: Going back

  /// Makes no batch of a block after this one until told otherwise, so that the chain can go back to it; `nil` to go on.
  public func hold(after block: UInt64?) { progress.update { $0.heldAfter = block } }

  /// Goes back with the chain to a block of which no batch after it was made. Nothing is added to the chain meanwhile.
  public func rewind(to number: UInt64) throws(SettlementError) {
    let head = chain.stream.head
    guard waitForTree(head, atMost: .seconds(60)) else { throw failure ?? .missingRecord(block: treeVersion + 1) }
    let batch = lastBatchedBlock
    guard batch <= number else { throw .batchesAhead(batches: batch, chain: number) }
    do throws(StateTreeError) { try tree.truncate(to: number) } catch { throw .tree(block: number, error) }
    progress.update { progress in
      progress.tree = number
      progress.nextDraft = min(progress.nextDraft, number + 1)
      progress.witnessed = progress.witnessed.filter { $0.key <= number }
    }
  }

  // MARK: Parts of the stages

  /// Stops all stages at the first error.
  func halt(_ error: SettlementError) {
    let isFirst = progress.update { progress in
      guard progress.failure == nil else { return false }
      progress.failure = error
      return true
    }
    if isFirst { log.error("settlement has halted", metadata: ["error": "\(error)"]) }
  }

  /// Ends the batches before the block that none can be made of. Nothing waits for them any more.
  func haltBatches(_ error: SettlementError) {
    let (isFirst, tree, block) = progress.update { progress in
      guard !progress.isEndingBatches else { return (false, progress.tree, progress.batch) }
      progress.batchFailure = error
      progress.witnessed = [:]
      progress.drafts = [:]
      return (true, progress.tree, progress.batch + 1)
    }
    guard isFirst else { return }
    metrics.batchesEnded(at: block)
    log.error("no further batch is made", metadata: ["block": "\(block)", "error": "\(error)"])
    follower.finish(through: tree)
  }

  /// The last batch of an earlier run must commit to the state that the tree has.
  func checkState() throws(SettlementError) {
    guard let batch = lastStoredBatch else { return }
    let state = try commitment(at: batch.blocks.upperBound).hash
    guard batch.commit.newStateCommitment == state else {
      throw .otherState(batch: batch.number, stored: batch.commit.newStateCommitment, tree: state)
    }
  }
}
