import Concurrency
import Cryptography
import EVM
import EVMBenchmark
import Ethereum
import Primitives
import Transactions
import ZKsyncOS

/// The state transition on a warm state in memory, one thread, signatures recovered; beside it, in turn, the bare
/// interpreter on the same bytecode and the two hashes.
public struct StateTransitionBenchmark {
  public var repetitions = 15
  /// Transactions of a block of transfers.
  public var transactions = 1_000
  /// Measure only blocks whose name contains this.
  public var only: String?

  public init() {}

  /// Medians for one kind of block.
  public struct Result: Sendable {
    public let name: String
    /// Nanoseconds for each transaction.
    public let execution: Double
    public let sealing: Double
    public let megagasPerSecond: Double
    /// Nanoseconds of the bare interpreter on the same code, for each transaction, and the ratio to it; nil where there
    /// is no code.
    public let bare: Double?
    public let ratioToBare: Double?
    /// One execution in Keccak-256 and BLAKE2s-256 hashes of 64 bytes.
    public let inKeccaks: Double
    public let inBlake2s: Double
    public let allocations: Double
    public let sealingAllocations: Double
    /// What writing the access records costs, as a part of execution.
    public let recording: Double
    public let accesses: Double
  }

  /// Nanoseconds of the hashes of 64 bytes, medians of the same run.
  public private(set) var keccak = Double.nan
  public private(set) var blake2s = Double.nan

  public mutating func run() throws -> [Result] {
    var subjects: [(block: BenchmarkBlock, bare: (() throws -> Double)?)] = []
    func wants(_ name: String) -> Bool { only.map { name.contains($0) } ?? true }
    if wants("transfer") { subjects.append((try BenchmarkBlock.transfers(transactions), nil)) }
    if wants("erc20 transfer") {
      subjects.append((try BenchmarkBlock.tokenTransfers(transactions), try Self.bareTransfers()))
    }
    for (name, code) in [("arithmetic", Self.arithmetic), ("storage", Self.storage)] where wants(name) {
      subjects.append((try BenchmarkBlock.calls(name, code, 10, gas: 9_000_000), Self.bareCalls(code)))
    }
    let engine = ExecutionEngine()
    var runs = [[BenchmarkBlock.Run]](repeating: [], count: subjects.count)
    var bares = [[Double]](repeating: [], count: subjects.count)
    var records = [[Double]](repeating: [], count: subjects.count)
    var hashes: (keccak: [Double], blake2s: [Double]) = ([], [])
    for subject in subjects { _ = try subject.block.run(engine) }
    for _ in 0..<repetitions {
      for (index, subject) in subjects.enumerated() {
        let run = try subject.block.run(engine)
        records[index].append(Self.recording(run.accesses))
        runs[index].append(run)
        if let bare = subject.bare { bares[index].append(try bare()) }
      }
      hashes.keccak.append(Self.time(2_000) { consume(Keccak256.hash(Self.message)) })
      hashes.blake2s.append(Self.time(2_000) { consume(Blake2s256.hash(Self.message)) })
    }
    keccak = Self.median(hashes.keccak)
    blake2s = Self.median(hashes.blake2s)
    return subjects.indices.map { index in
      let count = Double(subjects[index].block.transactions.count)
      let all = runs[index]
      let execution = Self.median(all.map(\.execution)) / count
      let bare = bares[index]
      return Result(
        name: subjects[index].block.name, execution: execution,
        sealing: Self.median(all.map(\.sealing)) / count,
        megagasPerSecond: Double(all[0].gasUsed) / count / execution * 1_000,
        bare: bare.isEmpty ? nil : Self.median(bare),
        ratioToBare: bare.isEmpty ? nil : Self.median(zip(all, bare).map { $0.execution / count / $1 }),
        inKeccaks: execution / keccak, inBlake2s: execution / blake2s,
        allocations: Double(all[all.count - 1].allocations) / count,
        sealingAllocations: Double(all[all.count - 1].sealingAllocations) / count,
        recording: Self.median(zip(records[index], all).map { $0 / $1.execution }),
        accesses: Double(all[0].accesses.count) / count)
    }
  }

  // MARK: What it is compared with

  private static let message = [UInt8](repeating: 0x5a, count: 64)

  /// Nanoseconds for writing the records of a block once more.
  private static func recording(_ accesses: [Access]) -> Double {
    let start = ProcessorClock.threadNanoseconds
    var copy: [Access] = []
    for access in accesses { copy.append(access) }
    consume(copy)
    return Double(ProcessorClock.threadNanoseconds - start)
  }

  /// The interpreter alone on transfers of the same token; nanoseconds for one.
  private static func bareTransfers() throws -> () throws -> Double {
    guard let workload = try Workload.own().first(where: { $0.name == "erc20_transfer" }) else {
      throw StateTransitionBenchmarkError("erc20_transfer")
    }
    let slices = try WorkloadSlices(workload)
    return { slices.time(10) / 100 }
  }

  /// The interpreter alone on a contract; nanoseconds for one call.
  private static func bareCalls(_ code: [UInt8]) -> () throws -> Double {
    let contract = Address(0xc0de)
    let machine = VirtualMachine(rules: EthereumRules(.cancun))
    var host = EthereumHost(
      revision: .cancun, state: WorldState(accounts: [contract: Account(code: code)]))
    let analysed = Code(code)
    return {
      let checkpoint = host.checkpoint()
      defer { host.undo(to: checkpoint) }
      var meter = Meter(gas: 9_000_000)
      let start = ProcessorClock.threadNanoseconds
      let result = machine.execute(
        Message(address: contract, caller: .zero), code: analysed, meter: &meter, host: &host)
      let time = Double(ProcessorClock.threadNanoseconds - start)
      guard result.status.succeeded else { throw StateTransitionBenchmarkError("bare call") }
      return time
    }
  }

  /// A loop: counter, then (x + x) · x and a comparison.
  private static let arithmetic = loop(50_000, [0x80, 0x80, 0x80, 0x01, 0x02, 0x81, 0x10, 0x50])

  /// Reads the slot of the counter's low byte.
  private static let storage = loop(20_000, [0x80, 0x60, 0xff, 0x16, 0x54, 0x50])

  /// PUSH3 count, JUMPDEST, body, count down, JUMPI.
  private static func loop(_ count: Int, _ body: [UInt8]) -> [UInt8] {
    [0x62, UInt8(count >> 16), UInt8(count >> 8 & 0xff), UInt8(count & 0xff), 0x5b] + body
      + [0x60, 1, 0x90, 0x03, 0x80, 0x60, 4, 0x57, 0x00]
  }

  private static func time(_ count: Int, _ body: () -> Void) -> Double {
    let start = ProcessorClock.threadNanoseconds
    for _ in 0..<count { body() }
    return Double(ProcessorClock.threadNanoseconds - start) / Double(count)
  }

  private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}

/// Keeps the optimizer from noticing that nobody looks at a result.
@inline(never)
private func consume<T>(_ value: T) {}
