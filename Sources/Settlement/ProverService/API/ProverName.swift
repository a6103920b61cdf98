import HTTP

/// How a prover calls itself: the query parameter `id`.
enum ProverName {
  /// Characters of a name that are kept.
  static let limit = 64

  /// Reads the query as HTML forms are written (WHATWG URL, application/x-www-form-urlencoded): percent-encoded UTF-8, `+`
  /// for a space. What is no text, and control characters, which have no place in logs, become the replacement character.
  static func of(_ request: HTTPRequest) -> String {
    for pair in request.query?.split(separator: "&") ?? [] {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard decode(parts[0]) == "id" else { continue }
      return String(decode(parts.count > 1 ? parts[1] : "").prefix(limit))
    }
    return ProverIdentity.unnamed
  }

  /// The name together with the address.
  static func identity(of request: HTTPRequest) -> ProverIdentity {
    ProverIdentity(name: of(request), address: request.client)
  }

  static func decode(_ text: Substring) -> String {
    let input = Array(text.utf8)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(input.count)
    var index = 0
    while index < input.count {
      let byte = input[index]
      if byte == UInt8(ascii: "%"), index + 2 < input.count, let high = digit(input[index + 1]),
        let low = digit(input[index + 2])
      {
        bytes.append(high << 4 | low)
        index += 3
      } else {
        bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
        index += 1
      }
    }
    var result = String.UnicodeScalarView()
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      result.append(scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar)
    }
    return String(result)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
