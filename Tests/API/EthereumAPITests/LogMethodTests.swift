import JSON
import Primitives
import Testing
import Transactions

@Suite("Logs, filters and subscriptions")
struct LogMethodTests {
  /// Blocks 1 to `count`, block n with a log of the token with topics (1, n) and data n.
  func fixture(blocks count: UInt64, limit: Int = 20_000) throws -> Fixture {
    let fixture = Fixture {
      $0.maxLogsPerResponse = limit
      $0.maxBlocksPerFilter = 50
    }
    for number in 1...count { try addBlock(fixture, number) }
    return fixture
  }

  func addBlock(_ fixture: Fixture, _ number: UInt64) throws {
    let log = Log(address: token, topics: [topic(1), topic(number)], data: [UInt8(number)])
    fixture.chain.addBlock([(try transfer(nonce: number), [log])])
  }

  func numbers(_ logs: JSONValue) -> [UInt64] { logs.elements?.compactMap { $0["blockNumber"]?.quantity64 } ?? [] }

  @Test(
    "Logs are found by range, address and topics",
    arguments: [
      ("{}", [6]), ("{\"fromBlock\":\"0x2\",\"toBlock\":\"0x4\"}", [2, 3, 4]),
      ("{\"fromBlock\":\"earliest\"}", [1, 2, 3, 4, 5, 6]),
      ("{\"fromBlock\":\"0x5\",\"toBlock\":\"0xff\"}", []), ("{\"fromBlock\":\"0x5\",\"toBlock\":\"0x20\"}", [5, 6]),
      ("{\"fromBlock\":\"0x1\",\"address\":\"T\"}", [1, 2, 3, 4, 5, 6]),
      ("{\"fromBlock\":\"0x1\",\"address\":[\"A\",\"T\"]}", [1, 2, 3, 4, 5, 6]),
      ("{\"fromBlock\":\"0x1\",\"address\":[]}", [1, 2, 3, 4, 5, 6]), ("{\"fromBlock\":\"0x1\",\"address\":\"A\"}", []),
      ("{\"fromBlock\":\"0x1\",\"topics\":[null,\"3\"]}", [3]),
      ("{\"fromBlock\":\"0x1\",\"topics\":[[\"1\",\"9\"],[\"3\",\"5\"]]}", [3, 5]),
      ("{\"fromBlock\":\"0x1\",\"topics\":[\"3\"]}", []), ("{\"fromBlock\":\"0x1\",\"topics\":[null,null,null]}", []),
      ("{\"fromBlock\":\"0x1\",\"topics\":[]}", [1, 2, 3, 4, 5, 6]),
      ("{\"fromBlock\":\"0x1\",\"topics\":[null,[\"2\",null]]}", [1, 2, 3, 4, 5, 6]),
    ] as [(String, [UInt64])])
  func queries(_ query: String, _ expected: [UInt64]) async throws {
    let fixture = try fixture(blocks: 6)
    var text = query.replacing("\"T\"", with: "\"\(token)\"").replacing("\"A\"", with: "\"\(alice)\"")
    for number in [1, 2, 3, 5, 9] as [UInt64] { text = text.replacing("\"\(number)\"", with: "\"\(topic(number))\"") }
    let response = try await fixture.response("eth_getLogs", "[\(text)]")
    // 0xff is more than 50 blocks away.
    if query.contains("0xff") {
      #expect(response["error"]?["message"]?.string == "query exceeds max block range 50")
    } else {
      #expect(numbers(try #require(response["result"])) == expected)
    }
  }

  @Test("Logs of one block by its hash")
  func byHash() async throws {
    let fixture = try fixture(blocks: 3)
    let hash = try #require(fixture.chain.header(number: 2)?.hash)
    #expect(numbers(try await fixture.result("eth_getLogs", "[{\"blockHash\":\"\(hash)\"}]")) == [2])
    #expect(try await fixture.error("eth_getLogs", "[{\"blockHash\":\"\(topic(9))\"}]") == (-32000, "block not found"))
  }

  @Test(
    "Queries that are refused",
    arguments: [
      ("{\"fromBlock\":\"0x3\",\"toBlock\":\"0x2\"}", -32000), ("{\"nonsense\":1}", -32602), ("\"x\"", -32602),
      ("{\"topics\":[1]}", -32602),
      ("{\"topics\":[null,null,null,null,null]}", -32602), ("{\"address\":\"0x12\"}", -32602),
      (
        "{\"fromBlock\":\"0x1\",\"blockHash\":\"0x00000000000000000000000000000000000000000000000000000000000000ff\"}",
        -32602
      ),
    ] as [(String, Int64)])
  func refusals(_ query: String, _ code: Int64) async throws {
    #expect(try await fixture(blocks: 3).error("eth_getLogs", "[\(query)]").code == code)
  }

  @Test("Too many results say which range to ask for instead")
  func resultLimit() async throws {
    let fixture = try fixture(blocks: 6, limit: 3)
    let error = try await fixture.error("eth_getLogs", "[{\"fromBlock\":\"0x1\"}]")
    #expect(error == (-32000, "query exceeds max results 3, retry with the range 1-3"))
    #expect(
      numbers(try await fixture.result("eth_getLogs", "[{\"fromBlock\":\"0x1\",\"toBlock\":\"0x3\"}]")) == [1, 2, 3])
    #expect(
      fixture.registry.exposition.contains("get_logs_scanned_blocks_sum{method=\"true_positive\"} 3"))
  }

  @Test("A log filter tells each log once, however many blocks lie between two polls")
  func logFilter() async throws {
    let fixture = try fixture(blocks: 2)
    let id = String(
      decoding: try await fixture.result("eth_newFilter", "[{\"address\":\"\(token)\"}]").text, as: UTF8.self)
    #expect(try await fixture.call("eth_getFilterChanges", "[\(id)]") == "[]")
    for number in 3...5 as ClosedRange<UInt64> { try addBlock(fixture, number) }
    #expect(numbers(try await fixture.result("eth_getFilterChanges", "[\(id)]")) == [3, 4, 5])
    #expect(try await fixture.call("eth_getFilterChanges", "[\(id)]") == "[]")
    #expect(numbers(try await fixture.result("eth_getFilterLogs", "[\(id)]")) == [5])
    #expect(try await fixture.call("eth_uninstallFilter", "[\(id)]") == "true")
    #expect(try await fixture.call("eth_uninstallFilter", "[\(id)]") == "false")
    for method in ["eth_getFilterChanges", "eth_getFilterLogs"] {
      #expect(try await fixture.error(method, "[\(id)]") == (-32000, "filter not found"))
    }
  }

  @Test("A log filter keeps to its range")
  func rangedFilter() async throws {
    let fixture = try fixture(blocks: 1)
    let id = String(
      decoding: try await fixture.result("eth_newFilter", "[{\"fromBlock\":\"0x3\",\"toBlock\":\"0x4\"}]").text,
      as: UTF8.self)
    for number in 2...5 as ClosedRange<UInt64> { try addBlock(fixture, number) }
    #expect(numbers(try await fixture.result("eth_getFilterChanges", "[\(id)]")) == [3, 4])
  }

  @Test("Filters for blocks and for waiting transactions")
  func otherFilters() async throws {
    let fixture = try fixture(blocks: 1)
    fixture.api.notifier.start()
    defer { fixture.api.notifier.stop() }
    let blocks = String(decoding: try await fixture.result("eth_newBlockFilter").text, as: UTF8.self)
    let hashes = String(decoding: try await fixture.result("eth_newPendingTransactionFilter").text, as: UTF8.self)
    let full = String(
      decoding: try await fixture.result("eth_newPendingTransactionFilter", "[true]").text, as: UTF8.self)
    try addBlock(fixture, 2)
    try addBlock(fixture, 3)
    let changes = try await fixture.result("eth_getFilterChanges", "[\(blocks)]")
    #expect(changes.elements?.map(\.bytes32) == [2, 3].map { fixture.chain.header(number: $0)?.hash })
    let waiting = try [transfer(nonce: 7), transfer(nonce: 8)]
    fixture.events.offer(waiting)
    #expect(
      try await fixture.result("eth_getFilterChanges", "[\(hashes)]").elements?.map(\.bytes32) == waiting.map(\.hash))
    #expect(
      try await fixture.result("eth_getFilterChanges", "[\(full)]").elements?.map { $0["nonce"]?.quantity } == [7, 8])
    #expect(try await fixture.call("eth_getFilterChanges", "[\(full)]") == "[]")
    #expect(try await fixture.error("eth_getFilterLogs", "[\(blocks)]").message == "filter not found")
  }

  @Test("Forgotten filters go, and there are only so many")
  func filterLimits() async throws {
    let fixture = Fixture {
      $0.maxFilters = 2
      $0.staleFilterTime = .seconds(1)
    }
    let first = String(decoding: try await fixture.result("eth_newBlockFilter").text, as: UTF8.self)
    _ = try await fixture.result("eth_newBlockFilter")
    #expect(try await fixture.error("eth_newBlockFilter").message == "too many filters")
    try await Task.sleep(for: .milliseconds(1_100))
    #expect(try await fixture.error("eth_getFilterChanges", "[\(first)]").message == "filter not found")
    _ = try await fixture.result("eth_newBlockFilter")
  }
}
