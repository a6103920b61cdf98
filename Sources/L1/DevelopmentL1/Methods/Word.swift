import JSON
import JSONRPC
import Primitives

/// A number of at most 256 bits, however it is padded: tools write slots as quantities and as 32 bytes.
struct Word: RPCParameter {
  let number: UInt256

  init(parameter value: JSONValue) throws(InvalidParameter) {
    if let number = value.unsignedInteger {
      self.number = UInt256(number)
      return
    }
    guard let text = value.string, text.hasPrefix("0x"), let number = UInt256(hexDigits: text.dropFirst(2)) else {
      throw InvalidParameter("expected a number of at most 256 bits")
    }
    self.number = number
  }
}

extension UInt256 {
  fileprivate init?(hexDigits: Substring) {
    guard !hexDigits.isEmpty, hexDigits.utf8.count <= 64 else { return nil }
    var number = UInt256.zero
    for digit in hexDigits {
      guard let value = digit.hexDigitValue else { return nil }
      number = number << 4 | UInt256(UInt64(value))
    }
    self = number
  }
}
