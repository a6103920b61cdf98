// In which order validation looks for faults: a transaction with all of them loses one at a time.
// Source: zksync-os `basic_bootloader/src/bootloader/process_transaction.rs`, `account_models/eoa.rs`.

import Cryptography
import Primitives
import Testing
import Transactions
import ZKsyncOS

@Suite("The order of validation")
struct RejectionOrderTests {
  /// A transaction in its world.
  struct Case {
    var fixture: Fixture
    var transaction: VMTransaction

    mutating func sign() {
      guard let hash = try? transaction.signingHash(chainID: Fixture.chainID)?.hash,
        let signature = Secp256k1.sign(hash, with: Fixture.key)
      else { return }
      transaction.signature = signature.r.bytes + signature.s.bytes + [27 + signature.yParity]
    }
  }

  @Test("accounts with keys: fourteen faults, found one after the other", arguments: ProtocolVersion.allCases)
  func plainAccounts(_ version: ProtocolVersion) throws {
    let access = AccessList([.init(address: .filled(1), storageKeys: [])]).encodedForVM
    var subject = Case(
      fixture: Fixture(version),
      transaction: VMTransaction(
        type: 0x02, from: Fixture.sender, to: .zero, gasLimit: 200_000_000, gasPerPubdataLimit: 0, maxFeePerGas: 900,
        maxPriorityFeePerGas: 901, nonce: UInt256(1) << 64, value: Fixture.ether,
        reserved: [.zero, .one, .zero, .zero], data: [UInt8](repeating: 0, count: 49_153),
        signature: [UInt8](repeating: 0xff, count: 64) + [27], reservedDynamic: Array(access.dropLast(32))))
    subject.fixture.context.gasLimit = .max
    subject.fixture.context.gasPerPubdata = 2
    subject.fixture.state.setCode(Fixture.sender, [0x00], nonce: 5, balance: Fixture.ether, version)

    let price: UInt256 = 1000
    let steps: [(InvalidTransaction, (inout Case) -> Void)] = [
      (.blockGasLimitTooHigh, { $0.fixture.context.gasLimit = 100_000_000 }),
      (.callerGasLimitMoreThanBlock, { $0.transaction.gasLimit = 200_000 }),
      (.priorityFeeGreaterThanMaxFee, { $0.transaction.maxPriorityFeePerGas = 0 }),
      (.baseFeeGreaterThanMaxFee, { $0.transaction.maxFeePerGas = 1000 }),
      // Zero bytes: 18,000 + 4 · 49,153 gas.
      (.outOfGasDuringValidation, { $0.transaction.gasLimit = 100_000_000 }),
      (.createInitCodeSizeLimit, { $0.transaction.data = [] }),
      (.invalidStructure, { $0.transaction.reservedDynamic = access }),
      (.gasPerPubdataTooHigh, { $0.fixture.context.gasPerPubdata = 1 }),
      (.nonceOverflowInTransaction, { $0.transaction.nonce = 6 }),
      (.nonceTooHigh(transaction: 6, state: 5), { $0.transaction.nonce = 4 }),
      (.nonceTooLow(transaction: 4, state: 5), { $0.transaction.nonce = 5 }),
      (
        .rejectCallerWithCode,
        { $0.fixture.state.setAccount(Fixture.sender, AccountProperties(nonce: 5, balance: Fixture.ether)) }
      ),
      (
        .lackOfFundForMaxFee(fee: Fixture.ether + price * 100_000_000, balance: Fixture.ether),
        { $0.transaction.value = 1 }
      ),
      (.malleableSignature, { $0.transaction.signature = [UInt8](repeating: 0, count: 64) + [27] }),
      (.incorrectFrom(transaction: Fixture.sender, recovered: .zero), { $0.sign() }),
    ]
    for (fault, cure) in steps {
      try RejectionTests.expect(.invalid(fault), subject.transaction, subject.fixture)
      cure(&subject)
    }
    var executor = try subject.fixture.executor()
    let outcome = try executor.execute(subject.transaction)
    #expect(outcome.result?.succeeded == true, "\(String(describing: outcome.rejection))")
  }

  @Test("an account whose nonce is at its end: everything else is looked at before")
  func lastNonce() throws {
    var subject = Case(fixture: Fixture(), transaction: try VMTransaction(Fixture.signed(nonce: .max)))
    subject.fixture.state.setAccount(Fixture.sender, AccountProperties(nonce: .max, balance: 5))
    try RejectionTests.expect(
      .invalid(.lackOfFundForMaxFee(fee: 1_000_000_000, balance: 5)), subject.transaction, subject.fixture)
    subject.fixture.state.setAccount(Fixture.sender, AccountProperties(nonce: .max, balance: Fixture.ether))
    try RejectionTests.expect(.invalid(.nonceOverflowInTransaction), subject.transaction, subject.fixture)
  }

  @Test("transactions of L1: place in the block, then resources, then the deposit")
  func l1() throws {
    func upgrade(gas: UInt64, minted: UInt256) throws -> VMTransaction {
      try VMTransaction(
        RecoveredTransaction(
          .request(
            L1Request(
              kind: .upgrade, from: .filled(1), to: .filled(2), gasLimit: gas, gasPerPubdataLimit: 1, maxFeePerGas: 1,
              nonce: 1, value: 1, toMint: minted, refundRecipient: .zero)), sender: .filled(1)))
    }
    var late = try Fixture().executor()
    _ = try late.execute(try Fixture.signed())
    #expect(
      try late.execute(try upgrade(gas: 10_999, minted: 0)).rejection == .invalid(.upgradeTransactionNotFirst))
    try RejectionTests.expect(.invalid(.outOfGasDuringValidation), try upgrade(gas: 10_999, minted: 0))
    try RejectionTests.expect(.hazard(.depositTooLow), try upgrade(gas: 11_000, minted: 11_000))
    var executor = try Fixture().executor()
    let outcome = try executor.execute(try upgrade(gas: 11_000, minted: 11_001))
    #expect(outcome.result?.succeeded == true)
  }
}
