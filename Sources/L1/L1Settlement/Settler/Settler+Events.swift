import Batches
import L1Client
import L1Contracts
import Logging
import Primitives
import Telemetry

// What L1's events say of each batch: where it was committed, proved and executed.

extension Settler {
  private static let topics = [
    ChainEvent.commitTopic, ChainEvent.verificationTopic, ChainEvent.executionTopic, ChainEvent.revertTopic,
  ]
  /// Blocks asked for at once.
  private static let chunk: UInt64 = 1_000
  private static let blocksAtOnce = 64
  /// Chunks read in one round: what is older waits for the next.
  private static let maxChunks = 10
  /// Reads events up to the depth that counts, and makes sure that `view` is of a block that L1 still has.
  func readEvents(_ view: PinnedView, _ contracts: L1Chain) async throws(SettlerProblem) {
    let head = view.head
    let target = head.number >= options.confirmations ? head.number - options.confirmations : 0
    var changes: [BatchNumber: BatchProgress] = [:]
    var place = try await firstPlace(target, view, contracts, &changes)
    var blocks: [UInt64: L1Block] = [head.number: head]
    let last = try reading { () throws(BatchSourceError) in try source.lastBatch() }.rawValue
    for _ in 0..<Self.maxChunks where place.number < target {
      let range = (place.number + 1)...min(target, place.number &+ Self.chunk)
      let logs = try await asking { () throws(L1Error) in
        try await client.logs(of: contracts.contract, topics: Self.topics, range)
      }
      // The last one is asked for in any case: it says whether L1 is still what it was.
      blocks[range.upperBound] = nil
      try await fetch(Set(logs.map(\.blockNumber)).union([range.upperBound]), &blocks)
      for log in logs {
        guard let block = blocks[log.blockNumber], block.hash == log.blockHash else { throw .moved }
        try apply(log, block, last: last, &changes)
      }
      guard let end = blocks[range.upperBound] else { throw .moved }
      if end.number == head.number, end.hash != head.hash { throw .moved }
      place = SettlementStore.Place(number: end.number, hash: end.hash)
      show(place.number, after: range.lowerBound - 1, of: target)
    }
    if target != head.number {
      let now = try await block(head.number)
      guard now.hash == head.hash else { throw .moved }
    }
    try storing { () throws(SettlementStoreError) in
      if try store.cursor() == place, changes.isEmpty { return }
      try store.setProgress(Array(changes.values), through: place)
    }
  }

  /// Says how far reading is where there are more blocks than are asked for at once.
  private func show(_ block: UInt64, after first: UInt64, of target: UInt64) {
    guard block < target else {
      scan?.line.finish()
      scan = nil
      return
    }
    let after = scan?.after ?? first
    if scan == nil {
      let log = Logger(label: "l1_sender")
      scan = (after, ProgressLog(log, "reading batches from L1", unit: "blocks", total: target - after))
    }
    scan?.line.advance(to: block - min(after, block))
  }

  /// Asks for blocks that are not there yet, several at a time.
  private func fetch(_ numbers: Set<UInt64>, _ blocks: inout [UInt64: L1Block]) async throws(SettlerProblem) {
    let client = client
    var missing = numbers.filter { blocks[$0] == nil }.sorted()[...]
    while !missing.isEmpty {
      let part = Array(missing.prefix(Self.blocksAtOnce))
      missing = missing.dropFirst(part.count)
      let answers = await together(part) { (number) async throws(L1Error) in
        try await client.block(.number(number))
      }
      for (number, answer) in zip(part, answers) {
        blocks[number] = try await asking { () throws(L1Error) in try answer.get() }
      }
    }
  }

  private func block(_ number: UInt64) async throws(SettlerProblem) -> L1Block {
    guard let block = try await asking({ () throws(L1Error) in try await client.block(.number(number)) }) else {
      throw .moved
    }
    return block
  }

  /// Where reading goes on. Goes back by the window where L1 has dropped the block that was read last.
  private func firstPlace(
    _ target: UInt64, _ view: PinnedView, _ contracts: L1Chain, _ changes: inout [BatchNumber: BatchProgress]
  ) async throws(SettlerProblem) -> SettlementStore.Place {
    guard let cursor = try storing({ () throws(SettlementStoreError) in try store.cursor() }) else {
      let number = try await blockBeforeFirstBatch(target, view, contracts)
      return SettlementStore.Place(number: number, hash: try await block(number).hash)
    }
    if cursor.hash == view.head.hash || cursor.hash == view.head.parentHash { return cursor }
    if cursor.number <= view.head.number, try await block(cursor.number).hash == cursor.hash { return cursor }
    let end = min(cursor.number, target)
    let number = end > Self.window ? end - Self.window : 0
    try forget(after: number, &changes)
    return SettlementStore.Place(number: number, hash: try await block(number).hash)
  }

  /// Without a place to go on from: the last block before the first batch, by halving. A node that has no old states is
  /// read from its first block on.
  private func blockBeforeFirstBatch(
    _ target: UInt64, _ view: PinnedView, _ contracts: L1Chain
  ) async throws(SettlerProblem) -> UInt64 {
    if view.totals.committed == 0 { return target }
    var before: UInt64 = 0, after = target
    while before + 1 < after {
      let middle = before + (after - before) / 2
      let total: UInt64
      do throws(L1Error) {
        total = try await client.read(
          ChainCall.getTotalBatchesCommitted, at: contracts.contract, block: .number(middle))
      } catch {
        switch error {
        // There was no contract then.
        case .malformed: total = 0
        case .refused, .reverted, .unsupported: return 0
        case .unreachable, .timedOut: throw .l1(error)
        }
      }
      if total == 0 { before = middle } else { after = middle }
    }
    return before
  }

  /// Takes back what was read from blocks after `number`.
  private func forget(
    after number: UInt64, _ changes: inout [BatchNumber: BatchProgress]
  ) throws(SettlerProblem) {
    guard var batch = try storing({ () throws(SettlementStoreError) in try store.lastProgress() }) else { return }
    while batch > .genesis, var progress = try progress(of: batch, changes) {
      var isOld = true
      for step in SettlementStep.allCases {
        guard let reference = progress[step], reference.block > number else { continue }
        progress[step] = nil
        isOld = false
      }
      if isOld { return }
      changes[batch] = progress
      batch = BatchNumber(batch.rawValue - 1)
    }
  }

  private func progress(
    of batch: BatchNumber, _ changes: [BatchNumber: BatchProgress]
  ) throws(SettlerProblem) -> BatchProgress? {
    if let changed = changes[batch] { return changed }
    return try storing { () throws(SettlementStoreError) in try store.progress(batch) }
  }

  /// - Parameter last: our last batch. What is said of later ones is not about ours.
  private func apply(
    _ log: L1Log, _ block: L1Block, last: UInt64, _ changes: inout [BatchNumber: BatchProgress]
  ) throws(SettlerProblem) {
    let event: ChainEvent?
    do throws(ChainEventError) { event = try ChainEvent(log.log) } catch {
      throw .l1(.malformed("an event of the chain that is none: \(error)"))
    }
    let reference = L1Reference(
      transaction: log.transactionHash, block: block.number, blockHash: block.hash, timestamp: block.timestamp)
    switch event {
    case .commit(let batch, _, _) where batch <= last: try set(.commit, batch...batch, reference, &changes)
    case .verification(let previous, let current):
      guard previous < current, current <= last else { return }
      try set(.prove, (previous + 1)...current, reference, &changes)
    case .execution(let batch, _, _) where batch <= last: try set(.execute, batch...batch, reference, &changes)
    case .revert(let committed, let verified, _):
      try giveUp(committed: committed, verified: verified, &changes)
    case .commit, .execution, .request, nil: break
    }
  }

  private func set(
    _ step: SettlementStep, _ batches: ClosedRange<UInt64>, _ reference: L1Reference?,
    _ changes: inout [BatchNumber: BatchProgress]
  ) throws(SettlerProblem) {
    for number in batches {
      let batch = BatchNumber(number)
      var progress = try progress(of: batch, changes) ?? BatchProgress(number: batch)
      progress[step] = reference
      changes[batch] = progress
    }
  }

  /// Batches that L1 has given up begin anew.
  private func giveUp(
    committed: UInt64, verified: UInt64, _ changes: inout [BatchNumber: BatchProgress]
  ) throws(SettlerProblem) {
    let stored = try storing { () throws(SettlementStoreError) in try store.lastProgress() } ?? .genesis
    let last = max(stored, changes.keys.max() ?? .genesis).rawValue
    if committed < last { try set(.commit, (committed + 1)...last, nil, &changes) }
    if verified < last { try set(.prove, (verified + 1)...last, nil, &changes) }
  }
}
