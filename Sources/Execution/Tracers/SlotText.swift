import Primitives

/// Slots with their values as text, in ascending order: `"0x…":"0x…",` for each, all of the same length, so that a step that
/// shows every slot of its contract writes none of them anew.
struct SlotText {
  private var keys: [UInt256] = []
  private var text: [UInt8] = []

  /// Two times `"0x`, 64 digits and `"`, with a colon and a comma.
  private static let length = 2 * 68 + 2

  /// Adds a slot, or changes its value.
  mutating func set(_ key: UInt256, _ value: UInt256) {
    var low = 0, high = keys.count
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < key { low = middle + 1 } else { high = middle }
    }
    let start = low * Self.length
    if low == keys.count || keys[low] != key {
      keys.insert(key, at: low)
      text.insert(contentsOf: repeatElement(UInt8(ascii: "\""), count: Self.length), at: start)
      Self.write(key, to: &text, at: start)
      text[start + 68] = UInt8(ascii: ":")
      text[start + Self.length - 1] = UInt8(ascii: ",")
    }
    Self.write(value, to: &text, at: start + 69)
  }

  /// The members of an object.
  func withMembers(_ body: (UnsafeRawBufferPointer) -> Void) {
    text.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0.dropLast())) }
  }

  private static func write(_ word: UInt256, to text: inout [UInt8], at start: Int) {
    text[start + 1] = UInt8(ascii: "0")
    text[start + 2] = UInt8(ascii: "x")
    Bytes32(word).withUnsafeBytes { bytes in
      text.withUnsafeMutableBytes { text in
        guard let place = text.baseAddress, text.count >= start + 68 else { return }
        Hex.write(bytes, to: place + start + 3)
      }
    }
  }
}
