import Node
import NodeOptions
import Testing

@Suite("The profile for production")
struct ProductionTests {
  private func objection(_ options: [String: String]) throws -> String? {
    let configuration = try NodeConfiguration.load(environment: options, arguments: ["--profile", "production"])
    do { try Node.check(configuration) } catch { return "\(error)" }
    return nil
  }

  /// A key of nobody.
  private let key = "0x" + String(repeating: "5a", count: 32)

  @Test("It starts with a key of the operator's own, or where nothing is settled")
  func good() throws {
    #expect(try objection(["L1_SENDER_OPERATOR_PRIVATE_KEY": key]) == nil)
    #expect(try objection(["L1_SENDER_L1_API_URL": ""]) == nil)
    #expect(try objection(["L1_SENDER_COMMAND_LIMIT": "0"]) == nil)
  }

  @Test(
    "Keys that everybody knows are refused, the default among them, whatever they sign",
    arguments: [
      ("L1_SENDER_OPERATOR_PRIVATE_KEY", "0xc9ee945b2f6d4c462a743f5af3904a4ee78aec0218f1f4f3c53d0bfbf809b520"),
      ("L1_SENDER_PROVE_PRIVATE_KEY", "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"),
      ("L1_SENDER_EXECUTE_PRIVATE_KEY", "0x7726827caac94a7f9e1b160f7ea819f172f7b6f9d2a97f992c38edeab82d4110"),
    ])
  func knownKeys(option: String, known: String) throws {
    let text = try #require(try objection(["L1_SENDER_OPERATOR_PRIVATE_KEY": key].merging([option: known]) { $1 }))
    #expect(text == "\(option.lowercased()) is not for the profile production: everybody knows this key")
    #expect(try objection([:]) != nil)
  }

  @Test(
    "What is for developers is refused",
    arguments: [
      ("DEVELOPMENT_L1_ENABLED", "true"), ("DEVELOPMENT_METHODS_ENABLED", "true"),
      ("DEVELOPMENT_CONTRACTS_ENABLED", "true"), ("PROVER_API_FAKE_PROVERS", "1"),
    ])
  func development(option: String, value: String) throws {
    let text = try #require(try objection(["L1_SENDER_OPERATOR_PRIVATE_KEY": key, option: value]))
    #expect(text.hasPrefix("\(option.lowercased()) is not for the profile production: "))
  }

  @Test("Without the profile all of it is the operator's decision")
  func otherwise() throws {
    #expect(throws: Never.self) {
      try Node.check(NodeConfiguration.load(environment: ["DEVELOPMENT_L1_ENABLED": "true"], arguments: []))
    }
  }
}
