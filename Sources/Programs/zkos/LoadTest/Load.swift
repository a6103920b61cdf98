import Concurrency
import EVMBenchmark
import ArgumentParser
import JSON
import JSONRPC
import NIOCore
import Primitives
import Telemetry
import Transactions

/// The load itself: every wallet keeps its share of transactions in flight, one watcher follows the blocks.
struct Load: Sendable {
  let client: JSONRPCClient
  let chain: ChainFacts
  let wallets: [Wallet]
  let token: Address?
  let inFlight: Int
  /// Transactions a second, all wallets together; 0 for as many as the node takes.
  var rate = 0

  func run(seconds: Int) async throws -> LoadReport {
    let ledger = Ledger(wallets: wallets.count)
    let start = MonotonicClock.nanoseconds
    let end = start + UInt64(seconds) * 1_000_000_000
    var head = try await blockNumber()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, wallet) in wallets.enumerated() {
        group.addTask { try await drive(wallet, index, ledger, from: start, until: end) }
      }
      var line = ProgressLog("included", unit: "transactions", total: nil, live: .standardOutput)
      // After the end of sending, what is in flight has twenty seconds to be included.
      while MonotonicClock.nanoseconds < end
        || (ledger.waitingCount > 0 && MonotonicClock.nanoseconds < end + 20_000_000_000)
      {
        let newest = try await blockNumber()
        while head < newest {
          head += 1
          ledger.included(try await transactionHashes(of: head), at: MonotonicClock.nanoseconds)
        }
        let counts = ledger.counts, passed = (MonotonicClock.nanoseconds - start) / 1_000_000_000
        line.advance(
          to: UInt64(counts.included),
          note: "\(ledger.waitingCount) in flight, \(counts.errors.values.reduce(0, +)) errors, "
            + "\(UInt64(seconds) - min(passed, UInt64(seconds))) s left")
        try await Task.sleep(for: .milliseconds(10))
      }
      line.finish()
      try await group.waitForAll()
    }
    return LoadReport(ledger.counts, seconds: seconds, missing: ledger.waitingCount)
  }

  /// Sends batches of one wallet, each as large as its share in flight allows.
  private func drive(
    _ wallet: Wallet, _ index: Int, _ ledger: Ledger, from start: UInt64, until end: UInt64
  ) async throws {
    var wallet = wallet
    var sent = 0
    while MonotonicClock.nanoseconds < end {
      var room = inFlight - ledger.inFlight(index)
      if rate > 0 {
        let due = Double(MonotonicClock.nanoseconds - start) / 1e9 * Double(rate) / Double(wallets.count)
        room = min(room, Int(due) - sent)
        if room < 1 {
          try await Task.sleep(for: .milliseconds(5))
          continue
        }
      }
      if room == 0 || (rate == 0 && room < inFlight / 4 && inFlight > 4) {
        try await Task.sleep(for: .milliseconds(5))
        continue
      }
      var transactions: [SignedTransaction] = []
      for _ in 0..<min(room, 100) { transactions.append(try next(&wallet, index)) }
      sent += transactions.count
      await send(transactions, index, ledger)
    }
  }

  private func next(_ wallet: inout Wallet, _ index: Int) throws -> SignedTransaction {
    let receiver = wallets[(index + 1) % wallets.count].address
    if let token {
      return try wallet.sign(
        chain, gas: 60_000, to: token, input: TokenArtifact.transfer(to: receiver, amount: 1))
    }
    return try wallet.sign(chain, gas: 21_000, to: receiver, value: .one)
  }

  private func send(_ transactions: [SignedTransaction], _ index: Int, _ ledger: Ledger) async {
    let hashes = transactions.map(\.hash)
    var writer = JSONWriter()
    writer.beginArray()
    for (id, transaction) in transactions.enumerated() {
      writer.beginObject()
      writer.key("jsonrpc")
      writer.string("2.0" as StaticString)
      writer.key("id")
      writer.number(id)
      writer.key("method")
      writer.string("eth_sendRawTransaction" as StaticString)
      writer.key("params")
      writer.beginArray()
      writer.data(transaction.envelope)
      writer.endArray()
      writer.endObject()
    }
    writer.endArray()
    let body = writer.withUnsafeBytes { ByteBuffer(bytes: $0) }
    ledger.sent(hashes, by: index, at: MonotonicClock.nanoseconds)
    let answer = await withCheckedContinuation { continuation in
      client.sendRaw(body) { continuation.resume(returning: $0) }
    }
    switch answer {
    case .failure(let error):
      for hash in hashes { ledger.refused(hash, "\(error)") }
    case .success(let text):
      note(text, hashes, ledger)
    }
  }

  private func note(_ text: [UInt8], _ hashes: [Bytes32], _ ledger: Ledger) {
    guard let answers = (try? JSONValue(parsing: text))?.elements, answers.count == hashes.count else {
      for hash in hashes { ledger.refused(hash, "malformed answer") }
      return
    }
    var accepted = 0
    for answer in answers {
      guard let id = answer["id"]?.unsignedInteger, id < UInt64(hashes.count) else { continue }
      if let error = answer["error"] {
        ledger.refused(hashes[Int(id)], error["message"]?.string ?? "error without message")
      } else {
        accepted += 1
      }
    }
    ledger.accepted(accepted)
  }

  private func blockNumber() async throws -> UInt64 {
    guard let number = try await client.call("eth_blockNumber").quantity64 else {
      throw ValidationError("eth_blockNumber is no number")
    }
    return number
  }

  private func transactionHashes(of number: UInt64) async throws -> [Bytes32] {
    let block = try await client.call("eth_getBlockByNumber") {
      $0.quantity(number)
      $0.boolean(false)
    }
    return block["transactions"]?.elements?.compactMap(\.bytes32) ?? []
  }
}
