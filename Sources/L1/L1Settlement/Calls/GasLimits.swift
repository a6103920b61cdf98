/// Gas limits of settling transactions, by formula: an estimate would need every transaction before it to be mined.
///
/// The tests hold them to receipts: a fifth is left.
enum GasLimits {
  /// Of any transaction of the node: half a block of L1.
  static let most: UInt64 = 15_000_000

  /// 45 for each byte, which is above what a byte of calldata costs under EIP-7623.
  static func commit(calldata bytes: Int) -> UInt64 { limit(300_000 + 45 * UInt64(bytes)) }

  /// With the empty proof.
  static func prove(batches: Int) -> UInt64 { limit(200_000 + 40_000 * UInt64(batches)) }

  static func execute(_ requests: [RequestRange]) -> UInt64 {
    var gas: UInt64 = 200_000
    for range in requests {
      gas += 80_000 + UInt64(range.hashes.count) * (3_000 + 2_500 * UInt64(range.left.count))
    }
    return limit(gas)
  }

  private static func limit(_ gas: UInt64) -> UInt64 { min(most, gas) }
}
