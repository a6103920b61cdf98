import EthereumAPI
import HTTP
import JSON
import Primitives
import Testing
import Transactions
import ThreadTesting

@Suite("Logs, filters and subscriptions", .offTheCooperativePool)
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
      ("{\"fromBlock\":\"0x5\",\"toBlock\":\"latest\"}", [5, 6]),
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
    #expect(numbers(try await fixture.result("eth_getLogs", "[\(text)]")) == expected)
  }

  @Test(
    "Ranges that are none",
    arguments: [
      ("0x5", "0x7", "block range extends beyond current head block"),
      ("0x8", "0x9", "block range extends beyond current head block"),
      ("0x5", "0x4", "invalid block range params"), ("0x7", "latest", "invalid block range params"),
    ])
  func ranges(_ from: String, _ to: String, _ message: String) async throws {
    let fixture = try fixture(blocks: 6)
    let error = try await fixture.error("eth_getLogs", #"[{"fromBlock":"\#(from)","toBlock":"\#(to)"}]"#)
    #expect(error == (-32_602, message))
  }

  @Test("A chain without an index bounds the range")
  func longRange() async throws {
    let fixture = try fixture(blocks: 52)
    let query = #"[{"fromBlock":"0x1"}]"#
    #expect(
      try await fixture.error("eth_getLogs", query)
        == (-32_000, "query exceeds max block range 50, unless it names an address or a topic"))
    #expect(
      try await fixture.error("eth_getLogs", #"[{"fromBlock":"0x1","address":"\#(token)"}]"#)
        == (-32_000, "query exceeds max block range 50"))
    #expect(numbers(try await fixture.result("eth_getLogs", #"[{"fromBlock":"0x3"}]"#)).count == 50)
  }

  @Test("Too many bytes name the range that fits; one block is given whole")
  func bytes() async throws {
    let fixture = Fixture { $0.maxLogBytes = 4_000 }
    let log = Log(address: token, topics: [], data: [UInt8](repeating: 7, count: 1_000))
    for number in 1...3 as ClosedRange<UInt64> {
      fixture.chain.addBlock([(try transfer(nonce: number), [log, log, log])])
    }
    #expect(
      try await fixture.error("eth_getLogs", #"[{"fromBlock":"0x0"}]"#)
        == (-32_000, "query exceeds max response size 4000, retry with the range 0-0"))
    #expect(numbers(try await fixture.result("eth_getLogs", #"[{"fromBlock":"0x2","toBlock":"0x2"}]"#)) == [2, 2, 2])
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
      ("{\"fromBlock\":\"0x3\",\"toBlock\":\"0x2\"}", -32602), ("{\"nonsense\":1}", -32602), ("\"x\"", -32602),
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

  @Test("A poll that fails changes nothing, and one that has too much to tell tells the rest the next time")
  func failedPolls() async throws {
    let fixture = try fixture(blocks: 1, limit: 3)
    let id = try await fixture.call("eth_newFilter", "[{\"address\":\"\(token)\"}]")
    for number in 2...9 as ClosedRange<UInt64> { try addBlock(fixture, number) }
    let poll = #"{"jsonrpc":"2.0","id":1,"method":"eth_getFilterChanges","params":[\#(id)]}"#
    // The answer to a batch that is too large as a whole reaches nobody.
    let small = fixture.limited(toBytes: 100)
    #expect(try await small("[\(poll)]")["error"]?["code"]?.integer == -32_011)
    #expect(numbers(try await fixture.result("eth_getFilterChanges", "[\(id)]")) == [2, 3, 4, 5])
    #expect(numbers(try await fixture.result("eth_getFilterChanges", "[\(id)]")) == [6, 7, 8, 9])
    #expect(try await fixture.call("eth_getFilterChanges", "[\(id)]") == "[]")
  }

  @Test("A filter that missed waiting transactions says so once, and goes on with what is left")
  func missedTransactions() async throws {
    let fixture = Fixture()
    fixture.api.notifier.start()
    defer { fixture.api.notifier.stop() }
    let hashes = try await fixture.call("eth_newPendingTransactionFilter")
    let full = try await fixture.call("eth_newPendingTransactionFilter", "[true]")
    let last = try transfer(nonce: 9)
    fixture.events.offer(Array(repeating: try transfer(nonce: 1), count: 70_000) + [last])
    for (filter, missed) in [(hashes, 70_001 - 65_536), (full, 70_001 - 8_192)] {
      let error = try await fixture.error("eth_getFilterChanges", "[\(filter)]")
      #expect(error.code == -32_000)
      #expect(error.message.hasPrefix("\(missed) transactions since the last poll are forgotten already"))
    }
    for (filter, left) in [(hashes, 65_536), (full, 8_192)] {
      var count = 0
      var newest: JSONValue?
      while let items = try await fixture.result("eth_getFilterChanges", "[\(filter)]").elements, !items.isEmpty {
        count += items.count
        newest = items.last
      }
      #expect(count == left)
      #expect((newest?["hash"] ?? newest)?.bytes32 == last.hash)
    }
  }

  @Test("A client has a limit of its own, in filters and in bytes; an idle filter makes room for others")
  func filterShares() async throws {
    let fixture = Fixture {
      $0.maxFilters = 4
      $0.maxFiltersPerClient = 3
      $0.maxFilterBytes = 4 * 30_000
    }
    let add = #"{"jsonrpc":"2.0","id":1,"method":"eth_newBlockFilter"}"#
    let addresses = (0..<1_000).map { _ in "\"\(token)\"" }.joined(separator: ",")
    let large = #"{"jsonrpc":"2.0","id":1,"method":"eth_newFilter","params":[{"address":[\#(addresses)]}]}"#
    let first = try #require(IPAddress("10.0.0.1")), second = try #require(IPAddress("10.0.0.2"))
    #expect(try await fixture.response(to: large, from: first)["result"] != nil)
    // Two of them are more than a quarter of all bytes.
    #expect(try await fixture.response(to: large, from: first)["error"] != nil)
    for _ in 0..<2 { #expect(try await fixture.response(to: add, from: first)["result"] != nil) }
    #expect(try await fixture.response(to: add, from: first)["error"]?["message"]?.string == "too many filters")
    #expect(try await fixture.response(to: add, from: second)["result"] != nil)
    #expect(try await fixture.response(to: add, from: second)["error"] != nil)
    #expect(fixture.registry.exposition.contains(#"rpc_filter_refusals{reason="client"} 2"#))
    #expect(fixture.registry.exposition.contains(#"rpc_filter_refusals{reason="total"} 1"#))
    #expect(fixture.registry.exposition.contains("rpc_filters 4"))
  }

  @Test("The index of log filters finds whom matching one by one finds")
  func logIndex() {
    var random = SystemRandomNumberGenerator()
    func some<T>(_ values: [T], _ most: Int) -> [T] {
      (0..<Int.random(in: 0...most, using: &random)).compactMap { _ in values.randomElement(using: &random) }
    }
    let addresses = (1...4).map { Address(UInt64($0)) }, topics = (1...4).map { topic($0) }
    var index = LogIndex<Int>()
    var filters: [Int: LogFilter] = [:]
    for round in 0..<600 {
      let filter = LogFilter(
        addresses: some(addresses, 3), topics: (0..<Int.random(in: 0...4)).map { _ in some(topics, 2) })
      filters[round] = filter
      index.insert(filter, round, id: "\(round)")
      if round % 3 == 0, let gone = filters.keys.randomElement() {
        filters[gone] = nil
        index.remove(id: "\(gone)")
      }
      let log = Log(
        address: addresses[Int.random(in: 0..<4)],
        topics: (0..<Int.random(in: 0...4)).map { _ in topics[Int.random(in: 0..<4)] },
        data: [])
      #expect(Set(index.members(for: log)) == Set(filters.filter { $0.value.matches(log) }.keys))
    }
    for number in filters.keys { index.remove(id: "\(number)") }
    #expect(index.isEmpty)
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
