// The hexadecimal strings of Ethereum's JSON-RPC: quantities and data. `nil` for whatever is not exactly that.

import Primitives

extension JSONValue {
  /// `0x` and at least one digit, no leading zeros, as geth reads quantities; at most 256 bits.
  public var quantity: UInt256? {
    withStringBytes { text -> UInt256? in
      guard let digits = Self.digits(of: text), !digits.isEmpty, digits.count <= 64 else { return nil }
      guard digits.count == 1 || digits[0] != UInt8(ascii: "0") else { return nil }
      return Self.number(digits)
    } ?? nil
  }

  /// A ``quantity`` below 2^64.
  public var quantity64: UInt64? { quantity.flatMap { UInt64(exactly: $0) } }

  /// `0x` and an even number of digits.
  public var data: [UInt8]? {
    withStringBytes { text -> [UInt8]? in
      guard let digits = Self.digits(of: text), digits.count.isMultiple(of: 2) else { return nil }
      var valid = true
      let bytes = [UInt8](unsafeUninitializedCapacity: digits.count / 2) { buffer, count in
        if let target = buffer.baseAddress { valid = Hex.read(UnsafeRawBufferPointer(digits), to: target) }
        count = digits.count / 2
      }
      return valid ? bytes : nil
    } ?? nil
  }

  /// `0x` and 64 digits.
  public var bytes32: Bytes32? {
    withStringBytes { text -> Bytes32? in
      guard let digits = Self.digits(of: text), digits.count == 64 else { return nil }
      return Self.number(digits).map { Bytes32($0) }
    } ?? nil
  }

  /// `0x` and 40 digits of any case.
  public var address: Address? {
    withStringBytes { text -> Address? in
      guard let digits = Self.digits(of: text), digits.count == 40 else { return nil }
      return Self.number(digits).map { Address(truncating: $0) }
    } ?? nil
  }

  /// What follows `0x`.
  private static func digits(of text: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8>? {
    guard text.count >= 2, text[0] == UInt8(ascii: "0"), text[1] | 0x20 == UInt8(ascii: "x") else { return nil }
    return UnsafeBufferPointer(rebasing: text[2...])
  }

  /// The number that at most 64 digits spell.
  private static func number(_ digits: UnsafeBufferPointer<UInt8>) -> UInt256? {
    var limbs: InlineArray<4, UInt64> = [0, 0, 0, 0]
    var invalid: UInt8 = 0
    for index in 0..<digits.count {
      let digit = Hex.value(of: digits[digits.count &- 1 &- index])
      invalid |= digit
      limbs[unchecked: index &>> 4] |= UInt64(digit & 15) &<< UInt64((index & 15) &* 4)
    }
    return invalid < 16 ? UInt256(l0: limbs[0], l1: limbs[1], l2: limbs[2], l3: limbs[3]) : nil
  }
}
