import Cryptography
import Primitives
import Testing
import Transactions
import ZKsyncOS

@Suite("Transactions")
struct TransactionFlowTests {
  @Test("a transfer moves value and pays the coinbase", arguments: ProtocolVersion.allCases)
  func transfer(version: ProtocolVersion) throws {
    let fixture = Fixture(version)
    var executor = try fixture.executor()
    let outcome = try executor.execute(try Fixture.signed(maxFee: 1500, tip: 7, value: 12345))
    let result = try #require(outcome.result)
    #expect(result.succeeded)
    #expect(result.gasUsed == 21_000)
    #expect(result.gasPrice == 1007)
    #expect(executor.totals.gasUsed == 21_000)
    var after = fixture.state
    after.apply(try executor.seal())
    #expect(after.account(.filled(0x77)).balance == 12345)
    #expect(after.account(.filled(0xc0)).balance == UInt256(21_000 * 1007))
    #expect(after.account(Fixture.sender).balance == Fixture.ether - 12345 - 21_000 * 1007)
    #expect(after.account(Fixture.sender).nonce == 1)
    #expect(after.account(SystemAddress.bootloader).balance == 0)
  }

  @Test("the native of a transfer is the sum of its ledger")
  func nativeLedger() throws {
    let fixture = Fixture()
    var executor = try fixture.executor()
    let transaction = try Fixture.signed(value: 1)
    let result = try #require(try executor.execute(transaction).result)
    let access: UInt64 = 4_000, existing: UInt64 = 4_000 + 121_120 + 500 + 1_480, new: UInt64 = 4_000 + 242_240
    let keccak: UInt64 = 20_000
    let expected =
      access + existing  // sender
      + 2 * keccak  // hashes
      + access + 522_000 + access + 1_000  // balance, signature, nonce
      + access + new  // bootloader's balance before
      + 2 * (access + 1_000) + access  // fee, balance after
      + access + access + new  // caller again, callee
      + 2 * (access + 1_000)  // value
    #expect(result.nativeUsed == expected)
  }

  @Test("calldata and access lists cost their gas")
  func intrinsicGas() throws {
    let fixture = Fixture()
    let list = AccessList([
      .init(address: .filled(0x11), storageKeys: [.zero, Bytes32(UInt256.one)]),
      .init(address: .filled(0x11), storageKeys: []),
    ])
    var executor = try fixture.executor()
    let result = try #require(
      try executor.execute(try Fixture.signed(data: [0, 0, 1], accessList: list)).result)
    #expect(result.gasUsed == 21_000 + 2 * 4 + 16 + 2 * 2_400 + 2 * 1_900)
    let legacy = try #require(try executor.execute(try Fixture.signed(kind: .legacy, nonce: 1)).result)
    #expect(legacy.gasUsed == 21_000)
    let typed = try #require(
      try executor.execute(try Fixture.signed(kind: .accessList, nonce: 2, accessList: list)).result)
    #expect(typed.gasUsed == 21_000 + 2 * 2_400 + 2 * 1_900)
  }

  @Test("a creation deploys, and its code runs in the same and the next block", arguments: ProtocolVersion.allCases)
  func creation(version: ProtocolVersion) throws {
    var fixture = Fixture(version)
    // Returns the word 42.
    let code: [UInt8] = [0x60, 42, 0x5f, 0x52, 0x60, 32, 0x5f, 0xf3]
    let initCode = Assembly.deployer(of: code)
    var executor = try fixture.executor()
    let result = try #require(try executor.execute(try Fixture.signed(to: nil, data: initCode)).result)
    let address = try #require(result.createdAddress)
    let calldata = initCode.reduce(UInt64(0)) { $0 + ($1 == 0 ? 4 : 16) }
    // PUSH2, DUP1, PUSH1, PUSH1, CODECOPY of one word into one new word, PUSH1, RETURN
    let constructor: UInt64 = 3 + 3 + 3 + 3 + (3 + 3 + 3) + 3
    #expect(result.gasUsed == 21_000 + calldata + 2 * 1 + 32_000 + constructor + 200 * UInt64(code.count))
    #expect(result.output.isEmpty)
    let call = try #require(try executor.execute(try Fixture.signed(nonce: 1, to: address)).result)
    #expect(call.output == UInt256(42).bytes)
    fixture.state.apply(try executor.seal())
    let account = fixture.state.account(address)
    #expect(account.nonce == 1)
    #expect(account.observableBytecodeHash == Keccak256.hash(code))
    #expect(account.artifactsLength == (version == .v0_0_4 ? 0 : 8))

    fixture.context.number = 2
    var next = try fixture.executor()
    let again = try #require(try next.execute(try Fixture.signed(nonce: 2, to: address)).result)
    #expect(again.output == UInt256(42).bytes)
  }

  @Test("a creation that cannot pay its 32000 gas is included and reverts")
  func poorCreation() throws {
    let fixture = Fixture()
    var executor = try fixture.executor()
    let result = try #require(try executor.execute(try Fixture.signed(gas: 40_000, to: nil)).result)
    #expect(!result.succeeded)
    #expect(result.gasUsed == 40_000)
    var after = fixture.state
    after.apply(try executor.seal())
    #expect(after.account(Fixture.sender).nonce == 1)
  }

  @Test("a revert keeps its data and undoes its effects")
  func revert() throws {
    var fixture = Fixture()
    // SSTORE(1, 1), LOG0, REVERT with the word 7
    fixture.state.setCode(
      .filled(0x05), [0x60, 1, 0x60, 1, 0x55, 0x5f, 0x5f, 0xa0, 0x60, 7, 0x5f, 0x52, 0x60, 32, 0x5f, 0xfd],
      fixture.context.protocolVersion)
    var executor = try fixture.executor()
    let result = try #require(
      try executor.execute(try Fixture.signed(to: .filled(0x05), value: 9)).result)
    #expect(!result.succeeded)
    #expect(result.output == UInt256(7).bytes)
    #expect(result.logs.isEmpty)
    let output = try executor.seal()
    let slot = FlatKey.of(.filled(0x05), Bytes32(UInt256.one))
    #expect(!output.storageWrites.contains { $0.flatKey == slot })
    #expect(output.touchedSlots.contains { $0.flatKey == slot }, "what a reverted frame read is still proved")
    var after = fixture.state
    after.apply(output)
    #expect(after.account(.filled(0x05)).balance == 0)
  }

  @Test("gas of storage writes", arguments: ProtocolVersion.allCases)
  func storageGas(version: ProtocolVersion) throws {
    var fixture = Fixture(version)
    // SSTORE(calldata word 0, calldata word 1)
    let code: [UInt8] = [0x60, 32, 0x35, 0x5f, 0x35, 0x55]
    fixture.state.setCode(.filled(0x05), code, version)
    fixture.state.setSlot(.filled(0x05), 1, 7)
    var executor = try fixture.executor()
    var nonce: UInt64 = 0
    func gas(_ key: UInt64, _ value: UInt64, _ executor: inout BlockExecutor) throws -> UInt64 {
      let data = UInt256(key).bytes + UInt256(value).bytes
      defer { nonce += 1 }
      let result = try #require(
        try executor.execute(try Fixture.signed(nonce: nonce, to: .filled(0x05), data: data)).result)
      let calldata = data.reduce(UInt64(0)) { $0 + ($1 == 0 ? 4 : 16) }
      // PUSH1, CALLDATALOAD, PUSH0, CALLDATALOAD
      return result.gasUsed - 21_000 - calldata - 3 - 3 - 2 - 3
    }
    #expect(try gas(1, 7, &executor) == 2_200)
    #expect(try gas(1, 8, &executor) == 5_000)
    #expect(try gas(2, 1, &executor) == 22_100)
    #expect(try gas(2, 0, &executor) == 5_000)
  }

  @Test("a copy longer than the proving image's words ends its frame only")
  func absurdCopy() throws {
    var fixture = Fixture()
    let version = fixture.context.protocolVersion
    // CALLDATACOPY(0, 0, 2^40)
    fixture.state.setCode(.filled(0x05), [0x65, 1, 0, 0, 0, 0, 0, 0x5f, 0x5f, 0x37, 0x00], version)
    fixture.state.setCode(
      .filled(0x06),
      [0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x73] + Address.filled(0x05).bytes + [0x61, 0xff, 0xff, 0xf1, 0x00],
      version)
    var executor = try fixture.executor()
    let result = try #require(try executor.execute(try Fixture.signed(to: .filled(0x06))).result)
    #expect(result.succeeded)
    #expect(result.gasUsed > 65_535 && result.gasUsed < 100_000)
  }

  @Test("running out of native reverts the transaction with all its gas")
  func outOfNative() throws {
    let fixture = Fixture()
    // modexp with a long exponent: about 1.4 million gas, more native than a transaction has.
    let lengths = [UInt64(1024), 512, 1024].flatMap { UInt256($0).bytes }
    let data = lengths + [UInt8](repeating: 0xff, count: 1024 + 512 + 1024)
    var executor = try fixture.executor()
    let result = try #require(
      try executor.execute(try Fixture.signed(gas: 90_000_000, to: Address(5), data: data)).result)
    #expect(!result.succeeded)
    #expect(result.gasUsed == 90_000_000)
    #expect(result.output.isEmpty)
  }

  @Test("accounts that destroy themselves in their constructor are gone after the transaction")
  func selfDestruct() throws {
    let fixture = Fixture()
    var executor = try fixture.executor()
    // SELFDESTRUCT(0x99)
    let result = try #require(
      try executor.execute(try Fixture.signed(to: nil, value: 5, data: [0x60, 0x99, 0xff])).result)
    #expect(result.succeeded)
    var after = fixture.state
    after.apply(try executor.seal())
    #expect(after.account(Address(0x99)).balance == 5)
    let address = try #require(result.createdAddress)
    // The empty code is deposited after the destruction and wiped with the rest.
    #expect(after.account(address) == .empty)
  }
}
