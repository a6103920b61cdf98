import DevelopmentL1
import Primitives
import Testing

@Suite("Development L1: pool")
struct PoolTests {
  @Test("Refusals have geth's words")
  func refusals() async throws {
    let l1 = try L1Fixture { $0.mining = .manual }
    let raw = try await l1.raw()
    try await l1.result("eth_sendRawTransaction", raw)
    #expect(try await l1.error("eth_sendRawTransaction", raw) == "already known")
    #expect(
      try await l1.error("eth_sendRawTransaction", try await l1.raw(2, 0)) == "replacement transaction underpriced")
    #expect(
      try await l1.error("eth_sendRawTransaction", try await l1.raw(2, 1, cap: 1, chainID: 31_337))
        .hasPrefix("max priority fee per gas higher than max fee per gas"))
    #expect(
      try await l1.error("eth_sendRawTransaction", try await l1.raw(2, 1, tip: 1, cap: 2))
        .hasPrefix("max fee per gas less than block base fee"))
    #expect(
      try await l1.error("eth_sendRawTransaction", try await l1.raw(2, 1, cap: 1 << 62))
        .hasPrefix("insufficient funds for gas * price + value"))
    #expect(
      try await l1.error("eth_sendRawTransaction", try await l1.raw(2, 1, chainID: 1))
        .hasPrefix("invalid chain id for signer"))
    try await l1.result("evm_mine")
    #expect(try await l1.error("eth_sendRawTransaction", raw) == "nonce too low: next nonce 1, tx nonce 0")
    #expect(try await l1.error("eth_sendRawTransaction", #"["0x02c0"]"#).hasPrefix("rlp"))
    #expect(try await l1.error("eth_sendRawTransaction", #"["0x"]"#) == "typed transaction too short")
  }

  @Test("The last nonce of all is refused (EIP-2681)")
  func lastNonce() async throws {
    let l1 = try L1Fixture()
    try await l1.result("anvil_setNonce", #"["\#(alice.address)","0xffffffffffffffff"]"#)
    #expect(try await l1.error("eth_sendRawTransaction", try await l1.raw(1, .max)) == "nonce has max value")
    #expect(try await l1.number("eth_getTransactionCount", #"["\#(alice.address)","pending"]"#) == .max)
    _ = try await l1.send(from: bob)
    #expect(try await l1.head == 1)
  }

  @Test("A replacement pays a tenth more on both counts")
  func replacement() async throws {
    let l1 = try L1Fixture { $0.mining = .manual }
    let first = try await l1.send(nonce: 0, tip: 1_000, cap: 10_000_000_000)
    let onlyTip = try await l1.raw(1, 0, tip: 1_100, cap: 10_000_000_000)
    #expect(try await l1.error("eth_sendRawTransaction", onlyTip) == "replacement transaction underpriced")
    let second = try await l1.send(nonce: 0, tip: 1_100, cap: 11_000_000_000)
    try await l1.result("evm_mine")
    #expect(try await l1.block(of: first) == nil)
    #expect(try await l1.block(of: second) == 1)
  }

  @Test("A transaction waits for the nonce before it, and both go into one block")
  func gap() async throws {
    let l1 = try L1Fixture()
    let later = try await l1.send(nonce: 1)
    #expect(try await l1.head == 0)
    #expect(try await l1.result("txpool_status")["queued"]?.quantity64 == 1)
    let earlier = try await l1.send(nonce: 0)
    #expect(try await l1.block(of: earlier) == 1)
    #expect(try await l1.block(of: later) == 2)
  }

  @Test("What does not pay the base fee any more is evicted")
  func eviction() async throws {
    let l1 = try L1Fixture { $0.mining = .manual }
    let hash = try await l1.send(cap: 2_000_000_000)
    try await l1.result("anvil_setNextBlockBaseFeePerGas", #"["0x12a05f2000"]"#)
    #expect(try await l1.result("eth_getTransactionByHash", #"["\#(hash)"]"#).isNull)
    #expect(try await l1.result("txpool_status")["pending"]?.quantity64 == 0)
  }

  @Test("Transactions can be made to be forgotten")
  func dropping() async throws {
    let l1 = try L1Fixture { $0.mining = .manual }
    let first = try await l1.send()
    #expect(try await l1.result("anvil_dropTransaction", #"["\#(first)"]"#).string == first)
    #expect(try await l1.result("anvil_dropTransaction", #"["\#(first)"]"#).isNull)
    _ = try await l1.send()
    _ = try await l1.send(from: bob)
    try await l1.result("anvil_removePoolTransactions", #"["\#(alice.address)"]"#)
    #expect(try await l1.result("txpool_status")["pending"]?.quantity64 == 1)
    try await l1.result("anvil_dropAllTransactions")
    #expect(try await l1.result("txpool_status")["pending"]?.quantity64 == 0)
  }

  @Test("A transaction without replay protection is taken, as the deployer of CREATE2 has one")
  func unprotected() async throws {
    let l1 = try L1Fixture()
    let hash = try await l1.result("eth_sendRawTransaction", try await l1.raw(5, chainID: nil)).string
    #expect(try await l1.block(of: try #require(hash)) == 1)
  }
}
