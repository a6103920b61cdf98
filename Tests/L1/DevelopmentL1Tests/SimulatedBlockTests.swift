import DevelopmentL1
import JSON
import Primitives
import Testing

@Suite("Development L1: blocks and bundles that are simulated")
struct SimulatedBlockTests {
  private let target = "0x00000000000000000000000000000000000000aa"
  /// Counts in slot 0, and returns the count.
  private let counter = "0x6000546001018060005560005260206000f3"

  private func simulate(_ l1: L1Fixture, _ blocks: String, _ options: String = "") async throws -> [JSONValue] {
    let result = try await l1.result("eth_simulateV1", "[{\"blockStateCalls\":[\(blocks)]\(options)}]")
    return try #require(result.elements)
  }

  @Test("Blocks are linked, as Ethereum's are, and each goes on where the one before ended")
  func blocks() async throws {
    let l1 = try L1Fixture()
    _ = try await l1.send(value: 10)
    let head = try await l1.result("eth_getBlockByNumber", #"["latest",false]"#)
    let call = "{\"to\":\"\(target)\"}"
    let blocks = try await simulate(
      l1,
      "{\"stateOverrides\":{\"\(target)\":{\"code\":\"\(counter)\"}},\"calls\":[\(call),\(call)]},{\"calls\":[\(call)]}",
      ",\"validation\":false")
    #expect(blocks.compactMap { $0["number"]?.quantity64 } == [2, 3])
    #expect(blocks[0]["parentHash"]?.bytes32 == head["hash"]?.bytes32)
    #expect(blocks[1]["parentHash"]?.bytes32 == blocks[0]["hash"]?.bytes32)
    #expect(blocks[0]["timestamp"]?.quantity64 == (head["timestamp"]?.quantity64).map { $0 + 12 })
    #expect(blocks[0]["stateRoot"]?.bytes32 != blocks[1]["stateRoot"]?.bytes32)
    let calls = blocks.flatMap { $0["calls"]?.elements ?? [] }
    #expect(calls.map { $0["returnData"]?.bytes32.map { UInt256($0) } } == [1, 2, 3])
    // The state is as it was.
    #expect(try await l1.result("eth_getCode", #"["\#(target)","latest"]"#).string == "0x")
  }

  @Test("What is validated pays, what names no price does not, and refunds are told")
  func fees() async throws {
    let l1 = try L1Fixture()
    let paid = "{\"from\":\"\(alice.address)\",\"to\":\"\(target)\",\"value\":\"0x7\",\"maxFeePerGas\":\"0x77359400\"}"
    // Returns the balance of the account.
    let ask = "{\"to\":\"0x00000000000000000000000000000000000000bb\"}"
    let code = "0x73\(alice.address.description.dropFirst(2))3160005260206000f3"
    let state = "\"stateOverrides\":{\"0x00000000000000000000000000000000000000bb\":{\"code\":\"\(code)\"}}"
    let valid = try await simulate(
      l1,
      """
      {\(state),"blockOverrides":{"baseFeePerGas":"0xa"},"calls":[\(paid)]},
      {"blockOverrides":{"baseFeePerGas":"0x0"},"calls":[\(ask)]}
      """,
      ",\"validation\":true,\"traceTransfers\":true")
    let left = valid[1]["calls"]?.elements?.first?["returnData"]?.bytes32.map { UInt256($0) }
    #expect(left == ether &* 1_000 &- 7 &- 210_000)
    #expect(valid[0]["calls"]?.elements?.first?["logs"]?.elements?.count == 1)
    // Clears a slot, and gets gas back for it.
    let clear = try await simulate(
      l1,
      """
      {"stateOverrides":{"\(target)":{"code":"0x6000600055","state":{"0x\(String(repeating: "0", count: 64))":\
      "0x\(String(repeating: "0", count: 63))1"}}},"calls":[{"to":"\(target)"}]}
      """)
    let call = try #require(clear[0]["calls"]?.elements?.first)
    #expect(try #require(call["gasUsed"]?.quantity64) < (try #require(call["maxUsedGas"]?.quantity64)))
    for (block, code) in [
      ("{\"calls\":[{\"from\":\"\(alice.address)\",\"nonce\":\"0x5\"}]}", "nonce too high"),
      ("{\"blockOverrides\":{\"blobBaseFee\":\"0x1\"}}", "blobBaseFee cannot be overridden"),
      (
        "{\"stateOverrides\":{\"0x0000000000000000000000000000000000000001\":{\"movePrecompileToAddress\":\"\(target)\"}}}",
        "precompiles cannot be moved"
      ),
    ] {
      let message = try await l1.error("eth_simulateV1", "[{\"blockStateCalls\":[\(block)],\"validation\":true}]")
      #expect(message.contains(code), "\(message)")
    }
  }

  @Test("Bundles of calls begin in the middle of a block, and are traced")
  func bundles() async throws {
    let l1 = try L1Fixture()
    try await l1.result("anvil_setBalance", #"["\#(target)","0x0"]"#)
    _ = try await l1.send(value: 10)
    let bundle = "[{\"transactions\":[{\"to\":\"\(target)\"},{\"to\":\"\(target)\"}]}]"
    let state = "{\"\(target)\":{\"code\":\"\(counter)\"}}"
    let told = try await l1.result("eth_callMany", "[\(bundle),{\"transactionIndex\":1},\(state)]")
    #expect(told.elements?.first?.elements?.map { $0["value"]?.bytes32.map { UInt256($0) } } == [1, 2])
    // What bob had before the block's only transaction.
    let probe = "0x73\(bob.address.description.dropFirst(2))3160005260206000f3"
    for (index, balance) in [(0, ether &* 1_000), (1, ether &* 1_000 &+ 10)] as [(Int, UInt256)] {
      let asked = try await l1.result(
        "eth_callMany", "[[{\"transactions\":[{\"input\":\"\(probe)\"}]}],{\"transactionIndex\":\(index)}]")
      #expect(asked.elements?.first?.elements?.first?["value"]?.bytes32.map { UInt256($0) } == balance)
    }
    #expect(try await l1.error("eth_callMany", "[\(bundle),{\"transactionIndex\":2}]").contains("beyond"))
    let traces = try await l1.result(
      "debug_traceCallMany", "[\(bundle),{},{\"tracer\":\"callTracer\",\"stateOverrides\":\(state)}]")
    #expect(traces.elements?.first?.elements?.map { $0["output"]?.bytes32.map { UInt256($0) } } == [1, 2])
  }

  @Test("The rules and the price of blobs are told")
  func rules() async throws {
    let l1 = try L1Fixture()
    let current = try await l1.result("eth_config")["current"]
    #expect(current?["blobSchedule"]?["max"]?.unsignedInteger == 6)
    #expect(current?["precompiles"]?["KZG_POINT_EVALUATION"]?.address == Address(10))
    #expect(current?["precompiles"]?["BLS12_G1ADD"] == nil)
    #expect(try await l1.result("eth_capabilities")["stateproofs"]?["disabled"]?.boolean == false)
  }
}
