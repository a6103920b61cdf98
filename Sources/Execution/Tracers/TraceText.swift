import JSON

/// The text that traces are written to. Where somebody takes it while it grows, what is written is passed on piece by piece,
/// so that a trace may be longer than what a process should hold.
public final class TraceText {
  /// What has been written and not passed on.
  public var json: JSONWriter
  private let take: ((inout JSONWriter) -> Bool)?
  /// Whether nobody takes more: what is traced should end.
  public private(set) var isCut = false

  /// Bytes that are worth passing on.
  static let piece = 120 << 10

  /// - Parameter take: is shown the text now and then, between two values, and may drain it; false where no more is wanted.
  public init(take: ((inout JSONWriter) -> Bool)? = nil) {
    json = JSONWriter()
    self.take = take
  }

  /// Whether somebody takes the text while it grows.
  var isTaken: Bool { take != nil }

  /// Passes on what there is. To be called between values.
  public func pass() {
    guard let take, !isCut else { return }
    if !take(&json) { isCut = true }
  }
}
