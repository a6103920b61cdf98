import Primitives
import Transactions

/// The price of gas that a block asks of everybody (EIP-1559).
public enum BaseFee {
  /// Wei per gas in the block after `parent`: an eighth more where that was full, an eighth less where it was empty.
  public static func next(after parent: BlockHeader) -> UInt64 {
    let fee = parent.baseFeePerGas, target = parent.gasLimit / 2
    guard target > 0, parent.gasUsed != target else { return fee }
    let distance = parent.gasUsed > target ? parent.gasUsed - target : target - parent.gasUsed
    let change = UInt256(fee) &* UInt256(distance) / UInt256(target) / 8
    if parent.gasUsed < target { return fee - change.saturatedUInt64 }
    let (sum, overflow) = fee.addingReportingOverflow(max(1, change.saturatedUInt64))
    return overflow ? .max : sum
  }
}
