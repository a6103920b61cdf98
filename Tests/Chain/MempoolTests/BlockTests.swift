import Mempool
import Primitives
import Synchronization
import TelemetryTesting
import Testing
import Transactions

@Suite struct BlockTests {
  let test = TestPool()

  @Test func includedTransactionsLeaveAndStayVisibleUntilPublished() throws {
    let sender = test.sender(1)
    let sent = (0..<3).map { transaction(from: sender, nonce: $0) }
    for one in sent { try test.pool.add(one) }
    #expect(test.take() == sent[0])
    #expect(test.take() == sent[1])
    test.seal([sent[0], sent[1]])
    #expect(test.pool.counts == (1, 0))
    #expect(test.pool.transaction(sent[0].hash) == sent[0])
    test.pool.published([sent[0].hash, sent[1].hash])
    #expect(test.pool.transaction(sent[0].hash) == nil)
    #expect(try test.pool.pendingNonce(for: sender) == 3)
    #expect(test.takeAll() == [sent[2]])
  }

  @Test func whatAPoorerSenderCannotPayAnyMoreIsParkedFromTheEnd() throws {
    let sender = test.sender(1, balance: 2_000_000_000)
    let sent = (0..<5).map { transaction(from: sender, nonce: $0) }
    for one in sent { try test.pool.add(one) }
    #expect(test.pool.counts == (5, 0))
    // Each costs 210,000,000 wei: after the first, two more can be paid.
    test.seal([sent[0]], changing: [sender: AccountState(nonce: 0, balance: 600_000_000)])
    #expect(test.pool.counts == (2, 2))
    test.seal([], changing: [sender: AccountState(nonce: 1, balance: 840_000_000)])
    #expect(test.takeAll() == Array(sent[1...]))
    #expect(test.metrics.value("mempool_len_count") == 2)
    #expect(test.metrics.value("mempool_len_sum") == 6)
  }

  @Test func anAccountWhoseNonceGoesBackWaitsForWhatIsMissing() throws {
    let sender = test.sender(1, nonce: 3)
    let sent = (3..<5).map { transaction(from: sender, nonce: $0) }
    for one in sent { try test.pool.add(one) }
    test.seal([], changing: [sender: AccountState(nonce: 2, balance: 1_000_000_000)])
    #expect(test.pool.counts == (0, 2))
    let missing = transaction(from: sender, nonce: 2)
    try test.pool.add(missing)
    #expect(test.takeAll() == [missing] + sent)
  }

  @Test func whatWasTakenAndNotIncludedIsOfferedAgain() throws {
    let a = transaction(from: test.sender(1), nonce: 0), b = transaction(from: test.sender(2), nonce: 0)
    try test.pool.add(a)
    try test.pool.add(b)
    #expect(test.takeAll() == [a, b])
    test.seal([a])
    #expect(test.takeAll() == [b])
  }

  @Test func aRejectedTransactionLeavesAndItsSenderIsSkipped() throws {
    let sender = test.sender(1)
    let sent = (0..<3).map { transaction(from: sender, nonce: $0) }
    let other = transaction(from: test.sender(2), nonce: 0, tip: 1)
    for one in sent + [other] { try test.pool.add(one) }
    #expect(test.take() == sent[0])
    #expect(test.take() == sent[1])
    test.pool.reject(sent[1].hash, "it cannot be executed")
    #expect(test.pool.transaction(sent[1].hash) == nil)
    #expect(test.takeAll() == [other])
    #expect(test.pool.counts == (2, 1))
    test.seal([sent[0], other])
    #expect(test.pool.counts == (0, 1))
    #expect(test.take() == nil)
    // The hole can be filled with a better one.
    let better = transaction(from: sender, nonce: 1, value: 3)
    try test.pool.add(better)
    #expect(test.takeAll() == [better, sent[2]])
  }

  @Test func rejectingTheOnlyTransactionForgetsTheSender() throws {
    let one = transaction(from: test.sender(1), nonce: 0)
    try test.pool.add(one)
    #expect(test.take() == one)
    test.pool.reject(one.hash, "it cannot be executed")
    #expect(test.pool.counts == (0, 0))
    #expect(test.pool.byteCount == 0)
    try test.pool.add(one)
    test.seal([])
    #expect(test.takeAll() == [one])
  }

  @Test func whatDoesNotFitWaitsForTheNextBlock() throws {
    let sender = test.sender(1)
    let sent = (0..<3).map { transaction(from: sender, nonce: $0) }
    let other = transaction(from: test.sender(2), nonce: 0, tip: 1)
    for one in sent + [other] { try test.pool.add(one) }
    #expect(test.take() == sent[0])
    #expect(test.take() == sent[1])
    test.pool.putBack(sent[1].hash)
    #expect(test.takeAll() == [other])
    test.seal([sent[0], other])
    #expect(test.takeAll() == [sent[1], sent[2]])
  }

  @Test func puttingBackSomethingElseChangesNothing() throws {
    let one = transaction(from: test.sender(1), nonce: 0)
    try test.pool.add(one)
    test.pool.putBack(one.hash)
    test.pool.putBack(.zero)
    test.pool.reject(.zero, "it cannot be executed")
    #expect(test.takeAll() == [one])
  }

  @Test func aNonceUsedElsewhereRemovesItsTransaction() throws {
    let sender = test.sender(1)
    for nonce in 0..<3 as Range<UInt64> { try test.pool.add(transaction(from: sender, nonce: nonce)) }
    test.seal([], changing: [sender: AccountState(nonce: 2, balance: .max)])
    #expect(test.pool.counts == (1, 0))
    test.seal([], changing: [sender: AccountState(nonce: 9, balance: .max)])
    #expect(test.pool.counts == (0, 0))
    #expect(try test.pool.pendingNonce(for: sender) == 9)
  }

  @Test func anAccountReadBeforeABlockIsReadAgain() throws {
    let sender = test.sender(1)
    test.accounts.duringRead.withLock { hook in
      hook = { [test] in test.seal([], changing: [sender: AccountState(nonce: 1, balance: .max)]) }
    }
    #expect(throws: MempoolError.nonceTooLow(next: 1, transaction: 0)) {
      try test.pool.add(transaction(from: sender, nonce: 0))
    }
    #expect(test.accounts.reads.load(ordering: .relaxed) == 2)
  }

  @Test func subscribersHearOfWhatBecomesExecutable() throws {
    let heard = Mutex<[UInt64]>([])
    let subscription = test.pool.subscribe { new in heard.withLock { $0 += new.map(\.nonce) } }
    let sender = test.sender(1, balance: 700_000_000)
    func expect(_ nonces: [UInt64]) {
      #expect(heard.withLock { $0 } == nonces)
      heard.withLock { $0 = [] }
    }
    try test.pool.add(transaction(from: sender, nonce: 1))
    expect([])
    try test.pool.add(transaction(from: sender, nonce: 0))
    expect([0, 1])
    try test.pool.add(transaction(from: sender, nonce: 0, tip: 110, feeCap: 11_000))
    expect([0])
    for nonce in 2..<4 as Range<UInt64> { try test.pool.add(transaction(from: sender, nonce: nonce)) }
    expect([2])
    let taken = test.takeAll()
    test.seal(taken)
    expect([3])
    test.pool.unsubscribe(subscription)
    try test.pool.add(transaction(from: test.sender(2), nonce: 0))
    expect([])
  }
}

@Suite struct LimitTests {
  @Test func theWorstMakesRoom() throws {
    let test = TestPool { $0.maxCount = 3 }
    let cheap = transaction(from: test.sender(1), nonce: 0, tip: 1)
    let middle = transaction(from: test.sender(2), nonce: 0, tip: 2)
    let dear = transaction(from: test.sender(3), nonce: 0, tip: 3)
    for one in [cheap, middle, dear] { try test.pool.add(one) }
    let best = transaction(from: test.sender(4), nonce: 0, tip: 4)
    try test.pool.add(best)
    #expect(test.pool.transaction(cheap.hash) == nil)
    #expect(throws: MempoolError.underpriced) {
      try test.pool.add(transaction(from: test.sender(5), nonce: 0, tip: 1))
    }
    #expect(test.takeAll() == [best, dear, middle])
  }

  @Test func equalsDoNotReplaceEachOther() throws {
    let test = TestPool { $0.maxCount = 2 }
    let sent = (1...3).map { transaction(from: test.sender($0), nonce: 0) }
    try test.pool.add(sent[0])
    try test.pool.add(sent[1])
    #expect(throws: MempoolError.poolFull) { try test.pool.add(sent[2]) }
    #expect(test.takeAll() == [sent[0], sent[1]])
  }

  @Test func parkedOnesGoBeforeExecutableOnes() throws {
    let test = TestPool { $0.maxCount = 2 }
    let parked = transaction(from: test.sender(1), nonce: 7, tip: 900)
    let ready = transaction(from: test.sender(2), nonce: 0, tip: 1)
    try test.pool.add(parked)
    try test.pool.add(ready)
    let newcomer = transaction(from: test.sender(3), nonce: 0, tip: 1)
    try test.pool.add(newcomer)
    #expect(test.pool.transaction(parked.hash) == nil)
    #expect(test.takeAll() == [ready, newcomer])
  }

  @Test func evictionTakesTheTailSoThatNoGapAppears() throws {
    let test = TestPool { $0.maxCount = 3 }
    let sender = test.sender(1)
    let sent = (0..<3).map { transaction(from: sender, nonce: $0, tip: 5) }
    for one in sent { try test.pool.add(one) }
    try test.pool.add(transaction(from: test.sender(2), nonce: 0, tip: 6))
    #expect(test.pool.counts == (3, 0))
    #expect(test.pool.transaction(sent[2].hash) == nil)
  }

  @Test func whatIsBeingExecutedIsNotEvicted() throws {
    let test = TestPool { $0.maxCount = 2 }
    let taken = [transaction(from: test.sender(1), nonce: 0), transaction(from: test.sender(2), nonce: 0)]
    for one in taken { try test.pool.add(one) }
    #expect(test.takeAll() == taken)
    #expect(throws: MempoolError.poolFull) {
      try test.pool.add(transaction(from: test.sender(3), nonce: 0, tip: 5_000))
    }
    test.seal(taken)
    #expect(throws: Never.self) { try test.pool.add(transaction(from: test.sender(3), nonce: 0)) }
  }

  @Test func bytesAreBounded() throws {
    let test = TestPool { $0.maxBytes = 10_000 }
    for n in 0..<20 as Range<UInt64> {
      try? test.pool.add(
        transaction(from: test.sender(n), nonce: 0, gasLimit: 100_000, input: [UInt8](repeating: 0, count: 1_500)))
      #expect(test.pool.byteCount <= 10_000)
    }
    #expect(test.pool.counts.executable == 4)
  }

  @Test func oneSenderIsBounded() throws {
    let test = TestPool {
      $0.maxCountPerSender = 3
      $0.maxBytesPerSender = 4_000
    }
    let sender = test.sender(1)
    for nonce in 0..<3 as Range<UInt64> { try test.pool.add(transaction(from: sender, nonce: nonce)) }
    #expect(throws: MempoolError.accountLimitExceeded) { try test.pool.add(transaction(from: sender, nonce: 3)) }
    // A replacement needs no further place, but may need bytes.
    #expect(throws: Never.self) {
      try test.pool.add(transaction(from: sender, nonce: 2, tip: 200, feeCap: 20_000))
    }
    #expect(throws: MempoolError.accountLimitExceeded) {
      try test.pool.add(
        transaction(
          from: sender, nonce: 2, tip: 400, feeCap: 40_000, gasLimit: 100_000,
          input: [UInt8](repeating: 0, count: 3_000)
        ))
    }
    #expect(throws: Never.self) { try test.pool.add(transaction(from: test.sender(2), nonce: 0)) }
  }

  @Test func parkedOnesExpire() throws {
    let test = TestPool { $0.lifetime = 1_000 }
    let parked = transaction(from: test.sender(1), nonce: 3)
    let ready = transaction(from: test.sender(2), nonce: 0)
    try test.pool.add(parked)
    try test.pool.add(ready)
    test.clock.now.add(1_000, ordering: .relaxed)
    test.seal([])
    #expect(test.pool.counts == (1, 1))
    test.clock.now.add(1, ordering: .relaxed)
    test.seal([])
    #expect(test.pool.counts == (1, 0))
    #expect(test.pool.transaction(parked.hash) == nil)
    #expect(test.takeAll() == [ready])
  }

  @Test func aBlockMayBeVisibleBeforeThePoolHearsThatItWasExecuted() throws {
    let test = TestPool()
    let sent = transaction(from: test.sender(1), nonce: 0)
    try test.pool.add(sent)
    _ = test.pool.take()
    test.pool.published([sent.hash])
    #expect(test.pool.transaction(sent.hash) == sent)
    test.seal([sent])
    #expect(test.pool.transaction(sent.hash) == nil)
  }
}
