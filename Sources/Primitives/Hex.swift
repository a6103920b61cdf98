/// Hexadecimal text as Ethereum writes it: lower case, two digits a byte, an optional `0x` in front.
public enum Hex {
  /// The digits of `bytes`, lower case, after `prefix`.
  public static func encode(_ bytes: some Sequence<UInt8>, prefix: String = "0x") -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text = Array(prefix.utf8)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes that `text` spells, with or without `0x`; `nil` for an odd number of digits or a character that is none.
  public static func decode(_ text: some StringProtocol) -> [UInt8]? {
    var digits = text.utf8[...]
    if digits.starts(with: "0x".utf8) || digits.starts(with: "0X".utf8) { digits = digits.dropFirst(2) }
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 2)
    var high: UInt8?
    for digit in digits {
      guard let value = value(ofDigit: digit) else { return nil }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    return bytes
  }

  private static func value(ofDigit digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
