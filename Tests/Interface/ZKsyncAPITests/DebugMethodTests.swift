import Primitives
import StorageTesting
import Testing

@Suite("Raw encodings, and how faults are told")
struct DebugMethodTests {
  @Test("Headers as they are hashed, and no receipts where there are no transactions")
  func encodings() async throws {
    let fixture = try Fixture()
    let header = try #require(try fixture.storage.blocks.header(2))
    #expect(try await fixture.result("debug_getRawHeader", "[\"0x2\"]").data == header.header.encoded)
    #expect(try await fixture.result("debug_getRawHeader", "[\"\(header.hash)\"]").data == header.header.encoded)
    #expect(try await fixture.result("debug_getRawReceipts", "[\"0x2\"]").elements?.isEmpty == true)
    #expect(try await fixture.result("debug_getRawTransaction", "[\"\(topic(9))\"]").data == [])
    for method in ["debug_getRawHeader", "debug_getRawReceipts"] {
      #expect(try await fixture.error(method, "[\"0x9\"]") == (-32_000, "block not found"))
    }
  }

  @Test("A mempool that cannot read accounts is not the sender's fault")
  func unreadableAccounts() async throws {
    let fixture = try Fixture()
    let pending = try await fixture.error("eth_getTransactionCount", "[\"\(token)\",\"pending\"]")
    #expect(pending == (-32_603, "state is not available: disk on fire"))
    // Valid in form and signed: that of EIP-155's example, for another chain, is the client's fault.
    let foreign = try await fixture.error(
      "eth_sendRawTransaction",
      "[\"0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83\"]"
    )
    #expect(foreign.code == -32_000)
  }
}
