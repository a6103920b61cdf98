import ArgumentParser
import ChainStorage
import Concurrency
import Cryptography
import Files
import Glibc
import Primitives
import Transactions
import ZKsyncOS

/// `zkos bench logs`: a store of many blocks with many logs, and what finding some of them takes.
struct LogBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs", abstract: "Write blocks with logs, and find logs by address and topic.",
    discussion: """
      The blocks are made up and go through the store that a node has, so that its index of logs is what is measured. Logs \
      are transfers of tokens: a contract of 10,000, from one of a million holders to another. A store that is there is \
      asked and not written again.
      """)

  @Option(help: "Blocks.")
  var blocks: UInt64 = 100_000

  @Option(help: "Logs of a block.")
  var logs: UInt64 = 10

  @Option(help: "Where the store is, or is to be.")
  var directory: String

  @Option(help: "Searches of each kind.")
  var repetitions = 15

  func validate() throws {
    guard blocks > 0, logs > 0, logs < 10_000, repetitions > 0 else {
      throw ValidationError("--blocks, --logs and --repetitions must be at least 1")
    }
  }

  func run() throws {
    let header = BlockHeader(parentHash: .zero, number: 0, gasLimit: 100_000_000, timestamp: 0, baseFeePerGas: 1_000)
    let genesis = Block(header: header, hash: header.hash, transactions: [], receipts: [])
    // Written by a store of its own: what is asked is not in memory.
    try write(to: BlockStore(path: directory, genesis: genesis, retained: 1))
    let store = try BlockStore(path: directory, genesis: genesis, retained: 1)
    let count = store.head, index = store.logIndexBytes
    print("blocks \(count), logs \(count * logs)")
    print("index of logs on disk: \(index) bytes, \((Double(index) / Double(count * logs)).hundredths) for a log")
    let token = Self.token(0), holder = Self.holder(try firstHolder(of: token, in: store))
    let searches: [(String, LogFilter)] = [
      ("a contract", LogFilter(addresses: [token])),
      ("a contract and who sends", LogFilter(addresses: [token], topics: [[Self.transfer], [holder]])),
      ("who sends", LogFilter(topics: [[], [holder]])),
      ("nobody", LogFilter(addresses: [Address(7)])),
    ]
    for (name, filter) in searches {
      var times: [Double] = []
      var found = (logs: 0, blocks: 0)
      for _ in 0...repetitions {
        var stopwatch = Stopwatch()
        found = try find(filter, in: store)
        times.append(Double(stopwatch.lap()) / 1e6)
      }
      print(
        name.padded(to: 28) + "\(found.logs) logs in \(found.blocks) blocks".padded(to: 34)
          + "first \(times[0].hundredths) ms, then \(times.dropFirst().sorted()[repetitions / 2].hundredths) ms")
    }
  }

  /// The logs that match, and the blocks that were read for them.
  private func find(_ filter: LogFilter, in store: BlockStore) throws -> (logs: Int, blocks: Int) {
    let search = store.search(filter, in: 1...store.head)
    var found = (logs: 0, blocks: 0)
    while true {
      switch try search.next() {
      case .end: return found
      case .through: continue
      case .block(let number):
        found.blocks += 1
        for receipt in try store.receipts(number) ?? [] {
          for log in receipt.receipt.logs where filter.matches(log) { found.logs += 1 }
        }
      }
    }
  }

  private func firstHolder(of token: Address, in store: BlockStore) throws -> UInt64 {
    for block in 1...store.head {
      for log in 0..<logs where Self.token(Self.draw(block, log, 0) % 10_000) == token {
        return Self.draw(block, log, 1) % 1_000_000
      }
    }
    return 0
  }

  private func write(to store: BlockStore) throws {
    var stopwatch = Stopwatch()
    let start = ProcessorClock.processNanoseconds
    let first = store.head + 1
    guard first <= blocks else { return }
    for number in first...blocks {
      let header = BlockHeader(
        parentHash: Bytes32(UInt256(number - 1)), number: number, gasLimit: 100_000_000, timestamp: number,
        baseFeePerGas: 1_000)
      try store.publish(
        Block(header: header, hash: header.hash, transactions: [transaction(number)], receipts: [receipt(number)]))
      try store.flushNext()
    }
    try store.sync()
    let written = Double(blocks - first + 1)
    print(
      "written: \((Double(stopwatch.lap()) / written / 1_000).hundredths) us and "
        + "\((Double(ProcessorClock.processNanoseconds - start) / written / 1_000).hundredths) us of processor time a block"
    )
  }

  private func transaction(_ block: UInt64) -> RecoveredTransaction {
    RecoveredTransaction(
      .signed(
        SignedTransaction(
          kind: .dynamicFee, chainID: 270, nonce: block, gasLimit: 1_000_000, maxFeePerGas: 1_000,
          maxPriorityFeePerGas: .zero, to: Address(0xb0b), value: .zero, input: [],
          signature: .init(r: Bytes32(UInt256.one), s: Bytes32(UInt256.one), yParity: 0))), sender: Address(0xa11ce))
  }

  private func receipt(_ block: UInt64) -> BlockReceipt {
    let logs = (0..<self.logs).map { log in
      Log(
        address: Self.token(Self.draw(block, log, 0) % 10_000),
        topics: [
          Self.transfer, Self.holder(Self.draw(block, log, 1) % 1_000_000),
          Self.holder(Self.draw(block, log, 2) % 1_000_000),
        ], data: UInt256(block).bytes)
    }
    return BlockReceipt(
      receipt: Receipt(
        transactionType: 2, succeeded: true, gasUsed: 500_000, cumulativeGasUsed: 500_000, contractAddress: nil,
        logs: logs), effectiveGasPrice: 1_000, firstLogIndex: 0, l2ToL1Logs: [])
  }

  private static let transfer = Keccak256.hash(Array("Transfer(address,address,uint256)".utf8))

  private static func token(_ number: UInt64) -> Address { Address(truncating: UInt256(mixed(number &+ 0x70_000_000))) }

  private static func holder(_ number: UInt64) -> Bytes32 { Bytes32(UInt256(mixed(number &+ 0x4000_0000_0000))) }

  /// A number that looks like chance and is always the same.
  private static func draw(_ block: UInt64, _ log: UInt64, _ what: UInt64) -> UInt64 {
    mixed(block &* 40_000 &+ log &* 4 &+ what)
  }

  /// The finalizer of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators).
  private static func mixed(_ number: UInt64) -> UInt64 {
    var z = number &+ 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z &>> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z &>> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z &>> 31)
  }
}
