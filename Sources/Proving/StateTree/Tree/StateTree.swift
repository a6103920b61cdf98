import Primitives

#if canImport(Glibc)
  import Glibc
#endif

/// The persistent state tree: one version per block.
///
/// Version 0 is the tree before the first block; applying block `n` to version `n − 1` makes version `n`. The newest
/// version lives in pages that are written in place; a journal of what each block changed makes that safe and serves
/// views of the versions that are retained. `docs/state-tree.md` describes files, crash safety and measurements.
///
/// One writer calls `apply` and `truncate`; views may be read from any thread at the same time, and wait for a block that
/// is being applied.
public final class StateTree: @unchecked Sendable {
  public struct Options: Sendable {
    /// Memory for pages, in bytes. The keys' index and the block at work come on top.
    public var cacheBytes = 768 << 20
    /// Versions before the newest that views can show, at least; `nil` keeps all.
    public var retainedVersions: UInt64? = 1000
    /// Bytes of journal after which the pages changed by them are written: bounds the time to recover after a crash.
    public var checkpointBytes = 512 << 20
    /// Size of a journal file. Pruning removes whole files.
    public var journalFileBytes = 64 << 20
    /// Keys from which a part of the index is kept in a file instead of in memory.
    public var indexFileThreshold = 1 << 19

    public init() {}
  }

  let options: Options
  let fileSystem: any TreeFileSystem
  private let lock = Lock()

  // Everything below is touched only under the lock.
  let store: SubtreeStore
  let index: KeyIndex
  let journal: Journal
  let versions: VersionTable
  let superblockFile: any TreeFile
  var superblock: Superblock
  let writer = JournalWriter()
  /// Versions that exist: the newest is one less.
  var versionCount: UInt64 = 0
  var sweep: CheckpointSweep?
  /// Bytes of journal written since the last checkpoint.
  var uncheckpointedBytes = 0
  /// Copies that are being made, which need the journal as it is.
  var runningCopies = 0
  /// Why the tree refuses to work on, after a failure that left memory and disk in doubt.
  var failure: String?
  /// Work space of `apply`.
  var touched: [[TouchedPage]] = []
  var sorter = RadixSort()
  let helper = Helper()
  var timings = ApplyTimings()

  /// Opens a directory, or creates it with the given leaves as version 0.
  ///
  /// - Parameter genesis: keys and values that exist before the first block, in the order of their positions; used only
  ///   when the directory is new.
  public static func open(
    directory: String, options: Options = Options(), genesis: [(key: Bytes32, value: Bytes32)] = []
  ) throws(StateTreeError) -> StateTree {
    try StateTree(fileSystem: try PosixFileSystem(directory: directory), options: options, genesis: genesis)
  }

  package init(
    fileSystem: any TreeFileSystem, options: Options, genesis: [(key: Bytes32, value: Bytes32)] = []
  ) throws(StateTreeError) {
    self.options = options
    self.fileSystem = fileSystem
    store = try SubtreeStore(fileSystem: fileSystem, cacheBytes: options.cacheBytes)
    index = KeyIndex(fileSystem: fileSystem, fileThreshold: options.indexFileThreshold)
    journal = try Journal(fileSystem: fileSystem, segmentBytes: options.journalFileBytes)
    versions = try VersionTable(fileSystem: fileSystem)
    superblockFile = try fileSystem.open("superblock")
    if let found = try Superblock.read(from: superblockFile) {
      superblock = found
    } else {
      guard try store.tiers[0].file.size() == 0, journal.firstVersion == nil, try versions.file.size() == 0 else {
        throw .corrupted(file: superblockFile.name, detail: "no readable copy")
      }
      superblock = Superblock()
      try superblock.write(to: superblockFile)
      try fileSystem.synchronizeDirectory()
    }
    try recover()
    if versionCount == 0 { try createFirstVersion(genesis) }
  }

  /// Runs `body` alone, unless an earlier failure forbids it.
  func exclusively<R>(_ body: () throws(StateTreeError) -> R) throws(StateTreeError) -> R {
    lock.acquire()
    defer { lock.release() }
    if let failure { throw .unusable(reason: failure) }
    return try body()
  }

  /// Lets others have the lock for a moment, in the middle of long work that does not depend on what they change.
  func pause() throws(StateTreeError) {
    lock.release()
    // A lock just released is not handed over: without a rest this thread would most likely take it again.
    usleep(20)
    lock.acquire()
    if let failure { throw .unusable(reason: failure) }
  }

  /// Like `exclusively`, for work after whose failure memory no longer matches the disk.
  func critically<R>(_ body: () throws(StateTreeError) -> R) throws(StateTreeError) -> R {
    do {
      return try body()
    } catch {
      failure = "\(error)"
      throw error
    }
  }

  // MARK: Queries

  /// Reads what is in memory, also of a tree that refuses to work.
  func inspecting<R>(_ body: () -> R) -> R {
    lock.acquire()
    defer { lock.release() }
    return body()
  }

  /// How long the parts of the last block took.
  public var lastTimings: ApplyTimings { inspecting { timings } }

  /// The newest version.
  public var lastVersion: UInt64 { inspecting { versionCount - 1 } }

  /// The oldest version that a view can show.
  public var oldestVersion: UInt64 { inspecting { oldestVersionUnlocked } }

  var oldestVersionUnlocked: UInt64 {
    let newest = versionCount - 1
    guard let first = journal.firstVersion, first <= newest else { return newest }
    return first == 0 ? 0 : first - 1
  }

  /// Root and leaf count of any version, however old.
  public func commitment(at version: UInt64) throws(StateTreeError) -> StateCommitment {
    try exclusively { () throws(StateTreeError) in
      guard version < versionCount else {
        throw .versionNotRetained(version, oldest: 0, newest: versionCount - 1)
      }
      return try row(version).commitment
    }
  }

  func row(_ version: UInt64) throws(StateTreeError) -> VersionTable.Row {
    guard let row = try versions.read(version: version) else {
      throw .corrupted(file: versions.file.name, detail: "version \(version)")
    }
    return row
  }

  /// A view of a retained version.
  public func view(at version: UInt64) throws(StateTreeError) -> TreeView {
    try exclusively { () throws(StateTreeError) in
      try requireRetained(version)
      return TreeView(tree: self, version: version, commitment: try row(version).commitment, epoch: superblock.epoch)
    }
  }

  func requireRetained(_ version: UInt64) throws(StateTreeError) {
    guard version < versionCount, version >= oldestVersionUnlocked else {
      throw .versionNotRetained(version, oldest: oldestVersionUnlocked, newest: versionCount - 1)
    }
  }
}

/// A mutual exclusion lock.
final class Lock: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  init() { pthread_mutex_init(mutex, nil) }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  func acquire() { pthread_mutex_lock(mutex) }
  func release() { pthread_mutex_unlock(mutex) }
}

/// How long the parts of the last `apply` took, in nanoseconds, and how much it did.
public struct ApplyTimings: Sendable {
  /// Finding keys, reading the leaves and nodes to change, changing the leaves, composing the record.
  public var lookup: UInt64 = 0
  /// Hashing the pages and, at the same time, writing the record.
  public var hashing: UInt64 = 0
  /// Waiting for the disk.
  public var synchronize: UInt64 = 0
  /// Adding the new keys to the index.
  public var index: UInt64 = 0
  /// Writing pages of the running checkpoint.
  public var checkpoint: UInt64 = 0
  /// Collecting proofs.
  public var witness: UInt64 = 0
  /// BLAKE2s compressions.
  public var compressions = 0
  public var recordBytes = 0
  public var pageBytes = 0

  public init() {}
}
