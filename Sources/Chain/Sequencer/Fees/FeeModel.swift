import Primitives

/// How the base fee of a block follows from the one before it.
public enum FeeModel: Sendable, Equatable {
  /// It never changes, as in the Rust server.
  case fixed
  /// It follows the load: EIP-1559 over gas, with an eighth as the greatest change. `target` is the gas of a block at which
  /// it stays as it is.
  case eip1559(target: UInt64)

  /// Wei per gas, of the next block.
  ///
  /// - Parameters:
  ///   - baseFee: of the last block.
  ///   - gasUsed: in the last block.
  ///   - floor: below which it does not fall.
  package func next(after baseFee: UInt256, gasUsed: UInt64, floor: UInt256) -> UInt256 {
    guard case .eip1559(let target) = self, target > 0 else { return floor }
    // Header fields have 64 bits; the product below fits 192.
    let baseFee = min(max(baseFee, floor), UInt256(UInt64.max))
    let difference = gasUsed > target ? gasUsed - target : target - gasUsed
    let step = baseFee &* UInt256(difference) / UInt256(target) / 8
    let next =
      gasUsed > target
      ? baseFee &+ max(step, .one) : baseFee &- min(step, baseFee)
    return min(max(gasUsed == target ? baseFee : next, floor), UInt256(UInt64.max))
  }
}
