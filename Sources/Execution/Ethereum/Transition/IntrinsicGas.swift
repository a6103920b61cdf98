import EVM
import Primitives
import Transactions

/// Gas that a transaction pays before its first instruction (yellow paper, section 6.2; EIP-2, 2028, 2930, 3860).
package enum IntrinsicGas {
  package static func of(_ transaction: SignedTransaction, _ revision: Revision) -> UInt64 {
    var gas: UInt64 = 21_000
    let nonZeroByte: UInt64 = revision >= .istanbul ? 16 : 68
    for byte in transaction.input { gas += byte == 0 ? 4 : nonZeroByte }
    if transaction.to == nil {
      if revision >= .homestead { gas += 32_000 }
      if revision >= .shanghai { gas += 2 * UInt64((transaction.input.count + 31) / 32) }
    }
    gas += 2_400 * UInt64(transaction.accessList.items.count)
    gas += 1_900 * UInt64(transaction.accessList.storageKeyCount)
    return gas
  }
}
