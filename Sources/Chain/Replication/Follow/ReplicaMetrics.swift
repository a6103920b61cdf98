import Chain
import Telemetry

/// How a node follows another.
struct ReplicaMetrics: Sendable {
  let transactions: Counter
  let mainHead: Gauge
  let comparedState: Gauge
  let faults: Counter

  init(_ registry: MetricsRegistry, pipeline: RecordPipeline) {
    transactions = registry.executedTransactions(command: "follow")
    mainHead = registry.gauge("replica_main_node_head", "Newest block of the followed node, as it said last")
    comparedState = registry.gauge(
      "replica_compared_state_block", "Last block after which both nodes' state commitments were found equal")
    faults = registry.counter("replica_feed_faults_total", "Times the feed could not be had, or broke")
    registry.gauge("replica_waiting_bytes", "Bytes of records that came and are not executed") {
      Double(pipeline.byteCount)
    }
  }
}
