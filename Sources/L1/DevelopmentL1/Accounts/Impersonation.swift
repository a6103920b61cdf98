import Cryptography
import Primitives
import Synchronization
import Transactions

/// For whom transactions are taken that nobody has signed.
final class Impersonation: Sendable {
  private struct Content {
    var accounts: Set<Address> = []
    var isForAll = false
  }

  /// More than any test names.
  private static let limit = 100_000
  private let content = Mutex(Content())

  /// A transaction of `sender` that nobody has signed. So that two senders never make the same, the sender stands where a
  /// signature would.
  static func marked(_ transaction: SignedTransaction, of sender: Address) -> SignedTransaction {
    var marked = transaction
    marked.signature = signature(of: sender)
    return marked
  }

  /// Whether a transaction is one that nobody has signed.
  static func marks(_ transaction: SignedTransaction, of sender: Address) -> Bool {
    transaction.signature == signature(of: sender)
  }

  private static func signature(of sender: Address) -> Secp256k1.Signature {
    Secp256k1.Signature(r: Bytes32(UInt256(sender)), s: Bytes32(UInt256.one), yParity: 0)
  }

  func allows(_ address: Address) -> Bool {
    content.withLock { $0.isForAll || $0.accounts.contains(address) }
  }

  /// False where there are too many already.
  func begin(_ address: Address) -> Bool {
    content.withLock { content in
      guard content.accounts.count < Self.limit || content.accounts.contains(address) else { return false }
      content.accounts.insert(address)
      return true
    }
  }

  func end(_ address: Address) { content.withLock { _ = $0.accounts.remove(address) } }

  func allowAll(_ isForAll: Bool) { content.withLock { $0.isForAll = isForAll } }
}
