// The first stage: the state tree follows the chain, one version a block.

import Chain
import Concurrency
import StateTree
import ZKsyncOS

extension SettlementPipeline {
  func runTree() {
    let replay = BlockReplay()
    while case .accepted(let number, let given)? = follower.next() {
      guard waitForBatches(before: number) else { return }
      while true {
        do throws(SettlementError) {
          var block = given
          if block == nil { block = try chain.replay(number, replay) }
          guard let block else { return }
          try extendTree(block)
          break
        } catch {
          guard case .tree(_, .diskFull) = error else { return halt(error) }
          log.warning("settlement tries again in a second", metadata: ["error": "\(error)"])
          let deadline = MonotonicClock.nanoseconds + 1_000_000_000
          if progress.wait(until: deadline, { $0.isEnding ? true : nil }) != nil { return }
        }
      }
    }
  }

  /// Waits until the tree is not too far ahead of the last batch; false at the end.
  private func waitForBatches(before number: UInt64) -> Bool {
    progress.wait { progress in
      if progress.isEnding { return false }
      return proving == nil || progress.batchFailure != nil || number <= progress.batch + options.maxTreeLead
        ? true : nil
    } ?? false
  }

  private func extendTree(_ block: SealedBlock) throws(SettlementError) {
    let start = ContinuousClock.now
    let number = block.number
    let writes = block.output.storageWrites.map { (key: $0.flatKey, value: $0.value) }
    // The newest version answers the proving run's questions at little cost, an older one at more.
    let needsWitness =
      proving != nil
      && progress.read {
        $0.batchFailure == nil && number > $0.batch && $0.witnessed.count < 2 * options.maxInFlight
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
    if number == lastStoredBatch?.blocks.upperBound { try checkState() }
    let waitsForBatch = progress.update { progress in
      progress.tree = number
      guard proving != nil, progress.batchFailure == nil else { return false }
      if let witness, number >= progress.nextDraft {
        progress.witnessed[number] = WitnessedBlock(block: block, witness: witness)
      }
      return true
    }
    if !waitsForBatch { follower.finish(through: number) }
    metrics.treeExtended(
      number, transactions: block.record.transactions.count, entries: writes.count, time: ContinuousClock.now - start)
    treeLag.observe(tree: number, head: follower.head)
  }

  /// Root and leaf count after a block.
  func commitment(at version: UInt64) throws(SettlementError) -> StateCommitment {
    do throws(StateTreeError) { return try tree.commitment(at: version) } catch {
      throw .tree(block: version, error)
    }
  }
}
