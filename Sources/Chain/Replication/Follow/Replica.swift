import Chain
import ChainStorage
import Concurrency
import JSONRPC
import Logging
import NIOCore
import Primitives
import StateTree
import Synchronization
import Telemetry
import ZKsyncOS

/// Follows the chain of another node: takes its blocks from a ``ReplayFeed``, executes each of them here, and gives it to the
/// chain of this node only where the same block and the same output came out.
///
/// ```
/// feed ─► receive (1 thread) ─► decode, verify signatures (n threads) ─► execute (1 thread) ─► Chain.accept
/// ```
///
/// Nothing that the other node says is believed but which of two valid chains counts. What came out differently ends the
/// following for good, and a file says what: nobody may be served by a chain that nobody else has.
public final class Replica: Service {
  public struct Options: Sendable {
    /// Where the feed is.
    public var endpoint: RPCEndpoint
    /// What it wants to be shown; `nil` where it wants nothing.
    public var token: String?
    /// Path of a PEM file with the certificates that the feed is trusted by; `nil` for the system's.
    public var certificates: String?
    /// How long the feed may be silent before it is asked again.
    public var patience = Duration.seconds(5)
    /// Threads that decode and verify.
    public var threads = 2
    /// Bytes of records that may wait to be executed.
    public var maxWaitingBytes = 64 << 20
    /// Holds what is written down about blocks that came out differently.
    public var reportFolder: String

    public init(endpoint: RPCEndpoint, reportFolder: String) {
      self.endpoint = endpoint
      self.reportFolder = reportFolder
    }
  }

  private struct State {
    var position: FeedPosition?
    /// Why there is no stream just now, and since when in nanoseconds of the monotonic clock.
    var away: (reason: String, since: UInt64)?
    var failure: ReplicaError?
    var stream: FeedStream?
    var isStopping = false
    var threads: [ServiceThread] = []
    var onFailure: (@Sendable (ReplicaError) -> Void)?
  }

  /// Time between two attempts to reach the feed.
  private static let pauses: [UInt64] = [100_000_000, 300_000_000, 1_000_000_000, 2_000_000_000, 5_000_000_000]

  public let name = "replica"
  private let chain: Chain
  private let chainID: UInt64
  private let genesisHash: Bytes32
  private let options: Options
  private let place: FeedPlace
  private let pipeline: RecordPipeline
  /// The state tree's commitment after a block; `nil` where there is no tree, or not that far yet.
  private let commitment: @Sendable (UInt64) -> StateCommitment?
  private let onExecuted: @Sendable (SealedBlock) -> Void
  private let metrics: ReplicaMetrics
  private let log = Logger(label: "replica")
  private let faultLog: ThrottledLog
  private let signal = Signal()
  private let state = Mutex(State(away: ("not asked yet", MonotonicClock.nanoseconds)))

  /// - Parameters:
  ///   - commitment: the state tree's after a block; `nil` where there is no tree, or it is not that far.
  ///   - onExecuted: called with each block once its state can be read, on the thread that executes.
  public init(
    _ chain: Chain, chainID: UInt64, genesisHash: Bytes32, options: Options, on loop: any EventLoop,
    registry: MetricsRegistry, commitment: @escaping @Sendable (UInt64) -> StateCommitment?,
    onExecuted: @escaping @Sendable (SealedBlock) -> Void
  ) throws(RPCClientError) {
    self.chain = chain
    self.chainID = chainID
    self.genesisHash = genesisHash
    self.options = options
    self.commitment = commitment
    self.onExecuted = onExecuted
    place = FeedPlace(
      endpoint: options.endpoint, token: options.token,
      tls: try options.endpoint.tlsContext(certificates: options.certificates), loop: loop)
    pipeline = RecordPipeline(maxBytes: options.maxWaitingBytes)
    metrics = ReplicaMetrics(registry, pipeline: pipeline)
    faultLog = ThrottledLog(log, interval: .seconds(10))
  }

  // MARK: Life

  /// Calls `handler` when this node cannot follow any more, on the thread where that showed.
  public func onFailure(_ handler: @escaping @Sendable (ReplicaError) -> Void) {
    state.withLock { $0.onFailure = handler }
  }

  /// Begins to follow. The chain has been started.
  public func start() {
    let threads =
      [ServiceThread { [self] in receive() }, ServiceThread { [self] in execute() }]
      + (0..<max(1, options.threads)).map { _ in ServiceThread { [pipeline] in pipeline.prepare() } }
    state.withLock { $0.threads = threads }
  }

  /// Finishes the block that is being executed, and takes no more.
  public func stop() {
    let (threads, stream) = state.withLock { state in
      state.isStopping = true
      defer { state.threads = [] }
      return (state.threads, state.stream)
    }
    stream?.close()
    pipeline.close()
    chain.stream.wake()
    signal.notify()
    for thread in threads { thread.join() }
  }

  public var health: Health {
    state.withLock { state in
      if let failure = state.failure { return .notReady("\(failure)") }
      if let away = state.away {
        let seconds = (MonotonicClock.nanoseconds - away.since) / 1_000_000_000
        return .degraded("\(options.endpoint) does not feed this node for \(seconds) s: \(away.reason)")
      }
      return .ready
    }
  }

  public var lag: Lag? {
    let (position, away) = state.withLock { ($0.position, $0.away) }
    let head = chain.stream.head
    return Lag(position: head, target: max(head, position?.head ?? head), waitingFor: away.map { _ in "main_node" })
  }

  /// Where the followed chain is, as its node said last; `nil` before it did.
  public var position: FeedPosition? { state.withLock { $0.position } }

  // MARK: Receiving

  private func receive() {
    var next = chain.storage.state.latest + 1
    var parent = Bytes32.zero
    do throws(StorageError) {
      guard let hash = try chain.storage.log.blockHash(next - 1) else { return fail(.missingRecord(next - 1)) }
      parent = hash
    } catch {
      return fail(.storage(error))
    }
    var attempt = 0
    while !state.withLock({ $0.isStopping }) {
      do throws(FeedFault) {
        let stream = try FeedStream.open(place, from: next, parent: parent, patience: options.patience)
        defer { stream.close() }
        state.withLock { $0.stream = stream }
        try greet(stream)
        attempt = 0
        log.info("following", metadata: ["node": "\(options.endpoint)", "from": "\(next)"])
        state.withLock { $0.away = nil }
        while true {
          switch try stream.next(patience: options.patience) {
          case .hello: throw .malformed("a second greeting")
          case .position(let position): take(position)
          case .record(let record):
            guard record.number == next else { throw .malformed("block \(record.number) in place of \(next)") }
            guard pipeline.send(record) else { return }
            (next, parent) = (next + 1, record.hash)
          }
        }
      } catch {
        if state.withLock({ $0.isStopping }) { return }
        guard error.isTransient || error == .unauthorized else { return fail(named(error)) }
        state.withLock { state in
          state.away = (error.description, state.away?.since ?? MonotonicClock.nanoseconds)
        }
        metrics.faults.increment()
        faultLog.warning(
          "the followed node does not feed this one", reason: error.description,
          metadata: ["node": "\(options.endpoint)", "reason": "\(error)"])
        let generation = signal.generation
        if state.withLock({ $0.isStopping }) { return }
        let pause = Self.pauses[min(attempt, Self.pauses.count - 1)]
        signal.wait(after: generation, until: MonotonicClock.nanoseconds + pause)
        attempt += 1
      }
    }
  }

  /// Whose blocks these are.
  private func greet(_ stream: FeedStream) throws(FeedFault) {
    guard case .hello(let hello) = try stream.next(patience: options.patience) else {
      throw .malformed("no greeting")
    }
    guard hello.chainID == chainID else {
      throw .otherChain("it feeds chain \(hello.chainID), this node is of chain \(chainID)")
    }
    guard hello.genesisHash == genesisHash else {
      throw .otherChain("its genesis is \(hello.genesisHash), this node's \(genesisHash)")
    }
  }

  /// A fork with the block after which the chains part, for whoever has to decide what to do.
  private func named(_ fault: FeedFault) -> ReplicaError {
    guard case .fork(let number, let ours, let theirs) = fault else { return .refused(options.endpoint, fault) }
    if number == 0 {
      let genesis = theirs.map { "its genesis is \($0), this node's \(ours)" } ?? "it has no genesis"
      return .refused(options.endpoint, FeedFault.otherChain(genesis))
    }
    var (common, other) = (UInt64(0), number)
    do {
      while common + 1 < other {
        let middle = common + (other - common) / 2
        let theirs = try FeedStream.blockHash(middle, at: place, patience: options.patience)
        if try theirs == chain.storage.log.blockHash(middle) { common = middle } else { other = middle }
      }
      return .fork(options.endpoint, fault, common: common)
    } catch {
      return .fork(options.endpoint, fault, common: nil)
    }
  }

  private func take(_ position: FeedPosition) {
    state.withLock { $0.position = position }
    metrics.mainHead.set(position.head)
    guard let theirs = position.state, theirs.block <= chain.stream.head, let ours = commitment(theirs.block) else {
      return
    }
    if ours == theirs.commitment {
      metrics.comparedState.set(theirs.block)
    } else {
      fail(.stateDiffers(block: theirs.block, ours: ours.hash, theirs: theirs.commitment.hash))
    }
  }

  // MARK: Executing

  private func execute() {
    let replay = BlockReplay()
    var hashes = chain.storage.log.nextBlockHashes
    do {
      while let prepared = try pipeline.receive() {
        var record = prepared.record
        let number = record.context.number
        guard record.context.chainID == chainID else {
          throw FeedRefusal(block: number, "it is of chain \(record.context.chainID)")
        }
        if !prepared.hasBlockHashes {
          record.context.blockHashes = hashes
        } else if record.context.blockHashes != hashes {
          throw FeedRefusal(block: number, "the blocks before it have other hashes than it says")
        }
        // The tree, and whatever else follows the chain, may fall behind only so far.
        let mayGoOn = chain.stream.waitForRoom(for: number, unless: { [self] in state.withLock { $0.isStopping } })
        guard mayGoOn else { return }
        let view = try chain.storage.state.view(at: number - 1)
        let output: BlockOutput
        do throws(ReplayError) { output = try replay.run(record, on: view) } catch {
          let report = DivergenceReport(record, error, on: view).write(in: options.reportFolder)
          return fail(.diverged(error, report: report))
        }
        let block = SealedBlock(record: record, output: output)
        try chain.accept(block)
        hashes = hashes.appending(record.blockHash)
        metrics.transactions.increment(by: UInt64(record.transactions.count))
        onExecuted(block)
      }
    } catch let error as FeedRefusal {
      fail(.invalid(error.description))
    } catch let error as StorageError {
      fail(.storage(error))
    } catch {
      // The chain has said itself why it takes no more.
      log.debug("the chain takes no more blocks", metadata: ["error": "\(error)"])
    }
  }

  private func fail(_ error: ReplicaError) {
    let (isFirst, handler) = state.withLock { state -> (Bool, (@Sendable (ReplicaError) -> Void)?) in
      guard state.failure == nil, !state.isStopping else { return (false, nil) }
      state.failure = error
      return (true, state.onFailure)
    }
    pipeline.close()
    guard isFirst else { return }
    log.critical("this node follows no longer", metadata: ["error": "\(error)"])
    handler?(error)
  }
}
