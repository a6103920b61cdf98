/// Why a text is not JSON (RFC 8259). `offset` counts bytes from the start of the text.
public enum JSONError: Error, Equatable, Sendable {
  /// The text ends inside a value.
  case unexpectedEnd(offset: Int)
  /// A byte that no value, separator or bracket can have there.
  case unexpectedByte(UInt8, offset: Int)
  /// A number that RFC 8259 does not know: a leading zero or plus sign, no digits where there must be some.
  case malformedNumber(offset: Int)
  /// A byte below 0x20 inside a string.
  case controlCharacter(offset: Int)
  /// A backslash followed by what is no escape.
  case malformedEscape(offset: Int)
  /// Half of a surrogate pair, escaped without its other half.
  case loneSurrogate(offset: Int)
  /// Bytes inside a string that are not UTF-8 (RFC 3629).
  case invalidUTF8(offset: Int)
  /// More arrays and objects inside each other than the reader allows.
  case tooDeep(offset: Int)
  /// Something other than white space after the value.
  case trailingBytes(offset: Int)
  /// A well-formed value of another kind than the one asked for.
  case wrongKind(expected: JSONKind, found: JSONKind, offset: Int)
}

extension JSONError {
  /// Where the text went wrong, in bytes from its start.
  public var offset: Int {
    switch self {
    case .unexpectedEnd(let offset), .unexpectedByte(_, let offset), .malformedNumber(let offset),
      .controlCharacter(let offset), .malformedEscape(let offset), .loneSurrogate(let offset),
      .invalidUTF8(let offset), .tooDeep(let offset), .trailingBytes(let offset), .wrongKind(_, _, let offset):
      offset
    }
  }
}

extension JSONError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unexpectedEnd(let offset): "unexpected end of input at byte \(offset)"
    case .unexpectedByte(let byte, let offset): "unexpected \(Self.name(of: byte)) at byte \(offset)"
    case .malformedNumber(let offset): "malformed number at byte \(offset)"
    case .controlCharacter(let offset): "control character in string at byte \(offset)"
    case .malformedEscape(let offset): "malformed escape at byte \(offset)"
    case .loneSurrogate(let offset): "lone surrogate at byte \(offset)"
    case .invalidUTF8(let offset): "invalid UTF-8 at byte \(offset)"
    case .tooDeep(let offset): "nested too deeply at byte \(offset)"
    case .trailingBytes(let offset): "unexpected data after the value at byte \(offset)"
    case .wrongKind(let expected, let found, let offset): "expected \(expected), found \(found) at byte \(offset)"
    }
  }

  private static func name(of byte: UInt8) -> String {
    byte > 0x20 && byte < 0x7f ? "'\(Character(UnicodeScalar(byte)))'" : "byte 0x" + String(byte, radix: 16)
  }
}

/// The six kinds of JSON value.
public enum JSONKind: String, Sendable, CustomStringConvertible {
  case object, array, string, number, boolean, null

  public var description: String { rawValue }
}
