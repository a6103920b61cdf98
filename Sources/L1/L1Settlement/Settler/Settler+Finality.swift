import Batches
import L1Client
import L1Contracts
import Primitives

extension Settler {
  /// Tells everybody how far the batches have come.
  func updateFinality(_ view: PinnedView, _ contracts: L1Chain) async throws(SettlerProblem) {
    var totals = view.totals
    if options.confirmations > 0 {
      guard view.head.number >= options.confirmations else { return }
      totals = try await self.totals(.number(view.head.number - options.confirmations), contracts)
    }
    let executed: UInt64 =
      switch options.finality {
      case .executed: totals.executed
      case .l1Finalized: min(totals.executed, try await finalizedTotal(view, contracts))
      }
    let tags = Finality.Tags(safe: try lastBlock(of: totals.committed), finalized: try lastBlock(of: executed))
    finality.update(tags, totals)
    let known = SettlementStore.Known(totals: totals, safe: tags.safe, finalized: tags.finalized)
    try storing { () throws(SettlementStoreError) in
      if try store.known() != known { try store.setKnown(known) }
    }
    for step in SettlementStep.allCases { metrics.lastBatch(step).set(totals[step]) }
    metrics.finalized.set(tags.finalized ?? 0)
    let settled = options.proving == .off ? totals.committed : totals.executed
    status.settled(through: try lastBlock(of: settled) ?? 0)
  }

  /// `nil` for the batch that L1 is deployed with.
  private func lastBlock(of batch: UInt64) throws(SettlerProblem) -> UInt64? {
    guard batch > 0 else { return nil }
    return try reading { () throws(BatchSourceError) in try source.batch(BatchNumber(batch)) }?.blocks.upperBound
  }

  /// Batches executed in the state after the block that L1 calls finalized.
  private func finalizedTotal(_ view: PinnedView, _ contracts: L1Chain) async throws(SettlerProblem) -> UInt64 {
    var block: L1Block?
    do throws(L1Error) { block = try await client.block(.finalized) } catch {
      // Some nodes do not know the word.
      guard !error.isPassing else { throw .l1(error) }
    }
    if block == nil, view.head.number > Self.unnamedFinalityDepth {
      let number = view.head.number - Self.unnamedFinalityDepth
      block = try await asking { () throws(L1Error) in try await client.block(.number(number)) }
    }
    guard let block else { return 0 }
    let place = SettlementStore.Place(number: block.number, hash: block.hash)
    if let known = finalizedView, known.place == place { return known.executed }
    let executed: UInt64
    do throws(L1Error) {
      executed = try await client.read(
        ChainCall.getTotalBatchesExecuted, at: contracts.contract, block: .number(block.number))
    } catch {
      // There was no contract then.
      guard case .malformed = error else { throw .l1(error) }
      executed = 0
    }
    finalizedView = (place, executed)
    return executed
  }

  /// How far behind the newest block counts as final on an L1 that does not say: two epochs.
  private static let unnamedFinalityDepth: UInt64 = 64

  // MARK: Too late

  /// The contracts of L1 take no batch that is older, by L1's clock.
  private static let commitWindow: UInt64 = 3 * 24 * 3600
  private static let warnFrom: UInt64 = 2 * 24 * 3600
  private static let rule = "by L1's clock, and the contracts of public networks take none older than 72 hours"

  /// Warns while there is still time.
  func noteLateness(_ view: PinnedView) throws(SettlerProblem) {
    let next = BatchNumber(view.totals.committed &+ 1)
    guard let batch = try reading({ () throws(BatchSourceError) in try source.batch(next) }) else {
      lateness = nil
      return
    }
    let made = batch.commit.firstTimestamp
    let age = view.head.timestamp > made ? view.head.timestamp - made : 0
    let hours = age / 3600
    switch age {
    case ..<Self.warnFrom: lateness = nil
    case ..<Self.commitWindow:
      lateness = "batch \(next) is not committed and was made \(hours) hours ago \(Self.rule)"
    default:
      lateness =
        "batch \(next) may be too old to be committed: it was made \(hours) hours ago \(Self.rule); see docs/l1.md"
    }
  }
}
