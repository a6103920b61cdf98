// The hexadecimal strings of Ethereum's JSON-RPC: quantities and data. `nil`, or a fault, for whatever is not exactly that.

import Primitives

extension JSONValue {
  /// A number of at most `bits`: `0x` and digits. Leading zeros, and no digit at all for zero, are taken as the reference
  /// does (alloy's integers, whose text is read by ruint); geth refuses both.
  public func readQuantity(bits: Int = 256) throws(HexFault) -> UInt256 {
    try readHex { (digits) throws(HexFault) in
      let significant = UnsafeBufferPointer(rebasing: digits.drop { $0 == UInt8(ascii: "0") })
      // What is no digit anywhere is worse than what is too long.
      guard significant.count <= 64 else {
        if let fault = Self.badDigit(digits) { throw fault }
        throw .tooLarge(bits: bits)
      }
      guard let number = Self.number(significant) else { throw Self.badDigit(digits) ?? .oddLength }
      guard number.bitWidth <= bits else { throw .tooLarge(bits: bits) }
      return number
    }
  }

  /// Any bytes: `0x` and an even number of digits.
  public func readData() throws(HexFault) -> [UInt8] {
    try readHex { (digits) throws(HexFault) in
      guard digits.count.isMultiple(of: 2) else { throw Self.badDigit(digits) ?? .oddLength }
      var valid = true
      let bytes = [UInt8](unsafeUninitializedCapacity: digits.count / 2) { buffer, count in
        if let target = buffer.baseAddress { valid = Hex.read(UnsafeRawBufferPointer(digits), to: target) }
        count = digits.count / 2
      }
      guard valid else { throw Self.badDigit(digits) ?? .oddLength }
      return bytes
    }
  }

  /// `0x` and 64 digits.
  public func readBytes32() throws(HexFault) -> Bytes32 { Bytes32(try readNumber(digits: 64)) }

  /// `0x` and 40 digits of any case.
  public func readAddress() throws(HexFault) -> Address { Address(truncating: try readNumber(digits: 40)) }

  /// A number as nodes write it: as ``readQuantity(bits:)``, with at least a digit and without leading zeros.
  public var quantity: UInt256? {
    let isCanonical = withStringBytes { text in text.count == 3 || text.count > 3 && text[2] != UInt8(ascii: "0") }
    return isCanonical == true ? try? readQuantity() : nil
  }

  /// A ``quantity`` below 2^64.
  public var quantity64: UInt64? { quantity.flatMap { UInt64(exactly: $0) } }

  /// See ``readData()``.
  public var data: [UInt8]? { try? readData() }

  /// See ``readBytes32()``.
  public var bytes32: Bytes32? { try? readBytes32() }

  /// See ``readAddress()``.
  public var address: Address? { try? readAddress() }

  /// A number of exactly so many digits.
  private func readNumber(digits expected: Int) throws(HexFault) -> UInt256 {
    try readHex { (digits) throws(HexFault) in
      guard digits.count == expected, let number = Self.number(digits) else {
        throw Self.badDigit(digits) ?? .length(digits.count, expected: expected)
      }
      return number
    }
  }

  /// Calls `body` with what follows `0x`.
  private func readHex<R>(
    _ body: (UnsafeBufferPointer<UInt8>) throws(HexFault) -> R
  ) throws(HexFault) -> R {
    let result = withStringBytes { text -> Result<R, HexFault> in
      guard text.count >= 2, text[0] == UInt8(ascii: "0"), text[1] | 0x20 == UInt8(ascii: "x") else {
        return .failure(.missingPrefix)
      }
      do throws(HexFault) {
        return .success(try body(UnsafeBufferPointer(rebasing: text[2...])))
      } catch {
        return .failure(error)
      }
    }
    guard let result else { throw .noString(kind) }
    return try result.get()
  }

  /// The first character that is no digit, as a fault.
  private static func badDigit(_ digits: UnsafeBufferPointer<UInt8>) -> HexFault? {
    digits.firstIndex { Hex.value(of: $0) > 15 }.map { .badDigit(offset: $0 + 2) }
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
