import JSONRPC
import Testing

@Suite("What methods say of themselves")
struct DocumentationTests {
  @Test("Every method has a summary, and says what it gives")
  func completeness() throws {
    let methods = try Fixture().documentation
    #expect(methods.count > 60)
    for method in methods {
      #expect(method.summary.last == ".", "\(method.name)")
      #expect(!method.result.isEmpty || !method.refusals.isEmpty, "\(method.name)")
      #expect(
        ["eth", "net", "web3", "txpool", "zks", "zkos", "debug", "admin"].contains(method.namespace), "\(method.name)")
      // What may be left out comes last.
      #expect(method.parameters.drop(while: \.isRequired).allSatisfy { !$0.isRequired }, "\(method.name)")
    }
  }

  @Test("A method insists on its first parameter exactly where its documentation says so")
  func requiredParameters() async throws {
    let fixture = try Fixture()
    // Without a WebSocket these do not come to their parameters.
    for method in fixture.documentation where !["eth_subscribe", "eth_unsubscribe"].contains(method.name) {
      let error = try await fixture.response(method.name)["error"]
      let isMissing = error?["message"]?.string == "missing value for required argument 0"
      #expect(isMissing == (method.parameters.first?.isRequired == true), "\(method.name)")
    }
  }
}
