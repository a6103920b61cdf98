/// Recursive Length Prefix, the byte encoding of Ethereum's records (yellow paper, appendix B).
///
/// `encode` gives the encoding of one string, and `encodeList` joins encodings to that of a list: for small records, and
/// for items that exist already. ``RLPWriter`` writes whole records without an array per field.
public enum RLP {
  /// The encoding of a byte string.
  public static func encode(_ bytes: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count + 9)
    append(bytes, to: &output)
    return output
  }

  /// The encoding of a number: its bytes without leading zeros, most significant first.
  public static func encode(_ number: UInt256) -> [UInt8] { encode(number.minimalBytes) }

  /// The encoding of a number: its bytes without leading zeros, most significant first.
  public static func encode(_ number: UInt64) -> [UInt8] { encode(UInt256(number)) }

  /// The encoding of twenty bytes.
  public static func encode(_ address: Address) -> [UInt8] { encode(address.bytes) }

  /// The encoding of 32 bytes, leading zeros included.
  public static func encode(_ bytes: Bytes32) -> [UInt8] { encode(bytes.bytes) }

  /// The encoding of a list whose items are already encoded.
  public static func encodeList(_ items: [[UInt8]]) -> [UInt8] {
    let count = items.reduce(0) { $0 + $1.count }
    var output: [UInt8] = []
    output.reserveCapacity(count + 9)
    appendHeader(count: count, short: 0xc0, to: &output)
    for item in items { output += item }
    return output
  }

  /// Appends the encoding of a byte string.
  @inlinable
  public static func append(_ bytes: some Collection<UInt8>, to output: inout [UInt8]) {
    if bytes.count == 1, let byte = bytes.first, byte < 0x80 {
      output.append(byte)
      return
    }
    appendHeader(count: bytes.count, short: 0x80, to: &output)
    output += bytes
  }

  /// Appends the header of a list whose items take `count` bytes.
  public static func appendListHeader(count: Int, to output: inout [UInt8]) {
    appendHeader(count: count, short: 0xc0, to: &output)
  }

  /// Bytes of a list whose items take `count` bytes.
  public static func listLength(count: Int) -> Int { headerSize(count: count) + count }

  /// Bytes that the header of a string or list with `count` bytes takes.
  @usableFromInline
  static func headerSize(count: Int) -> Int { count < 56 ? 1 : 1 + byteWidth(of: count) }

  private static func byteWidth(of count: Int) -> Int { 8 - count.leadingZeroBitCount / 8 }

  @usableFromInline
  static func appendHeader(count: Int, short: UInt8, to output: inout [UInt8]) {
    if count < 56 {
      output.append(short + UInt8(truncatingIfNeeded: count))
      return
    }
    let width = byteWidth(of: count)
    output.append(short + 55 + UInt8(truncatingIfNeeded: width))
    withUnsafeBytes(of: count.bigEndian) { output += $0[(8 - width)...] }
  }
}
