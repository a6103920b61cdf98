import L1Client
import L1Contracts
import Primitives
import Telemetry

// Reading on, from where the step before ended.

extension L1RequestWatcher {
  /// Steps in a row at which L1 may count fewer requests than it did, before everything known of it is checked.
  private static let patience = 10

  /// Reads what there is; whether there is more.
  func advance(_ progress: inout Progress) async throws(L1RequestError) -> Bool {
    let chain = try await attached(&progress)
    if let failure = heads.failure { throw .l1(failure) }
    guard let view = heads.view else { throw .noHead }
    let store = try opened(&progress, chain)
    if progress.fewer > Self.patience {
      // Whatever has become of L1: it is looked at anew.
      progress.chain = nil
      progress.cursor = nil
      progress.fewer = 0
      return true
    }
    if progress.cursor == nil || progress.generation != view.generation {
      try await rewind(&progress, chain, store, view)
    }
    try refill(store)
    try keepConflict(&progress, store)
    return try await read(&progress, chain, store, view)
  }

  private func read(
    _ progress: inout Progress, _ chain: L1Chain, _ store: RequestStore, _ view: L1View
  ) async throws(L1RequestError) -> Bool {
    guard let cursor = progress.cursor, view.head.number >= options.confirmations else { return false }
    let last = view.head.number - options.confirmations
    guard cursor <= last else { return false }
    let (seen, next, isFull) = queue.state.withLock {
      ($0.seen, $0.next, $0.waiting.count >= options.waiting || $0.waitingBytes >= options.waitingBytes)
    }
    if isFull { return false }
    let counted = try await count(chain, at: last)
    if let counted {
      if counted == seen { return try move(&progress, store, to: last + 1, [], view) }
      // A chain that began without L1 may be ahead of it by its first deposit.
      if counted < seen {
        if queue.forced != nil, seen <= 1 || counted == 0 && next <= 1 {
          return try move(&progress, store, to: last + 1, [], view)
        }
        throw .fewer(known: seen, counted: counted)
      }
      // What is far away is looked for by what the contract has counted.
      if last - cursor > 10 &* progress.span, let start = try await firstBlock(with: seen, chain, through: last) {
        progress.cursor = max(cursor, start)
      }
    }
    let first = progress.cursor ?? cursor
    let end = min(last, first.addingReportingOverflow(progress.span - 1).partialValue)
    let found = try await requests(&progress, chain, first...end)
    let shown = found.last.map { $0.id + 1 } ?? seen
    if end == last, let counted, shown < counted {
      // Nothing is taken for read that is not shown.
      progress.cursor = nil
      throw .missing(shown: shown, counted: counted)
    }
    _ = try move(&progress, store, to: end + 1, found, view)
    show(&progress, first...end, of: last)
    return end < last
  }

  /// Says how far reading is where L1 has more blocks than are read at once.
  private func show(_ progress: inout Progress, _ blocks: ClosedRange<UInt64>, of last: UInt64) {
    guard blocks.upperBound < last else {
      progress.scan?.line.finish()
      progress.scan = nil
      return
    }
    let first = progress.scan?.first ?? blocks.lowerBound
    if progress.scan == nil {
      progress.scan = (first, ProgressLog(log, "reading requests from L1", unit: "blocks", total: (last - first) &+ 1))
    }
    progress.scan?.line.advance(to: blocks.upperBound - min(first, blocks.upperBound) &+ 1)
  }

  /// The requests in a range of blocks that were not seen before, checked.
  private func requests(
    _ progress: inout Progress, _ chain: L1Chain, _ blocks: ClosedRange<UInt64>
  ) async throws(L1RequestError) -> [QueuedRequest] {
    var logs: [L1Log]
    do throws(L1Error) {
      logs = try await client.logs(of: chain.contract, topics: [ChainEvent.requestTopic], blocks)
    } catch {
      // Too many logs, too many bytes, too long: each node says it in words of its own.
      switch error {
      case .refused, .malformed, .timedOut: progress.span = max(1, min(progress.span, UInt64(blocks.count)) / 2)
      default: break
      }
      throw .l1(error)
    }
    progress.span = min(max(1, options.blocksPerCall), progress.span &* 2)
    logs.sort { ($0.blockNumber, $0.index) < ($1.blockNumber, $1.index) }
    var expected = queue.state.withLock { $0.seen }
    var found: [QueuedRequest] = []
    for log in logs {
      if let hash = heads.hash(of: log.blockNumber), hash != log.blockHash { throw .inconsistent }
      let event: ChainEvent?
      do throws(ChainEventError) { event = try ChainEvent(log.log) } catch {
        throw .unreadable(block: log.blockNumber, error)
      }
      guard case .request(let request, let claimed)? = event else { continue }
      let queued = QueuedRequest(request, block: log.blockNumber, blockHash: log.blockHash)
      guard queued.hash == claimed else { throw .wrongHash(id: request.nonce, claimed: claimed, own: queued.hash) }
      // Read before; whether it is still the same shows where blocks are compared.
      if queued.id < expected { continue }
      guard queued.id == expected else {
        progress.cursor = nil
        throw .gap(expected: expected, found: queued.id)
      }
      found.append(queued)
      expected += 1
    }
    return found
  }

  /// Makes durable what was read, and only then lets it be taken.
  private func move(
    _ progress: inout Progress, _ store: RequestStore, to cursor: UInt64, _ found: [QueuedRequest], _ view: L1View
  ) throws(L1RequestError) -> Bool {
    guard heads.view?.generation == view.generation else { throw .inconsistent }
    if !found.isEmpty {
      var change = RequestStore.Change()
      change.puts = found.filter { fits($0) }
      if let refusal = queue.state.withLock({ $0.refusal }),
        found.contains(where: { $0.id == refusal.id && $0.hash != refusal.hash })
      {
        change.refusal = .some(nil)
      }
      do throws(RequestStoreError) {
        try prune(&change, store, view)
        try store.apply(change, sync: true)
      } catch { throw .store(error) }
      queue.add(found)
      log.debug("requests are read", metadata: ["count": "\(found.count)", "first": "\(found.first?.id ?? 0)"])
      try keepConflict(&progress, store)
      onNews()
    }
    progress.cursor = cursor
    let seen = queue.state.withLock { $0.seen }
    report.withLock { if let missing = $0.missing, missing.upperBound <= seen { $0.missing = nil } }
    return false
  }

  /// Whether a request is what the chain has under its id, if it has one: what is in a block stays there whatever L1 says.
  private func fits(_ request: QueuedRequest) -> Bool {
    if request.id == 0, let forced = queue.forced {
      report.withLock { $0.hasForeignFirst = forced.hash != request.hash }
      return true
    }
    let (next, included) = queue.state.withLock { ($0.next, $0.included[request.id]) }
    guard request.id < next else { return true }
    let isSame = included.map { $0.hash == request.hash } ?? (blockOf(request.hash) != nil)
    queue.state.withLock { state in
      if !isSame {
        state.conflict = RequestStore.Conflict(id: request.id, block: included?.block)
      } else if state.conflict?.id == request.id {
        state.conflict = nil
      }
    }
    if !isSame {
      log.critical(
        "L1 reorganised below a request that is already in a block",
        metadata: ["priorityID": "\(request.id)", "hash": "\(request.hash)"])
    }
    return isSame
  }

  private func keepConflict(_ progress: inout Progress, _ store: RequestStore) throws(L1RequestError) {
    let conflict = queue.state.withLock { $0.conflict }
    guard conflict != progress.conflict else { return }
    var change = RequestStore.Change()
    change.conflict = .some(conflict)
    do throws(RequestStoreError) { try store.apply(change, sync: true) } catch { throw .store(error) }
    progress.conflict = conflict
  }

  /// Forgets what is in blocks for long and does not change on L1 any more.
  private func prune(
    _ change: inout RequestStore.Change, _ store: RequestStore, _ view: L1View
  ) throws(RequestStoreError) {
    let next = queue.state.withLock { $0.next }
    guard next > L1RequestQueue.remembered, let last = try store.request(next - L1RequestQueue.remembered),
      last.block <= view.finalized
    else { return }
    change.removals.append(0..<last.id)
  }
}
