/// A pull parser: the caller asks for the value that it expects, and the reader walks over exactly that, checking it.
///
/// Nothing is copied and nothing allocated; strings and numbers come back as positions in the text. Each byte is looked
/// at once. Every failure is a ``JSONError`` with its offset; no input makes the reader trap. The reader is strict
/// RFC 8259: UTF-8 is validated, surrogates must come in pairs, and there is no comment, trailing comma or NaN.
///
/// ```swift
/// try reader.beginObject()
/// while let key = try reader.nextKey() {
///   if reader.equals(key, "method") { name = try reader.readString() } else { try reader.skipValue() }
/// }
/// ```
@frozen
public struct JSONReader {
  /// Arrays and objects inside each other that are allowed unless told otherwise.
  public static var defaultMaxDepth: Int { 128 }

  @usableFromInline let base: UnsafePointer<UInt8>
  /// The length of the text in bytes.
  public let end: Int
  /// The offset of the next byte to look at.
  public internal(set) var position: Int
  @usableFromInline var depth = 0
  @usableFromInline let maxDepth: Int
  /// Whether the innermost open container has no member yet, so that none must be separated from the next by a comma.
  @usableFromInline var isAtStart = false

  /// Reads `text`, which must outlive the reader.
  public init(_ text: UnsafeBufferPointer<UInt8>, maxDepth: Int = JSONReader.defaultMaxDepth) {
    self.init(text, from: 0, maxDepth: maxDepth)
  }

  init(_ text: UnsafeBufferPointer<UInt8>, from start: Int, maxDepth: Int = JSONReader.defaultMaxDepth) {
    base = text.baseAddress ?? UnsafePointer(Self.emptyText)
    end = text.baseAddress == nil ? 0 : text.count
    position = start
    self.maxDepth = maxDepth
  }

  /// Something to point at where an empty buffer has no address.
  private static var emptyText: UnsafeMutablePointer<UInt8> { UnsafeMutablePointer(bitPattern: 1).unsafelyUnwrapped }

  // MARK: What comes next

  /// The kind of the next value, judged by its first byte; the value itself is not consumed.
  public mutating func nextKind() throws(JSONError) -> JSONKind {
    skipWhitespace()
    guard position < end else { throw .unexpectedEnd(offset: position) }
    switch base[position] {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
    case UInt8(ascii: "n"): return .null
    default: throw .unexpectedByte(base[position], offset: position)
    }
  }

  /// Checks that only white space follows.
  public mutating func finish() throws(JSONError) {
    skipWhitespace()
    if position < end { throw .trailingBytes(offset: position) }
  }

  // MARK: Containers

  /// Consumes `{`. Follow with ``nextKey()`` until it gives `nil`, reading or skipping one value after each key.
  public mutating func beginObject() throws(JSONError) {
    try expect(.object)
    try open()
  }

  /// Consumes the next key and its colon, or the closing brace: then `nil`.
  public mutating func nextKey() throws(JSONError) -> JSONStringToken? {
    guard try advance(closing: UInt8(ascii: "}")) else { return nil }
    guard position < end else { throw .unexpectedEnd(offset: position) }
    guard base[position] == UInt8(ascii: "\"") else { throw .unexpectedByte(base[position], offset: position) }
    let key = try scanString()
    skipWhitespace()
    guard position < end else { throw .unexpectedEnd(offset: position) }
    guard base[position] == UInt8(ascii: ":") else { throw .unexpectedByte(base[position], offset: position) }
    position &+= 1
    return key
  }

  /// Consumes `[`. Follow with ``nextElement()`` until it gives `false`, reading or skipping one value after each.
  public mutating func beginArray() throws(JSONError) {
    try expect(.array)
    try open()
  }

  /// Steps to the next element; consumes the closing bracket and gives `false` where there is none.
  public mutating func nextElement() throws(JSONError) -> Bool { try advance(closing: UInt8(ascii: "]")) }

  private mutating func open() throws(JSONError) {
    guard depth < maxDepth else { throw .tooDeep(offset: position) }
    depth &+= 1
    position &+= 1
    isAtStart = true
  }

  /// Steps over the comma before the next member, or over the closing bracket.
  private mutating func advance(closing bracket: UInt8) throws(JSONError) -> Bool {
    skipWhitespace()
    guard position < end else { throw .unexpectedEnd(offset: position) }
    if base[position] == bracket {
      position &+= 1
      depth &-= 1
      isAtStart = false
      return false
    }
    if isAtStart {
      isAtStart = false
      return true
    }
    guard base[position] == UInt8(ascii: ",") else { throw .unexpectedByte(base[position], offset: position) }
    position &+= 1
    skipWhitespace()
    // A bracket after a comma fails as a value would: no kind begins with it.
    return true
  }

  // MARK: Scalars

  /// Consumes a string.
  public mutating func readString() throws(JSONError) -> JSONStringToken {
    try expect(.string)
    return try scanString()
  }

  public mutating func readBoolean() throws(JSONError) -> Bool {
    try expect(.boolean)
    if base[position] == UInt8(ascii: "t") {
      try scanLiteral("true")
      return true
    }
    try scanLiteral("false")
    return false
  }

  public mutating func readNull() throws(JSONError) {
    try expect(.null)
    try scanLiteral("null")
  }

  /// Consumes and checks one value of any kind; the range of its text.
  @discardableResult
  public mutating func skipValue() throws(JSONError) -> Range<Int> {
    let kind = try nextKind()
    let start = position
    switch kind {
    case .object:
      try beginObject()
      while try nextKey() != nil { try skipValue() }
    case .array:
      try beginArray()
      while try nextElement() { try skipValue() }
    case .string: _ = try scanString()
    case .number: try scanNumber()
    case .boolean: _ = try readBoolean()
    case .null: try readNull()
    }
    return start..<position
  }

  private mutating func expect(_ kind: JSONKind) throws(JSONError) {
    let found = try nextKind()
    guard found == kind else { throw .wrongKind(expected: kind, found: found, offset: position) }
  }

  @inline(__always)
  mutating func skipWhitespace() {
    while position < end {
      switch base[position] {
      case 0x20, 0x0a, 0x0d, 0x09: position &+= 1
      default: return
      }
    }
  }

  private mutating func scanLiteral(_ literal: StaticString) throws(JSONError) {
    for index in 0..<literal.utf8CodeUnitCount {
      guard position < end else { throw .unexpectedEnd(offset: position) }
      guard base[position] == literal.utf8Start[index] else {
        throw .unexpectedByte(base[position], offset: position)
      }
      position &+= 1
    }
  }

  private mutating func scanNumber() throws(JSONError) {
    let start = position
    if base[position] == UInt8(ascii: "-") { position &+= 1 }
    let integer = position
    try scanDigits()
    if base[integer] == UInt8(ascii: "0"), position - integer > 1 { throw .malformedNumber(offset: start) }
    if position < end, base[position] == UInt8(ascii: ".") {
      position &+= 1
      try scanDigits()
    }
    if position < end, base[position] | 0x20 == UInt8(ascii: "e") {
      position &+= 1
      if position < end, base[position] == UInt8(ascii: "+") || base[position] == UInt8(ascii: "-") { position &+= 1 }
      try scanDigits()
    }
  }

  /// At least one digit.
  private mutating func scanDigits() throws(JSONError) {
    let start = position
    while position < end, base[position] &- UInt8(ascii: "0") < 10 { position &+= 1 }
    if position == start {
      throw position < end ? .malformedNumber(offset: position) : .unexpectedEnd(offset: position)
    }
  }
}
