import Mempool
import Primitives
import Synchronization
import TelemetryTesting
import Testing
import Transactions

/// Lanes, trial runs, and what is remembered of those whose transactions were refused after they ran.
@Suite struct TrialTests {
  let test = TestPool()
  /// Longer than what counts as free.
  static let long: UInt64 = 5_000_000

  @Test func lanesAreChosenByGas() throws {
    let light = transaction(from: test.sender(1), nonce: 0, tip: 1)
    let ordinary = transaction(from: test.sender(2), nonce: 0, tip: 2, gasLimit: 1_000_000)
    try test.pool.add(light)
    try test.pool.add(ordinary)
    #expect(test.take(.long) == nil && test.pool.takeForTrial() == nil)
    #expect(test.pool.offers == (true, false))
    #expect(test.take(.ordinary) == ordinary)
    #expect(test.take(.light) == light)
    #expect(test.pool.offers == (false, false))
  }

  @Test func whatMustBeTriedIsOfferedToNoBlockUntilItWas() throws {
    let sent = transaction(from: test.sender(1), nonce: 0, gasLimit: 5_000_000)
    try test.pool.add(sent)
    let offer = try #require(test.pool.take(.ordinary))
    #expect(offer.transaction == sent && offer.trial == nil && offer.gasLimit == 5_000_000)
    test.pool.requireTrial(sent.hash)
    #expect(test.takeAll().isEmpty)
    #expect(test.pool.takeForTrial() == sent)
    #expect(test.pool.takeForTrial() == nil)
    #expect(test.takeAll().isEmpty)
    let cost = TrialCost(nanoseconds: 50_000_000, cycles: 7)
    test.pool.endTrial(sent.hash, .fits(cost))
    #expect(test.pool.offers == (false, true))
    let again = try #require(test.pool.take(.long))
    #expect(again.transaction == sent && again.trial == cost)
    // A short one goes back to where it came from.
    test.pool.abandonBlock()
    #expect(test.pool.take(.long)?.transaction == sent)
  }

  @Test func aShortTrialLeadsBackToTheOrdinaryLane() throws {
    let sent = transaction(from: test.sender(1), nonce: 0, gasLimit: 5_000_000)
    try test.pool.add(sent)
    _ = test.pool.take()
    test.pool.requireTrial(sent.hash)
    _ = test.pool.takeForTrial()
    test.pool.endTrial(sent.hash, .fits(TrialCost(nanoseconds: 9_000_000, cycles: 7)))
    #expect(test.take(.long) == nil)
    #expect(test.take(.ordinary) == sent)
  }

  @Test func anInconclusiveTrialIsRepeatedAfterTheNextBlock() throws {
    let sent = transaction(from: test.sender(1), nonce: 0, gasLimit: 5_000_000)
    try test.pool.add(sent)
    _ = test.pool.take()
    test.pool.requireTrial(sent.hash)
    _ = test.pool.takeForTrial()
    test.pool.endTrial(sent.hash, .inconclusive)
    #expect(test.pool.takeForTrial() == nil)
    test.seal([])
    #expect(test.pool.takeForTrial() == sent)
  }

  @Test func theOutcomeOfATrialOfWhatHasLeftThePoolIsForgotten() throws {
    let sender = test.sender(1)
    let sent = transaction(from: sender, nonce: 0, gasLimit: 5_000_000)
    try test.pool.add(sent)
    _ = test.pool.take()
    test.pool.requireTrial(sent.hash)
    _ = test.pool.takeForTrial()
    let replacement = transaction(from: sender, nonce: 0, tip: 500, feeCap: 50_000, gasLimit: 5_000_000)
    try test.pool.add(replacement)
    test.pool.endTrial(sent.hash, .refused("no", nanoseconds: Self.long))
    #expect(test.takeAll() == [replacement])
    #expect(test.pool.refusal(of: sent.hash)?.reason == .replaced(by: replacement.hash))
  }

  @Test func aRefusalIsRememberedAndToldWithItsReason() throws {
    let sender = test.sender(1)
    let told = Mutex<[Refusal]>([])
    test.pool.onRefusal { refused in told.withLock { $0 += refused } }
    let sent = (0..<2).map { transaction(from: sender, nonce: $0) }
    for one in sent { try test.pool.add(one) }
    _ = test.pool.take()
    test.pool.reject(sent[0].hash, "it is not to be")
    let refusal = try #require(test.pool.refusal(of: sent[0].hash))
    #expect(refusal.sender == sender && refusal.nonce == 0 && refusal.reason == .execution("it is not to be"))
    #expect(told.withLock { $0 } == [refusal])
    #expect(test.metrics.value("mempool_refused_total{reason=\"execution\"}") == 1)
    // The next nonce waits for it, and can learn so.
    #expect(test.pool.counts == (0, 1))
    #expect(test.pool.blocker(of: sent[1].hash) == refusal)
    #expect(
      refusal.reasonForLaterNonces
        == "waits for nonce 0, whose transaction \(sent[0].hash) was refused: it is not to be")
    test.clock.now.add(30_000, ordering: .relaxed)
    #expect(test.pool.age(of: refusal) == 30_000)
    // Sent again, it is no longer refused.
    try test.pool.add(sent[0])
    #expect(test.pool.refusal(of: sent[0].hash) == nil && test.pool.blocker(of: sent[1].hash) == nil)
  }

  @Test func refusalsAreForgottenAfterAnHour() throws {
    let old = transaction(from: test.sender(1), nonce: 0)
    try test.pool.add(old)
    _ = test.pool.take()
    test.pool.reject(old.hash, "no")
    test.clock.now.add(3_700_000, ordering: .relaxed)
    let new = transaction(from: test.sender(2), nonce: 0)
    try test.pool.add(new)
    _ = test.pool.take()
    test.pool.reject(new.hash, "no")
    #expect(test.pool.refusal(of: old.hash) == nil)
    #expect(test.pool.refusal(of: new.hash) != nil)
  }

  @Test func evictedAndExpiredTransactionsSayWhy() throws {
    let small = TestPool { $0.maxCount = 1 }
    let cheap = transaction(from: small.sender(1), nonce: 0, tip: 1)
    try small.pool.add(cheap)
    try small.pool.add(transaction(from: small.sender(2), nonce: 0, tip: 9))
    #expect(small.pool.refusal(of: cheap.hash)?.reason == .evicted)
    let parked = transaction(from: test.sender(1), nonce: 5)
    try test.pool.add(parked)
    test.clock.now.add(4 * 3_600_000, ordering: .relaxed)
    test.seal([])
    #expect(test.pool.refusal(of: parked.hash)?.reason == .expired)
  }

  // MARK: Pauses

  /// Has a call of `code` by the sender refused after it ran.
  func refuse(_ sender: Address, nonce: UInt64, code: Address, nanoseconds: UInt64 = long) throws {
    let sent = transaction(from: sender, nonce: nonce, to: code)
    try test.pool.add(sent)
    while let offered = test.pool.take() ?? nil {
      if offered.transaction == sent { return test.pool.reject(sent.hash, "no", nanoseconds: nanoseconds) }
      test.pool.putBack(offered.transaction.hash)
    }
    #expect(test.pool.takeForTrial() == sent)
    test.pool.endTrial(sent.hash, .refused("no", nanoseconds: nanoseconds))
  }

  @Test func theNextAttemptsOfTheSenderWaitLongerAndLonger() throws {
    let sender = test.sender(1), code = Address(0xC0DE)
    var pause: UInt64 = 500
    for _ in 0..<5 {
      try refuse(sender, nonce: 0, code: code)
      let next = transaction(from: sender, nonce: 0, to: Address(0xFACE))
      try test.pool.add(next)
      test.seal([])
      #expect(test.takeAll().isEmpty && test.pool.takeForTrial() == nil)
      #expect(test.pool.nextWake == pause)
      test.clock.now.add(pause - 1, ordering: .relaxed)
      #expect(test.pool.takeForTrial() == nil)
      test.clock.now.add(1, ordering: .relaxed)
      // Even then it is not a block that tries it.
      #expect(test.takeAll().isEmpty)
      #expect(test.pool.takeForTrial() == next)
      test.pool.endTrial(next.hash, .fits(TrialCost(nanoseconds: 1, cycles: 1)))
      #expect(test.takeAll() == [next])
      test.pool.reject(next.hash, "a cheap refusal", nanoseconds: 10)
      test.seal([])
      pause *= 2
    }
  }

  @Test func othersWhoCallTheSameCodeNeedATrialAndWaitAFewSecondsAtMost() throws {
    let code = Address(0xC0DE)
    for number in 1...20 as ClosedRange<UInt64> {
      let sender = test.sender(number)
      test.clock.now.add(5_000, ordering: .relaxed)
      try refuse(sender, nonce: 0, code: code)
    }
    let honest = transaction(from: test.sender(100), nonce: 0, to: code)
    let unrelated = transaction(from: test.sender(101), nonce: 0, to: Address(0xFACE))
    try test.pool.add(honest)
    try test.pool.add(unrelated)
    #expect(test.takeAll() == [unrelated])
    #expect(test.pool.takeForTrial() == nil)
    test.clock.now.add(4_001, ordering: .relaxed)
    #expect(test.pool.takeForTrial() == honest)
    test.pool.endTrial(honest.hash, .fits(TrialCost(nanoseconds: 1, cycles: 1)))
    #expect(test.takeAll() == [honest])
  }

  @Test func whatWaitsAlreadyIsHeldBackAsWell() throws {
    let code = Address(0xC0DE)
    let waiting = transaction(from: test.sender(2), nonce: 0, tip: 1, to: code)
    try test.pool.add(waiting)
    try refuse(test.sender(1), nonce: 0, code: code)
    #expect(test.takeAll().isEmpty)
    test.clock.now.add(600, ordering: .relaxed)
    test.seal([])
    #expect(test.takeAll().isEmpty)
    #expect(test.pool.takeForTrial() == waiting)
  }

  @Test func aRefusalThatCostNothingHoldsNobodyBack() throws {
    let sender = test.sender(1), code = Address(0xC0DE)
    try refuse(sender, nonce: 0, code: code, nanoseconds: 1_000)
    test.seal([])
    let next = transaction(from: sender, nonce: 0, tip: 7, to: code)
    try test.pool.add(next)
    #expect(test.takeAll() == [next])
  }

  @Test func everythingIsForgivenAfterTenMinutes() throws {
    let sender = test.sender(1), code = Address(0xC0DE)
    try refuse(sender, nonce: 0, code: code)
    test.clock.now.add(600_001, ordering: .relaxed)
    test.seal([])
    let next = transaction(from: sender, nonce: 0, tip: 7, to: code)
    try test.pool.add(next)
    #expect(test.takeAll() == [next])
  }

  // MARK: First in the next block

  @Test func whatDidNotFitComesFirstInTheNextBlockAndOnce() throws {
    let big = transaction(from: test.sender(1), nonce: 0, tip: 5, gasLimit: 1_000_000)
    try test.pool.add(big)
    _ = test.pool.take()
    test.pool.putBack(big.hash, isFirst: true)
    #expect(test.pool.takeFirst() == nil, "not in the same block")
    try test.pool.add(transaction(from: test.sender(3), nonce: 0, tip: 900))
    test.seal([])
    #expect(test.pool.takeFirst()?.transaction == big)
    #expect(test.pool.takeFirst() == nil)
  }
}
