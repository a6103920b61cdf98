import EthereumAPI
import JSON
import Primitives
import Testing

@Suite("What a chain is, and transactions that are filled in")
struct RuleMethodTests {
  @Test("The rules of a chain without blobs, and of one with them")
  func rules() async throws {
    let plain = Fixture { $0.rules = RuleDescription(lastPrecompile: 2) }
    let genesis = try await plain.result("eth_getBlockByNumber", "[\"0x0\",false]")
    let current = try await plain.result("eth_config")["current"]
    #expect(current?["activationTime"]?.unsignedInteger == genesis["timestamp"]?.quantity64)
    #expect(current?["chainId"]?.quantity64 == 270)
    #expect(current?["blobSchedule"]?.isNull == true)
    #expect(current?["precompiles"]?["ECREC"]?.address == Address(1))
    #expect(current?["precompiles"]?["SHA256"]?.address == Address(2))
    #expect(current?["precompiles"]?["RIPEMD160"] == nil)
    for name in ["next", "last"] as [StaticString] {
      #expect(try await plain.result("eth_config")[name]?.isNull == true)
    }
    let full = Fixture {
      $0.rules = RuleDescription(
        blobs: .init(target: 6, most: 9, updateFraction: 5_007_716), lastPrecompile: 17,
        systemContracts: [("HISTORY_STORAGE_ADDRESS", alice)])
    }
    let rules = try await full.result("eth_config")["current"]
    #expect(rules?["blobSchedule"]?["max"]?.unsignedInteger == 9)
    #expect(rules?["precompiles"]?["BLS12_MAP_FP2_TO_G2"]?.address == Address(17))
    #expect(rules?["systemContracts"]?["HISTORY_STORAGE_ADDRESS"]?.address == alice)
  }

  @Test("What there is of a chain")
  func capabilities() async throws {
    let fixture = Fixture()
    fixture.chain.addBlock()
    let told = try await fixture.result("eth_capabilities")
    #expect(told["head"]?["number"]?.quantity64 == 1)
    #expect(told["head"]?["hash"]?.bytes32 == fixture.chain.head.hash)
    for name in ["state", "tx", "logs", "receipts", "blocks"] as [StaticString] {
      #expect(told[name]?["disabled"]?.boolean == false)
      #expect(told[name]?["oldestBlock"]?.quantity64 == 0)
    }
    #expect(told["stateproofs"]?["disabled"]?.boolean == true)
    let proving = Fixture(ports: { .all($0) })
    #expect(try await proving.result("eth_capabilities")["stateproofs"]?["disabled"]?.boolean == false)
    #expect(try await fixture.call("eth_baseFee") == "\"0x3e8\"")
  }

  @Test("Several slots of several accounts")
  func storage() async throws {
    let fixture = Fixture()
    let slots = "{\"\(token)\":[\"0x1\",\"\(topic(2))\"],\"\(alice)\":[\"0x0\"]}"
    let told = try await fixture.call("eth_getStorageValues", "[\(slots)]")
    #expect(told == "{\"\(token)\":[\"\(topic(1))\",\"\(topic(2))\"],\"\(alice)\":[\"\(topic(0))\"]}")
    let many = [String](repeating: "\"0x1\"", count: 1_025).joined(separator: ",")
    for bad in ["{}", "{\"0x1\":[]}", "{\"\(alice)\":[]}", "{\"\(alice)\":1}", "{\"\(alice)\":[\(many)]}"] {
      #expect(try await fixture.error("eth_getStorageValues", "[\(bad)]").code == -32_602, "\(bad.prefix(80))")
    }
    #expect(try await fixture.error("eth_getStorageValues", "[\(slots),\"0x9\"]") == (-32_000, "block not found"))
  }

  @Test("A transaction is filled in")
  func filling() async throws {
    let fixture = Fixture()
    let filled = try await fixture.result("eth_fillTransaction", "[{\"from\":\"\(alice)\",\"to\":\"\(token)\"}]")
    let transaction = filled["tx"]
    #expect(transaction?["type"]?.quantity64 == 2 && transaction?["nonce"]?.quantity64 == 8)
    #expect(transaction?["chainId"]?.quantity64 == 270 && transaction?["gas"]?.quantity64 == 21_000)
    #expect(transaction?["maxFeePerGas"]?.quantity64 == 2_000 && transaction?["maxPriorityFeePerGas"]?.quantity64 == 0)
    #expect(filled["raw"]?.data?.first == 2)
    let legacy = try await fixture.result(
      "eth_fillTransaction",
      "[{\"from\":\"\(alice)\",\"gasPrice\":\"0x7\",\"nonce\":\"0x1\",\"gas\":\"0x5208\",\"input\":\"0x01\"}]")
    #expect(legacy["tx"]?["type"]?.quantity64 == 0 && legacy["tx"]?["gasPrice"]?.quantity64 == 7)
    #expect(legacy["tx"]?["to"]?.isNull == true && legacy["tx"]?["nonce"]?.quantity64 == 1)
    for (fields, code) in [
      ("\"chainId\":\"0x1\"", -32_602), ("\"input\":\"0x01\"", 3), ("\"blobVersionedHashes\":[]", -32_000),
      ("\"gasPrice\":\"0x1\",\"maxFeePerGas\":\"0x1\"", -32_000),
      ("\"maxPriorityFeePerGas\":\"0x2\",\"maxFeePerGas\":\"0x1\"", -32_000),
    ] as [(String, Int64)] {
      let error = try await fixture.error("eth_fillTransaction", "[{\"from\":\"\(alice)\",\(fields)}]")
      #expect(error.code == code, "\(fields)")
    }
  }
}
