import Mempool
import Primitives
import Synchronization
import Testing
import Transactions

@Suite struct OrderTests {
  let test = TestPool()

  @Test func greaterTipsGoFirstAndTiesInOrderOfArrival() throws {
    let a = transaction(from: test.sender(1), nonce: 0, tip: 5)
    let b = transaction(from: test.sender(2), nonce: 0, tip: 7)
    let c = transaction(from: test.sender(3), nonce: 0, tip: 5)
    let d = transaction(from: test.sender(4), nonce: 0, tip: 6)
    for sent in [a, b, c, d] { try test.pool.add(sent) }
    #expect(test.takeAll() == [b, d, a, c])
    #expect(test.take() == nil)
  }

  @Test func theFeeCapBoundsTheTip() throws {
    let capped = transaction(from: test.sender(1), nonce: 0, tip: 1_050, feeCap: 1_060)
    let modest = transaction(from: test.sender(2), nonce: 0, tip: 61, feeCap: 5_000)
    try test.pool.add(capped)
    try test.pool.add(modest)
    #expect(test.takeAll() == [modest, capped])
  }

  @Test func aSendersNoncesStayInOrder() throws {
    let sender = test.sender(1)
    let cheap = transaction(from: sender, nonce: 0, tip: 1)
    let dear = transaction(from: sender, nonce: 1, tip: 900)
    let other = transaction(from: test.sender(2), nonce: 0, tip: 50)
    for sent in [dear, cheap, other] { try test.pool.add(sent) }
    #expect(test.takeAll() == [other, cheap, dear])
  }

  @Test func aGapIsParkedUntilItCloses() throws {
    let sender = test.sender(1)
    let sent = (0..<4).map { transaction(from: sender, nonce: $0) }
    try test.pool.add(sent[3])
    try test.pool.add(sent[1])
    #expect(test.pool.counts == (0, 2))
    #expect(try test.pool.pendingNonce(for: sender) == 0)
    #expect(test.take() == nil)
    try test.pool.add(sent[0])
    #expect(test.pool.counts == (2, 1))
    #expect(try test.pool.pendingNonce(for: sender) == 2)
    try test.pool.add(sent[2])
    #expect(try test.pool.pendingNonce(for: sender) == 4)
    #expect(test.takeAll() == sent)
  }

  @Test func whatTheBalanceDoesNotCoverTogetherIsParked() throws {
    // Each costs 210,000,000.
    let sender = test.sender(1, balance: 500_000_000)
    let sent = (0..<3).map { transaction(from: sender, nonce: $0) }
    for one in sent { try test.pool.add(one) }
    #expect(test.pool.counts == (2, 1))
    #expect(test.takeAll() == Array(sent[..<2]))
    // Receiving funds releases it.
    test.seal([], changing: [sender: AccountState(nonce: 0, balance: 630_000_000)])
    #expect(test.takeAll() == sent)
  }

  @Test func losingFundsParksAgain() throws {
    let sender = test.sender(1)
    let sent = (0..<3).map { transaction(from: sender, nonce: $0) }
    for one in sent { try test.pool.add(one) }
    test.seal([], changing: [sender: AccountState(nonce: 0, balance: 210_000_000)])
    #expect(test.pool.counts == (1, 2))
    #expect(test.takeAll() == [sent[0]])
  }

  @Test func aHigherBaseFeeParksAndReorders() throws {
    let low = transaction(from: test.sender(1), nonce: 0, tip: 500, feeCap: 1_500)
    let high = transaction(from: test.sender(2), nonce: 0, tip: 100, feeCap: 9_000)
    try test.pool.add(low)
    try test.pool.add(high)
    #expect(test.takeAll() == [low, high])
    test.seal([], baseFee: 1_450)
    #expect(test.takeAll() == [high, low])
    test.seal([], baseFee: 1_501)
    #expect(test.takeAll() == [high])
    #expect(test.pool.counts == (1, 1))
    test.seal([], baseFee: 1_000)
    #expect(test.takeAll() == [low, high])
  }

  @Test func transactionsThatComeWhileABlockIsBuiltJoinIt() throws {
    let first = transaction(from: test.sender(1), nonce: 0)
    try test.pool.add(first)
    #expect(test.take() == first)
    let next = transaction(from: test.sender(1), nonce: 1)
    let other = transaction(from: test.sender(2), nonce: 0, tip: 5_000)
    try test.pool.add(next)
    try test.pool.add(other)
    #expect(test.takeAll() == [other, next])
  }
}

@Suite struct ReplacementTests {
  let test = TestPool()

  @Test func bothFeesMustRiseByTenPercent() throws {
    let sender = test.sender(1)
    let old = transaction(from: sender, nonce: 0, tip: 1_000, feeCap: 20_000)
    try test.pool.add(old)
    for (tip, feeCap) in [(1_100, 21_999), (1_099, 22_000), (1_000, 40_000)] as [(UInt256, UInt256)] {
      #expect(throws: MempoolError.replacementUnderpriced) {
        try test.pool.add(transaction(from: sender, nonce: 0, tip: tip, feeCap: feeCap, value: 1))
      }
    }
    let new = transaction(from: sender, nonce: 0, tip: 1_100, feeCap: 22_000, value: 1)
    try test.pool.add(new)
    #expect(test.pool.counts == (1, 0))
    #expect(test.pool.transaction(old.hash) == nil)
    #expect(test.takeAll() == [new])
  }

  @Test func withoutTipTheFeeCapDecides() throws {
    let sender = test.sender(1)
    try test.pool.add(transaction(from: sender, nonce: 0, tip: 0, feeCap: 2_000))
    let new = transaction(from: sender, nonce: 0, tip: 0, feeCap: 2_200)
    try test.pool.add(new)
    #expect(test.takeAll() == [new])
  }

  @Test func aReplacementInTheMiddleKeepsTheRestExecutable() throws {
    let sender = test.sender(1)
    for nonce in 0..<5 as Range<UInt64> { try test.pool.add(transaction(from: sender, nonce: nonce)) }
    let new = transaction(from: sender, nonce: 2, tip: 200, feeCap: 20_000)
    try test.pool.add(new)
    #expect(test.pool.counts == (5, 0))
    #expect(test.takeAll()[2] == new)
  }

  @Test func aDearReplacementParksWhatItsSenderCannotPay() throws {
    let sender = test.sender(1, balance: 700_000_000)
    for nonce in 0..<3 as Range<UInt64> { try test.pool.add(transaction(from: sender, nonce: nonce)) }
    #expect(test.pool.counts == (3, 0))
    try test.pool.add(transaction(from: sender, nonce: 1, tip: 200, feeCap: 20_000))
    #expect(test.pool.counts == (2, 1))
  }

  @Test func whatIsBeingExecutedCannotBeReplaced() throws {
    let sender = test.sender(1)
    try test.pool.add(transaction(from: sender, nonce: 0))
    _ = test.take()
    #expect(throws: MempoolError.nonceTooLow(next: 1, transaction: 0)) {
      try test.pool.add(transaction(from: sender, nonce: 0, tip: 1_000, feeCap: 20_000))
    }
  }
}
