import Telemetry
import Testing

@Suite("Metrics")
struct MetricsTests {
  @Test("The text is that of Prometheus 0.0.4")
  func exposition() {
    let registry = MetricsRegistry()
    registry.counter("executed_transactions", "Transactions \"run\"\nin all", [("command", "produce")]).increment(by: 3)
    registry.counter("executed_transactions", "ignored", [("command", "re\\pl\"ay\n")]).increment()
    registry.gauge("block_number", "Block").set(17)
    registry.gauge("computed", "Asked for") { 0.25 }
    let histogram = registry.histogram("time_seconds", "Time", bounds: [0.1, 1], [("stage", "a")])
    for value in [0.05, 0.1, 0.5, 7] { histogram.observe(value) }
    #expect(
      registry.exposition == #"""
        # HELP block_number Block
        # TYPE block_number gauge
        block_number 17
        # HELP computed Asked for
        # TYPE computed gauge
        computed 0.25
        # HELP executed_transactions Transactions "run"\nin all
        # TYPE executed_transactions counter
        executed_transactions{command="produce"} 3
        executed_transactions{command="re\\pl\"ay\n"} 1
        # HELP time_seconds Time
        # TYPE time_seconds histogram
        time_seconds_bucket{stage="a",le="0.1"} 2
        time_seconds_bucket{stage="a",le="1"} 3
        time_seconds_bucket{stage="a",le="+Inf"} 4
        time_seconds_sum{stage="a"} 7.65
        time_seconds_count{stage="a"} 4

        """#)
  }

  @Test("The same name and labels give the same metric")
  func identity() {
    let registry = MetricsRegistry()
    let first = registry.counter("a", "", [("x", "1")])
    #expect(registry.counter("a", "", [("x", "1")]) === first)
    #expect(registry.counter("a", "", [("x", "2")]) !== first)
  }

  @Test("Values that are no numbers are written as Prometheus writes them")
  func specialValues() {
    let registry = MetricsRegistry()
    for (name, value) in [("a", Double.nan), ("b", .infinity), ("c", -.infinity), ("d", 1e300), ("e", -0.5)] {
      registry.gauge(name, "").set(value)
    }
    let values = registry.exposition.split(separator: "\n").filter { !$0.hasPrefix("#") }
    #expect(values == ["a NaN", "b +Inf", "c -Inf", "d 1e+300", "e -0.5"])
  }

  @Test("Counting from many threads loses nothing")
  func concurrency() async {
    let counter = Counter()
    let histogram = Histogram(bounds: [1, 2])
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<10_000 {
            counter.increment()
            histogram.observe(1.5)
          }
        }
      }
    }
    #expect(counter.value == 80_000)
    #expect(histogram.snapshot.counts == [0, 80_000, 0])
    #expect(histogram.snapshot.sum == 120_000)
  }

  @Test("A histogram under two names shows the same values")
  func shared() {
    let registry = MetricsRegistry()
    let histogram = registry.histogram("new_seconds", "Time", bounds: [1])
    registry.share(histogram, "old_seconds", "The same", [("stage", "total")])
    histogram.observe(nanoseconds: 500_000_000)
    #expect(registry.exposition.contains("new_seconds_sum 0.5\nnew_seconds_count 1\n"))
    #expect(registry.exposition.contains("old_seconds_sum{stage=\"total\"} 0.5\n"))
  }

  @Test("Bounds are those of the reference node")
  func bounds() {
    #expect(Histogram.fastBounds.count == 24)
    #expect(Histogram.fastBounds.first == 1e-7)
    #expect(Histogram.fastBounds.last.map { $0 <= 1 } == true)
  }
}
