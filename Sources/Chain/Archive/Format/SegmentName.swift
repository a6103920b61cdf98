import Primitives

/// What a segment is called: `<first>-<last>-<hash of the last block>.zrl`, numbers in twelve decimal digits or more, the hash in
/// 64 hexadecimal ones. Sorted by their letters, names are sorted by their blocks.
public struct SegmentName: Sendable, Hashable, CustomStringConvertible {
  /// The numbers of the first and the last block.
  public let first, last: UInt64
  /// The hash of the last block.
  public let hash: Bytes32

  static let suffix = ".zrl"
  private static let digits = 12

  init(first: UInt64, last: UInt64, hash: Bytes32) {
    self.first = first
    self.last = last
    self.hash = hash
  }

  /// `nil` where `text` is not exactly what a segment would be called.
  init?(_ text: String) {
    guard text.hasSuffix(Self.suffix) else { return nil }
    let parts = text.dropLast(Self.suffix.count).split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, let first = UInt64(parts[0]), let last = UInt64(parts[1]), first >= 1, first <= last,
      let hash = Bytes32(hex: "0x" + parts[2])
    else { return nil }
    self.init(first: first, last: last, hash: hash)
    guard description == text else { return nil }
  }

  /// The name.
  public var description: String {
    "\(Self.number(first))-\(Self.number(last))-\(hash.description.dropFirst(2))\(Self.suffix)"
  }

  private static func number(_ number: UInt64) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
