import Telemetry

/// What a node gives to its followers.
struct FeedMetrics: Sendable {
  let followers: Gauge
  let blocks: Counter
  let bytes: Counter
  let refused: Counter
  let forks: Counter
  let dropped: Counter

  init(_ registry: MetricsRegistry) {
    followers = registry.gauge("replay_feed_followers", "Nodes that follow this one")
    blocks = registry.counter("replay_feed_blocks_total", "Blocks sent to them")
    bytes = registry.counter("replay_feed_bytes_total", "Bytes sent to them")
    refused = registry.counter("replay_feed_refused_total", "Followers for whom there was no room")
    forks = registry.counter("replay_feed_forks_total", "Followers that had other blocks")
    dropped = registry.counter("replay_feed_dropped_total", "Followers let go because they were too slow")
  }
}
