import Cryptography
import Files
import Mempool
import Primitives
import StorageTesting
import Synchronization
import Telemetry
import TelemetryTesting
import Testing
import ThreadTesting
import Transactions

/// What the mempool's journal keeps, and what becomes of it when the file is not what it was.
@Suite("Mempool journal", .serialized, .offTheCooperativePool)
struct JournalTests {
  let directory = TemporaryDirectory()

  /// An account that can sign.
  struct Signer {
    let key: Secp256k1.PrivateKey
    let address: Address

    init(_ number: UInt64) throws {
      key = try #require(Secp256k1.PrivateKey(Bytes32(UInt256(number))))
      address = try #require(Secp256k1.publicKey(of: key)).address
    }

    func sign(nonce: UInt64, input: [UInt8] = []) throws -> RecoveredTransaction {
      let gas: UInt64 = 21_000 + 40 * UInt64(input.count)
      let transaction = SignedTransaction(
        kind: .dynamicFee, chainID: 270, nonce: nonce, gasLimit: gas, maxFeePerGas: 10_000, maxPriorityFeePerGas: 100,
        to: Address(9), value: .zero, input: input)
      return try RecoveredTransaction(.signed(try transaction.signed(with: key)))
    }
  }

  /// A pool with its journal.
  final class Life {
    let test = TestPool()
    let metrics = MetricsRegistry()
    let journal: MempoolJournal

    init(_ folder: String, _ signers: [Signer], maxBytes: Int = 512 << 20, nonce: UInt64 = 0) {
      for signer in signers {
        test.accounts[signer.address] = AccountState(nonce: nonce, balance: 1_000_000_000_000_000_000)
      }
      var options = MempoolJournal.Options(folder: folder)
      options.maxBytes = maxBytes
      options.retry = .milliseconds(5)
      journal = MempoolJournal(test.pool, options: options, registry: metrics)
    }

    var pool: Mempool { test.pool }
  }

  private var segments: [String] { get throws { try Files.below(directory.path, suffix: "") } }

  @Test("What waits, gaps included, waits again in the next life, and what was executed does not")
  func lives() async throws {
    let signers = try (1...3).map { try Signer($0) }
    let first = Life(directory.path, signers)
    try await first.journal.start()
    var sent: [RecoveredTransaction] = []
    for signer in signers { for nonce: UInt64 in [0, 1, 4] { sent.append(try signer.sign(nonce: nonce)) } }
    for transaction in sent { try first.pool.add(transaction) }
    // The process ends without a word: the second life has what the first wrote. Nonce 0 was in a block.
    let copy = TemporaryDirectory()
    for path in try segments {
      try Files.write(try Files.read(path), to: copy.file(String(path.split(separator: "/").last ?? "")))
    }
    let second = Life(copy.path, signers, nonce: 1)
    try await second.journal.start()
    #expect(second.pool.counts == (executable: 3, parked: 3))
    for transaction in sent { #expect((second.pool.transaction(transaction.hash) != nil) == (transaction.nonce > 0)) }
    #expect(second.metrics.value("mempool_journal_restored_total{result=\"admitted\"}") == 6)
    #expect(second.metrics.value("mempool_journal_restored_total{result=\"refused\"}") == 3)
    await second.journal.stop()
    // A clean end leaves the same.
    let third = Life(copy.path, signers, nonce: 2)
    try await third.journal.start()
    #expect(third.pool.counts == (executable: 0, parked: 3))
    await third.journal.stop()
    await first.journal.stop()
  }

  @Test(
    "A journal that is cut off, damaged or another's gives what can be read, and goes on",
    arguments: ["cut", "damaged", "foreign", "empty"])
  func damage(kind: String) async throws {
    let signer = try Signer(1)
    let first = Life(directory.path, [signer])
    try await first.journal.start()
    let sent = try (0..<3).map { try signer.sign(nonce: $0) }
    for transaction in sent { try first.pool.add(transaction) }
    await first.journal.stop()
    let path = try #require(try segments.first)
    var bytes = try Files.read(path)
    switch kind {
    case "cut": bytes.removeLast(7)
    case "damaged": bytes[bytes.count - 30] ^= 1
    case "foreign": bytes[0] ^= 1
    default: bytes = []
    }
    try Files.write(bytes, to: path)

    let second = Life(directory.path, [signer])
    try await second.journal.start()
    let expected = kind == "cut" || kind == "damaged" ? 2 : 0
    #expect(second.pool.counts == (executable: expected, parked: 0))
    #expect(((second.metrics.value("mempool_journal_cut_bytes_total") ?? 0) > 0) == (kind != "empty"))
    #expect(second.journal.health == .ready)
    // What was lost comes again, and stays.
    for transaction in sent.dropFirst(expected) { try second.pool.add(transaction) }
    await second.journal.stop()
    let third = Life(directory.path, [signer])
    try await third.journal.start()
    #expect(third.pool.counts == (executable: 3, parked: 0))
    await third.journal.stop()
  }

  @Test("A journal that grows is made anew from what still waits, within its bytes")
  func rewriting() async throws {
    let signer = try Signer(1), other = try Signer(2)
    let life = Life(directory.path, [signer, other], maxBytes: 64 << 10)
    try await life.journal.start()
    let waiting = try other.sign(nonce: 7)
    try life.pool.add(waiting)
    let rewrites = { life.metrics.value("mempool_journal_rewrites_total") }
    var nonce: UInt64 = 0
    while rewrites() ?? 0 < 4 {
      let transaction = try signer.sign(nonce: nonce, input: [UInt8](repeating: 1, count: 1_000))
      try life.pool.add(transaction)
      life.test.seal([transaction])
      nonce += 1
      try #require(nonce < 100_000)
      // The journal's thread removes the old file when it has made the new one. It is given the time: a journal that is
      // full before that is off for a while.
      var bytes = Int.max
      while bytes >= 24 << 10 {
        bytes = TemporaryDirectory.list(directory.path).reduce(0) { $0 + Files.size(directory.file($1)) }
        try #require(bytes <= 64 << 10)
        if bytes >= 24 << 10 { try await Task.sleep(for: .milliseconds(1)) }
      }
    }
    await life.journal.stop()
    #expect(try segments.count == 1)
    let next = Life(directory.path, [signer, other], maxBytes: 64 << 10, nonce: nonce)
    next.test.accounts[other.address] = AccountState(nonce: 0, balance: 1_000_000_000_000_000_000)
    try await next.journal.start()
    #expect(next.pool.transaction(waiting.hash) != nil)
    await next.journal.stop()
  }

  @Test("Where more waits than the journal may hold it is off, admission goes on, and with room it is on again")
  func full() async throws {
    let signer = try Signer(1)
    let life = Life(directory.path, [signer], maxBytes: 20_000)
    try await life.journal.start()
    var sent: [RecoveredTransaction] = []
    for nonce: UInt64 in 0..<20 {
      sent.append(try signer.sign(nonce: nonce, input: [UInt8](repeating: 1, count: 1_000)))
      try life.pool.add(sent[Int(nonce)])
    }
    #expect(life.pool.counts == (executable: 20, parked: 0))
    var reason: String?
    for _ in 0..<4_000 where reason == nil {
      if case .degraded(let text) = life.journal.health {
        reason = text
      } else {
        try await Task.sleep(for: .milliseconds(5))
      }
    }
    #expect(reason?.contains("mempool_journal_max_bytes") == true)
    #expect(life.metrics.value("mempool_journal_off") == 1)
    life.test.seal(Array(sent.dropLast(2)))
    while life.journal.health != .ready { try await Task.sleep(for: .milliseconds(2)) }
    await life.journal.stop()
    #expect(life.metrics.value("mempool_journal_off") == 0)
    let next = Life(directory.path, [signer], nonce: 18)
    try await next.journal.start()
    #expect(next.pool.counts == (executable: 2, parked: 0))
    await next.journal.stop()
  }

  @Test("A folder belongs to one journal; one that is not there turns the journal off")
  func folder() async throws {
    let signer = try Signer(1)
    let first = Life(directory.path, [signer]), second = Life(directory.path, [signer])
    try await first.journal.start()
    await #expect(throws: MempoolJournalError.self) { try await second.journal.start() }
    await first.journal.stop()
    let third = Life(directory.file("nowhere"), [signer])
    try await third.journal.start()
    try third.pool.add(try signer.sign(nonce: 0))
    #expect(third.journal.health != .ready)
    await third.journal.stop()
  }
}
