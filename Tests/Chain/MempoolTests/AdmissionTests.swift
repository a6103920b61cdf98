import Mempool
import Primitives
import Testing
import Transactions

/// What is refused before it waits, because no block could contain it.
@Suite struct AdmissionTests {
  @Test func theFloorOfCalldataIsPartOfTheIntrinsicGas() throws {
    let test = TestPool()
    let sender = test.sender(1)
    // 100 bytes that are not zero and 50 that are: 21,000 + 10 * (400 + 50).
    let input = [UInt8](repeating: 1, count: 100) + [UInt8](repeating: 0, count: 50)
    #expect(throws: MempoolError.intrinsicGasTooLow(gasLimit: 25_499, needed: 25_500)) {
      try test.pool.add(transaction(from: sender, nonce: 0, gasLimit: 25_499, input: input))
    }
    try test.pool.add(transaction(from: sender, nonce: 0, gasLimit: 25_500, input: input))
  }

  @Test func callsThatAreKnownToFailAreRefused() throws {
    let test = TestPool {
      $0.refusedCalls = [
        RefusedCall(to: Address(0x9000), reason: "no such machine"),
        RefusedCall(to: Address(0x8008), selector: 0x62f8_4b24, reason: "only contracts can"),
      ]
    }
    let sender = test.sender(1)
    func send(_ to: Address, _ input: [UInt8]) throws(MempoolError) {
      try test.pool.add(transaction(from: sender, nonce: 0, gasLimit: 100_000, to: to, input: input))
    }
    #expect(throws: MempoolError.neverExecutable("no such machine")) { try send(Address(0x9000), []) }
    #expect(throws: MempoolError.neverExecutable("only contracts can")) {
      try send(Address(0x8008), [0x62, 0xf8, 0x4b, 0x24, 0])
    }
    #expect(
      MempoolError.neverExecutable("no such machine").description
        == "transaction can never be executed: no such machine")
    // Other functions of the same contract revert, and pay for it.
    try send(Address(0x8008), [0x62, 0xf8, 0x4b])
  }

  @Test func aFeeBeyond128BitsIsRefused() throws {
    let test = TestPool { $0.maxFee = nil }
    let sender = test.sender(1, balance: .max)
    #expect(throws: MempoolError.neverExecutable("the maximal fee and value overflow")) {
      try test.pool.add(transaction(from: sender, nonce: 0, feeCap: UInt256(1) << 120))
    }
  }
}
