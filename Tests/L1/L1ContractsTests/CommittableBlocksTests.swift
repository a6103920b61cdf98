import Batches
import Chain
import ChainStorage
import ChainTesting
import Concurrency
import L1Contracts
import Mempool
import Primitives
import RandomTesting
import Sequencer
import StorageTesting
import Testing
import Transactions
import ZKsyncOS
import ThreadTesting

/// What the sequencer seals, L1 takes: blocks of traffic that aims at more pubdata than a batch has, committed one after
/// the other on the contracts.
@Suite("Every sealed block can be committed")
struct CommittableBlocksTests {
  @Test("Blocks full of reads, writes, messages, code and calldata are committed", arguments: [1, 2, 3] as [UInt64])
  func adversarialTraffic(seed: UInt64) async throws {
    try await onOwnThread {
      let sequencer = try HostileTraffic(seed: seed) { _ in }
      // 115,200 bytes of reads: more than at which a block is sealed, less than what L1 takes.
      try sequencer.run(rounds: 3, reads: 3_600)
      let (committed, refusals) = try sequencer.commitAll()
      #expect(refusals == [], "seed \(seed)")
      #expect(committed == sequencer.head, "seed \(seed)")
      let largest = try (1...sequencer.head).map { try sequencer.pubdata(of: $0) }.max() ?? 0
      #expect(110_000 < largest && largest <= 126_976, "seed \(seed)")
    }
  }

  @Test("Without the rule they would not be: the traffic makes blocks that L1 refuses")
  func withoutTheRule() async throws {
    try await onOwnThread {
      let sequencer = try HostileTraffic(seed: 1) {
        $0.pubdata = .max
        $0.maxPubdata = .max
        $0.transactionNative = $0.native
      }
      // 144,000 bytes, and those of the accounts.
      try sequencer.run(rounds: 1, reads: 4_500)
      let (committed, refusals) = try sequencer.commitAll()
      #expect(refusals.count == 1 && committed < sequencer.head)
      #expect(try sequencer.pubdata(of: committed + 1) > 126_976)
    }
  }
}

/// A sequencer, and senders who fill its blocks.
private final class HostileTraffic {
  private let directory = TemporaryDirectory()
  private let chain: ChainHarness
  private let pool: Mempool
  private let sequencer: Sequencer
  private var random: SplitMix64
  private var nonces: [UInt64: UInt64] = [:]

  init(seed: UInt64, _ change: (inout SealLimits) -> Void) throws {
    random = SplitMix64(seed: seed)
    chain = try ChainHarness(directory)
    pool = Mempool(options: MempoolOptions(chainID: 270), accounts: StateAccounts(chain.storage.state)) {
      MonotonicClock.nanoseconds / 1_000_000
    }
    var options = SequencerOptions(chainID: 270)
    options.limits.blockTime = 20_000_000
    change(&options.limits)
    sequencer = Sequencer(
      chain: chain.chain, pool: pool, options: options, l1: NoL1Requests(), clock: .system, registry: chain.registry)
  }

  var head: UInt64 { chain.storage.blocks.head }

  /// Deploys what the traffic needs, sends so many rounds of it, and ends once all of it is in blocks or refused.
  ///
  /// - Parameter reads: slots that one transaction more reads, so that one block is large however slow the machine is.
  func run(rounds: Int, reads: UInt64) throws {
    try chain.chain.start()
    try sequencer.start()
    defer {
      sequencer.stop()
      chain.chain.stop()
    }
    let places = try [Code.reader, Code.writer, Code.messenger].map { code in
      let creation = transaction(from: 0, to: nil, gas: 1_000_000, Code.creation(of: code))
      try pool.add(creation)
      return try #require(try receipt(of: creation.hash).contractAddress)
    }
    let large = transaction(from: 12, to: places[0], gas: 12_000_000, Code.words(reads, 1 << 50))
    try pool.add(large)
    #expect(try receipt(of: large.hash).succeeded)
    for _ in 0..<rounds {
      var last: RecoveredTransaction?
      for sender in 1..<12 as Range<UInt64> {
        let next = hostile(from: sender, places)
        try pool.add(next)
        last = next
      }
      if let last { try settle(last.hash) }
    }
    for sender in 1..<12 as Range<UInt64> {
      let last = transaction(from: sender, to: Address(0xB0B), gas: 21_000, [])
      try pool.add(last)
      try settle(last.hash)
    }
  }

  /// A transaction that takes up to a whole block's pubdata by one of the ways there are, or a little more than that.
  private func hostile(from sender: UInt64, _ places: [Address]) -> RecoveredTransaction {
    let offset = random.next() % (1 << 40)
    switch random.next() % 5 {
    case 0:
      return transaction(
        from: sender, to: places[0], gas: 12_000_000, Code.words(1 + random.next() % 3_900, offset))
    case 1:
      return transaction(
        from: sender, to: places[1], gas: 60_000_000, Code.words(1 + random.next() % 1_500, offset))
    case 2:
      let message = [UInt8](repeating: UInt8(truncatingIfNeeded: offset), count: Int(random.next() % 3_000))
      return transaction(
        from: sender, to: places[2], gas: 60_000_000,
        Bytes32(UInt256(1 + random.next() % 40)).bytes + Code.sendToL1(message))
    case 3:
      // Deployed code stands in the pubdata.
      let size = 1 + Int(random.next() % 24_000)
      return transaction(from: sender, to: nil, gas: 30_000_000, Code.creation(ofSize: size))
    default:
      return transaction(from: sender, to: Address(0xB0B), gas: 5_000_000, [UInt8](repeating: 1, count: 100_000))
    }
  }

  private func transaction(
    from sender: UInt64, to: Address?, gas: UInt64, _ input: [UInt8]
  ) -> RecoveredTransaction {
    let nonce = nonces[sender, default: 0]
    nonces[sender] = nonce + 1
    return TestChain.transfer(
      from: TestChain.sender(sender), nonce: nonce, to: to, value: 0, feeCap: 10_000, gasLimit: gas, input: input)
  }

  private func receipt(of hash: Bytes32) throws -> Receipt {
    try settle(hash)
    let location = try #require(
      try chain.storage.blocks.location(of: hash), "\(pool.refusal(of: hash).map { "\($0.reason)" } ?? "not refused")")
    let block = try #require(try chain.storage.blocks.block(location.block))
    return block.receipts[location.index].receipt
  }

  /// Waits until a transaction is in a block, or refused, or hangs behind one that was.
  private func settle(_ hash: Bytes32) throws {
    for _ in 0..<60_000 {
      if try chain.storage.blocks.location(of: hash) != nil { return }
      if pool.refusal(of: hash) != nil || pool.blocker(of: hash) != nil { return }
      shortPause()
    }
    throw ChainHarness.TimedOut()
  }

  /// Commits every block as a batch, up to the first that L1 refuses.
  func commitAll() throws -> (committed: UInt64, refusals: [String]) {
    let l1 = try DevelopmentChain(timestamp: TimeSource.system.unixSeconds() + 3_600)
    var previous = DevelopmentChain.stored
    for number in 1...max(1, head) {
      let (record, output) = try execute(number)
      let commit = CommitBatchInfo(
        BatchCommitment(output, context: record.context), number: BatchNumber(rawValue: number),
        stateCommitment: Bytes32(UInt256(number)), pubdata: output.pubdata)
      let batch = Batch(previous: previous, commit: commit, blocks: number...number, protocolVersion: .current)
      let result = try l1.commit(batch)
      guard result.succeeded else { return (number - 1, [ContractError.describe(result.output)]) }
      previous = batch.stored
    }
    return (head, [])
  }

  /// Bytes.
  func pubdata(of number: UInt64) throws -> Int { try execute(number).output.pubdata.count }

  private func execute(_ number: UInt64) throws -> (record: ReplayRecord, output: BlockOutput) {
    let record = try #require(try chain.storage.log.record(number))
    return (record, try BlockReplay().run(record, on: try chain.storage.state.view(at: number - 1)))
  }
}

/// Contracts that take pubdata, and calls of them.
private enum Code {
  /// Reads as many slots as the first word of calldata says, from the number in the second on.
  static let reader = bytes("6000355b80602035015450600190038060035700")
  /// Writes as many.
  static let writer = bytes("6000355b80806020350155600190038060035700")
  /// Calls the messenger with `calldata[32...]`, as often as the first word says.
  static let messenger = bytes("60203603 8060205f37 5f35 5b 5f5f835f5f6180085af1 50 6001900380600b5700")

  private static func bytes(_ hex: String) -> [UInt8] { Hex.decode("0x" + hex.filter { $0 != " " }) ?? [] }

  static func creation(of code: [UInt8]) -> [UInt8] {
    [0x60, UInt8(code.count), 0x80, 0x60, 0x09, 0x5f, 0x39, 0x5f, 0xf3] + code
  }

  /// Init code that deploys so many bytes.
  static func creation(ofSize size: Int) -> [UInt8] {
    [0x61, UInt8(size >> 8), UInt8(size & 0xff), 0x5f, 0xf3]
  }

  static func words(_ first: UInt64, _ second: UInt64) -> [UInt8] {
    Bytes32(UInt256(first)).bytes + Bytes32(UInt256(second)).bytes
  }

  /// A call of `sendToL1(bytes)`.
  static func sendToL1(_ message: [UInt8]) -> [UInt8] {
    var writer = ABIWriter(selector: 0x62f8_4b24)
    writer.append(bytes: message)
    return writer.encoded
  }
}
