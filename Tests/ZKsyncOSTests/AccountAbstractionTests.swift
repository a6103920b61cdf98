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
    ]
    for (code, nonce, reason) in cases {
      var fixture = Fixture()
      fixture.state.setCode(
        Fixture.sender, code, nonce: nonce, balance: Fixture.ether, fixture.context.protocolVersion)
      try RejectionTests.expect(.invalid(reason), Self.transaction(), fixture)
    }
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
