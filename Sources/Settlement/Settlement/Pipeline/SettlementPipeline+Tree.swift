// The first stage: the state tree follows the chain, one version a block.

import Concurrency
import StateTree
import ZKsyncOS

extension SettlementPipeline {
  private enum Work {
    case block(UInt64, UnsettledBlock?)
    case end
  }

  func runTree() {
    let engine = ExecutionEngine()
    while case .block(let number, let given) = nextForTree() {
      do throws(SettlementError) {
        let block: UnsettledBlock
        if let given {
          block = given
        } else {
          block = try UnsettledBlock(replaying: number, from: chain, engine: engine)
        }
        try extendTree(block)
      } catch {
        guard case .tree(_, .diskFull) = error else { return halt(error) }
        notify(.retrying(error))
        let deadline = MonotonicClock.nanoseconds + 1_000_000_000
        _ = progress.wait(until: deadline) { $0.isEnding ? true : nil }
      }
    }
  }

  /// Waits until the chain has a block that the tree lacks and that is not too far from the last batch.
  private func nextForTree() -> Work {
    progress.wait { progress in
      if progress.isEnding { return .end }
      let next = progress.tree + 1
      guard next <= progress.head else { return nil }
      guard proving == nil || next <= progress.batch + options.maxTreeLead else { return nil }
      return .block(next, progress.recent[next])
    } ?? .end
  }

  private func extendTree(_ block: UnsettledBlock) throws(SettlementError) {
    let start = ContinuousClock.now
    let number = block.number
    let writes = block.output.storageWrites.map { (key: $0.flatKey, value: $0.value) }
    // The newest version answers the proving run's questions at little cost, an older one at more.
    let needsWitness =
      proving != nil
      && progress.read {
        number > $0.batch && $0.witnessed.count < 2 * options.maxInFlight
      }
    var witness: BlockWitness?
    do throws(StateTreeError) {
      if needsWitness {
        witness = try tree.apply(version: number, writes: writes, witnessing: block.readKeys).witness
      } else {
        try tree.apply(version: number, writes: writes)
      }
    } catch {
      throw .tree(block: number, error)
    }
    if number == lastStoredBatch?.number { try checkState() }
    progress.update { progress in
      progress.tree = number
      progress.recent[number] = nil
      if let witness, number >= progress.nextDraft {
        progress.witnessed[number] = WitnessedBlock(block: block, witness: witness)
      }
    }
    notify(
      .treeExtended(
        block: number, transactions: block.record.transactions.count, entries: writes.count,
        time: ContinuousClock.now - start))
  }

  /// Root and leaf count after a block.
  func commitment(at version: UInt64) throws(SettlementError) -> StateCommitment {
    do throws(StateTreeError) { return try tree.commitment(at: version) } catch {
      throw .tree(block: version, error)
    }
  }
}
