/// Hexadecimal digits, to and from bytes, many at a time.
@usableFromInline
enum HexDigits {
  /// The value of an ASCII digit, or 255.
  @usableFromInline @inline(__always)
  static func value(of digit: UInt8) -> UInt8 { values[unchecked: Int(digit)] }

  /// Writes the 8 lower-case digits of four bytes, first byte first.
  @inline(__always)
  static func store(_ fourBytes: UInt32, to target: UnsafeMutableRawPointer) {
    // Spread the bytes, one to each 16-bit lane, then split each into its two nibbles.
    var lanes = UInt64(fourBytes)
    lanes = (lanes | lanes &<< 16) & 0x0000_ffff_0000_ffff
    lanes = (lanes | lanes &<< 8) & 0x00ff_00ff_00ff_00ff
    let nibbles = (lanes &>> 4 | lanes &<< 8) & 0x0f0f_0f0f_0f0f_0f0f
    // Adding 6 carries into bit 4 exactly from 10 on: those become letters.
    let letters = (nibbles &+ 0x0606_0606_0606_0606) &>> 4 & 0x0101_0101_0101_0101
    target.storeBytes(of: (nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 0x27).littleEndian, as: UInt64.self)
  }

  /// Writes two digits for each byte of `bytes`.
  static func encode(_ bytes: UnsafeRawBufferPointer, to target: UnsafeMutablePointer<UInt8>) {
    var index = 0
    while bytes.count &- index >= 4 {
      let word = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self))
      store(word, to: UnsafeMutableRawPointer(target + 2 &* index))
      index &+= 4
    }
    while index < bytes.count {
      target[2 &* index] = digit(bytes[index] &>> 4)
      target[2 &* index &+ 1] = digit(bytes[index] & 15)
      index &+= 1
    }
  }

  /// The bytes that an even number of digits spells, into `target`; whether all were digits.
  static func decode(_ digits: UnsafeBufferPointer<UInt8>, to target: UnsafeMutablePointer<UInt8>) -> Bool {
    var invalid: UInt8 = 0
    for index in 0..<digits.count / 2 {
      let high = value(of: digits[2 &* index]), low = value(of: digits[2 &* index &+ 1])
      invalid |= high | low
      target[index] = high &<< 4 | low & 15
    }
    return invalid < 16
  }

  @inline(__always)
  static func digit(_ nibble: UInt8) -> UInt8 { nibble &+ (nibble < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") &- 10) }

  private static let values: InlineArray<256, UInt8> = [
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255, 255, 255, 255, 255, 255,
    255, 10, 11, 12, 13, 14, 15, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 10, 11, 12, 13, 14, 15, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  ]
}
