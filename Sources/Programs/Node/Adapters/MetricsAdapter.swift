import Sequencer
import Telemetry

// What the sequencer reports, under the names of the metrics.

extension NodeMetrics {
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
