import JSONRPC
import Testing

@Suite("Table of methods")
struct MethodTableTests {
  private func table(_ name: String, _ summary: String) -> MethodTable {
    var table = MethodTable()
    table.add(
      name, .pooled, summary, parameters: [.required("address", "address"), .optional("blockId", "block")],
      result: "quantity", refusals: [.init(-32_000, "no such block")], differences: "none"
    ) { (_, _, writer) in writer.null() }
    return table
  }

  @Test("Merged tables answer for the methods of both, sorted by name; the later of two of one name stays")
  func merging() {
    var merged = table("eth_b", "first")
    merged.merge(table("zks_a", "other"))
    merged.merge(table("eth_a", "another"))
    merged.merge(table("eth_b", "second"))
    #expect(merged.documentation.map(\.name) == ["eth_a", "eth_b", "zks_a"])
    #expect(merged.documentation.map(\.summary) == ["another", "second", "other"])
    #expect(merged.documentation.map(\.namespace) == ["eth", "eth", "zks"])
    let method = merged.documentation[0]
    #expect(method.parameters.map(\.isRequired) == [true, false])
    #expect(method.execution == .pooled)
  }
}
