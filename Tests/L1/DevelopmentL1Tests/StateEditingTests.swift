import DevelopmentL1
import Primitives
import Testing

@Suite("Development L1: accounts at will")
struct StateEditingTests {
  private let target = "0x00000000000000000000000000000000000000aa"

  @Test("Balance, nonce, code and slots can be set, and count at once")
  func editing() async throws {
    let l1 = try L1Fixture()
    try await l1.result("anvil_setBalance", #"["\#(target)","0x1234"]"#)
    #expect(try await l1.balance(Address(0xaa)) == 0x1234)
    try await l1.result("anvil_setNonce", #"["\#(target)","0x7"]"#)
    #expect(try await l1.number("eth_getTransactionCount", #"["\#(target)","latest"]"#) == 7)
    // SLOAD(0), and return it.
    try await l1.result("hardhat_setCode", #"["\#(target)","0x5f545f5260205ff3"]"#)
    #expect(try await l1.result("eth_getCode", #"["\#(target)","latest"]"#).string == "0x5f545f5260205ff3")
    let padded = "0x" + String(repeating: "0", count: 64)
    #expect(
      try await l1.result("anvil_setStorageAt", #"["\#(target)","\#(padded)","0x2a"]"#).boolean == true)
    let call = try await l1.result("eth_call", #"[{"to":"\#(target)"},"latest"]"#).string
    #expect(call == "0x" + String(repeating: "0", count: 62) + "2a")
    // It is part of what the next block stands on.
    _ = try await l1.send()
    #expect(try await l1.balance(Address(0xaa), at: "0x0") == 0x1234)
    #expect(try await l1.balance(Address(0xaa)) == 0x1234)
  }

  @Test("The state after every block can be read")
  func history() async throws {
    let l1 = try L1Fixture()
    for _ in 0..<5 { _ = try await l1.send(value: 10) }
    for block in 0...5 as ClosedRange<UInt64> {
      #expect(try await l1.balance(bob.address, at: Hex.quantity(block)) == ether &* 1_000 &+ UInt256(block * 10))
    }
    #expect(try await l1.error("eth_getBalance", #"["\#(bob.address)","0x6"]"#).contains("not found"))
  }

  @Test("Without a journal, states that are no longer in memory are gone, and said to be")
  func boundedHistory() async throws {
    let l1 = try L1Fixture { $0.chain.statesInMemory = 3 }
    for _ in 0..<6 { _ = try await l1.send() }
    #expect(try await l1.error("eth_getBalance", #"["\#(bob.address)","0x1"]"#).contains("not available"))
    #expect(try await l1.balance(bob.address, at: "0x5") == ether &* 1_000 &+ 5)
  }

  @Test(
    "What is no number or address is refused with its place",
    arguments: [
      ("anvil_setBalance", #"["0x12","0x1"]"#),
      ("anvil_setBalance", #"["0x00000000000000000000000000000000000000aa","x"]"#),
      ("anvil_setNonce", #"["0x00000000000000000000000000000000000000aa",-1]"#),
      ("anvil_setStorageAt", #"["0x00000000000000000000000000000000000000aa","0x","0x1"]"#),
      ("anvil_setCode", #"["0x00000000000000000000000000000000000000aa","0x123"]"#),
    ])
  func malformed(method: String, parameters: String) async throws {
    let l1 = try L1Fixture()
    #expect(try await l1.error(method, parameters).hasPrefix("invalid argument"))
  }
}
