import Batches
import ChainStorage
import Files
import L1Settlement
import Primitives
import ProverService
import StateTree

/// Takes the newest blocks of a chain back, in all databases of a node that does not run.
///
/// The replay log goes back last: whoever is killed on the way leaves a database with which a node starts and is as long as
/// before, since it makes from the log what was taken away already; or this is run again, and ends what it began.
public struct ChainRollback {
  /// What would go.
  public struct Plan: Sendable {
    /// The block that becomes the last.
    public var target: UInt64
    public var targetHash: Bytes32
    public var last: UInt64
    public var transactions: UInt64
    /// Transactions among them that L1 requested: they come again.
    public var requests: UInt64
    /// The batches with later blocks; `nil` for none.
    public var batches: ClosedRange<UInt64>?
    /// Those of them that have a proof.
    public var provedBatches: Int
    /// The newest version of the state tree; `nil` where there is no tree.
    public var treeVersion: UInt64?
    /// Whether the tree does not keep the target any more, and is made again by the node.
    public var rebuildsTree: Bool
  }

  private let folder: String
  private let storage: ChainStorage
  private let proofs: ProofStore?
  private let settlement: SettlementStore?
  private let tree: StateTree?

  private var treePath: String { folder + "/tree" }
  private var oldTreePath: String { folder + "/tree.old" }

  /// Opens the databases below a folder; no node can start with them meanwhile.
  public init(_ folder: String) throws(RollbackError) {
    self.folder = folder
    guard Files.exists(folder + "/replay_log/CURRENT") else {
      throw .unusable("there is no database of a node in \(folder)")
    }
    do {
      storage = try ChainStorage(changing: folder)
      proofs = Files.exists(folder + "/proofs/CURRENT") ? try ProofStore(path: folder + "/proofs") : nil
      settlement = Files.exists(folder + "/l1_sender/CURRENT") ? try SettlementStore(path: folder + "/l1_sender") : nil
      tree = Files.exists(folder + "/tree/superblock") ? try StateTree.open(directory: folder + "/tree") : nil
    } catch {
      throw .unusable("\(error)")
    }
  }

  /// What going back to a block would take away.
  ///
  /// - Parameter isForced: whether batches that L1 has, and has not executed, or may have, are no reason to refuse.
  public func plan(to target: UInt64, isForced: Bool) throws(RollbackError) -> Plan {
    let last = storage.log.last
    guard target < last else { throw .noSuchBlock(target, last: last) }
    do {
      guard let hash = try storage.log.blockHash(target) else { throw RollbackError.noSuchBlock(target, last: last) }
      let dropped = try proofs?.batches(after: target)
      if let dropped { try check(dropped.first, dropped.last, isForced: isForced) }
      var transactions: UInt64 = 0, requests: UInt64 = 0
      let reader = storage.log.records(from: target + 1)
      while let record = try reader.next() {
        transactions += UInt64(record.transactions.count)
        requests += UInt64(record.transactions.count { $0.priorityID != nil })
      }
      return Plan(
        target: target, targetHash: hash, last: last, transactions: transactions, requests: requests,
        batches: dropped.map { $0.first.rawValue...$0.last.rawValue }, provedBatches: dropped?.proved ?? 0,
        treeVersion: tree?.lastVersion, rebuildsTree: tree.map { $0.oldestVersion > target } ?? false)
    } catch let error as RollbackError {
      throw error
    } catch {
      throw .unusable("\(error)")
    }
  }

  /// Refuses where L1 has, or may get, what would be taken away.
  private func check(_ first: BatchNumber, _ last: BatchNumber, isForced: Bool) throws {
    guard let known = try settlement?.lastBatches() else {
      guard isForced else { throw RollbackError.unknownOnL1(first: first, last: last) }
      return
    }
    func block(of batch: UInt64) throws -> UInt64 {
      try proofs?.batch(BatchNumber(min(batch, last.rawValue)))?.blocks.upperBound ?? batch
    }
    if known.executed >= first.rawValue {
      throw RollbackError.executed(batch: known.executed, block: try block(of: known.executed))
    }
    if known.sent >= first.rawValue, !isForced {
      throw RollbackError.committed(
        batch: known.sent, block: try block(of: known.sent), keep: first.rawValue - min(1, first.rawValue))
    }
  }

  /// Goes back.
  ///
  /// - Parameter step: told of each step before it is taken.
  public func run(_ plan: Plan, step: (String) -> Void = { _ in }) throws(RollbackError) {
    do {
      if let batches = plan.batches {
        step("batches from \(batches.lowerBound) on")
        try proofs?.remove(from: BatchNumber(batches.lowerBound))
      }
      if plan.rebuildsTree {
        step("the state tree, which the node makes again")
        try renewTree()
      } else if let tree, tree.lastVersion > plan.target {
        step("versions of the state tree")
        try tree.truncate(to: plan.target)
      }
      step("what waits in the mempool")
      try removeFiles(in: folder + "/mempool")
      if plan.requests > 0 {
        step("the queue of requests, which is read from L1 again")
        // One name after the other: a queue without some of its files would be damaged.
        let queue = folder + "/l1_watcher"
        if Files.exists(queue) { try Files.rename(queue, to: queue + ".old") }
        Files.remove(queue + ".old")
      }
      step("blocks and state")
      try storage.truncate(to: plan.target)
    } catch {
      throw .failed("\(error)")
    }
  }

  /// Puts a tree without blocks in the place of the one there is.
  private func renewTree() throws {
    Files.remove(oldTreePath)
    try Files.rename(treePath, to: oldTreePath)
    _ = try StateTree.open(directory: treePath)
    try Files.synchronize(folder)
    Files.remove(oldTreePath)
  }

  private func removeFiles(in path: String) throws(FileError) {
    guard Files.isFolder(path) else { return }
    for name in try Files.names(in: path) { Files.remove(path + "/" + name) }
  }
}
