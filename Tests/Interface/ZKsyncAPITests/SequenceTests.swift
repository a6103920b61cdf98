import Cryptography
import JSON
import Primitives
import Testing
import ZKsyncAPI

/// Transactions that are simulated one after the other, by the real machine over real stores.
@Suite("Simulated blocks and bundles of calls")
struct SequenceTests {
  private let sender = Address(0xa11ce)
  /// Counts in slot 0, and returns the count.
  private let counter = "{\"code\":\"0x6000546001018060005560005260206000f3\""

  private func simulate(_ fixture: Fixture, _ blocks: String, _ options: String = "") async throws -> [JSONValue] {
    let result = try await fixture.result("eth_simulateV1", "[{\"blockStateCalls\":[\(blocks)]\(options)}]")
    return try #require(result.elements)
  }

  @Test("Storage is kept from call to call and from block to block, until it is replaced")
  func storage() async throws {
    let fixture = try Fixture()
    let call = "{\"to\":\"\(token)\"}"
    let blocks = try await simulate(
      fixture,
      """
      {"stateOverrides":{"\(token)":\(counter)}},"calls":[\(call),\(call)]},{"calls":[\(call)]},
      {"stateOverrides":{"\(token)":{"stateDiff":{"\(topic(0))":"\(topic(9))"}}},"calls":[\(call)]},
      {"stateOverrides":{"\(token)":{"state":{}}},"calls":[\(call),\(call)]}
      """)
    let counts = blocks.map { $0["calls"]?.elements?.compactMap { $0["returnData"]?.bytes32.map { UInt256($0) } } }
    #expect(counts == [[1, 2], [3], [10], [1, 2]])
    #expect(blocks.compactMap { $0["number"]?.quantity64 } == [5, 6, 7, 8])
    // What is in the stores is what it was.
    let slot = try await fixture.result("eth_getStorageAt", "[\"\(token)\",\"0x0\"]")
    #expect(slot.bytes32 == topic(0))
  }

  @Test("Headers are those that the node shows", arguments: ServedHeaders.allCases)
  func headers(_ headers: ServedHeaders) async throws {
    let fixture = try Fixture(headers: headers)
    let head = try await fixture.result("eth_getBlockByNumber", "[\"latest\",false]")
    let blocks = try await simulate(fixture, "{\"calls\":[{\"to\":\"\(sender)\"}]},{}")
    let isLinked = headers == .linked
    #expect(blocks[0]["parentHash"]?.bytes32 == (isLinked ? head["hash"]?.bytes32 : .zero))
    #expect(blocks[1]["parentHash"]?.bytes32 == (isLinked ? blocks[0]["hash"]?.bytes32 : .zero))
    #expect(blocks[0]["gasUsed"]?.quantity64 == (isLinked ? 21_000 : 0))
    #expect(blocks[0]["hash"]?.bytes32 != blocks[1]["hash"]?.bytes32)
    #expect(blocks[0]["baseFeePerGas"]?.quantity64 == 0)
    let valid = try await simulate(fixture, "{},{}", ",\"validation\":true")
    #expect(valid.map { $0["baseFeePerGas"]?.quantity64 } == [1_000, 1_000])
  }

  @Test("A precompile that is moved is back in the next block, and blobs cost what was said")
  func world() async throws {
    let fixture = try Fixture()
    let identity = Address(4)
    let ask = "{\"to\":\"\(token)\",\"input\":\"0x1234\"},{\"to\":\"\(identity)\",\"input\":\"0x1234\"}"
    let blocks = try await simulate(
      fixture,
      """
      {"stateOverrides":{"\(identity)":{"movePrecompileToAddress":"\(token)"}},"calls":[\(ask)]},{"calls":[\(ask)]},
      {"blockOverrides":{"blobBaseFee":"0x77"},"calls":[{"input":"0x4a60005260206000f3"}]}
      """)
    let outputs = blocks.map { $0["calls"]?.elements?.map { $0["returnData"]?.string } }
    #expect(outputs[0] == ["0x1234", "0x"] && outputs[1] == ["0x", "0x1234"])
    #expect(blocks[2]["calls"]?.elements?.first?["returnData"]?.bytes32 == topic(0x77))
  }

  @Test("A contract is created where the nonce says, which counts")
  func creation() async throws {
    let fixture = try Fixture()
    // Code of one byte.
    let creation = "{\"from\":\"\(sender)\",\"input\":\"0x600160005260016000f3\"}"
    let blocks = try await simulate(
      fixture, "{\"calls\":[\(creation),\(creation)]}", ",\"returnFullTransactions\":true")
    #expect(blocks[0]["transactions"]?.elements?.map { $0["nonce"]?.quantity64 } == [0, 1])
    #expect(blocks[0]["calls"]?.elements?.map { $0["status"]?.quantity64 } == [1, 1])
    var fields = RLPWriter()
    fields.appendList {
      $0.append(sender)
      $0.append(0 as UInt64)
    }
    let created = Address(truncating: UInt256(Keccak256.hash(fields.encoded)))
    // Returns the size of its code.
    let probe = "0x73\(created.description.dropFirst(2))3b60005260206000f3"
    let code = try await simulate(
      fixture,
      "{\"calls\":[\(creation),{\"to\":\"\(token)\"}],\"stateOverrides\":{\"\(token)\":{\"code\":\"\(probe)\"}}}")
    #expect(code[0]["calls"]?.elements?.last?["returnData"]?.bytes32 == topic(1))
  }

  @Test("Bundles of calls, and traces of them")
  func bundles() async throws {
    let fixture = try Fixture()
    let call = "{\"to\":\"\(token)\"}"
    let bundles = "[{\"transactions\":[\(call),\(call)]},{\"transactions\":[\(call),{\"input\":\"0xfe\"}]}]"
    let told = try await fixture.result(
      "eth_callMany", "[\(bundles),{\"blockNumber\":\"0x3\"},{\"\(token)\":\(counter)}}]")
    let first = told.elements?.first?.elements, second = told.elements?.last?.elements
    #expect(first?.map { $0["value"]?.bytes32 } == [topic(1), topic(2)])
    #expect(second?.first?["value"]?.bytes32 == topic(3))
    #expect(second?.last?["error"]?.string?.hasPrefix("invalid opcode") == true)
    let options = "{\"tracer\":\"callTracer\",\"stateOverrides\":{\"\(token)\":\(counter)}}}"
    let traces = try await fixture.result("debug_traceCallMany", "[\(bundles),{},\(options)]")
    #expect(traces.elements?.first?.elements?.map { $0["output"]?.bytes32 } == [topic(1), topic(2)])
    #expect(traces.elements?.last?.elements?.first?["output"]?.bytes32 == topic(3))
    for (context, code) in [
      ("{\"blockNumber\":\"0x9\"}", -32_000), ("{\"blockNumber\":\"0x3\",\"transactionIndex\":1}", -32_000),
      ("{\"transactionIndex\":\"x\"}", -32_602), ("[]", -32_602),
    ] as [(String, Int64)] {
      #expect(try await fixture.error("eth_callMany", "[\(bundles),\(context)]").code == code, "\(context)")
    }
    // After none of the transactions of a block that has none.
    let start = try await fixture.result("eth_callMany", "[[{\"transactions\":[{}]}],{\"transactionIndex\":0}]")
    #expect(start.elements?.first?.elements?.first?["value"]?.string == "0x")
  }
}
