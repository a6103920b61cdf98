import DevelopmentL1
import Primitives
import Testing

@Suite("Development L1: going back")
struct RewindingTests {
  @Test("A snapshot brings back blocks, accounts, pool and clock, once")
  func snapshots() async throws {
    let l1 = try L1Fixture()
    let kept = try await l1.send()
    let id = try #require(try await l1.result("evm_snapshot").string)
    let gone = try await l1.send()
    try await l1.result("anvil_setBalance", #"["\#(bob.address)","0x5"]"#)
    try await l1.result("evm_increaseTime", "[9999]")
    #expect(try await l1.result("evm_revert", #"["\#(id)"]"#).boolean == true)
    #expect(try await l1.head == 1)
    #expect(try await l1.block(of: kept) == 1)
    #expect(try await l1.block(of: gone) == nil)
    #expect(try await l1.balance(bob.address) == ether &* 1_000 &+ 1)
    #expect(try await l1.result("evm_revert", #"["\#(id)"]"#).boolean == false)
    try await l1.result("evm_mine")
    #expect(try await l1.blockField("timestamp", 2) == Hex.quantity(start + 2))
  }

  @Test("Reverting uses up all later snapshots")
  func nested() async throws {
    let l1 = try L1Fixture()
    let first = try await l1.result("evm_snapshot").string ?? ""
    _ = try await l1.send()
    let second = try await l1.result("evm_snapshot").string ?? ""
    #expect(first == "0x0" && second == "0x1")
    #expect(try await l1.result("evm_revert", #"["\#(first)"]"#).boolean == true)
    #expect(try await l1.result("evm_revert", #"["\#(second)"]"#).boolean == false)
    #expect(try await l1.result("evm_snapshot").string == "0x2")
  }

  @Test("A rollback drops blocks; more than there are is refused")
  func rollback() async throws {
    let l1 = try L1Fixture()
    for _ in 0..<4 { _ = try await l1.send() }
    try await l1.result("anvil_rollback", "[3]")
    #expect(try await l1.head == 1)
    #expect(try await l1.balance(bob.address) == ether &* 1_000 &+ 1)
    #expect(try await l1.error("anvil_rollback", "[5]").contains("cannot go back by 5"))
    _ = try await l1.send()
    #expect(try await l1.head == 2)
  }

  @Test("A reorganisation puts other blocks in the place of the newest; what was in them is gone", arguments: [1, 3])
  func reorganisation(depth: UInt64) async throws {
    let l1 = try L1Fixture()
    var hashes: [String] = []
    for _ in 0..<5 { hashes.append(try await l1.send()) }
    let before = try await l1.blockField("hash", 5), fork = try await l1.blockField("hash", 5 - depth)
    try await l1.result("anvil_reorg", "[\(depth),[]]")
    #expect(try await l1.head == 5)
    #expect(try await l1.blockField("hash", 5) != before)
    #expect(try await l1.blockField("hash", 5 - depth) == fork)
    #expect(try await l1.block(of: hashes[4]) == nil)
    #expect(try await l1.block(of: hashes[Int(4 - depth)]) == 5 - depth)
    #expect(try await l1.number("eth_getTransactionCount", #"["\#(alice.address)","latest"]"#) == 5 - depth)
  }

  @Test("With `keep`, what was dropped comes back, one block later")
  func keeping() async throws {
    let l1 = try L1Fixture()
    var hashes: [String] = []
    for _ in 0..<5 { hashes.append(try await l1.send()) }
    try await l1.result("anvil_reorg", #"[{"depth":3,"keep":true}]"#)
    #expect(try await l1.block(of: hashes[1]) == 2)
    #expect(try await l1.block(of: hashes[2]) == 4)
    #expect(try await l1.block(of: hashes[3]) == 5)
    #expect(try await l1.block(of: hashes[4]) == 5)
    #expect(try await l1.balance(bob.address) == ether &* 1_000 &+ 5)
  }

  @Test("A reorganisation can bring its own transactions, raw and as requests")
  func pairs() async throws {
    let l1 = try L1Fixture()
    for _ in 0..<2 { _ = try await l1.send() }
    let raw = try await l1.raw(40, 0).dropFirst(2).dropLast(2)
    let request = #"{"from":"\#(bob.address)","to":"\#(alice.address)","value":"0x9","nonce":"0x0"}"#
    try await l1.result("anvil_reorg", #"[2,[["\#(raw)",0],[\#(request),1]]]"#)
    #expect(try await l1.result("eth_getBlockTransactionCountByNumber", #"["0x1"]"#).quantity64 == 1)
    #expect(try await l1.result("eth_getBlockTransactionCountByNumber", #"["0x2"]"#).quantity64 == 1)
    #expect(try await l1.error("anvil_reorg", #"[2,[["\#(raw)",2]]]"#).contains("not below the depth"))
    #expect(try await l1.error("anvil_reorg", "[9,[]]").contains("cannot go back by 9"))
  }

  @Test("A reset leaves the beginning")
  func reset() async throws {
    let l1 = try L1Fixture()
    _ = try await l1.send()
    try await l1.result("anvil_reset")
    #expect(try await l1.head == 0)
    #expect(try await l1.balance(bob.address) == ether &* 1_000)
    #expect(try await l1.error("anvil_reset", #"[{"forking":{"jsonRpcUrl":"http://x"}}]"#).contains("not supported"))
  }
}
