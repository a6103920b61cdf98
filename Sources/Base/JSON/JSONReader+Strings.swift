// Strings: eight bytes a step while they are plain ASCII, with escapes and UTF-8 checked where they occur.

import Primitives

/// Where a string lies in the text, without its quotes. Its bytes are checked; escapes are still escaped.
@frozen
public struct JSONStringToken: Sendable, Equatable {
  public let start: Int
  public let end: Int
  /// Whether the string must be unescaped before its bytes mean anything.
  public let hasEscapes: Bool
}

extension JSONReader {
  /// The bytes of `token` as they stand in the text.
  @inlinable
  public func bytes(of token: JSONStringToken) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: base + token.start, count: token.end - token.start)
  }

  /// Whether `token` spells `text`, which must be plain ASCII.
  public func equals(_ token: JSONStringToken, _ text: StaticString) -> Bool {
    if token.hasEscapes { return string(of: token) == text.description }
    guard token.end - token.start == text.utf8CodeUnitCount else { return false }
    for index in 0..<text.utf8CodeUnitCount where base[token.start + index] != text.utf8Start[index] { return false }
    return true
  }

  /// The string that `token` spells.
  public func string(of token: JSONStringToken) -> String {
    if token.hasEscapes { return String(decoding: Self.unescaped(bytes(of: token)), as: UTF8.self) }
    return String(decoding: bytes(of: token), as: UTF8.self)
  }

  /// Consumes a string from its opening quote on.
  mutating func scanString() throws(JSONError) -> JSONStringToken {
    position &+= 1
    let start = position
    var hasEscapes = false
    while true {
      skipPlainBytes()
      guard position < end else { throw .unexpectedEnd(offset: position) }
      switch base[position] {
      case UInt8(ascii: "\""):
        position &+= 1
        return JSONStringToken(start: start, end: position &- 1, hasEscapes: hasEscapes)
      case UInt8(ascii: "\\"):
        hasEscapes = true
        try scanEscape()
      case 0..<0x20: throw .controlCharacter(offset: position)
      case 0x80...: try scanUTF8Sequence()
      default: position &+= 1
      }
    }
  }

  /// Steps over eight bytes at a time as long as none of them is a quote, a backslash, a control or not ASCII.
  @inline(__always)
  private mutating func skipPlainBytes() {
    let ones: UInt64 = 0x0101_0101_0101_0101, highs: UInt64 = 0x8080_8080_8080_8080
    while end &- position >= 8 {
      let word = UInt64(
        littleEndian: UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self))
      let quote = word ^ (ones &* 0x22), backslash = word ^ (ones &* 0x5c)
      // x − 1 borrows into the high bit of a byte exactly where the byte is zero, as long as no lower byte is special:
      // the lowest mark is always right, and it is the only one used.
      let special =
        (((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | ((word &- ones &* 0x20) & ~word) | word)
        & highs
      if special != 0 {
        position &+= special.trailingZeroBitCount &>> 3
        return
      }
      position &+= 8
    }
  }

  private mutating func scanEscape() throws(JSONError) {
    let start = position
    guard start + 1 < end else { throw .unexpectedEnd(offset: end) }
    switch base[start + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position = start + 2
    case UInt8(ascii: "u"):
      position = start + 2
      let unit = try scanFourDigits(ofEscapeAt: start)
      if unit & 0xfc00 == 0xdc00 { throw .loneSurrogate(offset: start) }
      guard unit & 0xfc00 == 0xd800 else { return }
      guard position + 1 < end, base[position] == UInt8(ascii: "\\"), base[position + 1] == UInt8(ascii: "u") else {
        throw .loneSurrogate(offset: start)
      }
      let second = position
      position += 2
      guard try scanFourDigits(ofEscapeAt: second) & 0xfc00 == 0xdc00 else { throw .loneSurrogate(offset: start) }
    default: throw .malformedEscape(offset: start)
    }
  }

  private mutating func scanFourDigits(ofEscapeAt start: Int) throws(JSONError) -> UInt16 {
    guard end - position >= 4 else { throw .unexpectedEnd(offset: end) }
    var unit: UInt16 = 0
    for _ in 0..<4 {
      let digit = Hex.value(of: base[position])
      guard digit < 16 else { throw .malformedEscape(offset: start) }
      unit = unit << 4 | UInt16(digit)
      position &+= 1
    }
    return unit
  }

  /// One sequence of two to four bytes. Source: RFC 3629, section 4: no overlong forms, no surrogates, nothing above
  /// U+10FFFF.
  private mutating func scanUTF8Sequence() throws(JSONError) {
    let start = position
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xbf
    switch base[start] {
    case 0xc2...0xdf: length = 2
    case 0xe0: (length, second) = (3, 0xa0...0xbf)
    case 0xed: (length, second) = (3, 0x80...0x9f)
    case 0xe1...0xef: length = 3
    case 0xf0: (length, second) = (4, 0x90...0xbf)
    case 0xf4: (length, second) = (4, 0x80...0x8f)
    case 0xf1...0xf3: length = 4
    default: throw .invalidUTF8(offset: start)
    }
    guard end - start >= length else { throw .invalidUTF8(offset: start) }
    guard second.contains(base[start + 1]) else { throw .invalidUTF8(offset: start) }
    for index in 2..<max(length, 2) where base[start + index] & 0xc0 != 0x80 { throw .invalidUTF8(offset: start) }
    position = start + length
  }

  /// The UTF-8 bytes that the checked string `escaped` spells.
  static func unescaped(_ escaped: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(escaped.count)
    var index = 0
    func unit(at start: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 << 4 | UInt32(Hex.value(of: escaped[start + $1])) }
    }
    while index < escaped.count {
      guard escaped[index] == UInt8(ascii: "\\") else {
        bytes.append(escaped[index])
        index += 1
        continue
      }
      switch escaped[index + 1] {
      case UInt8(ascii: "b"): bytes.append(0x08)
      case UInt8(ascii: "f"): bytes.append(0x0c)
      case UInt8(ascii: "n"): bytes.append(0x0a)
      case UInt8(ascii: "r"): bytes.append(0x0d)
      case UInt8(ascii: "t"): bytes.append(0x09)
      case UInt8(ascii: "u"):
        var scalar = unit(at: index + 2)
        if scalar & 0xfc00 == 0xd800 {
          scalar = 0x10000 + (scalar & 0x3ff) << 10 + unit(at: index + 8) & 0x3ff
          index += 6
        }
        if let valid = Unicode.Scalar(scalar) { bytes.append(contentsOf: UTF8.encode(valid) ?? .init()) }
        index += 4
      case let other: bytes.append(other)
      }
      index += 2
    }
    return bytes
  }
}
