// Decimal and hexadecimal text.

extension UInt256: CustomStringConvertible, LosslessStringConvertible {
  /// Decimal digits.
  public var description: String {
    var digits: [UInt8] = []
    var rest = self
    // 10^19 is the largest power of ten in a limb, so a division yields 19 digits.
    let chunk: UInt256 = 10_000_000_000_000_000_000
    repeat {
      let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: chunk)
      var low = remainder.l0
      for _ in 0..<19 where !(quotient.isZero && low == 0 && !digits.isEmpty) {
        digits.append(UInt8(ascii: "0") + UInt8(low % 10))
        low /= 10
      }
      rest = quotient
    } while !rest.isZero
    return String(decoding: digits.reversed(), as: UTF8.self)
  }

  /// Decimal digits, or hexadecimal ones after `0x`; `nil` for anything else, and above 2^256 − 1.
  public init?(_ text: String) {
    if text.hasPrefix("0x") || text.hasPrefix("0X") {
      self.init(hex: text)
      return
    }
    guard !text.isEmpty else { return nil }
    self = .zero
    for digit in text.utf8 {
      guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
      let product = multipliedReportingOverflow(by: 10)
      let sum = product.partialValue.addingReportingOverflow(UInt256(UInt64(digit - UInt8(ascii: "0"))))
      guard !product.overflow, !sum.overflow else { return nil }
      self = sum.partialValue
    }
  }

  /// Up to 64 hexadecimal digits, with or without `0x`; an odd number of them is allowed.
  public init?(hex text: some StringProtocol) {
    var digits = Substring(text)
    if digits.hasPrefix("0x") || digits.hasPrefix("0X") { digits = digits.dropFirst(2) }
    guard !digits.isEmpty, digits.utf8.count <= 64 else { return nil }
    let even = digits.utf8.count.isMultiple(of: 2) ? String(digits) : "0" + digits
    guard let bytes = Hex.decode(even) else { return nil }
    self.init(bigEndianBytes: bytes)
  }

  /// Minimal hexadecimal text after `0x`, the "quantity" of JSON-RPC: `0x0` for zero.
  public var hex: String {
    var digits = Hex.encode(minimalBytes, prefix: "")[...]
    if digits.first == "0" { digits = digits.dropFirst() }
    return "0x" + (digits.isEmpty ? "0" : String(digits))
  }
}
