import Cryptography
import DevelopmentL1
import JSON
import Primitives
import Testing

@Suite("Development L1: accounts")
struct AccountTests {
  private let stranger = "0x00000000000000000000000000000000000000bb"

  @Test("The chain sends for its own accounts, and fills in what a request leaves open")
  func sending() async throws {
    let l1 = try L1Fixture()
    #expect(
      try await l1.result("eth_accounts").elements?.compactMap(\.string)
        == [alice.address.description, bob.address.description])
    let request = #"[{"from":"\#(alice.address)","to":"\#(bob.address)","value":"0x5"}]"#
    let hash = try #require(try await l1.result("eth_sendTransaction", request).string)
    #expect(try await l1.block(of: hash) == 1)
    let transaction = try await l1.result("eth_getTransactionByHash", #"["\#(hash)"]"#)
    #expect(transaction["type"]?.quantity64 == 2)
    #expect(transaction["gas"]?.quantity64 == 21_000)
    #expect(transaction["from"]?.address == alice.address)
  }

  @Test("A request that reverts is refused with the reason, before anything is sent")
  func reverting() async throws {
    let l1 = try L1Fixture()
    try await l1.result("anvil_setCode", #"["\#(stranger)","0x5f5ffd"]"#)
    #expect(
      try await l1.error("eth_sendTransaction", #"[{"from":"\#(alice.address)","to":"\#(stranger)"}]"#)
        == "execution reverted")
    #expect(try await l1.head == 0)
  }

  @Test("Nobody sends for a stranger, unless the stranger is impersonated")
  func impersonation() async throws {
    let l1 = try L1Fixture()
    let request = #"[{"from":"\#(stranger)","to":"\#(bob.address)","value":"0x5"}]"#
    try await l1.result("anvil_setBalance", #"["\#(stranger)","0xde0b6b3a7640000"]"#)
    #expect(try await l1.error("eth_sendTransaction", request) == "No Signer available")
    try await l1.result("anvil_impersonateAccount", #"["\#(stranger)"]"#)
    let first = try #require(try await l1.result("eth_sendTransaction", request).string)
    #expect(try await l1.result("eth_getTransactionByHash", #"["\#(first)"]"#)["from"]?.string == stranger)
    try await l1.result("anvil_stopImpersonatingAccount", #"["\#(stranger)"]"#)
    #expect(try await l1.error("eth_sendTransaction", request) == "No Signer available")
    try await l1.result("anvil_autoImpersonateAccount", "[true]")
    let second = try #require(try await l1.result("eth_sendTransaction", request).string)
    #expect(first != second)
    #expect(try await l1.balance(bob.address) == ether &* 1_000 &+ 10)
  }

  @Test("A contract can be impersonated, although accounts with code send nothing (EIP-3607)")
  func contract() async throws {
    let l1 = try L1Fixture()
    try await l1.result("anvil_setBalance", #"["\#(stranger)","0xde0b6b3a7640000"]"#)
    try await l1.result("anvil_setCode", #"["\#(stranger)","0x00"]"#)
    try await l1.result("anvil_impersonateAccount", #"["\#(stranger)"]"#)
    let request = #"[{"from":"\#(stranger)","to":"\#(bob.address)","value":"0x5"}]"#
    let hash = try #require(try await l1.result("eth_sendTransaction", request).string)
    #expect(try await l1.block(of: hash) == 1)
  }

  @Test("Messages are signed as EIP-191 wants it")
  func signing() async throws {
    let l1 = try L1Fixture()
    let signed = try #require(try await l1.result("eth_sign", #"["\#(alice.address)","0x68656c6c6f"]"#).data)
    #expect(try await l1.result("personal_sign", #"["0x68656c6c6f","\#(alice.address)"]"#).data == signed)
    let hash = Keccak256.hash(Array("\u{19}Ethereum Signed Message:\n5hello".utf8))
    let signature = Secp256k1.Signature(
      r: try #require(Bytes32(signed[0..<32])), s: try #require(Bytes32(signed[32..<64])), yParity: signed[64] - 27)
    #expect(Secp256k1.recoverAddress(hash, signature) == alice.address)
    #expect(try await l1.error("eth_sign", #"["\#(stranger)","0x00"]"#) == "unknown account")
  }

  @Test("A transaction can be signed without being sent")
  func signTransaction() async throws {
    let l1 = try L1Fixture()
    let request = #"[{"from":"\#(alice.address)","to":"\#(bob.address)","gasPrice":"0x77359400"}]"#
    let raw = try #require(try await l1.result("eth_signTransaction", request).string)
    #expect(try await l1.head == 0)
    let hash = try #require(try await l1.result("eth_sendRawTransaction", #"["\#(raw)"]"#).string)
    #expect(try await l1.result("eth_getTransactionByHash", #"["\#(hash)"]"#)["type"]?.quantity64 == 0)
  }

  @Test("The chain says what it is")
  func identity() async throws {
    let l1 = try L1Fixture()
    #expect(try await l1.result("web3_clientVersion").string?.hasPrefix("anvil/v1.2.3") == true)
    let info = try await l1.result("anvil_nodeInfo")
    #expect(info["environment"]?["chainId"]?.unsignedInteger == 31_337)
    let metadata = try await l1.result("anvil_metadata")
    #expect(metadata["instanceId"]?.bytes32 == l1.l1.chain.identity.instance)
  }
}
