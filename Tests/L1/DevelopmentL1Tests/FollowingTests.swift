import DevelopmentL1
import JSON
import Primitives
import Testing

@Suite("Development L1: following the chain")
struct FollowingTests {
  /// Emits a log without topics whenever it is called: PUSH0 PUSH0 LOG0.
  private let emitter = "0x00000000000000000000000000000000000000ee"

  private func emit(_ l1: L1Fixture) async throws -> String {
    let request = #"[{"from":"\#(alice.address)","to":"\#(emitter)","gas":"0xc350"}]"#
    return try #require(try await l1.result("eth_sendTransaction", request).string)
  }

  private func chain() async throws -> L1Fixture {
    let l1 = try L1Fixture()
    try await l1.result("anvil_setCode", #"["\#(emitter)","0x5f5fa000"]"#)
    return l1
  }

  private func changes(_ l1: L1Fixture, _ filter: String) async throws -> [(removed: Bool, hash: String)] {
    let logs = try #require(try await l1.result("eth_getFilterChanges", #"["\#(filter)"]"#).elements)
    return logs.map { ($0["removed"]?.boolean ?? false, $0["transactionHash"]?.string ?? "") }
  }

  @Test("After a reorganisation a filter gives the dropped logs once more, marked, and then the new ones")
  func filters() async throws {
    let l1 = try await chain()
    let filter = try await l1.result("eth_newFilter", #"[{"address":"\#(emitter)"}]"#).string ?? ""
    let first = try await emit(l1), second = try await emit(l1)
    #expect(try await changes(l1, filter).map(\.hash) == [first, second])
    try await l1.result("anvil_reorg", #"[{"depth":1,"keep":true}]"#)
    let after = try await changes(l1, filter)
    #expect(after.map(\.removed) == [true, false])
    #expect(after.map(\.hash) == [second, second])
    try await l1.result("anvil_rollback", "[2]")
    #expect(try await changes(l1, filter).map(\.removed) == [true, true])
    #expect(try await l1.result("eth_getLogs", #"[{"fromBlock":"0x0"}]"#).elements?.isEmpty == true)
  }

  @Test("safe and finalized are one and two epochs behind the head, never before the first block")
  func tags() async throws {
    let l1 = try L1Fixture { $0.chain.slotsInAnEpoch = 4 }
    func number(_ tag: String) async throws -> UInt64? {
      try await l1.result("eth_getBlockByNumber", #"["\#(tag)",false]"#)["number"]?.quantity64
    }
    #expect(try await number("safe") == 0)
    try await l1.result("anvil_mine", "[10]")
    #expect(try await number("safe") == 6)
    #expect(try await number("finalized") == 2)
    #expect(try await number("earliest") == 0)
  }

  @Test("A call sees the state after any block, and the price and number of that block")
  func calls() async throws {
    let l1 = try L1Fixture()
    // NUMBER, and return it.
    try await l1.result("anvil_setCode", #"["\#(emitter)","0x435f5260205ff3"]"#)
    try await l1.result("anvil_mine", "[3]")
    for block in [0, 2, 3] as [UInt64] {
      let output = try await l1.result("eth_call", #"[{"to":"\#(emitter)"},"\#(Hex.quantity(block))"]"#)
      #expect(output.bytes32 == Bytes32(UInt256(block)))
    }
  }

  @Test("A transaction can be traced in its block, and its proof leads to the state root")
  func traces() async throws {
    let l1 = try await chain()
    let hash = try await emit(l1)
    let trace = try await l1.result(
      "debug_traceTransaction", #"["\#(hash)",{"tracer":"callTracer","tracerConfig":{"withLog":true}}]"#)
    #expect(trace["to"]?.string == emitter)
    #expect(trace["logs"]?.elements?.count == 1)
    let steps = try await l1.result("debug_traceTransaction", #"["\#(hash)"]"#)
    #expect(steps["structLogs"]?.elements?.compactMap { $0["op"]?.string } == ["PUSH0", "PUSH0", "LOG0", "STOP"])
    let proof = try await l1.result("eth_getProof", #"["\#(emitter)",[],"latest"]"#)
    #expect(proof["accountProof"]?.elements?.isEmpty == false)
  }
}
