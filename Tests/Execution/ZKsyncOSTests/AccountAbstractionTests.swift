import Cryptography
import Primitives
import Testing
import Transactions
import ZKsyncOS

@Suite("Transactions of type 0x71")
struct AccountAbstractionTests {
  static func transaction(nonce: UInt256 = 0, gasPerPubdataLimit: UInt32 = 1) -> VMTransaction {
    VMTransaction(
      type: 0x71, from: Fixture.sender, to: .filled(0x77), gasLimit: 1_000_000,
      gasPerPubdataLimit: gasPerPubdataLimit, maxFeePerGas: 1000, maxPriorityFeePerGas: 0, nonce: nonce, value: 5,
      signature: [UInt8](repeating: 1, count: 64) + [27])
  }

  @Test("an account without code signs the typed data", arguments: ProtocolVersion.allCases)
  func plainAccount(version: ProtocolVersion) throws {
    var fixture = Fixture(version)
    fixture.context.gasPerPubdata = 3
    var transaction = Self.transaction(gasPerPubdataLimit: 3)
    let digest = try #require(try transaction.signingHash(chainID: Fixture.chainID)).hash
    let signature = try #require(Secp256k1.sign(digest, with: Fixture.key))
    transaction.signature = signature.r.bytes + signature.s.bytes + [27 + signature.yParity]
    var executor = try fixture.executor()
    let result = try #require(try executor.execute(transaction).result)
    #expect(result.succeeded)
    #expect(result.gasUsed == 21_000)
    // A limit below the block's price is refused, and it is signed.
    transaction.gasPerPubdataLimit = 2
    transaction.nonce = 1
    let refused = try executor.execute(transaction)
    #expect(refused.rejection == .invalid(.gasPerPubdataTooHigh))
  }

  @Test("a contract account is asked, and its answers are checked")
  func contractAccount() throws {
    let create: [UInt8] = [0x5f, 0x5f, 0x5f, 0xf0, 0x50]
    // Returns the first word of its calldata, which begins with the selector: the magic that validation expects.
    let magic: [UInt8] = [0x5f, 0x35, 0x5f, 0x52, 0x60, 32, 0x5f, 0xf3]
    let cases: [(code: [UInt8], nonce: UInt64, reason: InvalidTransaction)] = [
      ([0x5f, 0x5f, 0xfd], 0, .reverted(.accountValidate)), ([0x00], 0, .invalidReturndataLength),
      ([0x60, 32, 0x5f, 0xf3], 0, .invalidMagic), (magic, 0, .nonceNotIncreased), (magic, 1, .nonceUsedAlready),
      (create + magic, 0, .receivedInsufficientFees(received: 0, required: 1_000_000_000)),
      // Reverts unless the selector, shifted by 31 bytes, begins with that of `validate`.
      (Self.unlessValidating + create + magic, 0, .reverted(.accountPayForTransaction)),
    ]
    for (code, nonce, reason) in cases {
      var fixture = Fixture(.v0_0_4)
      fixture.state.setCode(
        Fixture.sender, code, nonce: nonce, balance: Fixture.ether, fixture.context.protocolVersion)
      try RejectionTests.expect(.invalid(reason), Self.transaction(), fixture)
    }
  }

  /// Reverts if the first byte of calldata is not 0x20: byte(0, calldataload(0)) eq 0x20, jumpi over a revert.
  private static let unlessValidating: [UInt8] = [
    0x5f, 0x35, 0x5f, 0x1a, 0x60, 0x20, 0x14, 0x60, 13, 0x57, 0x5f, 0x5f, 0xfd, 0x5b,
  ]

  @Test("a contract account that validates and pays is in the block; the excess comes back")
  func payingContract() throws {
    // Raises its nonce, pays 0x8001 what the transaction allows and one wei more, and answers with its selector.
    let code: [UInt8] =
      [0x5f, 0x5f, 0x5f, 0xf0, 0x50, 0x5f, 0x5f, 0x5f, 0x5f]
      + [0x60, 100 + 96, 0x35, 0x61, 1, 4, 0x35, 0x02, 0x60, 1, 0x01]
      + [0x61, 0x80, 0x01, 0x5a, 0xf1, 0x50, 0x5f, 0x35, 0x5f, 0x52, 0x60, 32, 0x5f, 0xf3]
    var fixture = Fixture(.v0_0_4)
    fixture.state.setCode(Fixture.sender, code, nonce: 4, balance: Fixture.ether, .v0_0_4)
    var executor = try fixture.executor()
    let result = try #require(try executor.execute(Self.transaction(nonce: 4)).result)
    #expect(result.succeeded)
    // The magic of `execute`, which is what its call began with, and the transaction's hash.
    #expect(result.output.starts(with: [0xdf, 0x9c, 0x15, 0x89] + result.bootloaderHash.bytes.prefix(28)))
    var after = fixture.state
    after.apply(try executor.seal())
    // Three calls, three creations. What `execute` pays to 0x8001 is swept with the fee.
    #expect(after.account(Fixture.sender).nonce == 7)
    let lost = Fixture.ether - after.account(Fixture.sender).balance
    #expect(after.account(.filled(0xc0)).balance == lost)
    #expect(lost == UInt256(result.gasUsed * 1000 + 2 * (1_000_000 * 1000 + 1)))
  }

  @Test("0.0.5 knows no account contracts: their senders are refused, in the order for accounts with keys")
  func withoutAbstraction() throws {
    var fixture = Fixture(.v0_0_5)
    fixture.state.setCode(Fixture.sender, [0x00], nonce: 1, balance: Fixture.ether, .v0_0_5)
    try RejectionTests.expect(.invalid(.nonceTooHigh(transaction: 2, state: 1)), Self.transaction(nonce: 2), fixture)
    try RejectionTests.expect(.invalid(.nonceTooLow(transaction: 0, state: 1)), Self.transaction(nonce: 0), fixture)
    try RejectionTests.expect(.invalid(.rejectCallerWithCode), Self.transaction(nonce: 1), fixture)
  }

  @Test("0.0.5 ignores a paymaster, but looks for the fee only when it takes it")
  func paymaster() throws {
    var transaction = Self.transaction()
    transaction.paymaster = .filled(2)
    transaction.paymasterInput = [1, 2, 3]
    let digest = try #require(try transaction.signingHash(chainID: Fixture.chainID)).hash
    let signature = try #require(Secp256k1.sign(digest, with: Fixture.key))
    transaction.signature = signature.r.bytes + signature.s.bytes + [27 + signature.yParity]
    try RejectionTests.expect(.hazard(.paymaster), transaction, Fixture(.v0_0_4))

    var executor = try Fixture(.v0_0_5).executor()
    let outcome = try executor.execute(transaction)
    #expect(outcome.result?.gasUsed == 21_000)
    var after = Fixture(.v0_0_5).state
    after.apply(try executor.seal())
    #expect(after.account(Fixture.sender).balance == Fixture.ether - 21_000_000 - 5)

    // Enough for the value, not for the fee: the transfer of the fee fails, after the signature was checked.
    var poor = Fixture(.v0_0_5, balance: 999_999_999)
    try RejectionTests.expect(
      .invalid(.lackOfFundForMaxFee(fee: 1_000_000_000, balance: 999_999_999)), transaction, poor)
    transaction.signature[3] ^= 1
    var forger = try poor.executor()
    guard case .rejected(.invalid(.incorrectFrom)) = try forger.execute(transaction) else {
      Issue.record("the fee was looked for before the signature")
      return
    }
    poor = Fixture(.v0_0_5, balance: 4)
    try RejectionTests.expect(.invalid(.lackOfFundForMaxFee(fee: 5, balance: 4)), transaction, poor)
  }

  @Test("pubdata of validation that native cannot pay for")
  func outOfNative() throws {
    var fixture = Fixture()
    fixture.context.baseFee = UInt256(1) << 40
    fixture.context.gasPerPubdata = 1
    let transaction = try VMTransaction(Fixture.signed(gas: 100_000, maxFee: UInt256(1) << 40))
    try RejectionTests.expect(.invalid(.outOfNativeResourcesDuringValidation), transaction, fixture)
  }

  @Test("pubdata of execution that native cannot pay for reverts, and the fee stays paid")
  func expensivePubdata() throws {
    var fixture = Fixture()
    let version = fixture.context.protocolVersion
    fixture.context.baseFee = UInt256(1) << 30
    fixture.context.gasPerPubdata = 1
    // Validation's pubdata costs about 2^30 · 40; twenty new slots cost more than the 2^36 there are.
    let code = (1...20 as ClosedRange<UInt8>).flatMap { [0x60, 0xff, 0x60, $0, 0x55] as [UInt8] }
    fixture.state.setCode(.filled(0x05), code, version)
    var executor = try fixture.executor()
    let result = try #require(
      try executor.execute(
        try Fixture.signed(gas: 1_000_000, maxFee: UInt256(1) << 30, to: .filled(0x05))
      ).result)
    #expect(!result.succeeded)
    #expect(result.gasUsed > 400_000 && result.gasUsed < 1_000_000)
    var after = fixture.state
    after.apply(try executor.seal())
    #expect(after.account(Fixture.sender).nonce == 1)
    #expect(after.slots[FlatKey.of(.filled(0x05), Bytes32(UInt256.one))] == nil)
  }
}
