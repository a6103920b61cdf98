/// Gas that a transaction pays before its first instruction: the prices that forks have changed, and the sum.
///
/// Source: yellow paper, section 6.2; EIP-2, EIP-2028, EIP-2930, EIP-3860, EIP-7702.
public struct IntrinsicGas: Hashable, Sendable {
  /// For each byte of calldata or init code that is not zero.
  var nonZeroByte: UInt64
  var creation: UInt64
  /// For each word of init code.
  var initCodeWord: UInt64

  public static let frontier = IntrinsicGas(nonZeroByte: 68, creation: 0, initCodeWord: 0)
  public static let homestead = IntrinsicGas(nonZeroByte: 68, creation: 32_000, initCodeWord: 0)
  public static let istanbul = IntrinsicGas(nonZeroByte: 16, creation: 32_000, initCodeWord: 0)
  public static let shanghai = IntrinsicGas(nonZeroByte: 16, creation: 32_000, initCodeWord: 2)

  public func of(_ transaction: SignedTransaction) -> UInt64 {
    let input = transaction.input, zeros = input.zeroCount
    var gas = 21_000 + 4 * UInt64(zeros) + nonZeroByte * UInt64(input.count - zeros)
    if transaction.to == nil { gas += creation + initCodeWord * UInt64((input.count + 31) / 32) }
    gas += 2_400 * UInt64(transaction.accessList.items.count)
    gas += 1_900 * UInt64(transaction.accessList.storageKeyCount)
    gas += 25_000 * UInt64(transaction.authorizations.count)
    return gas
  }

  /// Below this no gas limit may be, whatever execution costs: 10 a token, where a byte that is not zero has four tokens
  /// and a zero byte one (EIP-7623).
  public static func calldataFloor(of input: [UInt8]) -> UInt64 {
    let zeros = input.zeroCount
    return 21_000 + 10 * UInt64(zeros + 4 * (input.count - zeros))
  }
}

extension [UInt8] {
  /// How many of the bytes are zero: calldata pays less for them.
  package var zeroCount: Int {
    var count = 0
    for byte in self where byte == 0 { count += 1 }
    return count
  }
}
