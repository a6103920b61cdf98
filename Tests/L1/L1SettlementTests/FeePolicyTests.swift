import L1Settlement
import Primitives
import RandomTesting
import Testing

@Suite("What is paid on L1")
struct FeePolicyTests {
  private let policy = FeePolicy(maxFeeCap: 100_000, tipCap: 2_000)

  private func market(_ base: UInt64, _ tip: UInt64) -> FeeMarket {
    FeeMarket(baseFee: UInt256(base), tip: UInt256(tip))
  }

  @Test("Room for the base fee to double, within the caps")
  func fees() {
    #expect(policy.fees(market(1_000, 50)) == Fees(maxFee: 2_050, tip: 50))
    #expect(policy.fees(market(1_000, 90_000)) == Fees(maxFee: 4_000, tip: 2_000))
    #expect(policy.fees(market(60_000, 50)) == Fees(maxFee: 100_000, tip: 50))
    #expect(policy.fees(market(100_000, 50)) == nil)
    #expect(policy.fees(FeeMarket(baseFee: .max, tip: .max)) == nil)
  }

  @Test("Whatever the market does, no cap is exceeded and a replacement pays an eighth more of both")
  func replacements() {
    var random = SplitMix64(seed: 1)
    for _ in 0..<2_000 {
      var fees = Fees(
        maxFee: UInt256(UInt64.random(in: 1...100_000, using: &random)),
        tip: UInt256(UInt64.random(in: 0...2_000, using: &random)))
      fees.tip = min(fees.tip, fees.maxFee)
      let market = market(.random(in: 0...200_000, using: &random), .random(in: 0...10_000, using: &random))
      guard let raised = policy.replacement(of: fees, market) else { continue }
      #expect(raised.maxFee <= 100_000 && raised.tip <= 2_000 && raised.tip <= raised.maxFee)
      for (new, old) in [(raised.maxFee, fees.maxFee), (raised.tip, fees.tip)] {
        #expect(new * UInt256(8) >= old * UInt256(9))
      }
    }
  }

  @Test("A transaction is overtaken when it does not pay the base fee, or a smaller tip than others")
  func overtaken() {
    #expect(policy.isBelow(market(1_000, 50), Fees(maxFee: 1_000, tip: 50)))
    #expect(policy.isBelow(market(1_000, 50), Fees(maxFee: 1_020, tip: 50)))
    #expect(!policy.isBelow(market(1_000, 50), Fees(maxFee: 1_050, tip: 50)))
    // A tip at the cap is not below anything that could be paid.
    #expect(!policy.isBelow(market(1_000, 9_000), Fees(maxFee: 9_000, tip: 2_000)))
  }

  @Test(
    "What nodes say of transactions that they do not take",
    arguments: [
      ("already known", SendRefusal.alreadyKnown), ("nonce too low: next nonce 4, tx nonce 3", .nonceTooLow),
      ("replacement transaction underpriced", .underpriced), ("transaction underpriced", .feeTooLow),
      ("max fee per gas less than block base fee", .feeTooLow),
      ("insufficient funds for gas * price + value", .insufficientFunds), ("intrinsic gas too low", .other),
    ])
  func refusals(text: String, refusal: SendRefusal) { #expect(SendRefusal(text) == refusal) }
}
