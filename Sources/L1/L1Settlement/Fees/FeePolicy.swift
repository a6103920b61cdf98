import L1Client
import Primitives

/// What gas costs on L1 at the moment, wei per gas.
package struct FeeMarket: Hashable, Sendable {
  /// Of the next block.
  package var baseFee: UInt256
  /// What is usually paid on top.
  package var tip: UInt256

  /// What is paid on top where nobody has paid anything.
  private static let leastTip = UInt256(1_000_000)

  package init(baseFee: UInt256, tip: UInt256) {
    self.baseFee = baseFee
    self.tip = tip
  }

  /// The tip is the median over the blocks: one block of somebody in a hurry does not count.
  init(_ history: L1FeeHistory) {
    let rewards = history.rewards.sorted()
    self.init(
      baseFee: history.baseFees.last ?? .zero,
      tip: max(Self.leastTip, rewards.isEmpty ? .zero : rewards[rewards.count / 2]))
  }
}

/// What the operator lets the node pay. The caps are absolute: nothing is ever sent above them.
package struct FeePolicy: Sendable {
  var maxFeeCap: UInt256
  var tipCap: UInt256

  package init(maxFeeCap: UInt256, tipCap: UInt256) {
    self.maxFeeCap = maxFeeCap
    self.tipCap = tipCap
  }

  /// For a new transaction: room for the base fee to double. `nil` where the caps do not reach the market: then it is
  /// waited.
  package func fees(_ market: FeeMarket) -> Fees? {
    guard market.baseFee < maxFeeCap else { return nil }
    let tip = min(tipCap, min(market.tip, maxFeeCap))
    let maxFee = min(maxFeeCap, market.baseFee + market.baseFee + tip)
    return Fees(maxFee: maxFee, tip: min(tip, maxFee))
  }

  /// Whether a transaction with these fees would be behind those of others.
  package func isBelow(_ market: FeeMarket, _ fees: Fees) -> Bool {
    guard fees.maxFee > market.baseFee else { return true }
    return min(fees.tip, fees.maxFee - market.baseFee) < min(market.tip, tipCap)
  }

  /// For the same transaction once more: an eighth more than before of both, which every pool takes as a replacement.
  /// `nil` where the caps do not allow that, or the market is above them.
  package func replacement(of fees: Fees, _ market: FeeMarket) -> Fees? {
    guard let wanted = self.fees(market) else { return nil }
    let tip = max(wanted.tip, Self.raised(fees.tip)), maxFee = max(wanted.maxFee, Self.raised(fees.maxFee))
    guard tip <= tipCap, maxFee <= maxFeeCap, tip <= maxFee else { return nil }
    return Fees(maxFee: maxFee, tip: tip)
  }

  private static func raised(_ fee: UInt256) -> UInt256 { fee + fee / UInt256(8) + UInt256(1) }
}
