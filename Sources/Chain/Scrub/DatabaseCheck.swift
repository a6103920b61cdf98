import ChainStorage
import Files
import Primitives
import RocksDB
import StateTree
import ZKsyncOS

/// Everything that can be checked about the stores of a node that does not run: the files against their checksums, the
/// stores against the replay log, and the state tree against the state.
public struct DatabaseCheck {
  public struct Options: Sendable {
    /// Every how many blocks one is executed again; 0 for none.
    public var executedEvery: UInt64 = 1
    /// Findings after which the check ends: where everything is wrong, a few are as good as all.
    public var maxFindings = 100

    public init() {}
  }

  public struct Report: Sendable {
    public var findings: [StoreDamage] = []
    public var blocks: UInt64 = 0
    public var executedBlocks: UInt64 = 0
    /// Slots compared with leaves of the tree.
    public var slots: UInt64 = 0
    public var treeVersion: UInt64?
    public var root: Bytes32?

    public func isDamaged(_ store: StoreDamage.Store) -> Bool { findings.contains { $0.store == store } }
  }

  private let directory: String
  private let options: Options

  /// - Parameter directory: holds the folders of the stores.
  public init(_ directory: String, options: Options = Options()) {
    self.directory = directory
    self.options = options
  }

  /// Checks everything. Throws where a check is not possible for another reason than damage.
  ///
  /// - Parameter progress: is told after each block how many are done, and how many there are.
  public func run(progress: (_ done: UInt64, _ total: UInt64) -> Void = { _, _ in }) throws -> Report {
    var report = Report()
    for store in StoreDamage.Store.allCases where store != .tree {
      if let damage = try Self.scan(store, in: directory) { report.findings.append(damage) }
    }
    guard !report.isDamaged(.log), !report.isDamaged(.state), !report.isDamaged(.blocks) else {
      try checkTree(nil, &report)
      return report
    }
    let storage: ChainStorage
    do throws(StorageError) { storage = try ChainStorage(lookingAt: directory) } catch {
      guard case .damaged(let damage) = error else { throw error }
      report.findings.append(damage)
      return report
    }
    let scrub = BlockScrub(storage)
    report.blocks = storage.log.last
    if storage.log.last > 0 {
      for number in 1...storage.log.last where report.findings.count < options.maxFindings {
        let outcome = scrub.check(
          number, executing: options.executedEvery > 0 && number % options.executedEvery == 0)
        if let damage = outcome.damage { report.findings.append(damage) }
        if outcome.isExecuted { report.executedBlocks += 1 }
        progress(number, storage.log.last)
      }
    }
    try checkTree(storage.state, &report)
    return report
  }

  /// Reads the files of a store; `nil` where there is nothing to find fault with. A missing store is damaged where the log
  /// would be needed to make it again.
  static func scan(_ store: StoreDamage.Store, in directory: String) throws -> StoreDamage? {
    let path = directory + "/" + store.folder
    guard Files.exists(path + "/CURRENT") else {
      return store == .proofs ? nil : StoreDamage(store, in: directory, "it is not there")
    }
    do throws(RocksDBError) {
      try Database.scan(path: path) { _ in true }
      return nil
    } catch {
      if let damage = StoreDamage(store, in: directory, error) { return damage }
      throw error
    }
  }

  /// - Parameter state: what the leaves are compared with; `nil` where it is damaged itself.
  private func checkTree(_ state: StateStore?, _ report: inout Report) throws(StateTreeError) {
    do throws(StateTreeError) {
      guard Files.exists(directory + "/tree/superblock") else {
        report.findings.append(StoreDamage(.tree, in: directory, "it is not there"))
        return
      }
      let tree = try StateTree.open(directory: directory + "/tree")
      try tree.verify()
      guard let state else { return }
      let version = min(tree.lastVersion, state.flushed.number)
      let view = try tree.view(at: version)
      report.treeVersion = version
      report.root = view.commitment.root
      if let fault = try compare(view, state, &report.slots) {
        report.findings.append(StoreDamage(.tree, in: directory, block: version, fault))
      }
    } catch {
      guard let damage = StoreDamage(in: directory, error) else { throw error }
      report.findings.append(damage)
    }
  }

  /// In what the leaves of a version differ from the state after the same block.
  private func compare(_ view: TreeView, _ state: StateStore, _ count: inout UInt64) throws(StateTreeError) -> String? {
    var fault: String?
    var failure: StateTreeError?
    var compared: UInt64 = 0
    do throws(StorageError) {
      try state.forEachSlot(at: view.version) { key, value in
        compared += 1
        do throws(StateTreeError) {
          if try view.value(of: key) != value { fault = "the leaf of \(key) is not the state's" }
        } catch {
          failure = error
        }
        return fault == nil && failure == nil
      }
    } catch {
      fault = error.description
    }
    if let failure { throw failure }
    count = compared
    // Two leaves guard the ends of the tree.
    if fault == nil, view.commitment.leafCount != compared + 2 {
      fault = "it has \(view.commitment.leafCount - 2) keys, the state \(compared)"
    }
    return fault
  }
}
