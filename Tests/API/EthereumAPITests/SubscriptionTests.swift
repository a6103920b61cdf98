import JSON
import Primitives
import Testing
import Transactions
import ThreadTesting

@Suite("Subscriptions", .offTheCooperativePool)
struct SubscriptionTests {
  @Test("New heads, each once and in order")
  func heads() async throws {
    try await withClient { fixture, client in
      let id = try subscribe(client, "[\"newHeads\"]")["result"]?.string
      for number in 1...5 as ClosedRange<UInt64> {
        fixture.chain.addBlock()
        fixture.events.publish(block: number)
      }
      for number in 1...5 as ClosedRange<UInt64> {
        let (from, head) = try item(client)
        #expect(from == id)
        #expect(head?["number"]?.quantity64 == number)
        #expect(head?["hash"]?.bytes32 == fixture.chain.header(number: number)?.hash)
        #expect(head?["transactions"] == nil)
      }
    }
  }

  @Test("Logs that match, and no others")
  func logs() async throws {
    try await withClient { fixture, client in
      _ = try subscribe(client, "[\"logs\",{\"address\":\"\(token)\",\"topics\":[\"\(topic(1))\"]}]")
      let matching = Log(address: token, topics: [topic(1)], data: [7])
      let others = [
        Log(address: alice, topics: [topic(1)], data: []), Log(address: token, topics: [topic(2)], data: []),
      ]
      fixture.chain.addBlock([(try transfer(nonce: 0), others)])
      fixture.events.publish(block: 1)
      fixture.chain.addBlock([(try transfer(nonce: 1), others + [matching])])
      fixture.events.publish(block: 2)
      let log = try item(client).result
      #expect(log?["data"]?.string == "0x07")
      #expect(log?["blockNumber"]?.quantity64 == 2)
      #expect(log?["logIndex"]?.quantity64 == 2)
    }
  }

  @Test("Waiting transactions, as hashes or whole")
  func pendingTransactions() async throws {
    try await withClient { fixture, client in
      let hashes = try subscribe(client, "[\"newPendingTransactions\"]")["result"]?.string
      let full = try subscribe(client, "[\"newPendingTransactions\",true]")["result"]?.string
      let transaction = try transfer(nonce: 4)
      fixture.events.offer([transaction])
      for _ in 0..<2 {
        let (id, result) = try item(client)
        if id == hashes { #expect(result?.bytes32 == transaction.hash) }
        if id == full { #expect(result?["hash"]?.bytes32 == transaction.hash) }
        #expect(id == hashes || id == full)
      }
    }
  }

  private func text(_ value: JSONValue) -> [UInt8] {
    var writer = JSONWriter()
    writer.value(value)
    return writer.bytes
  }

  @Test("Receipts of all transactions, or of some, an array for each block that has any")
  func receipts() async throws {
    try await withClient { fixture, client in
      let transactions = try (0..<3).map { try transfer(nonce: $0) }
      let all = try subscribe(client, "[\"transactionReceipts\"]")["result"]?.string
      let some = try subscribe(
        client, "[\"transactionReceipts\",{\"transactionHashes\":[\"\(transactions[2].hash)\",\"\(topic(9))\"]}]"
      )["result"]?.string
      let log = Log(address: token, topics: [], data: [7])
      fixture.chain.addBlock([(transactions[0], [log])])
      fixture.chain.addBlock()
      fixture.chain.addBlock([(transactions[1], []), (transactions[2], [])])
      fixture.events.publish(block: 3)
      var told: [String?: [[Bytes32?]]] = [:]
      for _ in 0..<3 {
        let (id, result) = try item(client)
        let receipts = try #require(result?.elements(atMost: 10))
        told[id, default: []].append(receipts.map { $0["transactionHash"]?.bytes32 })
        for receipt in receipts {
          let hash = try #require(receipt["transactionHash"]?.string)
          let asked = try await fixture.result("eth_getTransactionReceipt", "[\"\(hash)\"]")
          #expect(text(asked) == text(receipt))
        }
      }
      #expect(told == [all: [[transactions[0].hash], transactions[1...].map(\.hash)], some: [[transactions[2].hash]]])
    }
  }

  @Test("Who asks whether the node catches up hears at once that it does not")
  func syncing() async throws {
    try await withClient { _, client in
      let id = try subscribe(client, "[\"syncing\"]")["result"]?.string
      // Hexadecimal, without leading zeros, of 128 bits.
      #expect(id?.wholeMatch(of: /0x[1-9a-f][0-9a-f]{31}/) != nil)
      let (from, result) = try item(client)
      #expect(from == id)
      #expect(result?.boolean == false)
    }
  }

  @Test("A notifier that falls behind leaves no block out")
  func catchingUp() async throws {
    try await withClient { fixture, client in
      _ = try subscribe(client, "[\"newHeads\"]")
      for _ in 1...50 { fixture.chain.addBlock() }
      fixture.events.publish(block: 50)
      for number in 1...50 as ClosedRange<UInt64> { #expect(try item(client).result?["number"]?.quantity64 == number) }
    }
  }

  @Test("A block that cannot be read is in the log, and the next one is told all the same")
  func unreadableBlock() async throws {
    try await withClient { fixture, client in
      _ = try subscribe(client, "[\"newHeads\"]")
      // Block 2 is not there yet when it is announced.
      fixture.chain.addBlock()
      fixture.events.publish(block: 2)
      fixture.events.waitUntilTold(of: 2)
      fixture.chain.addBlock()
      fixture.chain.addBlock()
      fixture.events.publish(block: 3)
      #expect(try item(client).result?["number"]?.quantity64 == 1)
      #expect(try item(client).result?["number"]?.quantity64 == 3)
      #expect(fixture.log.lines.count == 1)
      #expect(fixture.log.lines.first?.hasSuffix("block 2 cannot be shown to subscribers: it is missing") == true)
      #expect(fixture.registry.exposition.contains("rpc_internal_errors 1"))
    }
  }

  @Test("Of transactions that come faster than they are told the oldest are missed, and counted")
  func tooManyTransactions() async throws {
    try await withClient { fixture, client in
      _ = try subscribe(client, "[\"newPendingTransactions\"]")
      let transactions = try (0..<4).map { try transfer(nonce: $0) }
      let many = Array(repeating: transactions[0], count: 10_000) + transactions
      fixture.events.offer(many)
      var hashes: [Bytes32?] = []
      repeat { hashes.append(try item(client).result?.bytes32) } while hashes.last != transactions[3].hash
      #expect(hashes.suffix(4) == transactions.map(\.hash))
      #expect(hashes.count == 8_192)
      #expect(fixture.registry.exposition.contains("rpc_missed_pending_transactions 1812"))
    }
  }

  @Test("Log subscriptions may name so many addresses and topics; one that ends makes room")
  func terms() async throws {
    try await withClient { fixture, client in
      let addresses = (0..<900).map { _ in "\"\(token)\"" }.joined(separator: ",")
      let filter = "[\"logs\",{\"address\":[\(addresses)],\"topics\":[\"\(topic(1))\"]}]"
      var ids: [String] = []
      for _ in 0..<11 { ids.append(try #require(try subscribe(client, filter)["result"]?.string)) }
      let refused = try subscribe(client, filter)["error"]
      #expect(refused?["code"]?.integer == -32_005)
      #expect(refused?["data"]?.string == "Exceeded max limit of 10000")
      #expect(fixture.registry.exposition.contains(#"rpc_log_subscription_refusals{reason="connection"} 1"#))
      try client.writeText(#"{"jsonrpc":"2.0","id":2,"method":"eth_unsubscribe","params":["\#(ids[0])"]}"#)
      #expect(try client.readText() == #"{"jsonrpc":"2.0","result":true,"id":2}"#)
      let last = try #require(try subscribe(client, filter)["result"]?.string)
      // Everybody who is left gets it, once.
      fixture.chain.addBlock([(try transfer(nonce: 0), [Log(address: token, topics: [topic(1)], data: [])])])
      fixture.events.publish(block: 1)
      var told: Set<String> = []
      for _ in 0..<11 { told.insert(try #require(try item(client).id)) }
      #expect(told == Set(ids.dropFirst() + [last]))
    }
  }

  @Test("What cannot be subscribed to, and how to end it")
  func refusals() async throws {
    try await withClient { fixture, client in
      for (parameters, message) in [
        ("[\"newHeads\",true]", "invalid params: specified for head subscription (expected none)"),
        ("[\"logs\",true]", "invalid params: boolean (transaction fullness) specified for log subscription"),
        (
          "[\"newPendingTransactions\",{}]", "invalid params: log filter specified for pending transaction subscription"
        ),
        ("[\"syncing\",{}]", "invalid params: specified for syncing subscription (expected none)"),
        ("[\"transactionReceipts\",true]", "invalid argument 1: expected a receipt filter, found boolean"),
        ("[\"transactionReceipts\",{\"hashes\":[]}]", "invalid argument 1: unknown field hashes"),
        (
          "[\"transactionReceipts\",{\"transactionHashes\":[\"0x1\"]}]",
          "invalid argument 1: hex string has length 1, want 64"
        ),
        (
          "[\"transactionReceipts\",{\"transactionHashes\":[\(Array(repeating: "\"\(topic(1))\"", count: 201).joined(separator: ","))]}]",
          "invalid argument 1: more than 200 transaction hashes"
        ),
        ("[\"weather\"]", "no \"weather\" subscription in eth namespace"),
        ("[]", "missing value for required argument 0"),
        ("[\"logs\",{\"nonsense\":1}]", "invalid argument 1: unknown field nonsense"),
      ] { #expect(try subscribe(client, parameters)["error"]?["message"]?.string == message) }
      let id = try #require(try subscribe(client, "[\"newHeads\"]")["result"]?.string)
      try client.writeText(#"{"jsonrpc":"2.0","id":2,"method":"eth_unsubscribe","params":["\#(id)"]}"#)
      #expect(try client.readText() == #"{"jsonrpc":"2.0","result":true,"id":2}"#)
      fixture.chain.addBlock()
      fixture.events.publish(block: 1)
      try client.writeText(#"{"jsonrpc":"2.0","id":3,"method":"eth_chainId"}"#)
      #expect(try client.readText() == #"{"jsonrpc":"2.0","result":"0x10e","id":3}"#)
      #expect(try await fixture.error("eth_subscribe", "[\"newHeads\"]").message == "notifications not supported")
    }
  }
}
