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

  public mutating func insert(_ log: Log) {
    insert(log.address)
    for topic in log.topics { insert(topic) }
  }

  public mutating func insert(_ address: Address) { insert(hash: address.withUnsafeBytes { Keccak256.hash($0) }) }

  public mutating func insert(_ topic: Bytes32) { insert(hash: Keccak256.hash(topic)) }

  /// Adds everything that `other` contains.
  public mutating func formUnion(_ other: Bloom) {
    for index in 0..<256 { bytes[index] |= other.bytes[index] }
  }

  /// Whether a log of `address` may be among those inserted.
  public func mayContain(_ address: Address) -> Bool {
    contains(hash: address.withUnsafeBytes { Keccak256.hash($0) })
  }

  /// Whether a log with `topic` may be among those inserted.
  public func mayContain(_ topic: Bytes32) -> Bool { contains(hash: Keccak256.hash(topic)) }

  /// The three bits of a hash: the low eleven bits of its first three pairs of bytes.
  private static func bits(of hash: Bytes32) -> (Int, Int, Int) {
    func bit(_ pair: Int) -> Int { (Int(hash[2 * pair]) << 8 | Int(hash[2 * pair + 1])) & 2047 }
    return (bit(0), bit(1), bit(2))
  }

  private mutating func insert(hash: Bytes32) {
    let (a, b, c) = Self.bits(of: hash)
    for bit in [a, b, c] { bytes[255 - bit / 8] |= 1 << UInt8(bit % 8) }
  }

  private func contains(hash: Bytes32) -> Bool {
    let (a, b, c) = Self.bits(of: hash)
    return [a, b, c].allSatisfy { bytes[255 - $0 / 8] & (1 << UInt8($0 % 8)) != 0 }
  }
}
