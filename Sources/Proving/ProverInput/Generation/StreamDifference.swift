import Airbender

/// The first word in which two prover inputs differ, and the question that it belongs to.
public struct StreamDifference: Hashable, Sendable {
  /// Position of the word in the whole stream.
  public let index: Int
  /// The guest's question whose answer holds the word; `nil` beyond its last one.
  public let query: OracleQuery?
  /// How many questions the guest asked before it.
  public let queryNumber: Int
  /// Position of the word in the answer; 0 is the count.
  public let offset: Int
  /// The word of the native stream; `nil` where that stream has ended.
  public let native: UInt32?
  /// The word that the guest read; `nil` where its recording has ended.
  public let guest: UInt32?

  /// - Returns: `nil` if both streams are equal.
  static func first<Answers>(
    native: [UInt32], guest: [UInt32], asked: [OracleChannel<Answers>.Asked]
  ) -> StreamDifference? {
    let shared = min(native.count, guest.count)
    let index = (0..<shared).first { native[$0] != guest[$0] } ?? shared
    guard index < max(native.count, guest.count) else { return nil }
    let number = asked.lastIndex { $0.position <= index }
    return StreamDifference(
      index: index, query: number.map { asked[$0].query }, queryNumber: number ?? 0,
      offset: index - (number.map { asked[$0].position } ?? 0), native: index < native.count ? native[index] : nil,
      guest: index < guest.count ? guest[index] : nil)
  }
}

extension StreamDifference: CustomStringConvertible {
  public var description: String {
    let question = query.map(\.description) ?? "nothing"
    return "word \(index), which is word \(offset) of the answer to query \(queryNumber) (\(question)): "
      + "native \(Self.text(native)), guest \(Self.text(guest))"
  }

  private static func text(_ word: UInt32?) -> String {
    guard let word else { return "nothing" }
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
