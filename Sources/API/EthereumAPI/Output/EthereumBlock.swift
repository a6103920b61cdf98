import Primitives
import Transactions

/// A block as Ethereum's nodes send it to each other.
enum EthereumBlock {
  /// The length of ``encode(_:_:)``.
  ///
  /// - Parameter transactionBytes: ``bytes(of:)`` of the transactions.
  static func size(_ header: BlockHeader, transactionBytes: Int) -> Int {
    let lists = header.withdrawalsRoot == nil ? 1 : 2
    return RLP.listLength(count: header.encoded.count + RLP.listLength(count: transactionBytes) + lists)
  }

  /// The bytes of transactions in the list of a block.
  static func bytes(of transactions: [RecoveredTransaction]) -> Int {
    transactions.reduce(0) { $0 + $1.transaction.bytesInBlock }
  }

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

  /// The encoded header of an encoded block; `nil` where the bytes are no list that begins with one.
  static func header(ofEncoded bytes: [UInt8]) -> [UInt8]? {
    guard var items = try? RLPReader.list(bytes), var header = try? items.readList(), !header.isAtEnd else {
      return nil
    }
    var fields: [[UInt8]] = []
    while !header.isAtEnd {
      guard let field = try? header.readBytes() else { return nil }
      fields.append(RLP.encode(Array(field)))
    }
    return RLP.encodeList(fields)
  }
}
