import Primitives
import StateTree

/// What the load test measured. Times are nanoseconds per measured block unless said otherwise.
public struct TreeBenchmarkReport: Sendable {
  public var configuration: TreeBenchmark.Configuration
  public var buildSeconds = 0.0
  public var proofs = 0
  public var smallBlockWall: [UInt64] = []
  public var smallBlockCPU: [UInt64] = []
  public var statistics: StateTree.Statistics?
  public var residentBytes = 0
  public var diskBytes = 0
  /// After the last measured block: the same for every layout.
  public var root = Bytes32.zero
  /// Nanoseconds that the compressions of each measured block take by themselves.
  var bareHashing: [(cpu: UInt64, wall: UInt64)] = []
  private var timings: [(timings: ApplyTimings, wall: UInt64, cpu: UInt64)] = []

  init(configuration: TreeBenchmark.Configuration) { self.configuration = configuration }

  mutating func add(_ timings: ApplyTimings, wall: UInt64, cpu: UInt64) { self.timings.append((timings, wall, cpu)) }

  private func mean(_ value: ((timings: ApplyTimings, wall: UInt64, cpu: UInt64)) -> Double) -> Double {
    timings.isEmpty ? 0 : timings.reduce(0) { $0 + value($1) } / Double(timings.count)
  }

  private static func median(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.sorted()[values.count / 2]
  }

  /// Name, value and unit of every figure, in the order in which they are printed.
  public var figures: [(name: String, value: Double, unit: String)] {
    let writes = Double(configuration.inserts + configuration.updates)
    let block = mean { Double($0.wall) }
    let processor = mean { Double($0.cpu) }
    let compressions = mean { Double($0.timings.compressions) }
    let bare = bareHashing.reduce(0) { $0 + Double($1.cpu) } / Double(max(1, bareHashing.count))
    let bareWall = bareHashing.reduce(0) { $0 + Double($1.wall) } / Double(max(1, bareHashing.count))
    var figures: [(String, Double, String)] = [
      ("block_wall", block / 1e6, "ms"),
      ("block_wall_median", Self.median(timings.map { Double($0.wall) }) / 1e6, "ms"),
      ("block_wall_fastest", Double(timings.map(\.wall).min() ?? 0) / 1e6, "ms"),
      ("block_cpu", processor / 1e6, "ms"),
      ("compressions", compressions, ""),
      ("compression", compressions > 0 ? bare / compressions : 0, "ns"),
      ("bare_hashing", bare / 1e6, "ms"),
      ("bare_hashing_wall", bareWall / 1e6, "ms"),
      ("ratio_cpu", bare > 0 ? processor / bare : 0, "x bare hashing"),
      ("ratio_wall", bareWall > 0 ? block / bareWall : 0, "x bare hashing"),
      ("writes_per_second", block > 0 ? writes / block * 1e9 : 0, "1/s"),
      ("split_lookup", mean { Double($0.timings.lookup) } / 1e6, "ms"),
      ("split_proofs", mean { Double($0.timings.witness) } / 1e6, "ms"),
      ("split_hashing_and_journal", mean { Double($0.timings.hashing) } / 1e6, "ms"),
      ("split_synchronize", mean { Double($0.timings.synchronize) } / 1e6, "ms"),
      ("split_index", mean { Double($0.timings.index) } / 1e6, "ms"),
      ("split_checkpoint", mean { Double($0.timings.checkpoint) } / 1e6, "ms"),
      ("proofs_per_block", timings.isEmpty ? 0 : Double(proofs) / Double(timings.count), ""),
      ("journal_bytes_per_write", mean { Double($0.timings.recordBytes) } / max(writes, 1), "B"),
      ("page_bytes_per_write", mean { Double($0.timings.pageBytes) } / max(writes, 1), "B"),
      ("small_block_wall", Self.median(smallBlockWall.map { Double($0) }) / 1e6, "ms"),
      ("small_block_cpu", Self.median(smallBlockCPU.map { Double($0) }) / 1e6, "ms"),
      ("resident", Double(residentBytes) / 1e6, "MB"),
      ("disk", Double(diskBytes) / 1e6, "MB"),
      ("build", buildSeconds, "s"),
    ]
    if let statistics {
      figures += [
        ("leaves", Double(statistics.leafCount), ""),
        ("disk_leaves", Double(statistics.leafFileBytes) / 1e6, "MB"),
        ("disk_nodes", Double(statistics.nodeFileBytes) / 1e6, "MB"),
        ("disk_journal", Double(statistics.journalBytes) / 1e6, "MB"),
        ("disk_index", Double(statistics.indexFileBytes) / 1e6, "MB"),
        ("provable_versions", Double(statistics.newestVersion - statistics.oldestVersion + 1), ""),
      ]
    }
    return figures
  }

  private static func text(_ value: Double) -> String {
    let scaled = (value * 1000).rounded() / 1000
    return scaled == scaled.rounded() && abs(scaled) < 1e15 ? String(Int(scaled)) : String(scaled)
  }

  /// One line a figure.
  public var summary: String {
    let lines = figures.map {
      "\($0.name)\(String(repeating: " ", count: max(1, 26 - $0.name.count)))\(Self.text($0.value)) \($0.unit)"
    }
    return
      (["layout                    \(configuration.layout.rawValue)"] + lines + ["root                      \(root)"])
      .joined(separator: "\n")
  }

  /// All figures as one JSON object on one line.
  public var json: String {
    "{"
      + (["\"benchmark\":\"tree\"", "\"layout\":\"\(configuration.layout.rawValue)\"", "\"root\":\"\(root)\""]
      + figures.map { "\"\($0.name)\":\(Self.text($0.value))" }).joined(separator: ",") + "}"
  }
}
