import ChainStorage
import Sequencer
import Telemetry

// What the stores and the sequencer report, under the names of the metrics.

extension NodeMetrics {
  var storageObserver: StorageObserver {
    // Slots are read several times per transaction: their histograms are looked up once.
    let base = storageAccess(.base), recent = storageAccess(.diff), total = storageAccess(.total)
    return { event in
      switch event {
      case .recordAppended(let time): replayLogAppend.observe(nanoseconds: time)
      case .slotRead(let source, let scanned, let time):
        (source == .base ? base : recent).observe(nanoseconds: time)
        total.observe(nanoseconds: time)
        storageDiffsScanned.observe(Double(scanned))
      case .preimageRead(let time): preimageGet.observe(nanoseconds: time)
      case .stateAppended(let time): addStateDiff.observe(nanoseconds: time)
      case .stateFlushed(let slots, let preimages, let time):
        compactState.observe(nanoseconds: time)
        compactBatchSize.observe(Double(slots))
        if preimages > 0 { preimageSet.observe(nanoseconds: time) }
      case .blockPublished(let transactions, let time):
        insertBlock.observe(nanoseconds: time)
        insertBlockPerTransaction.observe(nanoseconds: time / UInt64(max(1, transactions)))
      case .blockFlushed(let number, let transactions, let bytes, let time):
        let count = UInt64(max(1, transactions))
        blockNumber(.persist).set(number)
        persistBlock.observe(nanoseconds: time)
        persistBlockPerTransaction.observe(nanoseconds: time / count)
        blockDataBytes.observe(Double(bytes))
        blockDataBytesPerTransaction.observe(Double(bytes) / Double(count))
      }
    }
  }

  var sequencerObserver: SequencerObserver {
    let waiting = executionStage(.waitForTransaction), executing = executionStage(.execute)
    return { event in
      switch event {
      case .waited(let time): waiting.observe(nanoseconds: time)
      case .executed(let time): executing.observe(nanoseconds: time)
      case .sealed(let time): executionStage(.seal).observe(nanoseconds: time)
      case .replayed(let block, let transactions):
        blockNumber(.execute).set(block)
        executedTransactions(.replay).increment(by: UInt64(transactions))
      }
    }
  }
}
