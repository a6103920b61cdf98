import DevelopmentL1
import Primitives
import Testing

@Suite("Development L1: mining")
struct MiningTests {
  @Test("A transaction is mined before its sender has the hash, each in a block of its own")
  func automatic() async throws {
    let l1 = try L1Fixture()
    for number in 1...3 as ClosedRange<UInt64> {
      let hash = try await l1.send()
      #expect(try await l1.block(of: hash) == number)
    }
    #expect(try await l1.head == 3)
    #expect(try await l1.balance(bob.address) == ether &* 1_000 &+ 3)
  }

  @Test(
    "With automine off transactions wait, and a block takes them by their tips, each sender's in the order of nonces")
  func manual() async throws {
    let l1 = try L1Fixture { $0.mining = .manual }
    let low = try await l1.send(tip: 1), second = try await l1.send(tip: 9_000_000_000)
    let high = try await l1.send(from: bob, tip: 5_000_000_000)
    #expect(try await l1.head == 0)
    #expect(try await l1.block(of: low) == nil)
    try await l1.result("evm_mine")
    let block = try await l1.result("eth_getBlockByNumber", #"["latest",false]"#)
    let hashes = try #require(block["transactions"]?.elements).compactMap(\.string)
    #expect(hashes == [high, low, second])
  }

  @Test("evm_mine and anvil_mine make blocks, with the times that are asked for")
  func times() async throws {
    let l1 = try L1Fixture()
    #expect(try await l1.result("evm_mine", "[{\"timestamp\":\(start + 500),\"blocks\":3}]").string == "0x0")
    #expect(try await l1.head == 3)
    #expect(try await l1.blockField("timestamp", 1) == Hex.quantity(start + 500))
    #expect(try await l1.blockField("timestamp", 3) == Hex.quantity(start + 502))
    try await l1.result("anvil_mine", #"["0x4","0x3c"]"#)
    #expect(try await l1.head == 7)
    let times = try await (l1.blockField("timestamp", 5), l1.blockField("timestamp", 7))
    #expect(UInt64(times.1.dropFirst(2), radix: 16)! - UInt64(times.0.dropFirst(2), radix: 16)! == 120)
    #expect(try await l1.error("anvil_mine", #"["0xffffffff"]"#).contains("at most"))
  }

  @Test("Blocks come at the interval, and with transactions between them in the mixed mode")
  func interval() async throws {
    let l1 = try L1Fixture { $0.mining = .mixed(.milliseconds(20)) }
    try await l1.l1.start()
    let hash = try await l1.send()
    #expect(try await l1.block(of: hash) != nil)
    let mined = try await l1.head
    while try await l1.head < mined + 3 { try await Task.sleep(for: .milliseconds(5)) }
    try await l1.result("anvil_setIntervalMining", "[0]")
    #expect(try await l1.result("anvil_getIntervalMining").isNull)
    #expect(try await l1.result("anvil_getAutomine").boolean == false)
    try await l1.result("evm_setAutomine", "[true]")
    #expect(try await l1.result("anvil_getAutomine").boolean == true)
    await l1.l1.stop()
  }

  @Test("Turning automine on mines what waits")
  func turningOn() async throws {
    let l1 = try L1Fixture { $0.mining = .manual }
    let hash = try await l1.send()
    try await l1.result("evm_setAutomine", "[true]")
    #expect(try await l1.block(of: hash) == 1)
  }

  @Test("The base fee follows EIP-1559, unless the next one is set")
  func baseFee() async throws {
    let l1 = try L1Fixture()
    try await l1.result("evm_mine")
    #expect(try await l1.blockField("baseFeePerGas", 1) == Hex.quantity(875_000_000))
    try await l1.result("anvil_setNextBlockBaseFeePerGas", #"["0x2540be400"]"#)
    try await l1.result("evm_mine")
    #expect(try await l1.blockField("baseFeePerGas", 2) == Hex.quantity(10_000_000_000))
    try await l1.result("evm_mine")
    #expect(try await l1.blockField("baseFeePerGas", 3) == Hex.quantity(8_750_000_000))
  }

  @Test("Coinbase, gas limit and chain id of later blocks can be set")
  func settings() async throws {
    let l1 = try L1Fixture()
    try await l1.result("anvil_setCoinbase", #"["0x00000000000000000000000000000000000000cc"]"#)
    #expect(try await l1.result("evm_setBlockGasLimit", #"["0x1000000"]"#).boolean == true)
    _ = try await l1.send()
    #expect(try await l1.blockField("miner", 1) == "0x00000000000000000000000000000000000000cc")
    #expect(try await l1.blockField("gasLimit", 1) == "0x1000000")
    #expect(try await l1.balance(Address(0xcc)) == UInt256(21_000) &* 1_000_000_000)
    try await l1.result("anvil_setChainId", "[5]")
    #expect(try await l1.number("eth_chainId") == 5)
    #expect(try await l1.error("eth_sendRawTransaction", try await l1.raw()).contains("invalid chain id"))
    #expect(try await l1.error("evm_setBlockGasLimit", #"["0x1"]"#).contains("21000"))
  }

  @Test("A pending block shows what waits, executed")
  func pending() async throws {
    let l1 = try L1Fixture { $0.mining = .manual }
    let hash = try await l1.send(value: 7)
    let pending = try await l1.result("eth_getBlockByNumber", #"["pending",false]"#)
    #expect(pending["number"]?.quantity64 == 1)
    #expect(pending["transactions"]?.elements?.first?.string == hash)
    #expect(try await l1.balance(bob.address, at: "pending") == ether &* 1_000 &+ 7)
    #expect(try await l1.balance(bob.address) == ether &* 1_000)
    #expect(try await l1.number("eth_getTransactionCount", #"["\#(alice.address)","pending"]"#) == 1)
    try await l1.result("evm_mine")
    #expect(try await l1.block(of: hash) == 1)
  }
}

extension Hex {
  static func quantity(_ number: UInt64) -> String { "0x" + String(number, radix: 16) }
}
