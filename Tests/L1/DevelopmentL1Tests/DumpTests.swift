import DevelopmentL1
import Primitives
import StorageTesting
import Testing

@Suite("Development L1: dumps")
struct DumpTests {
  private let contract = "0x00000000000000000000000000000000000000aa"

  private func dumped(_ adjust: (inout DevelopmentL1.Options) -> Void = { _ in }) async throws -> (
    dump: String, hash: String, state: String
  ) {
    let l1 = try L1Fixture(adjust)
    let hash = try await l1.send(value: 9)
    try await l1.result("anvil_setCode", #"["\#(contract)","0x00"]"#)
    try await l1.result("anvil_setStorageAt", #"["\#(contract)","0x5","0x2a"]"#)
    try await l1.result("evm_mine")
    let dump = try #require(try await l1.result("anvil_dumpState").string)
    return (dump, hash, try await l1.blockField("stateRoot", 2))
  }

  @Test("A dump makes another chain the same: blocks, receipts and state")
  func roundTrip() async throws {
    let (dump, hash, root) = try await dumped()
    let other = try L1Fixture()
    _ = try await other.send(from: bob)
    #expect(try await other.result("anvil_loadState", #"["\#(dump)"]"#).boolean == true)
    #expect(try await other.head == 2)
    #expect(try await other.block(of: hash) == 1)
    #expect(
      try await other.result("eth_getStorageAt", #"["\#(contract)","0x5","latest"]"#).string?.hasSuffix("2a") == true)
    #expect(try await other.number("eth_getTransactionCount", #"["\#(alice.address)","latest"]"#) == 1)
    // States of blocks that were not made here are not known, but the newest.
    #expect(try await other.error("eth_getBalance", #"["\#(bob.address)","0x1"]"#).contains("not available"))
    #expect(try await other.blockField("stateRoot", 2) == root)
    _ = try await other.send(value: 1)
    #expect(try await other.head == 3)
  }

  @Test("A chain that took in a dump is continued after its process is killed")
  func durable() async throws {
    let (dump, hash, _) = try await dumped()
    let folder = TemporaryDirectory()
    var newest = ""
    do {
      let l1 = try L1Fixture(in: folder.path)
      for _ in 0..<4 { _ = try await l1.send() }
      try await l1.result("anvil_loadState", #"["\#(dump)"]"#)
      newest = try await l1.send(value: 1)
    }
    let l1 = try await L1Fixture.restarted(in: folder.path)
    #expect(try await l1.head == 3)
    #expect(try await l1.block(of: hash) == 1)
    #expect(try await l1.block(of: newest) == 3)
    #expect(try await l1.balance(bob.address, at: "0x2") == ether &* 1_000 &+ 9)
    #expect(try await l1.error("eth_getBalance", #"["\#(bob.address)","0x1"]"#).contains("not available"))
  }

  private func hex(_ text: String) -> String { Hex.encode(Array(text.utf8)) }

  @Test(
    "A number or a time that no chain reaches is refused, and the chain goes on",
    arguments: [
      #""number":"0xffffffffffffffff","timestamp":"0x1""#, #""number":"0x1","timestamp":"0xffffffffffffffff""#,
    ])
  func endOfNumbers(fields: String) async throws {
    let l1 = try L1Fixture()
    let block = #""block":{\#(fields),"gas_limit":"0x1c9c380","basefee":"0x7"}"#
    let refusal = try await l1.error("anvil_loadState", #"["\#(hex(#"{\#(block),"accounts":{}}"#))"]"#)
    #expect(refusal.contains("state dump"))
    _ = try await l1.send()
    #expect(try await l1.head == 1)
  }

  @Test("A dump of a chain without a gas limit makes one with a large limit, where all goes on")
  func withoutGasLimit() async throws {
    let l1 = try L1Fixture()
    let block = #""block":{"number":"0x5","timestamp":"0x1","gas_limit":"0xffffffffffffffff","basefee":"0x7"}"#
    try await l1.result("anvil_loadState", #"["\#(hex(#"{\#(block),"accounts":{}}"#))"]"#)
    let estimate = #"[{"from":"\#(alice.address)","to":"\#(bob.address)"}]"#
    #expect(try await l1.number("eth_estimateGas", estimate) == 21_000)
    _ = try await l1.send()
    #expect(try await l1.blockField("gasLimit", 6) == "0x10000000000")
    #expect(try await l1.result("anvil_dumpState").string?.hasPrefix("0x1f8b") == true)
  }

  @Test(
    "What is no dump changes nothing",
    arguments: [
      "0x", "0x1f8b", "0x7b7d", "0x7b226163636f756e7473223a7b22307831223a7b7d7d7d", "0xdeadbeef",
    ])
  func malformed(dump: String) async throws {
    let folder = TemporaryDirectory()
    let l1 = try L1Fixture(in: folder.path)
    _ = try await l1.send()
    let refusal = try await l1.error("anvil_loadState", #"["\#(dump)"]"#)
    #expect(refusal.contains("state dump") && !refusal.contains("\n"))
    #expect(try await l1.head == 1)
    _ = try await l1.send()
    #expect(try await l1.head == 2)
  }
}
