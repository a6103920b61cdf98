import Cryptography
import Primitives
import Testing
import Transactions
import ZKsyncOS

@Suite("System contracts and transactions from L1")
struct SystemContractTests {
  /// Forwards its calldata and value to an address of two bytes and returns what came back; reverts where the call did.
  static func forwarder(to address: UInt16) -> [UInt8] {
    [
      0x36, 0x5f, 0x5f, 0x37, 0x5f, 0x5f, 0x36, 0x5f, 0x34, 0x61, UInt8(address >> 8), UInt8(address & 0xff), 0x5a,
      0xf1,
    ]
      + [0x3d, 0x5f, 0x5f, 0x3e, 0x60, 24, 0x57, 0x3d, 0x5f, 0xfd, 0x5b, 0x3d, 0x5f, 0xf3]
  }

  static func sendToL1(_ message: [UInt8]) -> [UInt8] {
    let padding = [UInt8](repeating: 0, count: (32 - message.count % 32) % 32)
    return (Hex.decode("62f84b24") ?? []) + UInt256(32).bytes + UInt256(message.count).bytes + message + padding
  }

  @Test("a contract's message becomes a log and an event", arguments: ProtocolVersion.allCases)
  func message(version: ProtocolVersion) throws {
    var fixture = Fixture(version)
    fixture.state.setCode(.filled(0x05), Self.forwarder(to: 0x8008), version)
    var executor = try fixture.executor()
    let data = Self.sendToL1(Array("hello".utf8))
    let result = try #require(try executor.execute(try Fixture.signed(to: .filled(0x05), data: data)).result)
    #expect(result.succeeded)
    #expect(result.output == Keccak256.hash(utf8: "hello").bytes)
    let log = try #require(result.l2ToL1Logs.first)
    #expect(log.sender == SystemAddress.l1Messenger)
    #expect(log.key == Bytes32(UInt256(Address.filled(0x05))))
    #expect(log.value == Keccak256.hash(utf8: "hello"))
    #expect(log.message == Array("hello".utf8))
    let event = try #require(result.logs.first)
    #expect(event.address == SystemAddress.l1Messenger)
    #expect(event.topics.count == 3)
    #expect(event.data == Array(data.dropFirst(4)))
    #expect(result.pubdataUsed >= 88 + 4 + 5)
    let output = try executor.seal()
    #expect(output.pubdata.suffix(4 + 4 + 5) == [0, 0, 0, 1, 0, 0, 0, 5] + Array("hello".utf8))
  }

  @Test("malformed messages revert and keep the gas")
  func malformedMessage() throws {
    var fixture = Fixture()
    fixture.state.setCode(.filled(0x05), Self.forwarder(to: 0x8008), fixture.context.protocolVersion)
    var executor = try fixture.executor()
    var nonce: UInt64 = 0
    let good = Self.sendToL1([1, 2, 3])
    var badOffset = good
    badOffset[35] = 64
    var badLength = good
    badLength[67] = 60
    for data in [[], Array(good.prefix(3)), Array(good.prefix(67)), good + [0], badOffset, badLength] {
      let result = try #require(
        try executor.execute(try Fixture.signed(nonce: nonce, to: .filled(0x05), data: data)).result)
      #expect(!result.succeeded)
      #expect(result.gasUsed < 40_000)
      nonce += 1
    }
    // Not payable.
    let paid = try #require(
      try executor.execute(try Fixture.signed(nonce: nonce, to: .filled(0x05), value: 1, data: good)).result)
    #expect(!paid.succeeded)
  }

  @Test("a withdrawal burns its value and costs 43 gas beyond the intrinsic", arguments: ProtocolVersion.allCases)
  func withdrawal(version: ProtocolVersion) throws {
    let fixture = Fixture(version)
    var executor = try fixture.executor()
    let receiver = Address.filled(0x0a)
    let data = (Hex.decode("51cff8d9") ?? []) + UInt256(receiver).bytes
    let result = try #require(
      try executor.execute(try Fixture.signed(to: SystemAddress.baseToken, value: 1000, data: data)).result)
    #expect(result.succeeded)
    #expect(result.gasUsed == 21_000 + 24 * 16 + 12 * 4 + 43)
    let log = try #require(result.l2ToL1Logs.first)
    #expect(log.key == Bytes32(UInt256(Fixture.sender)))
    #expect(log.message == [0x6c, 0x09, 0x60, 0xf9] + receiver.bytes + UInt256(1000).bytes)
    var after = fixture.state
    after.apply(try executor.seal())
    #expect(after.account(SystemAddress.baseToken).balance == 0)

    var second = try fixture.executor()
    let extra =
      (Hex.decode("84bc3eb0") ?? []) + UInt256(receiver).bytes + UInt256(64).bytes + UInt256(3).bytes + [7, 8, 9]
    let other = try #require(
      try second.execute(try Fixture.signed(to: SystemAddress.baseToken, value: 5, data: extra)).result)
    #expect(
      other.l2ToL1Logs.first?.message
        == [0x6c, 0x09, 0x60, 0xf9] + receiver.bytes + UInt256(5).bytes + Fixture.sender.bytes + [7, 8, 9])
  }

  @Test("only the upgrader forces deployments", arguments: ProtocolVersion.allCases)
  func forcedDeployment(version: ProtocolVersion) throws {
    var fixture = Fixture(version)
    let code: [UInt8] = [0x60, 42, 0x5f, 0x52, 0x60, 32, 0x5f, 0xf3]
    let codeHash = Blake2s256.hash(code)
    fixture.state.preimages[codeHash] = code
    let target = Address(0x10002)
    let data =
      (Hex.decode("f6eca0b0") ?? []) + UInt256(target).bytes + codeHash.bytes + UInt256(code.count).bytes
      + Keccak256.hash(code).bytes
    let upgrade = L1Request(
      kind: .upgrade, from: SystemAddress.complexUpgrader, to: SystemAddress.contractDeployer, gasLimit: 10_000_000,
      gasPerPubdataLimit: 1, maxFeePerGas: 0, nonce: 1, value: 0, toMint: 0, refundRecipient: .zero, input: data)
    var executor = try fixture.executor()
    let result = try #require(
      try executor.execute(RecoveredTransaction(.request(upgrade), sender: upgrade.from)).result)
    #expect(result.succeeded)
    let call = try #require(try executor.execute(try Fixture.signed(to: target)).result)
    #expect(call.output == UInt256(42).bytes)
    let refused = try #require(
      try executor.execute(try Fixture.signed(nonce: 1, to: SystemAddress.contractDeployer, data: data)).result)
    #expect(!refused.succeeded)
    let output = try executor.seal()
    #expect(output.l1Transactions.count == 1)
    #expect(output.l1Transactions.upgradeHash == upgrade.hash)
    var after = fixture.state
    after.apply(output)
    #expect(after.account(target).observableBytecodeHash == Keccak256.hash(code))
    // In the newer version the code is asked for at once, in the older one when it first runs.
    #expect(output.accesses.contains(.preimage(hash: codeHash)))
  }

  @Test("a deposit mints, pays the operator, refunds, and logs its result")
  func deposit() throws {
    var fixture = Fixture()
    fixture.state.setCode(.filled(0x05), [0x5f, 0x5f, 0xfd], fixture.context.protocolVersion)
    var executor = try fixture.executor()
    let good = Fixture.deposit()
    let result = try #require(try executor.execute(good).result)
    #expect(result.succeeded)
    #expect(result.gasUsed == 11_000)
    let bad = try #require(try executor.execute(Fixture.deposit(to: .filled(0x05), nonce: 1)).result)
    #expect(!bad.succeeded)
    let output = try executor.seal()
    #expect(output.l1Transactions.count == 2)
    #expect(output.l2ToL1Logs.map(\.value) == [Bytes32(UInt256.one), .zero])
    #expect(output.l2ToL1Logs[0].key == good.hash)
    #expect(output.l2ToL1Logs.map(\.transactionNumber) == [0, 1])
    var after = fixture.state
    after.apply(output)
    #expect(after.account(.filled(0x22)).balance == 5)
    #expect(after.account(.filled(0x05)).balance == 0)
    let fees = UInt256(result.gasUsed + bad.gasUsed) * 1000
    #expect(after.account(.filled(0xc0)).balance == fees)
    #expect(after.account(.filled(0x33)).balance == 4_000_000_000 - 5 - fees)
    #expect(after.account(.filled(0x11)).nonce == 0)
  }
}
