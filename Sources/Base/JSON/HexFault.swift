/// What is wrong with a value that should be hexadecimal text, in geth's words where it has some (`common/hexutil`).
public enum HexFault: Error, Equatable, Sendable, CustomStringConvertible {
  /// It is no string at all.
  case noString(JSONKind)
  case missingPrefix
  /// Half a byte is left over.
  case oddLength
  /// A character that is no digit, counted from the beginning of the text.
  case badDigit(offset: Int)
  /// A number beyond so many bits.
  case tooLarge(bits: Int)
  /// As many digits as there are, and as there must be.
  case length(Int, expected: Int)

  public var description: String {
    switch self {
    case .noString(let kind): "expected a hexadecimal string, found \(kind)"
    case .missingPrefix: "hex string without 0x prefix"
    case .oddLength: "hex string of odd length"
    case .badDigit(let offset): "invalid hex string: no digit at position \(offset)"
    case .tooLarge(let bits): "hex number > \(bits) bits"
    case .length(let count, let expected): "hex string has length \(count), want \(expected)"
    }
  }
}
