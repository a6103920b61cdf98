import Primitives
import Transactions

/// A block as Ethereum's nodes send it to each other.
enum EthereumBlock {
  /// RLP of header, transactions, uncles, of which there are none, and since Shanghai (EIP-4895) withdrawals, of which there
  /// are none either.
  static func encode(_ header: BlockHeader, _ transactions: [RecoveredTransaction]) -> [UInt8] {
    var writer = RLPWriter()
    writer.appendList {
      $0.append(encoded: header.encoded)
      $0.appendList { list in
        for transaction in transactions {
          let envelope = transaction.transaction.envelope
          // A legacy transaction is a list itself; one with a type is bytes.
          if envelope.first ?? 0 >= 0xc0 { list.append(encoded: envelope) } else { list.append(bytes: envelope) }
        }
      }
      $0.appendList { _ in }
      if header.withdrawalsRoot != nil { $0.appendList { _ in } }
    }
    return writer.encoded
  }
}
