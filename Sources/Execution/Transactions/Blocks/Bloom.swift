import Cryptography
import Primitives

/// A Bloom filter of 2,048 bits over the addresses and topics of logs (yellow paper, section 4.3.1): it may say that
/// something is there which is not, never the reverse.
public struct Bloom: Sendable, Equatable {
  /// 256 bytes, most significant bit first, as headers hold them.
  public private(set) var bytes: [UInt8]

  /// The filter that contains nothing.
  public init() { bytes = [UInt8](repeating: 0, count: 256) }

  /// The filter of these logs.
  public init(_ logs: some Sequence<Log>) {
    self.init()
    for log in logs { insert(log) }
  }

  /// Exactly 256 bytes; `nil` for any other count.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 256 else { return nil }
    self.bytes = Array(bytes)
  }

  /// The address and every topic of a log.
  public mutating func insert(_ log: Log) {
    insert(Item(log.address))
    for topic in log.topics { insert(Item(topic)) }
  }

  public mutating func insert(_ item: Item) {
    bytes[item.first.byte] |= item.first.mask
    bytes[item.second.byte] |= item.second.mask
    bytes[item.third.byte] |= item.third.mask
  }

  /// Adds everything that `other` contains.
  public mutating func formUnion(_ other: Bloom) {
    for index in 0..<256 { bytes[index] |= other.bytes[index] }
  }

  /// Whether `item` may be among what was inserted.
  public func mayContain(_ item: Item) -> Bool {
    bytes[item.first.byte] & item.first.mask != 0 && bytes[item.second.byte] & item.second.mask != 0
      && bytes[item.third.byte] & item.third.mask != 0
  }

  /// Whether a log of `address` may be among those inserted.
  public func mayContain(_ address: Address) -> Bool { mayContain(Item(address)) }

  /// Whether a log with `topic` may be among those inserted.
  public func mayContain(_ topic: Bytes32) -> Bool { mayContain(Item(topic)) }
}

extension Bloom {
  /// The three bits of an address or topic. A search over many blocks hashes once and asks each filter.
  public struct Item: Sendable {
    fileprivate let first, second, third: (byte: Int, mask: UInt8)

    public init(_ address: Address) { self.init(hash: Keccak256.hash(address)) }

    public init(_ topic: Bytes32) { self.init(hash: Keccak256.hash(topic)) }

    /// Each pair of the first six bytes names a bit by its low eleven bits, counted from the end of the filter.
    private init(hash: Bytes32) {
      func position(_ pair: Int) -> (Int, UInt8) {
        let bit = (Int(hash[2 * pair]) << 8 | Int(hash[2 * pair + 1])) & 2047
        return (255 - bit / 8, 1 << UInt8(bit % 8))
      }
      first = position(0)
      second = position(1)
      third = position(2)
    }
  }
}
