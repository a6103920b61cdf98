import Cryptography
import EVM
import Primitives
import Testing
import Transactions
import ZKsyncOS

@Suite("Rejections")
struct RejectionTests {
  /// Offers a transaction to a fresh block and expects the reason; nothing may remain in the block.
  static func expect(
    _ reason: Rejection, _ transaction: VMTransaction, _ fixture: Fixture = Fixture(),
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var executor = try fixture.executor()
    let outcome = try executor.execute(transaction)
    #expect(outcome.rejection == reason, sourceLocation: sourceLocation)
    let output = try executor.seal()
    let empty = try fixture.executor().seal()
    #expect(output.fingerprint == empty.fingerprint, sourceLocation: sourceLocation)
  }

  static func vm(_ transaction: RecoveredTransaction) throws -> VMTransaction { try VMTransaction(transaction) }

  @Test("fees")
  func fees() throws {
    try Self.expect(
      .invalid(.priorityFeeGreaterThanMaxFee), try Self.vm(Fixture.signed(maxFee: 1000, tip: 1001)))
    try Self.expect(.invalid(.baseFeeGreaterThanMaxFee), try Self.vm(Fixture.signed(maxFee: 999)))
    var fixture = Fixture()
    fixture.context.gasPerPubdata = 2
    try Self.expect(.invalid(.gasPerPubdataTooHigh), try Self.vm(Fixture.signed()), fixture)
    fixture = Fixture(balance: 1_000_000_000)
    try Self.expect(
      .invalid(.lackOfFundForMaxFee(fee: 1_000_000_001, balance: 1_000_000_000)),
      try Self.vm(Fixture.signed(value: 1)), fixture)
    try Self.expect(
      .hazard(.feeOverflow), try Self.vm(Fixture.signed(maxFee: UInt256(1) << 127)))
    fixture = Fixture()
    fixture.context.nativePrice = 0
    try Self.expect(.hazard(.nativePriceZero), try Self.vm(Fixture.signed()), fixture)
  }

  @Test("gas limits")
  func gasLimits() throws {
    try Self.expect(.invalid(.callerGasLimitMoreThanBlock), try Self.vm(Fixture.signed(gas: 100_000_001)))
    var fixture = Fixture()
    fixture.context.gasLimit = .max
    try Self.expect(.invalid(.blockGasLimitTooHigh), try Self.vm(Fixture.signed()), fixture)
    // Below the intrinsic cost, and below the signature's on top of it.
    for gas in [17_999, 18_000, 20_999] as [UInt64] {
      try Self.expect(.invalid(.outOfGasDuringValidation), try Self.vm(Fixture.signed(gas: gas)))
    }
    let list = AccessList([.init(address: .filled(1), storageKeys: [])])
    try Self.expect(
      .invalid(.outOfGasDuringValidation), try Self.vm(Fixture.signed(gas: 20_399, accessList: list)))
    try Self.expect(
      .invalid(.createInitCodeSizeLimit),
      try Self.vm(Fixture.signed(gas: 10_000_000, to: nil, data: [UInt8](repeating: 0, count: 49_153))))
  }

  @Test("nonces")
  func nonces() throws {
    try Self.expect(.invalid(.nonceTooHigh(transaction: 1, state: 0)), try Self.vm(Fixture.signed(nonce: 1)))
    var fixture = Fixture()
    fixture.state.setAccount(Fixture.sender, AccountProperties(nonce: 5, balance: Fixture.ether))
    try Self.expect(
      .invalid(.nonceTooLow(transaction: 4, state: 5)), try Self.vm(Fixture.signed(nonce: 4)), fixture)
    var transaction = try Self.vm(Fixture.signed())
    transaction.nonce = UInt256(1) << 64
    try Self.expect(.invalid(.nonceOverflowInTransaction), transaction)
    fixture.state.setAccount(Fixture.sender, AccountProperties(nonce: .max, balance: Fixture.ether))
    try Self.expect(
      .invalid(.nonceOverflowInTransaction), try Self.vm(Fixture.signed(nonce: .max)), fixture)
  }

  @Test("signatures")
  func signatures() throws {
    let valid = try Self.vm(Fixture.signed())
    var transaction = valid
    transaction.signature.replaceSubrange(32..<64, with: [UInt8](repeating: 0x80, count: 32))
    try Self.expect(.invalid(.malleableSignature), transaction)
    transaction = valid
    transaction.signature[64] = 29
    try Self.expect(.invalid(.incorrectFrom(transaction: Fixture.sender, recovered: .zero)), transaction)
    transaction = valid
    transaction.value = 1
    var executor = try Fixture().executor()
    guard case .rejected(.invalid(.incorrectFrom(Fixture.sender, let recovered))) = try executor.execute(transaction)
    else {
      Issue.record("a changed transaction was accepted")
      return
    }
    #expect(recovered != Fixture.sender)
    transaction = valid
    transaction.signature = []
    try Self.expect(.invalid(.invalidEncoding), transaction)
  }

  @Test("senders with code")
  func senderWithCode() throws {
    var fixture = Fixture()
    fixture.state.setCode(
      Fixture.sender, [0x00], nonce: 0, balance: Fixture.ether, fixture.context.protocolVersion)
    try Self.expect(.invalid(.rejectCallerWithCode), try Self.vm(Fixture.signed()), fixture)
  }

  @Test("encodings")
  func encodings() throws {
    let valid = try Self.vm(Fixture.signed()).encoded
    var executor = try Fixture().executor()
    for length in [0, 31, valid.count - 1, valid.count - 32] {
      #expect(try executor.execute(encoded: Array(valid.prefix(length))).rejection == .invalid(.invalidEncoding))
    }
    #expect(
      try executor.execute(encoded: [UInt8](repeating: 0, count: (1 << 23) + 1)).rejection
        == .hazard(.transactionTooLong))
    #expect(try executor.execute(encoded: valid).result?.succeeded == true)
    var transaction = try Self.vm(Fixture.signed())
    transaction.reservedDynamic = UInt256(0x20).bytes + UInt256(2).bytes
    try Self.expect(.invalid(.invalidStructure), transaction)
  }

  @Test("what the proving run would abort on")
  func hazards() throws {
    try Self.expect(.hazard(.wasmDeployment), try Self.vm(Fixture.signed(to: Address(0x9000))))
    let message =
      Hex.decode(
        "62f84b24" + String(repeating: "0", count: 62) + "20" + String(repeating: "0", count: 64)) ?? []
    try Self.expect(
      .hazard(.messageFromAccountWithoutCode),
      try Self.vm(Fixture.signed(to: SystemAddress.l1Messenger, data: message)))
    try Self.expect(
      .hazard(.messageFromAccountWithoutCode),
      try Self.vm(Fixture.deposit(to: SystemAddress.l1Messenger, value: 0, data: message)))
    try Self.expect(.hazard(.depositTooLow), try Self.vm(Fixture.deposit(minted: 1_000_000_004)))
    var expensive = try Self.vm(Fixture.deposit(maxFee: 1 << 120))
    try Self.expect(.hazard(.pubdataPriceOverflow), expensive)
    expensive.gasPerPubdataLimit = 0
    try Self.expect(.hazard(.feeOverflow), expensive)
    try Self.expect(
      .hazard(.gasLimitOverflow), try Self.vm(Fixture.deposit(gas: 1 << 60, maxFee: 0)))
    var transaction = try Self.vm(Fixture.deposit())
    transaction.reserved[1] = UInt256(1) << 160
    try Self.expect(.hazard(.refundRecipientTooWide), transaction)
    transaction = VMTransaction(
      type: 0x71, from: Fixture.sender, to: .filled(1), gasLimit: 100_000, gasPerPubdataLimit: 1, maxFeePerGas: 1000,
      maxPriorityFeePerGas: 0, paymaster: .filled(2), nonce: 0, value: 0,
      signature: [UInt8](repeating: 1, count: 65))
    try Self.expect(.hazard(.paymaster), transaction, Fixture(.v0_0_4))
    // Readable, but not the one form that all images understand alike: an offset one word further than it need be.
    transaction = try Self.vm(
      Fixture.signed(accessList: AccessList([.init(address: .filled(1), storageKeys: [])])))
    transaction.reservedDynamic.insert(contentsOf: [UInt8](repeating: 0, count: 32), at: 32)
    transaction.reservedDynamic[31] = 0x40
    try Self.expect(.hazard(.accessListForm), transaction)
  }

  @Test("a deployment to 0x9000 that cannot pay its 32000 gas is no hazard: it is included and reverts")
  func starvedWasmDeployment() throws {
    var executor = try Fixture().executor()
    let result = try #require(
      try executor.execute(try Fixture.signed(gas: 52_999, to: Address(0x9000))).result)
    #expect(!result.succeeded && result.gasUsed == 52_999)
    try Self.expect(.hazard(.wasmDeployment), try Self.vm(Fixture.signed(gas: 53_000, to: Address(0x9000))))
  }

  @Test("an access list is charged while it is read: gas can end before sense does")
  func brokenAccessList() throws {
    var transaction = try Self.vm(
      Fixture.signed(
        gas: 20_399,
        accessList: AccessList([
          .init(address: .filled(1), storageKeys: []), .init(address: .filled(2), storageKeys: []),
        ])))
    // Without the last word, the second item has no count of keys.
    transaction.reservedDynamic.removeLast(32)
    try Self.expect(.invalid(.outOfGasDuringValidation), transaction)
    transaction.gasLimit = 20_400
    try Self.expect(.invalid(.invalidStructure), transaction)
  }

  @Test("code of an unknown kind, as sender and as callee")
  func unknownEnvironments() throws {
    var fixture = Fixture()
    var properties = AccountProperties(
      versioning: 0x0102_0100_0000_0000, balance: Fixture.ether, bytecodeHash: Blake2s256.hash([0, 0, 0]),
      codeLength: 3)
    // The preimage has the padded form without a bitmap.
    fixture.state.preimages[Blake2s256.hash([UInt8](repeating: 0, count: 8))] = [UInt8](repeating: 0, count: 8)
    properties.bytecodeHash = Blake2s256.hash([UInt8](repeating: 0, count: 8))
    fixture.state.setAccount(.filled(0x77), properties)
    try Self.expect(.hazard(.unsupportedExecutionEnvironment), try Self.vm(Fixture.signed()), fixture)
    try Self.expect(
      .hazard(.unsupportedExecutionEnvironment), try Self.vm(Fixture.deposit(to: .filled(0x77))), fixture)
    fixture.state.setAccount(Fixture.sender, properties)
    try Self.expect(
      .hazard(.unsupportedExecutionEnvironment), try Self.vm(Fixture.signed(to: .filled(1))), fixture)
  }

  @Test("transactions that the virtual machine has no form for")
  func notEncodable() throws {
    var blob = Fixture.unsigned()
    blob.kind = .blob
    var dear = Fixture.unsigned(maxFee: UInt256(1) << 128)
    dear.maxPriorityFeePerGas = 0
    for transaction in [blob, dear] {
      var executor = try Fixture().executor()
      let outcome = try executor.execute(RecoveredTransaction(.signed(transaction), sender: Fixture.sender))
      #expect(outcome.rejection == .hazard(.notEncodable))
    }
  }

  @Test("a transaction that leaves less pubdata than its validation made, where pubdata has a price")
  func shrinkingPubdata() throws {
    // Sends 2^100 wei to a caller who sends nothing, and keeps what others send.
    let lender: [UInt8] =
      [0x34, 0x60, 27, 0x57, 0x5f, 0x5f, 0x5f, 0x5f, 0x6c, 0x10] + [UInt8](repeating: 0, count: 12)
      + [0x33, 0x5a, 0xf1, 0x50, 0x00, 0x5b, 0x00]
    for price in [0, 1] as [UInt256] {
      var fixture = Fixture()
      fixture.context.gasPerPubdata = price
      fixture.state.setCode(
        .filled(0x05), lender, balance: UInt256(1) << 100, fixture.context.protocolVersion)
      var executor = try fixture.executor()
      #expect(try executor.execute(try Fixture.signed(gas: 100_000, to: .filled(0x05))).result?.succeeded == true)
      let back = try executor.execute(
        try Fixture.signed(nonce: 1, gas: 100_000, to: .filled(0x05), value: UInt256(1) << 100))
      if price.isZero {
        #expect(back.result?.succeeded == true)
      } else {
        #expect(back.rejection == .hazard(.pubdataPriceOverflow))
      }
    }
  }

  @Test("more return data than the virtual machine holds")
  func returnData() throws {
    var fixture = Fixture()
    // A loop that lets the identity precompile return 64 KiB again and again.
    let code: [UInt8] = [
      0x5b, 0x62, 0x01, 0x00, 0x00, 0x5f, 0x62, 0x01, 0x00, 0x00, 0x5f, 0x60, 4, 0x5a, 0xfa, 0x50, 0x5f, 0x56,
    ]
    fixture.state.setCode(.filled(0x05), code, fixture.context.protocolVersion)
    fixture.state.setAccount(Fixture.sender, AccountProperties(balance: Fixture.ether))
    try Self.expect(
      .hazard(.returnDataLimit), try Self.vm(Fixture.signed(gas: 20_000_000, to: .filled(0x05))), fixture)
  }

  @Test("nothing more is executed once there is too much return data, observed or not", arguments: [false, true])
  func returnDataEnds(observed: Bool) throws {
    var fixture = Fixture()
    // As above, and each time a slot is read that was not read before: sload(gas).
    let code: [UInt8] = [
      0x5b, 0x62, 0x01, 0x00, 0x00, 0x5f, 0x62, 0x01, 0x00, 0x00, 0x5f, 0x60, 4, 0x5a, 0xfa, 0x50, 0x5a, 0x54, 0x50,
      0x5f,
      0x56,
    ]
    fixture.state.setCode(.filled(0x05), code, fixture.context.protocolVersion)
    fixture.state.setAccount(Fixture.sender, AccountProperties(balance: Fixture.ether))
    let state = ReadCounter(state: fixture.state)
    var executor = try BlockExecutor(context: fixture.context, state: state)
    let transaction = try Fixture.signed(gas: 99_000_000, to: .filled(0x05))
    if observed {
      var tracer = StepObserver()
      #expect(try executor.execute(transaction, tracer: &tracer).rejection == .hazard(.returnDataLimit))
    } else {
      #expect(try executor.execute(transaction).rejection == .hazard(.returnDataLimit))
    }
    // 1,024 calls fill the bound exactly; there is gas for more than 10,000.
    #expect(state.reads.value > 1_024 && state.reads.value < 1_040)
  }

  @Test("return data of exactly 2^27 bytes, and one more", arguments: [false, true])
  func returnDataBound(exceeds: Bool) throws {
    var fixture = Fixture()
    // 1,024 calls of the identity with 64 KiB, each of which counts twice; then as many bytes as the calldata has.
    let code: [UInt8] = [
      0x61, 4, 0, 0x5b, 0x5f, 0x5f, 0x62, 1, 0, 0, 0x5f, 0x60, 4, 0x5a, 0xfa, 0x50, 0x60, 1, 0x90, 0x03, 0x80, 0x60, 3,
      0x57, 0x36, 0x5f, 0xf3,
    ]
    fixture.state.setCode(.filled(0x05), code, fixture.context.protocolVersion)
    var executor = try fixture.executor()
    let outcome = try executor.execute(
      Fixture.signed(gas: 20_000_000, to: .filled(0x05), data: exceeds ? [1] : []))
    if exceeds {
      #expect(outcome.rejection == .hazard(.returnDataLimit))
    } else {
      #expect(outcome.result?.succeeded == true)
    }
  }

  @Test("upgrades that are late or fail")
  func upgrades() throws {
    func upgrade(to: Address) -> RecoveredTransaction {
      RecoveredTransaction(
        .request(
          L1Request(
            kind: .upgrade, from: SystemAddress.complexUpgrader, to: to, gasLimit: 1_000_000, gasPerPubdataLimit: 1,
            maxFeePerGas: 0, nonce: 1, value: 0, toMint: 0, refundRecipient: .zero)),
        sender: SystemAddress.complexUpgrader)
    }
    var executor = try Fixture().executor()
    _ = try executor.execute(try Fixture.signed())
    #expect(
      try executor.execute(upgrade(to: .filled(1))).rejection == .invalid(.upgradeTransactionNotFirst))
    var fixture = Fixture()
    fixture.state.setCode(.filled(0x05), [0x5f, 0x5f, 0xfd], fixture.context.protocolVersion)
    try Self.expect(.invalid(.upgradeTransactionFailed), try Self.vm(upgrade(to: .filled(0x05))), fixture)
  }

  @Test("a base fee beyond the header's width makes the block impossible")
  func baseFee() {
    var fixture = Fixture()
    fixture.context.baseFee = UInt256(1) << 64
    #expect(throws: BlockError.baseFeeTooLarge(UInt256(1) << 64)) {
      _ = try BlockExecutor(context: fixture.context, state: fixture.state)
    }
  }

  @Test("a failing store stops the block with its error")
  func storageFailure() throws {
    var fixture = Fixture()
    fixture.state.failure = StateReadError("disk on fire")
    var executor = try fixture.executor()
    let transaction = try Fixture.signed()
    var thrown: BlockError?
    do { _ = try executor.execute(transaction) } catch { thrown = error }
    #expect(thrown == .storage(StateReadError("disk on fire")))
  }

  @Test("a missing preimage stops the block with its hash")
  func missingPreimage() throws {
    var fixture = Fixture()
    fixture.state.preimages = [:]
    var executor = try fixture.executor()
    var thrown: BlockError?
    do { _ = try executor.execute(try Fixture.signed()) } catch { thrown = error as? BlockError }
    #expect(thrown == .missingPreimage(AccountProperties(balance: Fixture.ether).hash()))
  }
}

/// Counts how often slots are asked for.
private struct ReadCounter: StateView {
  final class Count: @unchecked Sendable {
    /// Only one thread executes.
    var value = 0
  }

  let state: ReferenceState
  let reads = Count()

  func slot(_ flatKey: Bytes32) throws(StateReadError) -> Bytes32? {
    reads.value += 1
    return try state.slot(flatKey)
  }

  func preimage(_ hash: Bytes32) throws(StateReadError) -> [UInt8]? { try state.preimage(hash) }
}

/// Has every instruction run by itself.
private struct StepObserver: Tracer {
  static var isActive: Bool { true }
  static var observesSteps: Bool { true }

  mutating func willStep(_ frame: FrameView, world: some WorldReader) {}
  mutating func didStep(_ frame: FrameView, halt: Halt?, world: some WorldReader) {}
  mutating func enter(_ event: FrameEvent, world: some WorldReader) {}
  mutating func leave(_ end: FrameEnd, world: some WorldReader) {}
  mutating func log(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) {}
}
