import JSON
import Primitives
import Testing

/// Estimates by the API over the real state transition: with exactly the gas that is estimated a call does what it does with
/// all the gas that there is.
@Suite("Estimates of gas")
struct GasEstimateTests {
  private static let contract = "0x00000000000000000000000000000000c0de0000"
  private static let most = "0x989680"

  private struct Answer {
    var estimate: UInt64
    /// Output with that gas, and with all.
    var output: String?
    var fullOutput: String?
  }

  /// The estimate of a call to `code`, and what becomes of it.
  private func estimate(_ code: String, input: String = "0x", slots: String = "{}") async throws -> Answer {
    let fixture = try Fixture()
    let overrides = "{\"\(Self.contract)\":{\"code\":\"\(code)\",\"stateDiff\":\(slots)}}"
    func call(_ method: String, gas: String) async throws -> JSONValue {
      let request = "{\"to\":\"\(Self.contract)\",\"input\":\"\(input)\",\"gas\":\"\(gas)\"}"
      return try await fixture.result(method, "[\(request),\"latest\",\(overrides)]")
    }
    let estimate = try #require(try await call("eth_estimateGas", gas: Self.most).quantity64)
    let output = try await call("eth_call", gas: "0x" + String(estimate, radix: 16)).string
    return Answer(estimate: estimate, output: output, fullOutput: try await call("eth_call", gas: Self.most).string)
  }

  /// Creates a contract with the input as init code and returns its address, zero where the creation fails: what the factory
  /// of ERC-2470 does.
  private static let factory = "0x365f5f375f365f5ff55f5260205ff3"

  @Test(
    "A factory that swallows the failure of a creation is given what the creation needs",
    arguments: [
      // Two kilobytes of code, half a kilobyte, none.
      "0x6108005ff3", "0x6102005ff3", "0x5f5ff3",
    ])
  func factory(_ initCode: String) async throws {
    let answer = try await estimate(Self.factory, input: initCode)
    #expect(answer.output == answer.fullOutput)
    #expect(answer.output != "0x" + String(repeating: "0", count: 64))
  }

  /// Calls itself as often as the input says, whatever becomes of the call, writes two slots in the innermost one, and hands
  /// 1 from there outwards.
  private static let recursion =
    "0x5f358060175760015f55600160015560015f5260205ff35b600190035f526020602060205f5f305af15060206020f3"

  @Test(
    "Calls inside calls get enough, each of which holds back a 64th and swallows failures", arguments: [0, 1, 10, 60])
  func nestedCalls(_ depth: UInt64) async throws {
    let answer = try await estimate(Self.recursion, input: "\(topic(depth))")
    #expect(answer.output == "\(topic(1))")
    #expect(answer.fullOutput == "\(topic(1))")
  }

  @Test("A call that shows its failure nowhere is given as much as one that does")
  func silentFallback() async throws {
    let loud = try await estimate(Self.recursion, input: "\(topic(1))").estimate
    // The same with nothing returned from the outermost call: STOP where the result would be handed out.
    let silent =
      "0x5f358060175760015f55600160015560015f5260205ff35b600190035f526020602060205f5f305af15000"
    let quiet = try await estimate(silent, input: "\(topic(1))").estimate
    #expect(Double(quiet) > Double(loud) * 0.98)
  }

  @Test(
    "Code that looks at its gas costs no more than it needs",
    arguments: [
      // Returns GAS; logs GAS.
      "0x5a5f5260205ff3", "0x5a5f5260205fa000",
    ])
  func gasDependent(_ code: String) async throws { #expect(try await estimate(code).estimate < 30_000) }

  @Test("Clearing a slot needs the gas before the refund")
  func refund() async throws {
    let answer = try await estimate("0x5f5f5560015f5260205ff3", slots: "{\"\(topic(0))\":\"\(topic(1))\"}")
    #expect(answer.output == "\(topic(1))")
  }

  @Test("With a ceiling that is only just enough the estimate is the ceiling, or a little below")
  func tightCeiling() async throws {
    let fixture = try Fixture()
    let overrides = "{\"\(Self.contract)\":{\"code\":\"\(Self.factory)\"}}"
    let generous = try await estimate(Self.factory, input: "0x6108005ff3").estimate
    let request =
      "{\"to\":\"\(Self.contract)\",\"input\":\"0x6108005ff3\",\"gas\":\"0x\(String(generous, radix: 16))\"}"
    let tight = try #require(
      try await fixture.result("eth_estimateGas", "[\(request),\"latest\",\(overrides)]").quantity64)
    #expect(tight <= generous)
    #expect(Double(tight) > Double(generous) * 0.97)
  }
}
