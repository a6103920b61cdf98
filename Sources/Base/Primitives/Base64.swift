/// Base64 with the standard alphabet and padding (RFC 4648, section 4). Decoding is strict: no white space, no missing
/// padding, no bits that are lost.
package enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let padding = UInt8(ascii: "=")
  private static let invalid: UInt8 = 0xff

  private static let values: [UInt8] = {
    var values = [UInt8](repeating: invalid, count: 256)
    for (value, symbol) in alphabet.enumerated() { values[Int(symbol)] = UInt8(value) }
    return values
  }()

  /// Length of the text of `count` bytes.
  package static func encodedLength(_ count: Int) -> Int { (count + 2) / 3 * 4 }

  /// Appends the text of `bytes`.
  package static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
    text.reserveCapacity(text.count + encodedLength(bytes.count))
    alphabet.withUnsafeBufferPointer { alphabet in
      bytes.withUnsafeBufferPointer { bytes in
        var index = 0
        while index + 2 < bytes.count {
          let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
          text.append(alphabet[Int(group >> 18)])
          text.append(alphabet[Int(group >> 12 & 63)])
          text.append(alphabet[Int(group >> 6 & 63)])
          text.append(alphabet[Int(group & 63)])
          index += 3
        }
        switch bytes.count - index {
        case 1:
          let group = UInt32(bytes[index])
          text.append(alphabet[Int(group >> 2)])
          text.append(alphabet[Int(group << 4 & 63)])
          text.append(padding)
          text.append(padding)
        case 2:
          let group = UInt32(bytes[index]) << 8 | UInt32(bytes[index + 1])
          text.append(alphabet[Int(group >> 10)])
          text.append(alphabet[Int(group >> 4 & 63)])
          text.append(alphabet[Int(group << 2 & 63)])
          text.append(padding)
        default: break
        }
      }
    }
  }

  /// Why a text is not base64, in the words of the Rust crate `base64`, which clients of the reference see.
  package enum Failure: Error, Equatable, CustomStringConvertible {
    case symbol(UInt8, offset: Int)
    case length(Int)
    case lastSymbol(UInt8, offset: Int)
    case padding

    package var description: String {
      switch self {
      case .symbol(let symbol, let offset): "Invalid symbol \(symbol), offset \(offset)."
      case .length(let length): "Invalid input length: \(length)"
      case .lastSymbol(let symbol, let offset): "Invalid last symbol \(symbol), offset \(offset)."
      case .padding: "Invalid padding"
      }
    }
  }

  /// The bytes that `text` spells.
  package static func decode(_ text: UnsafeBufferPointer<UInt8>) throws(Failure) -> [UInt8] {
    var end = text.count
    while end > 0, text.count - end < 2, text[end - 1] == padding { end -= 1 }
    for index in 0..<end where values[Int(text[index])] == invalid {
      throw .symbol(text[index], offset: index)
    }
    guard end % 4 != 1 else { throw .length(text.count) }
    guard text.count % 4 == 0, text.count - end == (4 - end % 4) % 4 else { throw .padding }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(end / 4 * 3 + 2)
    var group: UInt32 = 0
    var bits: UInt32 = 0
    for index in 0..<end {
      group = group << 6 | UInt32(values[Int(text[index])])
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: group >> bits))
        group &= (1 << bits) - 1
      }
    }
    if group != 0 { throw .lastSymbol(text[end - 1], offset: end - 1) }
    return bytes
  }
}
