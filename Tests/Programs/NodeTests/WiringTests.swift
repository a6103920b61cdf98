import JSON
import Primitives
import SocketTesting
import StorageTesting
import Testing
import Transactions
import ThreadTesting

/// Whether the parts of the node are connected: each test takes a way through several of them that a user takes.
@Suite("Wiring", .serialized, .offTheCooperativePool)
struct WiringTests {
  static let receiver = Address(0xB0B)
  /// Init code that emits one log with the topic 42 and leaves no code: LOG1(0, 0, 42).
  static let logging: [UInt8] = [0x60, 42, 0x5f, 0x5f, 0xa1, 0x00]
  static let topic = "\"0x\(String(repeating: "0", count: 62))2a\""

  @Test("A transfer becomes a block, a receipt, a balance, and can be proven")
  func transfer() async throws {
    try await TestNode.run { node in
      var rich = try TestWallet.rich()
      let transaction = try rich.sign(to: Self.receiver, value: 5)
      let hash = try await node.send(transaction)
      #expect(hash == transaction.hash)
      let receipt = try await node.receipt(of: hash)
      #expect(receipt["status"]?.quantity64 == 1)
      #expect(receipt["gasUsed"]?.quantity64 == 21_000)

      let number = try #require(receipt["blockNumber"]?.quantity64)
      let block = try await node.call("eth_getBlockByNumber", "\"0x\(String(number, radix: 16))\"", "false")
      #expect(block["hash"]?.bytes32 == receipt["blockHash"]?.bytes32)
      #expect(block["transactions"]?.elements?.map(\.bytes32) == [hash])
      #expect(try await node.call("eth_getBalance", "\"\(Self.receiver)\"", "\"latest\"").quantity64 == 5)
      #expect(try await node.call("eth_getTransactionCount", "\"\(rich.address)\"", "\"latest\"").quantity64 == 1)

      let proof = try await node.call(
        "zks_getProof", "\"\(Self.receiver)\"", "[\"\(Bytes32.zero)\"]", "\(number)")
      #expect(proof["storageProofs"]?.elements?.count == 1)
    }
  }

  @Test("Calls are simulated, estimated and traced on the state of the chain")
  func calls() async throws {
    try await TestNode.run { node in
      let rich = try TestWallet.rich().address
      let call = "{\"from\":\"\(rich)\",\"to\":\"\(Self.receiver)\",\"value\":\"0x1\"}"
      #expect(try await node.call("eth_call", call, "\"latest\"").data == [])
      #expect(try await node.call("eth_estimateGas", call).quantity64 == 21_000)
      // BALANCE of the caller, returned.
      let code = "{\"\(Self.receiver)\":{\"code\":\"0x33315f5260205ff3\"}}"
      let balance = try await node.call("eth_getBalance", "\"\(rich)\"", "\"latest\"").quantity
      let answer = try await node.call(
        "eth_call", "{\"from\":\"\(rich)\",\"to\":\"\(Self.receiver)\"}", "\"latest\"", code)
      #expect(answer.bytes32 == balance.map { Bytes32($0) })
    }
  }

  @Test("What waits for a gap in its nonces is in the pool and nowhere else")
  func pool() async throws {
    try await TestNode.run { node in
      var rich = try TestWallet.rich(nonce: 1)
      let parked = try await node.send(try rich.sign(to: Self.receiver))
      #expect(try await node.call("txpool_status")["queued"]?.quantity64 == 1)
      let content = try await node.call("txpool_content")["queued"]?.members
      #expect(content?.map(\.name) == [rich.address.checksummed])
      #expect(content?.first?.value["1"]?["hash"]?.bytes32 == parked)
      #expect(try await node.call("txpool_contentFrom", "\"\(rich.address)\"")["queued"]?["1"] != nil)
      #expect(try await node.call("eth_getTransactionReceipt", "\"\(parked)\"").isNull)
      var first = try TestWallet.rich()
      _ = try await node.receipt(of: try await node.send(try first.sign(to: Self.receiver)))
      #expect(try await node.receipt(of: parked)["status"]?.quantity64 == 1)
      #expect(try await node.call("txpool_status")["queued"]?.quantity64 == 0)
    }
  }

  @Test("A log reaches the filters, the query, and the receipt")
  func filters() async throws {
    try await TestNode.run { node in
      let filter = "{\"fromBlock\":\"earliest\",\"topics\":[\(Self.topic)]}"
      let id = try #require(try await node.call("eth_newFilter", filter).string)
      let blocks = try #require(try await node.call("eth_newBlockFilter").string)
      var rich = try TestWallet.rich()
      let receipt = try await node.receipt(
        of: try await node.send(try rich.sign(to: nil, input: Self.logging, gas: 200_000)))
      let hash = try #require(receipt["transactionHash"]?.bytes32)
      #expect(receipt["logs"]?.elements?.count == 1)
      for logs in [
        try await node.call("eth_getFilterChanges", "\"\(id)\""), try await node.call("eth_getFilterLogs", "\"\(id)\""),
        try await node.call("eth_getLogs", filter),
      ] { #expect(logs.elements?.map { $0["transactionHash"]?.bytes32 } == [hash]) }
      let changes = try await node.call("eth_getFilterChanges", "\"\(blocks)\"").elements?.map(\.bytes32)
      #expect(changes?.last == receipt["blockHash"]?.bytes32)
    }
  }

  @Test("Subscribers hear of a transaction, its block and its log")
  func subscriptions() async throws {
    try await TestNode.run { node in
      let socket = try RawSocket(port: node.rpcPort)
      try socket.upgrade()
      var kinds: [String: String] = [:]
      for parameters in ["\"newHeads\"", "\"logs\",{\"topics\":[\(Self.topic)]}", "\"newPendingTransactions\""] {
        try socket.writeText(#"{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":[\#(parameters)]}"#)
        let answer = try JSONValue(parsing: Array(try socket.readText().utf8))
        kinds[try #require(answer["result"]?.string)] = parameters
      }
      var rich = try TestWallet.rich()
      let hash = try await node.send(try rich.sign(to: nil, input: Self.logging, gas: 200_000))
      var heard: [String: JSONValue] = [:]
      for _ in 0..<3 {
        let item = try JSONValue(parsing: Array(try socket.readText().utf8))["params"]
        heard[try #require(item?["subscription"]?.string.flatMap { kinds[$0] })] = item?["result"]
      }
      let receipt = try await node.receipt(of: hash)
      #expect(heard["\"newPendingTransactions\""]?.bytes32 == hash)
      #expect(heard["\"newHeads\""]?["hash"]?.bytes32 == receipt["blockHash"]?.bytes32)
      #expect(heard["\"logs\",{\"topics\":[\(Self.topic)]}"]?["transactionHash"]?.bytes32 == hash)
    }
  }

  @Test("A node that is started on what another left goes on where that one stopped")
  func restart() async throws {
    let directory = TemporaryDirectory()
    var rich = try TestWallet.rich()
    var receipts: [JSONValue] = []
    for _ in 0..<2 {
      try await TestNode.run(in: directory) { node in
        for old in receipts {
          let hash = try #require(old["transactionHash"]?.bytes32)
          #expect(try await node.receipt(of: hash).text == old.text)
        }
        for _ in 0..<3 {
          receipts.append(try await node.receipt(of: try await node.send(try rich.sign(to: Self.receiver, value: 1))))
        }
        let balance = try await node.call("eth_getBalance", "\"\(Self.receiver)\"", "\"latest\"").quantity64
        #expect(balance == UInt64(receipts.count))
      }
    }
    let numbers = receipts.compactMap { $0["blockNumber"]?.quantity64 }
    #expect(numbers.count == 6 && numbers == numbers.sorted())
  }

  @Test("A node that is started again says from its first answer on where each stage is", arguments: [false, true])
  func stages(lacksState: Bool) async throws {
    let directory = TemporaryDirectory()
    var options = ["PROVER_API_FAKE_PROVERS": "1"]
    var head: UInt64 = 0
    let names =
      ["persist", "execute", "tree_manager", "batcher"].map { "block_number{stage=\"\($0)\"}" } + ["sealed_block"]
    try await TestNode.run(options, in: directory) { node in
      var rich = try TestWallet.rich()
      for _ in 0..<4 {
        _ = try await node.receipt(of: try await node.send(try rich.sign(to: Self.receiver, value: 1)))
      }
      head = try await node.head()
      try await until { try node.metrics()[names[3]] == Double(head) }
    }
    if lacksState {
      TemporaryDirectory.remove(directory.file("db/state"))
      options["SEQUENCER_REPAIR"] = "true"
    }
    try await TestNode.run(options, in: directory) { node in
      let metrics = try node.metrics()
      for name in names + ["batcher_current_block_number"] {
        #expect(metrics[name] == Double(head), "\(name)")
      }
    }
  }

  @Test("Every stage behind the sequencer reaches the head of the chain")
  func settlement() async throws {
    try await TestNode.run(["PROVER_API_FAKE_PROVERS": "1"]) { node in
      var rich = try TestWallet.rich()
      var last: JSONValue?
      for _ in 0..<3 {
        last = try await node.receipt(of: try await node.send(try rich.sign(to: Self.receiver, value: 1)))
      }
      let head = try #require(last?["blockNumber"]?.quantity64)
      // Every part that follows blocks says where it is.
      try await until {
        let parts = try JSONValue(parsing: Array(try node.get("/status").body.utf8))["services"]?.elements ?? []
        let positions = parts.compactMap { $0["position"]?.unsignedInteger }
        return positions.count > 1 && positions.allSatisfy { $0 == head }
      }
      #expect(try node.get("/health").status == 200)
    }
  }

  @Test("The metrics port says what the node does, until it is stopped")
  func metrics() async throws {
    var port = 0, rpcPort = 0
    try await TestNode.run { node in
      (port, rpcPort) = (node.metricsPort, node.rpcPort)
      let health = try node.get("/health")
      #expect(health.status == 200)
      #expect(try JSONValue(parsing: Array(health.body.utf8))["status"]?.string == "ready")
      var rich = try TestWallet.rich()
      _ = try await node.receipt(of: try await node.send(try rich.sign(to: Self.receiver)))
      let metrics = try node.metrics()
      // One of each module that has some.
      for name in [
        "sealed_block", "repositories_persistence_lag", "mempool_executable", "storage_view_diffs_scanned_count",
        "tree_lag_blocks", "response_time_seconds_count{method=\"send_raw_transaction\"}",
        "process_resident_memory_bytes", "rocksdb_memory_bytes{database=\"state\",kind=\"block_cache\"}",
      ] { #expect(metrics[name] != nil, "\(name)") }
      let head = try await node.head()
      #expect(metrics["sealed_block"] == Double(head))
    }
    for closed in [port, rpcPort] { #expect(throws: SocketError.self) { try RawSocket(port: closed) } }
  }

  @Test("What an operator says of access, sizes and budgets holds")
  func access() async throws {
    let options = [
      "RPC_CORS_ORIGINS": "https://app.example", "RPC_ALLOWED_HOSTS": "node.example", "RPC_DISABLED_METHODS": "txpool",
      "RPC_PROTECTED_METHODS": "debug", "RPC_TOKEN": "a token of the operator", "RPC_MAX_BATCH_CALLS": "2",
      "RPC_MAX_BYTES_PER_CONNECTION": "10", "RPC_BUDGET_BURST": "100s",
    ]
    try await TestNode.run(options, awaitsBlock: false) { node in
      func answer(_ client: RawSocket, _ body: String, _ headers: String = "") throws -> RawSocket.Response {
        try client.write(
          "POST / HTTP/1.1\r\nHost: node.example\r\nContent-Type: application/json\r\n\(headers)"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        return try client.readResponse()
      }
      func call(_ method: String) -> String {
        #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":["0x0",false]}"#
      }
      let client = try RawSocket(port: node.rpcPort)
      let listed = try answer(client, call("eth_chainId"), "Origin: https://app.example\r\n")
      #expect(listed.headers["access-control-allow-origin"] == "https://app.example")
      #expect(listed.body.contains("0x10e"))
      #expect(try answer(client, call("txpool_status")).body.contains("-32601"))
      #expect(try answer(client, call("debug_getRawHeader")).body.contains("-40100"))
      let other = try RawSocket(port: node.rpcPort)
      let header = "Authorization: Bearer a token of the operator\r\n"
      let authorized = try answer(other, call("debug_getRawHeader"), header).body
      #expect(authorized.contains("result"))
      let batch = "[" + Array(repeating: "1", count: 3).joined(separator: ",") + "]"
      let batches = try RawSocket(port: node.rpcPort)
      #expect(try answer(batches, batch).body.contains("batch too large"))
      // A block has more bytes than a connection may save.
      let greedy = try RawSocket(port: node.rpcPort)
      for _ in 0..<2 { _ = try answer(greedy, call("eth_getBlockByNumber")) }
      let refusal = try answer(greedy, call("eth_chainId")).body
      #expect(refusal.contains(#""budget":"bytes","of":"connection","retryAfterMs":"#), "\(refusal)")
      let stranger = try RawSocket(port: node.rpcPort)
      try stranger.write("POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n")
      #expect(try stranger.readResponse().status == 403)
    }
  }

  @Test("Clients that wait for a call that takes long do not hold the node up when it is stopped")
  func shutdown() async throws {
    var clients: [RawSocket] = []
    try await TestNode.run { node in
      // Hashes 64 KiB again and again until little gas is left.
      let spinner = "0x5b61ffff5f20506175305a115f5700"
      let override = "{\"\(Self.receiver)\":{\"code\":\"\(spinner)\"}}"
      let call =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_estimateGas\",\"params\":[{\"to\":\"\(Self.receiver)\"},\"latest\",\(override)]}"
      let batch = "[\(Array(repeating: call, count: 8).joined(separator: ","))]"
      for _ in 0..<4 {
        let client = try RawSocket(port: node.rpcPort)
        try client.post(batch)
        clients.append(client)
      }
      // They have come in once a call that came later was answered.
      _ = try await node.head()
    }
    for client in clients {
      // Nobody is told that all of the work was done.
      if let answer = try? client.readResponse().body { #expect(answer.contains("\"error\"")) }
    }
  }
}
