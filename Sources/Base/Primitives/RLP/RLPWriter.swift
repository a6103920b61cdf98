/// Writes RLP items one after the other, with lists of any depth, in time proportional to the output.
///
/// The header of a list tells the length of what follows, which is known only behind it. The writer therefore keeps the
/// contents alone, remembers where each list begins and how long it became, and puts the headers in between at the end:
/// no byte is moved twice, and nothing is allocated per field.
///
///     var writer = RLPWriter()
///     writer.appendList {
///       $0.append(nonce)
///       $0.appendList { … }
///     }
///     let bytes = writer.encoded
public struct RLPWriter: Sendable {
  /// Everything but the headers of lists.
  @usableFromInline var contents: [UInt8] = []
  /// The lists in the order of their beginnings: where in `contents` each begins, and the length its header tells.
  @usableFromInline var lists: [(start: Int, count: Int)] = []
  /// Bytes that the headers of the finished lists take.
  @usableFromInline var headerBytes = 0

  public init() { contents.reserveCapacity(256) }

  /// A byte string.
  @inlinable
  public mutating func append(bytes: some Collection<UInt8>) { RLP.append(bytes, to: &contents) }

  /// A number: its bytes without leading zeros, most significant first.
  public mutating func append(_ number: UInt256) {
    if number.fitsUInt64 { return append(number.l0) }
    let width = number.byteWidth
    contents.append(0x80 + UInt8(truncatingIfNeeded: width))
    Bytes32(number).withUnsafeBytes { contents += $0[(32 - width)...] }
  }

  /// A number: its bytes without leading zeros, most significant first.
  public mutating func append(_ number: UInt64) {
    if number &- 1 < 0x7f {
      contents.append(UInt8(truncatingIfNeeded: number))
      return
    }
    let width = 8 - number.leadingZeroBitCount / 8
    contents.append(0x80 + UInt8(truncatingIfNeeded: width))
    Swift.withUnsafeBytes(of: number.bigEndian) { contents += $0[(8 - width)...] }
  }

  /// 32 bytes, leading zeros included.
  public mutating func append(_ bytes: Bytes32) {
    contents.append(0x80 + 32)
    bytes.withUnsafeBytes { contents += $0 }
  }

  /// Twenty bytes.
  public mutating func append(_ address: Address) {
    contents.append(0x80 + 20)
    address.withUnsafeBytes { contents += $0 }
  }

  /// An item that is encoded already; or any bytes, such as the type before an EIP-2718 payload.
  @inlinable
  public mutating func append(encoded item: some Collection<UInt8>) { contents += item }

  /// A list: `body` appends its items.
  @inlinable
  public mutating func appendList<E: Error>(_ body: (inout RLPWriter) throws(E) -> Void) throws(E) {
    let index = lists.count
    let start = contents.count, headersBefore = headerBytes
    lists.append((start, 0))
    try body(&self)
    let count = contents.count - start + headerBytes - headersBefore
    lists[index].count = count
    headerBytes += RLP.headerSize(count: count)
  }

  /// The items that were appended.
  public var encoded: [UInt8] {
    guard !lists.isEmpty else { return contents }
    var output: [UInt8] = []
    output.reserveCapacity(contents.count + headerBytes)
    var position = 0
    for list in lists {
      output += contents[position..<list.start]
      RLP.appendListHeader(count: list.count, to: &output)
      position = list.start
    }
    output += contents[position...]
    return output
  }
}
