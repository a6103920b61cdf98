// What subscribers and filters are told where the chain drops blocks.

import EthereumAPI
import JSON
import Primitives
import SocketTesting
import Synchronization
import Testing
import Transactions
import ThreadTesting

@Suite("Blocks that the chain drops", .offTheCooperativePool)
struct ReorganisationTests {
  static func ports(_ chain: TestChain) -> OptionalPorts {
    var ports = OptionalPorts()
    ports.reorganisations = chain
    return ports
  }

  /// Adds blocks, each with two logs of the token whose data are the number of the block and 1 and 2.
  func grow(_ chain: TestChain, _ count: Int, branch: UInt8 = 0) throws {
    for _ in 0..<count {
      let number = chain.head.number + 1
      let logs = [1, 2].map { Log(address: token, topics: [topic($0)], data: [UInt8(number), UInt8($0)]) }
      chain.addBlock([(try transfer(nonce: number), logs)], branch: branch)
    }
  }

  /// What a log says: its data and whether it is taken back.
  func describe(_ log: JSONValue?) -> String {
    (log?["removed"]?.boolean == true ? "-" : "+") + (log?["data"]?.string?.dropFirst(2) ?? "?")
  }

  /// The next items of a client's one subscription.
  func items(_ client: RawSocket, _ count: Int) throws -> [JSONValue?] {
    try (0..<count).map { _ in try item(client).result }
  }

  func poll(_ fixture: Fixture, _ id: String) async throws -> [JSONValue] {
    try #require(try await fixture.result("eth_getFilterChanges", "[\(id)]").elements)
  }

  // MARK: Subscriptions

  @Test("Logs of dropped blocks are taken back, the newest first, and then those of the new branch told")
  func logs() async throws {
    try await withClient(ports: Self.ports) { fixture, client in
      let chain = fixture.chain
      _ = try subscribe(client, "[\"logs\",{\"address\":\"\(token)\"}]")
      try grow(chain, 4)
      fixture.events.publish(chain.head.position)
      #expect(
        try items(client, 8).map(describe) == ["+0101", "+0102", "+0201", "+0202", "+0301", "+0302", "+0401", "+0402"])
      let dropped = (2...4).map { chain.header(number: $0)?.hash }
      chain.drop(3)
      try grow(chain, 4, branch: 1)
      fixture.events.publish(chain.head.position)
      let removed = try items(client, 6)
      #expect(removed.map(describe) == ["-0402", "-0401", "-0302", "-0301", "-0202", "-0201"])
      #expect(
        removed.map { $0?["blockHash"]?.bytes32 } == [
          dropped[2], dropped[2], dropped[1], dropped[1], dropped[0], dropped[0],
        ])
      let added = try items(client, 8)
      #expect(added.map(describe) == ["+0201", "+0202", "+0301", "+0302", "+0401", "+0402", "+0501", "+0502"])
      #expect(added.first??["blockHash"]?.bytes32 == chain.header(number: 2)?.hash)
      // Nothing more: the next thing is the next thing.
      try grow(chain, 1, branch: 1)
      fixture.events.publish(chain.head.position)
      #expect(try items(client, 2).map(describe) == ["+0601", "+0602"])
    }
  }

  @Test("New heads begin again after the fork, on a branch that is shorter, as long or longer", arguments: [1, 2, 3])
  func heads(_ length: Int) async throws {
    try await withClient(ports: Self.ports) { fixture, client in
      let chain = fixture.chain
      _ = try subscribe(client, "[\"newHeads\"]")
      try grow(chain, 3)
      fixture.events.publish(chain.head.position)
      #expect(try items(client, 3).map { $0?["number"]?.quantity64 } == [1, 2, 3])
      chain.drop(2)
      try grow(chain, length, branch: 1)
      fixture.events.publish(chain.head.position)
      let heads = try items(client, length)
      #expect(heads.map { $0?["hash"]?.bytes32 } == (0..<length).map { chain.header(number: UInt64(2 + $0))?.hash })
      #expect(heads.first??["parentHash"]?.bytes32 == chain.header(number: 1)?.hash)
    }
  }

  @Test("A chain that goes back and stays there takes logs back and tells no head")
  func rollback() async throws {
    try await withClient(ports: Self.ports) { fixture, client in
      let chain = fixture.chain
      let heads = try subscribe(client, "[\"newHeads\"]")["result"]?.string
      try grow(chain, 2)
      fixture.events.publish(chain.head.position)
      for _ in 0..<2 { #expect(try item(client).id == heads) }
      let logs = try subscribe(client, "[\"logs\",{\"topics\":[\"\(topic(2))\"]}]")["result"]?.string
      chain.drop(1)
      fixture.events.publish(chain.head.position)
      // Who subscribed later is told too: by then the block was part of the chain.
      let (id, log) = try item(client)
      #expect(id == logs)
      #expect(describe(log) == "-0202")
      try grow(chain, 1, branch: 1)
      fixture.events.publish(chain.head.position)
      #expect(try item(client).id == heads)
      #expect(describe(try item(client).result) == "+0202")
    }
  }

  @Test("Two reorganisations that are noticed as one tell of the blocks that were told before, and of no other")
  func unseenBranch() async throws {
    try await withClient(ports: Self.ports) { fixture, client in
      let chain = fixture.chain
      _ = try subscribe(client, "[\"logs\",{\"topics\":[\"\(topic(1))\"]}]")
      try grow(chain, 2)
      fixture.events.publish(chain.head.position)
      #expect(try items(client, 2).map(describe) == ["+0101", "+0201"])
      chain.drop(1)
      try grow(chain, 2, branch: 1)
      chain.drop(3)
      try grow(chain, 1, branch: 2)
      fixture.events.publish(chain.head.position)
      #expect(try items(client, 3).map(describe) == ["-0201", "-0101", "+0101"])
    }
  }

  @Test("A block that is dropped while it is told of is told of whole, and then taken back")
  func droppedMeanwhile() async throws {
    try await withClient(ports: Self.ports) { fixture, client in
      let chain = fixture.chain
      _ = try subscribe(client, "[\"logs\",{\"topics\":[\"\(topic(1))\"]}]")
      try grow(chain, 1)
      let isFirst = Atomic<Bool>(true)
      // After block 1 was read, and then block 0, which it stands on.
      let sawBlock = Atomic<Bool>(false)
      chain.whenHeaderIsRead.withLock {
        $0 = { number in
          if number == 1 { sawBlock.store(true, ordering: .relaxed) }
          guard number == 0, sawBlock.load(ordering: .relaxed), isFirst.exchange(false, ordering: .relaxed) else {
            return
          }
          chain.drop(1)
          chain.addBlock(branch: 1)
        }
      }
      fixture.events.publish(chain.head.position)
      #expect(try items(client, 1).map(describe) == ["+0101"])
      fixture.events.publish(chain.head.position)
      #expect(try items(client, 1).map(describe) == ["-0101"])
    }
  }

  @Test("Where the way back is forgotten, that is in the log and subscribers go on from the head")
  func forgotten() async throws {
    try await withClient(ports: Self.ports) { fixture, client in
      let chain = fixture.chain
      _ = try subscribe(client, "[\"newHeads\"]")
      try grow(chain, 3)
      fixture.events.publish(chain.head.position)
      _ = try items(client, 3)
      chain.drop(2, forget: true)
      try grow(chain, 2, branch: 1)
      fixture.events.publish(chain.head.position)
      fixture.events.waitUntilAsked(after: chain.head.position)
      try grow(chain, 1, branch: 1)
      fixture.events.publish(chain.head.position)
      #expect(try items(client, 1).map { $0?["number"]?.quantity64 } == [4])
      #expect(fixture.log.lines.count == 1)
      #expect(fixture.log.lines.first?.contains("block 3 was dropped, and it is forgotten what it was") == true)
    }
  }

  @Test("Who waits for a receipt gets that of the branch on which it comes")
  func receipts() async throws {
    let fixture = Fixture(ports: Self.ports) { $0.maxSyncTimeout = .seconds(600) }
    fixture.api.notifier.start()
    fixture.api.waiters.start()
    defer {
      fixture.api.notifier.stop()
      fixture.api.waiters.stop()
    }
    let chain = fixture.chain
    chain.addBlock()
    chain.addBlock()
    fixture.events.publish(chain.head.position)
    fixture.events.waitUntilAsked(after: chain.head.position)
    let transaction = try transfer(nonce: 5)
    async let answer = fixture.result(
      "eth_sendRawTransactionSync", "[\"\(Hex.encode(transaction.transaction.envelope))\",\"0x927c0\"]")
    while fixture.api.waiters.count == 0 { try await Task.sleep(for: .milliseconds(1)) }
    chain.drop(2)
    chain.addBlock([(transaction, [])], branch: 1)
    fixture.events.publish(chain.head.position)
    #expect(try await answer["blockHash"]?.bytes32 == chain.head.hash)
  }

  // MARK: Filters

  @Test("A log filter takes back what it told, and only that")
  func logFilter() async throws {
    let fixture = Fixture(ports: Self.ports)
    let chain = fixture.chain
    let early = try await fixture.call("eth_newFilter", "[{\"topics\":[\"\(topic(1))\"]}]")
    try grow(chain, 2)
    let late = try await fixture.call("eth_newFilter", "[{\"topics\":[\"\(topic(1))\"]}]")
    let ranged = try await fixture.call(
      "eth_newFilter", "[{\"topics\":[\"\(topic(1))\"],\"fromBlock\":\"0x2\",\"toBlock\":\"0x3\"}]")
    #expect(try await poll(fixture, early).map(describe) == ["+0101", "+0201"])
    try grow(chain, 2)
    // Nobody has been told of blocks 3 and 4.
    chain.drop(3)
    try grow(chain, 4, branch: 1)
    #expect(try await poll(fixture, early).map(describe) == ["-0201", "+0201", "+0301", "+0401", "+0501"])
    // As if it had been told of what was there when it began.
    #expect(try await poll(fixture, late).map(describe) == ["-0201", "+0201", "+0301", "+0401", "+0501"])
    #expect(try await poll(fixture, ranged).map(describe) == ["-0201", "+0201", "+0301"])
    for id in [early, late, ranged] { #expect(try await poll(fixture, id).isEmpty) }
    chain.drop(5)
    #expect(try await poll(fixture, early).map(describe) == ["-0501", "-0401", "-0301", "-0201", "-0101"])
    #expect(try await poll(fixture, ranged).map(describe) == ["-0301", "-0201"])
    #expect(try await poll(fixture, early).isEmpty)
  }

  @Test("A block filter tells the blocks of the new branch")
  func blockFilter() async throws {
    let fixture = Fixture(ports: Self.ports)
    let chain = fixture.chain
    let id = try await fixture.call("eth_newBlockFilter")
    try grow(chain, 3)
    #expect(try await poll(fixture, id).count == 3)
    chain.drop(2)
    try grow(chain, 1, branch: 1)
    #expect(try await poll(fixture, id).map(\.bytes32) == [chain.head.hash])
    #expect(try await poll(fixture, id).isEmpty)
  }

  @Test(
    "A reorganisation during a poll leaves nothing out and tells nothing twice", arguments: 0...5 as ClosedRange<UInt64>
  )
  func duringPoll(_ moment: UInt64) async throws {
    let fixture = Fixture(ports: Self.ports)
    let chain = fixture.chain
    let id = try await fixture.call("eth_newFilter", "[{\"topics\":[\"\(topic(1))\"]}]")
    try grow(chain, 2)
    var told = try await poll(fixture, id).map(describe)
    try grow(chain, 3)
    let isFirst = Atomic<Bool>(true)
    let (other, another) = (try branch(from: 2), try branch(from: 4))
    chain.whenHeaderIsRead.withLock {
      $0 = { number in
        guard number == moment, isFirst.exchange(false, ordering: .relaxed) else { return }
        chain.drop(4)
        for block in other { chain.addBlock(block, branch: 1) }
        for block in another { chain.addBlock(block, branch: 1) }
      }
    }
    for _ in 0..<3 { told += try await poll(fixture, id).map(describe) }
    chain.whenHeaderIsRead.withLock { $0 = nil }
    told += try await poll(fixture, id).map(describe)
    // Whoever adds and takes away what is told has what is in the chain.
    var held: [String] = []
    for item in told {
      if item.hasPrefix("+") {
        #expect(!held.contains(String(item.dropFirst())))
        held.append(String(item.dropFirst()))
      } else {
        #expect(held.popLast() == String(item.dropFirst()))
      }
    }
    let logs = try await fixture.result("eth_getLogs", "[{\"fromBlock\":\"0x1\",\"topics\":[\"\(topic(1))\"]}]")
    #expect(held == logs.elements?.map { String(describe($0).dropFirst()) })
  }

  /// What is in two blocks.
  private func branch(from number: UInt64) throws -> [[(RecoveredTransaction, [Log])]] {
    try (number..<number + 2).map { number in
      [(try transfer(nonce: 100 + number), [Log(address: token, topics: [topic(1)], data: [UInt8(number), 9])])]
    }
  }

  @Test("A poll that fails takes nothing back, and a filter whose way back is forgotten says so once")
  func failedPolls() async throws {
    let fixture = Fixture(ports: Self.ports)
    let chain = fixture.chain
    try grow(chain, 1)
    let logs = try await fixture.call("eth_newFilter", "[{}]"), blocks = try await fixture.call("eth_newBlockFilter")
    try grow(chain, 2)
    for id in [logs, blocks] { #expect(try await !poll(fixture, id).isEmpty) }
    chain.drop(2)
    let small = fixture.limited(toBytes: 100)
    let text = #"{"jsonrpc":"2.0","id":1,"method":"eth_getFilterChanges","params":[\#(logs)]}"#
    #expect(try await small("[\(text)]")["error"]?["code"]?.integer == -32_011)
    #expect(try await poll(fixture, logs).map(describe) == ["-0302", "-0301", "-0202", "-0201"])
    chain.drop(1, forget: true)
    try grow(chain, 2, branch: 1)
    for id in [logs, blocks] {
      let error = try await fixture.error("eth_getFilterChanges", "[\(id)]")
      #expect(error.code == -32_000)
      #expect(error.message.hasSuffix("forgotten already: the next poll tells what comes after block 2"))
      #expect(try await poll(fixture, id).isEmpty)
    }
    try grow(chain, 1, branch: 1)
    #expect(try await poll(fixture, logs).map(describe) == ["+0301", "+0302"])
  }

  @Test("Many dropped logs come in as many polls as they need")
  func largeReorganisation() async throws {
    let fixture = Fixture(ports: Self.ports)
    let chain = fixture.chain
    let id = try await fixture.call("eth_newFilter", "[{}]")
    let data = [UInt8](repeating: 7, count: 1 << 20)
    for number in 1...4 as ClosedRange<UInt64> {
      chain.addBlock([(try transfer(nonce: number), [Log(address: token, topics: [], data: data)])])
    }
    var added = 0
    while case let logs = try await poll(fixture, id), !logs.isEmpty { added += logs.count }
    #expect(added == 4)
    chain.drop(4)
    var numbers: [UInt64?] = []
    var polls = 0
    while case let logs = try await poll(fixture, id), !logs.isEmpty {
      #expect(logs.allSatisfy { $0["removed"]?.boolean == true })
      numbers += logs.map { $0["blockNumber"]?.quantity64 }
      polls += 1
    }
    #expect(numbers == [4, 3, 2, 1])
    #expect(polls > 1)
  }

  @Test("A block that is no longer in the chain is not found by its hash")
  func byHash() async throws {
    let fixture = Fixture(ports: Self.ports)
    let chain = fixture.chain
    try grow(chain, 2)
    let hash = chain.head.hash
    let before = try await fixture.result("eth_getBlockByHash", "[\"\(hash)\"]")
    #expect(before["number"]?.quantity64 == 2)
    // Another takes its place between the look-up and the reading.
    let isFirst = Atomic<Bool>(true)
    let other = try branch(from: 2)[0]
    chain.whenHeaderIsRead.withLock {
      $0 = { _ in
        guard isFirst.exchange(false, ordering: .relaxed) else { return }
        chain.drop(1)
        chain.addBlock(other, branch: 1)
      }
    }
    for _ in 0..<2 { #expect(try await fixture.call("eth_getBlockByHash", "[\"\(hash)\"]") == "null") }
  }
}
