import Chain
import ChainStorage
import EthereumAPI
import JSONRPC
import L1Requests
import Logging
import Mempool
import Primitives
import Sequencer
import Settlement
import Synchronization
import Transactions
import ZKsyncAPI

/// Blocks that somebody may want to go back to, and going there with everything that follows the chain.
///
/// As long as there is a snapshot, no batch is made of a later block: what L1 has was never taken back.
final class NodeSnapshots: ChainSnapshots {
  private struct Snapshot {
    var id: UInt64
    var block: UInt64
    /// Seconds by which the chain's time was ahead of the system's.
    var offset: UInt64
  }

  private struct State {
    /// Ascending by id, and so by block.
    var snapshots: [Snapshot] = []
    var lastID: UInt64 = 0
    /// The last that the chain has gone too far ahead of.
    var lastEnded: UInt64 = 0
  }

  /// Blocks that the chain goes ahead of a snapshot at most. The tree keeps a thousand.
  static let reach: UInt64 = 900

  private let control: DevelopmentControl
  private let chain: Chain
  private let settlement: SettlementPipeline
  private let requests: L1RequestQueue
  private let journal: MempoolJournal?
  private let dropped: DroppedBlocks
  /// What clients see of a block.
  private let reader: any ChainReader
  private let log = Logger(label: "development")
  private let state = Mutex(State())

  init(
    _ control: DevelopmentControl, chain: Chain, settlement: SettlementPipeline, requests: L1RequestQueue,
    journal: MempoolJournal?, dropped: DroppedBlocks, reader: any ChainReader
  ) {
    self.control = control
    self.chain = chain
    self.settlement = settlement
    self.requests = requests
    self.journal = journal
    self.dropped = dropped
    self.reader = reader
    control.onBlock { [weak self] in self?.end(behind: $0) }
  }

  func take(_ context: RPCContext) throws(RPCError) -> UInt64 {
    try betweenBlocks(context) { [self] () throws(OrderError) in
      state.withLock { state in
        state.lastID += 1
        state.snapshots.append(
          Snapshot(id: state.lastID, block: chain.storage.state.latest, offset: control.clock.offset))
        settlement.hold(after: state.snapshots.first?.block)
        return state.lastID
      }
    }
  }

  func revert(to id: UInt64, _ context: RPCContext) throws(RPCError) -> Bool {
    try betweenBlocks(context) { [self] () throws(OrderError) in
      let (found, lastEnded) = state.withLock { state in (state.snapshots.first { $0.id == id }, state.lastEnded) }
      guard let found else {
        guard id > 0, id <= lastEnded else { return 0 }
        throw .refused(
          "the chain went more than \(Self.reach) blocks ahead of the snapshot, which ended it: batches of those blocks are made, and what L1 has is not taken back"
        )
      }
      try goBack(to: found.block)
      control.clock.restore(offset: found.offset)
      state.withLock { state in
        state.snapshots.removeAll { $0.id >= id }
        settlement.hold(after: state.snapshots.first?.block)
      }
      return 1
    } == 1
  }

  private func betweenBlocks(
    _ context: RPCContext, _ body: @escaping @Sendable () throws(OrderError) -> UInt64
  ) throws(RPCError) -> UInt64 {
    do throws(OrderError) {
      return try control.betweenBlocks(unless: { context.cancellation.isCancelled }, body)
    } catch {
      if case .cancelled = error { throw .cancelled(context.cancellation.reason) }
      throw .refused("\(error)")
    }
  }

  /// A block was made: snapshots that are too far behind it end.
  private func end(behind block: UInt64) {
    state.withLock { state in
      guard let first = state.snapshots.first, first.block + Self.reach <= block else { return }
      let kept = state.snapshots.filter { $0.block + Self.reach > block }
      state.lastEnded = state.snapshots[state.snapshots.count - kept.count - 1].id
      state.snapshots = kept
      settlement.hold(after: kept.first?.block)
    }
  }

  private func goBack(to block: UInt64) throws(OrderError) {
    let head = chain.storage.state.latest
    guard block < head else { return }
    do {
      // What was accepted a moment ago is seen by readers first.
      guard chain.stream.follow("revert", after: head - 1).next() != nil else { throw OrderError.stopped }
      var returned: [RecoveredTransaction] = []
      for number in block + 1...head {
        guard let record = try chain.storage.log.record(number) else { continue }
        returned += record.transactions.filter { $0.priorityID != nil }
        if var header = try reader.header(number: number), let parent = try reader.header(number: number - 1) {
          header.header.parentHash = parent.hash
          dropped.add(DroppedBlock(header: header, receipts: try reader.receipts(ofBlock: number) ?? []))
        }
      }
      let next = try chain.storage.log.record(block)?.nextPriorityID ?? 0
      try settlement.rewind(to: block)
      try chain.rewind(to: block)
      requests.returned(returned, next: next)
      journal?.refresh()
      log.info("the chain has gone back", metadata: ["from": "\(head)", "to": "\(block)"])
    } catch {
      throw .refused("the chain cannot go back to block \(block): \(error)")
    }
  }
}
