import Cryptography
import Mempool
import Primitives
import Testing
import Transactions

/// Each refusal, and the text by which wallets know it.
@Suite struct RefusalTests {
  let test = TestPool()

  func expectRefusal(
    _ refused: RecoveredTransaction, _ error: MempoolError, _ text: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(throws: error, sourceLocation: sourceLocation) { try test.pool.add(refused) }
    #expect(error.description == text, sourceLocation: sourceLocation)
    #expect(!error.isFaultOfNode, sourceLocation: sourceLocation)
    #expect(test.pool.counts == (0, 0), sourceLocation: sourceLocation)
  }

  @Test func nonceTooLow() {
    let sender = test.sender(1, nonce: 5)
    expectRefusal(
      transaction(from: sender, nonce: 3), .nonceTooLow(next: 5, transaction: 3),
      "nonce too low: next nonce 5, tx nonce 3")
  }

  @Test func nonceAtItsMaximum() {
    let sender = test.sender(1)
    expectRefusal(
      transaction(from: sender, nonce: .max), .nonceHasMaxValue(sender: sender),
      "nonce has max value: address \(sender), nonce: 18446744073709551615")
  }

  @Test func insufficientFunds() {
    let sender = test.sender(1, balance: 209_999_999)
    expectRefusal(
      transaction(from: sender, nonce: 0), .insufficientFunds(balance: 209_999_999, cost: 210_000_000),
      "insufficient funds for gas * price + value: balance 209999999, tx cost 210000000, overshot 1")
    test.accounts[sender] = AccountState(nonce: 0, balance: 210_000_000)
    #expect(throws: Never.self) { try test.pool.add(transaction(from: sender, nonce: 0)) }
  }

  @Test func costsBeyond256BitsCannotBePaid() {
    let sender = test.sender(1, balance: .max &- 1)
    #expect(throws: MempoolError.insufficientFunds(balance: .max &- 1, cost: .max)) {
      try test.pool.add(transaction(from: sender, nonce: 0, value: .max))
    }
    #expect(throws: MempoolError.self) {
      try test.pool.add(transaction(from: sender, nonce: 0, feeCap: .max))
    }
  }

  @Test func feeCapBelowTheBaseFee() {
    let sender = test.sender(1)
    expectRefusal(
      transaction(from: sender, nonce: 0, tip: 0, feeCap: 999),
      .feeCapTooLow(sender: sender, feeCap: 999, baseFee: 1000),
      "max fee per gas less than block base fee: address \(sender), maxFeePerGas: 999, baseFee: 1000")
  }

  @Test func tipAboveTheFeeCap() {
    let sender = test.sender(1)
    expectRefusal(
      transaction(from: sender, nonce: 0, tip: 10_001),
      .tipAboveFeeCap(sender: sender, tip: 10_001, feeCap: 10_000),
      "max priority fee per gas higher than max fee per gas: address \(sender), maxPriorityFeePerGas: 10001, "
        + "maxFeePerGas: 10000")
  }

  @Test func feeAboveTheCap() {
    let sender = test.sender(1, balance: .max)
    expectRefusal(
      transaction(from: sender, nonce: 0, feeCap: 50_000_000_000_000),
      .feeAboveCap(fee: 1_050_000_000_000_000_000, cap: 1_000_000_000_000_000_000),
      "tx fee (1050000000000000000 wei) exceeds the configured cap (1000000000000000000 wei)")
  }

  @Test func oversizedData() {
    let test = TestPool { $0.maxInputBytes = 100 }
    let sender = test.sender(1)
    #expect(throws: MempoolError.oversizedData(size: 101, limit: 100)) {
      try test.pool.add(
        transaction(from: sender, nonce: 0, gasLimit: 100_000, input: [UInt8](repeating: 0, count: 101)))
    }
    #expect(throws: Never.self) {
      try test.pool.add(
        transaction(from: sender, nonce: 0, gasLimit: 100_000, input: [UInt8](repeating: 0, count: 100)))
    }
    #expect(
      MempoolError.oversizedData(size: 101, limit: 100).description
        == "oversized data: transaction size 101, limit 100")
  }

  @Test func whatTheExecutorCannotTakeIsOversizedWhateverTheOptions() throws {
    let sender = test.sender(1)
    let input = [UInt8](repeating: 0, count: 1 << 23)
    #expect(throws: MempoolError.oversizedData(size: 1 << 23, limit: (1 << 23) - 895)) {
      try test.pool.add(transaction(from: sender, nonce: 0, gasLimit: 90_000_000, input: input))
    }
    let fitting = transaction(from: sender, nonce: 0, gasLimit: 90_000_000, input: Array(input.dropLast(895)))
    #expect(throws: Never.self) { try test.pool.add(fitting) }
    guard case .signed(let signed) = fitting.transaction else { return }
    #expect(try VMTransaction(signed, sender: sender).encoded.count <= 1 << 23)
  }

  @Test func initCodeTooLong() {
    expectRefusal(
      transaction(
        from: test.sender(1), nonce: 0, gasLimit: 10_000_000, to: nil, input: [UInt8](repeating: 0, count: 49_153)),
      .initCodeTooLong(size: 49_153, limit: 49_152), "max initcode size exceeded: code size 49153, limit 49152")
  }

  @Test func wrongChainID() {
    expectRefusal(
      transaction(from: test.sender(1), nonce: 0, chainID: 1), .wrongChainID(transaction: 1, chain: 270),
      "invalid chain id for signer: have 1 want 270")
    #expect(throws: Never.self) {
      try test.pool.add(
        transaction(from: test.sender(1), nonce: 0, tip: 2000, feeCap: 2000, chainID: nil, kind: .legacy))
    }
  }

  @Test(
    arguments: [
      (21_000, [], false, 0, 0), (21_000 + 10 + 40, [0, 1], false, 0, 0),
      (21_000 + 32_000 + 4 * 33 + 2 * 2, [UInt8](repeating: 0, count: 33), true, 0, 0),
      (21_000 + 2 * 2_400 + 3 * 1_900, [], false, 2, 3),
    ] as [(UInt64, [UInt8], Bool, Int, Int)])
  func intrinsicGas(needed: UInt64, input: [UInt8], creates: Bool, addresses: Int, keys: Int) {
    var items = (0..<addresses).map { AccessList.Item(address: Address(UInt64($0)), storageKeys: []) }
    for _ in 0..<keys { items[0].storageKeys.append(.zero) }
    func with(_ gasLimit: UInt64) -> RecoveredTransaction {
      transaction(
        from: test.sender(1), nonce: 0, gasLimit: gasLimit, to: creates ? nil : Address(9), input: input,
        accessList: AccessList(items))
    }
    expectRefusal(
      with(needed - 1), .intrinsicGasTooLow(gasLimit: needed - 1, needed: needed),
      "intrinsic gas too low: gas \(needed - 1), minimum needed \(needed)")
    #expect(throws: Never.self) { try test.pool.add(with(needed)) }
  }

  @Test func gasLimitAboveTheBlock() {
    expectRefusal(
      transaction(from: test.sender(1), nonce: 0, gasLimit: 100_000_001),
      .gasLimitAboveBlock(gasLimit: 100_000_001, block: 100_000_000),
      "exceeds block gas limit: gas 100000001, block gas limit 100000000")
  }

  @Test func contractsSendNothing() {
    let sender = test.sender(1)
    test.accounts[sender] = AccountState(nonce: 1, balance: .max, isContract: true)
    expectRefusal(
      transaction(from: sender, nonce: 1), .senderIsContract(sender), "sender not an eoa: address \(sender)")
  }

  @Test func blobsAndL1Requests() {
    expectRefusal(
      transaction(from: test.sender(1), nonce: 0, kind: .blob), .unsupportedType(3),
      "transaction type not supported: 0x03, blob transactions (EIP-4844)")
    expectRefusal(
      transaction(from: test.sender(1), nonce: 0, kind: .setCode), .unsupportedType(4),
      "transaction type not supported: 0x04, authorizations (EIP-7702)")
    let request = L1Request(
      kind: .priority, from: .zero, to: .zero, gasLimit: 1, gasPerPubdataLimit: 1, maxFeePerGas: 1, nonce: 0,
      value: .zero, toMint: .zero, refundRecipient: .zero)
    #expect(throws: MempoolError.unsupportedType(0xff)) {
      try test.pool.add(RecoveredTransaction(.request(request), sender: .zero))
    }
  }

  @Test func alreadyKnown() throws {
    let sent = transaction(from: test.sender(1), nonce: 0)
    try test.pool.add(sent)
    #expect(throws: MempoolError.alreadyKnown) { try test.pool.add(sent) }
    #expect(MempoolError.alreadyKnown.description == "already known")
    // Executed, and not visible in the chain yet.
    #expect(test.takeAll() == [sent])
    test.seal([sent])
    #expect(throws: MempoolError.alreadyKnown) { try test.pool.add(sent) }
    test.pool.published([sent.hash])
    #expect(throws: MempoolError.nonceTooLow(next: 1, transaction: 0)) { try test.pool.add(sent) }
  }

  @Test func otherTexts() {
    #expect(MempoolError.underpriced.description == "transaction underpriced")
    #expect(MempoolError.replacementUnderpriced.description == "replacement transaction underpriced")
    #expect(MempoolError.accountLimitExceeded.description == "account limit exceeded")
    #expect(MempoolError.poolFull.description == "txpool is full")
    #expect(MempoolError.stateUnavailable("x").isFaultOfNode)
  }
}
