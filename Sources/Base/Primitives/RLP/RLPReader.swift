/// Why bytes are no canonical RLP.
public enum RLPError: Error, Equatable, Sendable {
  /// The bytes end before the item does.
  case truncated
  /// Bytes follow the item, or an item of a list that should have ended.
  case trailingBytes
  /// A length with leading zeros, or in the long form where the short one does; a single byte with a header.
  case notCanonical
  /// A list stands where a string is expected.
  case expectedString
  /// A string stands where a list is expected.
  case expectedList
  /// A number with leading zeros.
  case leadingZeros
  /// A number of too many bytes; a string of a fixed size with another size.
  case badLength
}

extension RLPError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .truncated: "the bytes end before the item does"
    case .trailingBytes: "more follows where nothing should"
    case .notCanonical: "non-canonical size information"
    case .expectedString: "expected a string, found a list"
    case .expectedList: "expected a list, found a string"
    case .leadingZeros: "non-canonical integer (leading zero bytes)"
    case .badLength: "a field has too many bytes, or too few"
    }
  }
}

/// A reader over RLP items that stand one after the other: the top level, or the items of a list.
///
/// It accepts canonical encodings only and never reads further than the bytes it was given. It does not recurse: a list
/// is opened by asking for a reader of its items, so how deep to follow is the caller's choice. Strings are slices of the
/// input; nothing is copied.
public struct RLPReader: Sendable {
  private var rest: ArraySlice<UInt8>

  public init(_ bytes: [UInt8]) { rest = bytes[...] }
  public init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// Whether no item is left.
  public var isAtEnd: Bool { rest.isEmpty }

  /// Whether the next item is a list.
  public var isAtList: Bool { rest.first.map { $0 >= 0xc0 } ?? false }

  /// Throws unless every item has been read.
  public func finish() throws(RLPError) {
    if !rest.isEmpty { throw .trailingBytes }
  }

  /// The items of the one list that `bytes` encode.
  public static func list(_ bytes: [UInt8]) throws(RLPError) -> RLPReader { try list(bytes[...]) }

  /// The items of the one list that `bytes` encode.
  public static func list(_ bytes: ArraySlice<UInt8>) throws(RLPError) -> RLPReader {
    var outer = RLPReader(bytes)
    let items = try outer.readList()
    try outer.finish()
    return items
  }

  /// The next item, a string.
  public mutating func readBytes() throws(RLPError) -> ArraySlice<UInt8> {
    guard let first = rest.first else { throw .truncated }
    if first >= 0xc0 { throw .expectedString }
    if first < 0x80 {
      let byte = rest.prefix(1)
      rest = rest.dropFirst()
      return byte
    }
    let payload = try readPayload(header: first, short: 0x80)
    if payload.count == 1, let byte = payload.first, byte < 0x80 { throw .notCanonical }
    return payload
  }

  /// The next item, a list, as a reader over its items.
  public mutating func readList() throws(RLPError) -> RLPReader {
    guard let first = rest.first else { throw .truncated }
    if first < 0xc0 { throw .expectedList }
    return RLPReader(try readPayload(header: first, short: 0xc0))
  }

  /// The next item, a number without leading zeros.
  public mutating func readUInt256() throws(RLPError) -> UInt256 {
    let bytes = try readBytes()
    guard bytes.first != 0 else { throw .leadingZeros }
    guard let number = UInt256(bigEndianBytes: bytes) else { throw .badLength }
    return number
  }

  /// The next item, a number below 2^64 without leading zeros.
  public mutating func readUInt64() throws(RLPError) -> UInt64 {
    let bytes = try readBytes()
    guard bytes.first != 0 else { throw .leadingZeros }
    guard bytes.count <= 8 else { throw .badLength }
    return bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The next item, twenty bytes.
  public mutating func readAddress() throws(RLPError) -> Address {
    guard let address = Address(try readBytes()) else { throw .badLength }
    return address
  }

  /// The next item, 32 bytes.
  public mutating func readBytes32() throws(RLPError) -> Bytes32 {
    guard let bytes = Bytes32(try readBytes()) else { throw .badLength }
    return bytes
  }

  /// Takes an item with a header off the front and returns its content.
  private mutating func readPayload(header: UInt8, short: UInt8) throws(RLPError) -> ArraySlice<UInt8> {
    var cursor = rest.dropFirst()
    var count = Int(header - short)
    if count > 55 {
      let lengthBytes = cursor.prefix(count - 55)
      guard lengthBytes.count == count - 55 else { throw .truncated }
      guard lengthBytes.first != 0 else { throw .notCanonical }
      // Eight bytes of length may exceed an Int; no input is that long.
      guard let length = Int(exactly: lengthBytes.reduce(0) { $0 << 8 | UInt64($1) }) else { throw .truncated }
      cursor = cursor.dropFirst(lengthBytes.count)
      count = length
      guard count > 55 else { throw .notCanonical }
    }
    guard cursor.count >= count else { throw .truncated }
    rest = cursor.dropFirst(count)
    return cursor.prefix(count)
  }
}
