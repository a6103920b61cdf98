import Batches
import Primitives

// The requests that an execution must show to L1.

extension Settler {
  /// The requests of consecutive batches with the way to the root after the last of them.
  func requests(of batches: [Batch]) throws(SettlerProblem) -> [RequestRange] {
    guard let first = batches.first, let last = batches.last,
      batches.contains(where: { $0.commit.l1TransactionCount > 0 })
    else { return batches.map { _ in RequestRange() } }
    var history = try requestHistory(from: first.number.rawValue)
    defer { self.history = history }
    while history.next <= last.number.rawValue {
      let next = BatchNumber(history.next)
      guard let batch = try reading({ () throws(BatchSourceError) in try source.batch(next) }) else { return [] }
      let hashes =
        batch.commit.l1TransactionCount == 0
        ? [] : try reading { () throws(BatchSourceError) in try source.requestHashes(of: batch) }
      history.append(hashes)
    }
    let ranges = history.ranges(
      of: first.number.rawValue...last.number.rawValue, counts: batches.map(\.commit.l1TransactionCount))
    if let mark = history.pass(
      first.number.rawValue - 1, first.previous.hash, interval: options.requestMarkInterval)
    {
      try storing { () throws(SettlementStoreError) in try store.setRequestMark(mark) }
    }
    return ranges ?? []
  }

  /// What is known already; after a start, or when L1 goes back further than is kept, from the mark on disk or from the
  /// first batch on.
  private func requestHistory(from number: UInt64) throws(SettlerProblem) -> RequestHistory {
    if let history, history.covers(number) { return history }
    let start = RequestHistory(after: .start(source.genesis.hash))
    guard history == nil, let mark = try storing({ () throws(SettlementStoreError) in try store.requestMark() }) else {
      return start
    }
    let batch = try reading { () throws(BatchSourceError) in try source.batch(BatchNumber(mark.batch)) }
    let marked = RequestHistory(after: mark)
    return batch?.stored.hash == mark.hash && marked.covers(number) ? marked : start
  }
}
