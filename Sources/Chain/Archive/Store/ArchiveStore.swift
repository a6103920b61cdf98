/// Where segments lie: a port, so that an archive may be in a folder, or in a store of objects. Files are written once, whole,
/// and never changed.
public protocol ArchiveStore: Sendable {
  /// How errors name it.
  var place: String { get }

  /// Keeps others from writing until the result is let go, as far as the place can.
  func claim() throws(ArchiveError) -> any Sendable

  /// The names of all segments, in any order.
  func names() throws(ArchiveError) -> [String]

  /// The content of a file.
  ///
  /// - Parameter limit: bytes above which it is not read.
  func read(_ name: String, limit: Int) throws(ArchiveError) -> [UInt8]

  /// Makes a file, which is durable then and seen by all at once; throws ``ArchiveError/exists(file:)`` where there is one of
  /// that name, which stays as it is.
  func create(_ name: String, _ bytes: [UInt8]) throws(ArchiveError)
}
