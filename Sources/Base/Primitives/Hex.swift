/// Hexadecimal text as Ethereum writes it: lower case, two digits a byte, an optional `0x` in front.
///
/// The text of blocks and calldata is most of what JSON-RPC carries, so the loops work on raw buffers: eight digits a step
/// when writing, one table entry a digit when reading, and a single test for foreign characters at the end.
public enum Hex {
  /// The digits of `bytes`, lower case, after `prefix`.
  public static func encode(_ bytes: some Sequence<UInt8>, prefix: String = "0x") -> String {
    let text: String? = bytes.withContiguousStorageIfAvailable { encode(UnsafeRawBufferPointer($0), prefix: prefix) }
    return text ?? encode(Array(bytes), prefix: prefix)
  }

  /// The digits of `bytes`, lower case, after `prefix`.
  public static func encode(_ bytes: UnsafeRawBufferPointer, prefix: String = "0x") -> String {
    let prefix = prefix.utf8
    return String(unsafeUninitializedCapacity: prefix.count + 2 * bytes.count) { text in
      guard let start = text.baseAddress else { return 0 }
      _ = text.initialize(from: prefix)
      write(bytes, to: start + prefix.count)
      return prefix.count + 2 * bytes.count
    }
  }

  /// Appends the digits of `bytes`, without `0x`, to UTF-8 text.
  public static func append(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) {
    let count = 2 * bytes.count
    text.append(addingCapacity: count) { write(bytes, to: $0) }
  }

  /// Writes two digits a byte: `output` must have room for twice the count of `bytes`.
  public static func write(_ bytes: UnsafeRawBufferPointer, to output: UnsafeMutableRawPointer) {
    guard let input = bytes.baseAddress else { return }
    let count = bytes.count
    var index = 0
    while index &+ 4 <= count {
      let word = UInt32(bigEndian: input.loadUnaligned(fromByteOffset: index, as: UInt32.self))
      output.storeBytes(of: digits(of: word).bigEndian, toByteOffset: 2 &* index, as: UInt64.self)
      index &+= 4
    }
    while index < count {
      let pair = digits(of: UInt32(input.load(fromByteOffset: index, as: UInt8.self)))
      output.storeBytes(of: UInt16(truncatingIfNeeded: pair).bigEndian, toByteOffset: 2 &* index, as: UInt16.self)
      index &+= 1
    }
  }

  /// The bytes that `text` spells, with or without `0x`; `nil` for an odd number of digits or a character that is none.
  public static func decode(_ text: some StringProtocol) -> [UInt8]? {
    withDigits(of: text) { digits in
      guard digits.count.isMultiple(of: 2) else { return nil }
      var isValid = false
      let bytes = [UInt8](unsafeUninitializedCapacity: digits.count / 2) { buffer, count in
        isValid = buffer.baseAddress.map { read(digits, to: $0) } ?? true
        count = digits.count / 2
      }
      return isValid ? bytes : nil
    }
  }

  /// Reads digits, without `0x`, into half as many bytes at `output`. `false` for an odd number of them or a character
  /// that is no digit; what was written is then without meaning.
  public static func read(_ digits: UnsafeRawBufferPointer, to output: UnsafeMutableRawPointer) -> Bool {
    guard digits.count.isMultiple(of: 2) else { return false }
    guard let input = digits.baseAddress else { return true }
    var seen: UInt8 = 0
    var index = 0
    while index < digits.count {
      let high = value(of: input.load(fromByteOffset: index, as: UInt8.self))
      let low = value(of: input.load(fromByteOffset: index &+ 1, as: UInt8.self))
      seen |= high | low
      output.storeBytes(of: high &<< 4 | (low & 15), toByteOffset: index &>> 1, as: UInt8.self)
      index &+= 2
    }
    // The values of digits have four bits; that of anything else has eight.
    return seen < 16
  }

  /// The value of one ASCII digit; 255 for any other character.
  @inlinable @inline(__always)
  package static func value(of digit: UInt8) -> UInt8 { digitValues[unchecked: Int(digit)] }

  /// The lower-case ASCII digit of a value below 16.
  @inlinable @inline(__always)
  package static func digit(_ nibble: UInt8) -> UInt8 {
    nibble &+ (nibble < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") &- 10)
  }

  /// Reads a text of exactly `2 * count` digits, with or without `0x`, to `output`.
  static func read(_ text: some StringProtocol, exactly count: Int, to output: UnsafeMutableRawPointer) -> Bool {
    withDigits(of: text) { $0.count == 2 * count && read($0, to: output) }
  }

  /// Runs `body` on the UTF-8 text behind `0x`.
  private static func withDigits<R>(of text: some StringProtocol, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    func behindPrefix(_ text: UnsafeBufferPointer<UInt8>) -> R {
      // Setting bit 5 makes X and x alike.
      let isPrefixed = text.count >= 2 && text[0] == UInt8(ascii: "0") && text[1] | 0x20 == UInt8(ascii: "x")
      return body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: text[(isPrefixed ? 2 : 0)...])))
    }
    return text.utf8.withContiguousStorageIfAvailable(behindPrefix)
      ?? Array(text.utf8).withUnsafeBufferPointer(behindPrefix)
  }

  /// The eight digits of four bytes, first digit in the highest byte.
  @inlinable @inline(__always)
  package static func digits(of word: UInt32) -> UInt64 {
    // One nibble into each byte.
    var x = UInt64(word)
    x = (x | x &<< 16) & 0x0000_ffff_0000_ffff
    x = (x | x &<< 8) & 0x00ff_00ff_00ff_00ff
    x = (x | x &<< 4) & 0x0f0f_0f0f_0f0f_0f0f
    // Adding six carries into bit 4 for 10...15, which are as far from "a" as 39 more than from "0".
    let isLetter = ((x &+ 0x0606_0606_0606_0606) &>> 4) & 0x0101_0101_0101_0101
    return x &+ 0x3030_3030_3030_3030 &+ isLetter &* 39
  }
}

extension [UInt8] {
  /// Appends `count` bytes that `body` writes.
  fileprivate mutating func append(addingCapacity count: Int, _ body: (UnsafeMutableRawPointer) -> Void) {
    let start = self.count
    self += repeatElement(0, count: count)
    withUnsafeMutableBytes { if let base = $0.baseAddress { body(base + start) } }
  }
}

// swift-format-ignore
/// The value of each digit by its ASCII code; 255 for what is none.
@usableFromInline
let digitValues: InlineArray<256, UInt8> = [
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
