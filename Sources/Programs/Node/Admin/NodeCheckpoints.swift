import Chain
import ChainStorage
import Checkpoints
import Concurrency
import Files
import Glibc
import JSON
import L1Requests
import Logging
import ProverService
import StateTree
import Synchronization
import Telemetry
import ZKsyncOS

/// Checkpoints of the databases while the node runs, one at a time, on a thread that stands back behind everybody else.
final class NodeCheckpoints: Service {
  /// How the last one is.
  enum Status: Sendable {
    case none
    case running(folder: String)
    case done(folder: String, CheckpointManifest, milliseconds: UInt64)
    case failed(folder: String, CheckpointError)
  }

  /// The stores of a node beside the chain's.
  struct Stores: Sendable {
    var tree: StateTree
    var proofs: ProofStore?
    var sender: NodeL1Sender?
    var requests: L1RequestWatcher?
    /// Where the pool's journal is; `nil` for none.
    var mempool: String?
    /// Whether there is an L1 in the process that is kept on the disk.
    var hasL1 = false
  }

  private struct State {
    var status = Status.none
    var thread: ServiceThread?
    var isStopping = false
  }

  let name = "checkpoints"
  private let chain: Chain
  private let stores: Stores
  private let reserve: UInt64
  private let metrics: CheckpointMetrics
  private let log = Logger(label: "checkpoint")
  private let state = Mutex(State())

  /// - Parameter reserve: bytes that must stay free.
  init(_ chain: Chain, _ stores: Stores, reserve: UInt64, registry: MetricsRegistry) {
    self.chain = chain
    self.stores = stores
    self.reserve = reserve
    metrics = CheckpointMetrics(registry)
  }

  func start() {}

  /// Ends one that is being made; nothing of it stays.
  func stop() {
    let thread = state.withLock { state in
      state.isStopping = true
      defer { state.thread = nil }
      return state.thread
    }
    thread?.join()
  }

  /// A checkpoint that failed is no fault of the node.
  var health: Health { .ready }

  /// Begins one; whether it did, which it does not while another is being made.
  func begin(_ folder: String) -> Bool {
    state.withLock { state in
      if case .running = state.status { return false }
      guard !state.isStopping else { return false }
      // It has said how it ended.
      state.thread?.join()
      state.status = .running(folder: folder)
      state.thread = ServiceThread { [self] in
        // On Linux a niceness belongs to a thread; 0 means the calling one.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        make(folder)
      }
      return true
    }
  }

  /// How the last one is, as JSON.
  var statusJSON: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("state")
    switch state.withLock({ $0.status }) {
    case .none: writer.string("none" as StaticString)
    case .running(let folder):
      writer.string("running" as StaticString)
      writer.key("folder")
      writer.string(folder)
    case .failed(let folder, let error):
      writer.string("failed" as StaticString)
      writer.key("folder")
      writer.string(folder)
      writer.key("reason")
      writer.string("\(error)")
    case .done(let folder, let manifest, let milliseconds):
      writer.string("done" as StaticString)
      writer.key("folder")
      writer.string(folder)
      writer.key("block")
      writer.number(manifest.block)
      writer.key("blockHash")
      writer.data(manifest.blockHash)
      writer.key("bytes")
      writer.number(manifest.bytes)
      writer.key("milliseconds")
      writer.number(milliseconds)
    }
    writer.endObject()
    return writer.bytes
  }

  private var isStopping: Bool { state.withLock { $0.isStopping } }

  private func make(_ folder: String) {
    let start = MonotonicClock.nanoseconds
    let writer = CheckpointWriter(
      folder: folder, reserve: reserve, program: "\(Version.current) (\(Version.commit))",
      unless: { [self] in isStopping })
    do throws(CheckpointError) {
      let manifest = try writer.write(sources)
      let milliseconds = (MonotonicClock.nanoseconds - start) / 1_000_000
      metrics.made(block: manifest.block, bytes: manifest.bytes, milliseconds: milliseconds)
      log.info(
        "checkpoint made",
        metadata: [
          "folder": "\(folder)", "block": "\(manifest.block)", "hash": "\(manifest.blockHash)",
          "bytes": "\(manifest.bytes)", "files": "\(manifest.files.count)", "milliseconds": "\(milliseconds)",
        ])
      state.withLock { $0.status = .done(folder: folder, manifest, milliseconds: milliseconds) }
    } catch {
      metrics.failed()
      log.error("no checkpoint was made", metadata: ["folder": "\(folder)", "reason": "\(error)"])
      state.withLock { $0.status = .failed(folder: folder, error) }
    }
  }

  // MARK: What is copied

  private var sources: CheckpointSources {
    let storage = chain.storage, stores = stores
    let directory = storage.directory
    let view = LogView(storage)
    var parts: [CheckpointSources.Part] = [
      // Whatever a block took from L1 was there before this.
      CheckpointSources.Part("l1") { path in
        try view.take()
        guard stores.hasL1 else { return }
        try Self.copyL1(directory + "/l1", to: path)
      },
      .file("instance", at: directory + "/instance"),
      .appended("mempool", at: stores.mempool ?? ""),
    ]
    if let requests = stores.requests {
      parts.append(CheckpointSources.Part("l1_watcher") { try requests.checkpoint(to: $0) })
    }
    if let sender = stores.sender {
      parts.append(CheckpointSources.Part("l1_sender") { try sender.store.checkpoint(to: $0) })
    }
    if let proofs = stores.proofs {
      parts.append(CheckpointSources.Part("proofs") { try proofs.checkpoint(to: $0) })
    }
    parts += [
      CheckpointSources.Part("state") { try storage.state.checkpoint(to: $0) },
      CheckpointSources.Part("blocks") { try storage.blocks.checkpoint(to: $0) },
      CheckpointSources.Part("replay_log") { try storage.log.checkpoint(to: $0) },
    ]
    return CheckpointSources(
      directory: directory, tree: stores.tree, parts: parts,
      isConsistent: { try view.isConsistent(followsDeposits: stores.hasL1) })
  }

  /// The journal of the development L1 first, then the states that belong to what was copied of it.
  private static func copyL1(_ folder: String, to path: String) throws(FileError) {
    try Files.makeFolder(path)
    try Files.copy(folder + "/journal", to: path + "/journal")
    let length = UInt64(max(0, Files.size(path + "/journal")))
    for name in try Files.names(in: folder) {
      guard let place = name.split(separator: "-").last.flatMap({ UInt64($0) }), place <= length else { continue }
      // Old ones go; the journal has everything.
      try? Files.copy(folder + "/" + name, to: path + "/" + name)
    }
  }
}

/// Whether what was copied one after the other belongs together.
private final class LogView {
  private let storage: ChainStorage
  private var last: UInt64 = 0
  private let rewinds: UInt64

  init(_ storage: ChainStorage) {
    self.storage = storage
    rewinds = storage.blocks.rewindCount
  }

  /// The L1 is copied after this.
  func take() throws(StorageError) { last = storage.log.last }

  /// - Parameter followsDeposits: whether L1 was copied too: then no block since may have taken something from it.
  func isConsistent(followsDeposits: Bool) throws -> Bool {
    guard storage.blocks.rewindCount == rewinds else { throw CheckpointError.chainMoved }
    let end = storage.log.last
    guard followsDeposits, end > last else { return true }
    for number in last + 1...end {
      guard let record = try storage.log.record(number) else { continue }
      if record.transactions.contains(where: { $0.priorityID != nil }) { return false }
    }
    return true
  }
}
