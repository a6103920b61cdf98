import Concurrency
import Cryptography
import Glibc
import Primitives
import StateTree
import Telemetry

/// The load test of the state tree: many blocks of inserts and updates of random keys on one tree, each made durable.
///
/// What is compared is the time of a block with *bare hashing*: the number of BLAKE2s compressions that the block needs
/// times the cost of one in the batched form, measured in the same run.
public enum TreeBenchmark {
  /// Where leaves and nodes are.
  public enum Layout: String, CaseIterable, Sendable {
    /// Pages at computed places, written in place behind a journal: what the node uses.
    case inPlace = "in-place"
    /// Nodes of eight children, a new copy for every version, in RocksDB.
    case rocksDB = "rocksdb-radix8"
  }

  public struct Configuration: Sendable {
    public var layout = Layout.inPlace
    public var blocks = 1000
    /// New keys and changed keys of a block.
    public var inserts = 4000
    public var updates = 16000
    /// Also collects, before each measured block, the proofs of all its keys.
    public var proofs = false
    /// Blocks at the end over which the means are taken.
    public var measured = 100
    /// Small blocks of ten writes that follow, with proofs where blocks have them.
    public var smallBlocks = 100
    /// Where the tree is built; emptied before and after.
    public var directory = "tree-benchmark"
    public var options = StateTree.Options()

    public init() {}
  }

  public static func run(_ configuration: Configuration) throws -> TreeBenchmarkReport {
    try removeDirectory(configuration.directory)
    var random = Random(state: 1)
    var keys: [Bytes32] = []
    keys.reserveCapacity(configuration.blocks * configuration.inserts)
    let tree: any BenchmarkedTree =
      switch configuration.layout {
      case .inPlace:
        InPlaceTree(tree: try StateTree.open(directory: configuration.directory, options: configuration.options))
      case .rocksDB: try RadixTree(directory: configuration.directory)
      }
    var report = TreeBenchmarkReport(configuration: configuration)
    let start = MonotonicClock.nanoseconds
    for block in 1...max(1, configuration.blocks) {
      let writes = makeWrites(&random, &keys, inserts: configuration.inserts, updates: configuration.updates)
      let isMeasured = block > configuration.blocks - configuration.measured
      let before = (MonotonicClock.nanoseconds, ProcessorClock.processNanoseconds)
      let result = try tree.apply(
        version: UInt64(block), writes: writes, proving: configuration.proofs && isMeasured)
      report.root = result.commitment.root
      guard isMeasured else { continue }
      let wall = MonotonicClock.nanoseconds - before.0
      report.add(result.timings, wall: wall, cpu: ProcessorClock.processNanoseconds - before.1)
      report.proofs += result.proofs
      report.bareHashing.append(measureBareHashing(compressions: result.timings.compressions))
    }
    report.buildSeconds = Double(MonotonicClock.nanoseconds - start) / 1e9

    var version = UInt64(max(1, configuration.blocks))
    for _ in 0..<configuration.smallBlocks {
      version += 1
      let writes = makeWrites(&random, &keys, inserts: 2, updates: 8)
      let before = (MonotonicClock.nanoseconds, ProcessorClock.processNanoseconds)
      _ = try tree.apply(version: version, writes: writes, proving: configuration.layout == .inPlace)
      report.smallBlockWall.append(MonotonicClock.nanoseconds - before.0)
      report.smallBlockCPU.append(ProcessorClock.processNanoseconds - before.1)
    }
    report.statistics = try tree.statistics()
    report.diskBytes = try diskBytes(configuration.directory)
    report.residentBytes = ProcessMetrics.memory?.resident ?? 0
    try removeDirectory(configuration.directory)
    return report
  }

  private static func makeWrites(_ random: inout Random, _ keys: inout [Bytes32], inserts: Int, updates: Int)
    -> [(key: Bytes32, value: Bytes32)]
  {
    var writes: [(key: Bytes32, value: Bytes32)] = []
    writes.reserveCapacity(inserts + updates)
    let known = keys.count
    for _ in 0..<inserts {
      keys.append(random.bytes32())
      writes.append((keys[keys.count - 1], random.bytes32()))
    }
    if known > 0 {
      var used: Set<Int> = []
      while used.count < min(updates, known) {
        let index = Int(random.next() % UInt64(known))
        if used.insert(index).inserted { writes.append((keys[index], random.bytes32())) }
      }
    }
    return writes
  }

  /// Processor and wall time of as many compressions as a block needed, in the fastest batched form: nodes of 64 bytes, which need
  /// one each, from the nearest cache. Measured after each block, under whatever else keeps the machine busy.
  private static func measureBareHashing(compressions: Int) -> (cpu: UInt64, wall: UInt64) {
    let count = 256
    let nodes = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * count, alignment: 64)
    let digests = UnsafeMutableRawBufferPointer.allocate(byteCount: 32 * count, alignment: 64)
    defer {
      nodes.deallocate()
      digests.deallocate()
    }
    nodes.initializeMemory(as: UInt8.self, repeating: 7)
    digests.initializeMemory(as: UInt8.self, repeating: 0)
    let before = (MonotonicClock.nanoseconds, ProcessorClock.threadNanoseconds)
    for first in stride(from: 0, to: compressions, by: count) {
      Blake2s256.hashPairs(UnsafeRawBufferPointer(nodes), count: min(count, compressions - first), into: digests)
    }
    return (ProcessorClock.threadNanoseconds - before.1, MonotonicClock.nanoseconds - before.0)
  }

  /// Names of the files that a tree makes, of either layout.
  private static func files(_ path: String) -> [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      let isOurs =
        ["leaves", "nodes-", "journal-", "index-", "versions", "superblock", "lock"].contains { name.hasPrefix($0) }
        || ["CURRENT", "IDENTITY", "LOCK", "LOG", "MANIFEST-", "OPTIONS-"].contains { name.hasPrefix($0) }
        || [".sst", ".log"].contains { name.hasSuffix($0) }
      if isOurs { names.append(name) }
    }
    return names
  }

  private static func diskBytes(_ path: String) throws -> Int {
    files(path).reduce(0) { sum, name in
      var status = stat()
      return stat(path + "/" + name, &status) == 0 ? sum + Int(status.st_size) : sum
    }
  }

  /// Removes the files of a tree, and the directory if nothing else is in it.
  private static func removeDirectory(_ path: String) throws {
    for name in files(path) { unlink(path + "/" + name) }
    rmdir(path)
  }

  /// SplitMix64.
  private struct Random {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
      return z ^ z >> 31
    }

    mutating func bytes32() -> Bytes32 { Bytes32(w0: next(), w1: next(), w2: next(), w3: next()) }
  }
}
