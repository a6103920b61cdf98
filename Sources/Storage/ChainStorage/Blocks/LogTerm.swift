import Primitives
import Transactions

/// What logs are found by: an address, or a topic at its place, folded to eight bytes.
///
/// Different ones may fold to the same. A search then looks at a block in vain, which costs as much as a log of that very
/// address or topic would.
struct LogTerm: Hashable {
  /// 0 for an address, 1 … 4 for the places of topics.
  let place: UInt8
  let folded: UInt64

  init(_ address: Address) {
    place = 0
    folded = Self.fold(Bytes32(address))
  }

  init(_ topic: Bytes32, at index: Int) {
    place = UInt8(truncatingIfNeeded: index + 1)
    folded = Self.fold(topic)
  }

  private static func fold(_ word: Bytes32) -> UInt64 {
    let number = UInt256(word)
    return number.l0 ^ number.l1 ^ number.l2 ^ number.l3
  }

  /// All of a block's logs.
  static func all(in receipts: [BlockReceipt]) -> Set<LogTerm> {
    var terms: Set<LogTerm> = []
    for receipt in receipts {
      for log in receipt.receipt.logs {
        terms.insert(LogTerm(log.address))
        for (index, topic) in log.topics.enumerated() { terms.insert(LogTerm(topic, at: index)) }
      }
    }
    return terms
  }

  /// Place ‖ folded ‖ block, numbers big-endian: the blocks of a term follow each other.
  func key(_ block: UInt64) -> [UInt8] {
    var bytes: [UInt8] = [place]
    bytes.append(bigEndian: folded)
    bytes.append(bigEndian: block)
    return bytes
  }

  /// The block in a key.
  static func block(of key: UnsafeRawBufferPointer) -> UInt64? {
    guard key.count == 17 else { return nil }
    return UInt64(bigEndian: key.loadUnaligned(fromByteOffset: 9, as: UInt64.self))
  }
}

extension LogFilter {
  /// The terms of which a log has one of each group. Addresses first, and then topics from the last to the first: the first
  /// names the kind of event, which is the least that is said of it.
  var terms: [[LogTerm]] {
    var groups = [addresses.map { LogTerm($0) }]
    for (index, topics) in topics.enumerated().reversed() { groups.append(topics.map { LogTerm($0, at: index) }) }
    return groups.filter { !$0.isEmpty }
  }
}
