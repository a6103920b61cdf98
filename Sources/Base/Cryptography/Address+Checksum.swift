import Primitives

extension Address {
  /// `0x` and 40 digits whose case is a checksum (EIP-55): a letter is upper-case where the same digit of the Keccak-256
  /// digest of the lower-case text is 8 or more.
  public var checksummed: String {
    let lower = Array(description.utf8.dropFirst(2))
    let digest = Keccak256.hash(lower)
    var text = Array("0x".utf8)
    for (index, digit) in lower.enumerated() {
      let nibble = index & 1 == 0 ? digest[index / 2] >> 4 : digest[index / 2] & 0x0f
      text.append(digit >= UInt8(ascii: "a") && nibble >= 8 ? digit - 0x20 : digit)
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Reads an address and its checksum; `nil` where the text is no address, or is in mixed case that is not EIP-55's.
  /// Text all in lower or all in upper case carries no checksum and is accepted.
  public init?(checksummed text: String) {
    guard text.hasPrefix("0x"), let address = Address(hex: text) else { return nil }
    let digits = text.dropFirst(2)
    guard digits == digits.lowercased() || digits == digits.uppercased() || text == address.checksummed else {
      return nil
    }
    self = address
  }
}
