import JSON
import Primitives
import Testing

@Suite("Calls that leave no trace")
struct CallMethodTests {
  func fixture() -> Fixture {
    let fixture = Fixture()
    for _ in 0..<3 { fixture.chain.addBlock() }
    return fixture
  }

  @Test("A call returns its output; input may come as data")
  func output() async throws {
    let fixture = fixture()
    for field in ["input", "data"] {
      #expect(
        try await fixture.call("eth_call", "[{\"to\":\"\(token)\",\"\(field)\":\"0x00abcd\"},\"latest\"]")
          == "\"0xabcd\"")
    }
    #expect(
      try await fixture.call("eth_call", "[{\"to\":\"\(token)\",\"input\":\"0x00ab\",\"data\":\"0x00ab\"}]")
        == "\"0xab\"")
    let error = try await fixture.error("eth_call", "[{\"input\":\"0x00\",\"data\":\"0x01\"}]")
    #expect(error.code == -32602)
  }

  @Test("A revert is code 3 with reason and data")
  func revert() async throws {
    let fixture = fixture()
    for method in ["eth_call", "eth_estimateGas"] {
      let response = try await fixture.response(method, "[{\"to\":\"\(token)\",\"input\":\"0x01\"}]")
      #expect(response["error"]?["code"]?.integer == 3)
      #expect(response["error"]?["message"]?.string == "execution reverted: nope")
      #expect(response["error"]?["data"]?.data == TestSimulator.reason)
      let silent = try await fixture.response(method, "[{\"to\":\"\(token)\",\"input\":\"0x02\"}]")
      #expect(silent["error"]?["message"]?.string == "execution reverted")
      #expect(silent["error"]?["data"]?.string == "0x")
    }
  }

  @Test(
    "Other ends of a call, and calls that cannot be",
    arguments: [
      ("{\"input\":\"0x03\"}", "\"latest\"", -32000, "invalid opcode: 0xfe"),
      ("{\"input\":\"0x05\"}", "\"latest\"", -32000, "insufficient funds"),
      ("{\"input\":\"0x09\"}", "\"latest\"", -32603, "machine broke"),
      ("{}", "\"0x1\"", -32000, "state for block 1 is not available"), ("{}", "\"0x9\"", -32000, "block not found"),
      ("{\"gas\":\"0x5207\"}", "\"latest\"", -32000, "intrinsic gas too low"),
      (
        "{\"gasPrice\":\"0x1\",\"maxFeePerGas\":\"0x1\"}", "\"latest\"", -32000,
        "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified"
      ),
      ("{\"maxFeePerGas\":\"0x3e7\"}", "\"latest\"", -32000, "max fee per gas less than block base fee"),
      (
        "{\"maxFeePerGas\":\"0x1\",\"maxPriorityFeePerGas\":\"0x2\"}", "\"latest\"", -32000,
        "maxFeePerGas (1) < maxPriorityFeePerGas (2)"
      ),
      ("{\"authorizationList\":[]}", "\"latest\"", -32000, "EIP-7702 transactions are not supported"),
      ("{\"maxFeePerBlobGas\":\"0x1\"}", "\"latest\"", -32000, "EIP-4844 transactions are not supported"),
      ("\"x\"", "\"latest\"", -32602, "invalid argument 0: expected a transaction object, found string"),
      (
        "{\"to\":\"0x12\"}", "\"latest\"", -32602,
        "invalid argument 0: address: hex string has length 2, want 40"
      ),
      ("{\"value\":\"1\"}", "\"latest\"", -32602, "invalid argument 0: hex string without 0x prefix"),
      ("{\"gas\":\"0x10000000000000000\"}", "\"latest\"", -32602, "invalid argument 0: hex number > 64 bits"),
    ])
  func refusals(_ request: String, _ block: String, _ code: Int64, _ message: String) async throws {
    let error = try await fixture().error("eth_call", "[\(request),\(block)]")
    #expect(error == (code, message))
  }

  @Test(
    "The price that a call would pay",
    arguments: [
      ("", 0), ("\"gasPrice\":\"0x7\",", 7), ("\"maxFeePerGas\":\"0x7d0\",", 1_000),
      ("\"maxFeePerGas\":\"0x7d0\",\"maxPriorityFeePerGas\":\"0x64\",", 1_100),
      ("\"maxFeePerGas\":\"0x3f2\",\"maxPriorityFeePerGas\":\"0x64\",", 1_010),
      ("\"maxPriorityFeePerGas\":\"0x64\",", 1_100),
      ("\"maxFeePerGas\":\"0x0\",", 0),
    ] as [(String, UInt64)])
  func price(_ fees: String, _ price: UInt64) async throws {
    #expect(try await fixture().call("eth_call", "[{\(fees)\"input\":\"0x06\"}]") == "\"\(topic(price))\"")
  }

  @Test("Gas is capped")
  func gasCap() async throws {
    let fixture = fixture()
    #expect(try await fixture.call("eth_call", "[{\"input\":\"0x08\"}]") == "\"\(topic(10_000_000))\"")
    #expect(
      try await fixture.call("eth_call", "[{\"input\":\"0x08\",\"gas\":\"0x989681\"}]") == "\"\(topic(10_000_001))\"")
    // That of a block.
    #expect(
      try await fixture.call("eth_call", "[{\"input\":\"0x08\",\"gas\":\"0x5f5e101\"}]") == "\"\(topic(100_000_000))\"")
    #expect(try await fixture.call("eth_call", "[{\"input\":\"0x08\",\"gas\":\"0x7530\"}]") == "\"\(topic(30_000))\"")
  }

  @Test("State and block overrides reach the machine")
  func overrides() async throws {
    let fixture = fixture()
    let state = "{\"\(alice)\":{\"balance\":\"0x5\",\"stateDiff\":{\"\(topic(1))\":\"\(topic(2))\"}}}"
    let output = try await fixture.result(
      "eth_call", "[{\"input\":\"0x07\"},\"0x2\",\(state),{\"number\":\"0x63\",\"baseFeePerGas\":\"0x1\"}]")
    #expect(output.data == topic(5).bytes + topic(99).bytes + topic(1).bytes)
    let plain = try await fixture.result("eth_call", "[{\"input\":\"0x07\"},\"0x2\"]")
    #expect(plain.data == topic(0).bytes + topic(2).bytes + topic(0).bytes)
    for bad in [
      "[]", "{\"0x12\":{}}", "{\"\(alice)\":{\"nonsense\":1}}",
      "{\"\(alice)\":{\"state\":{},\"stateDiff\":{\"\(topic(1))\":\"\(topic(1))\"}}}",
      "{\"\(alice)\":{\"stateDiff\":{\"0x1\":\"0x2\"}}}",
    ] {
      #expect(try await fixture.error("eth_call", "[{},\"latest\",\(bad)]").code == -32602, "\(bad)")
    }
    #expect(try await fixture.error("eth_call", "[{},\"latest\",{},{\"nonsense\":1}]").code == -32602)
  }

  @Test("An estimate suffices and is tight", arguments: [30, 50, 100, 333, 1_000, 9_999, 65_535])
  func estimate(_ need: UInt64) async throws {
    let fixture = fixture()
    let input = Hex.encode([4, UInt8(need >> 8), UInt8(need & 255)])
    let estimate = try #require(
      try await fixture.result("eth_estimateGas", "[{\"to\":\"\(token)\",\"input\":\"\(input)\"}]").quantity64)
    #expect(estimate >= need * 1_000)
    #expect(Double(estimate) <= Double(need) * 1_000 * 1.016)
  }

  @Test("An override cannot raise the gas that an estimate may burn")
  func estimateCeiling() async throws {
    let most = "\"0xffffffffffffffff\""
    let endless = try await fixture().error(
      "eth_estimateGas", "[{\"input\":\"0x0a\",\"gas\":\(most)},\"latest\",{},{\"gasLimit\":\(most)}]")
    #expect(endless.message == "gas limit 100000000")
    let capped = try await fixture().error(
      "eth_estimateGas", "[{\"input\":\"0x04ffff\"},\"latest\",{},{\"gasLimit\":\"0x10000\"}]")
    #expect(capped.message == "gas required exceeds allowance (65536)")
  }

  @Test("A transfer is estimated exactly")
  func transferEstimate() async throws {
    #expect(try await fixture().call("eth_estimateGas", "[{\"to\":\"\(alice)\",\"value\":\"0x1\"}]") == "\"0x5208\"")
  }

  @Test("An estimate knows its bounds: what was asked for, the block's limit, the sender's funds")
  func estimateBounds() async throws {
    let fixture = fixture()
    let input = Hex.encode([4, 0, 100])
    let capped = try await fixture.error("eth_estimateGas", "[{\"input\":\"\(input)\",\"gas\":\"0xc350\"}]")
    #expect(capped == (-32000, "gas required exceeds allowance (50000)"))
    // Alice has 30 wei after block 3.
    let poor = try await fixture.error(
      "eth_estimateGas", "[{\"from\":\"\(alice)\",\"gasPrice\":\"0x1\",\"input\":\"\(input)\"}]")
    #expect(poor == (-32000, "gas required exceeds allowance (30)"))
    let broke = try await fixture.error(
      "eth_estimateGas", "[{\"from\":\"\(alice)\",\"gasPrice\":\"0x1\",\"value\":\"0x1f\"}]")
    #expect(broke == (-32000, "insufficient funds for transfer"))
    let rich = "{\"\(alice)\":{\"balance\":\"0xffffffff\"}}"
    let response = try await fixture.response(
      "eth_estimateGas", "[{\"from\":\"\(alice)\",\"gasPrice\":\"0x1\",\"input\":\"\(input)\"},\"latest\",\(rich)]")
    #expect(response["result"]?.quantity64.map { $0 >= 100_000 } == true)
    #expect(try await fixture.error("eth_estimateGas", "[{\"input\":\"0x03\"}]").message == "invalid opcode: 0xfe")
  }
}
