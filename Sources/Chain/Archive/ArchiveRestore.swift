import ChainStorage
import Files
import Primitives
import Telemetry

/// Makes the replay log of a chain again from its archive, in a folder in which a node can be started then: everything else it
/// makes itself, by executing the blocks.
public struct ArchiveRestore {
  /// What is restored and whom it is to please.
  public struct Options: Sendable {
    /// A block that somebody trusts to be of the chain.
    public var anchor: ArchiveAnchor
    /// Whether blocks after the anchor are left out.
    public var endsAtAnchor = false
    /// The digest of a segment that somebody trusts: it fixes every block up to that segment's last.
    public var digest: Bytes32?

    /// - Parameter anchor: a block that somebody trusts to be of the chain.
    public init(anchor: ArchiveAnchor) { self.anchor = anchor }
  }

  private let archive: Archive
  private let options: Options

  /// - Parameter archive: where the segments are.
  public init(_ archive: Archive, options: Options) {
    self.archive = archive
    self.options = options
  }

  /// Restores into `folder`, which is empty or not there; what was begun is taken away again where it fails.
  ///
  /// - Parameter progress: told of the blocks that are done, and of how many there are.
  /// - Returns: the last block.
  public func run(
    into folder: String, progress: (_ done: UInt64, _ of: UInt64) -> Void
  ) throws(ArchiveError) -> ArchiveAnchor {
    if Files.exists(folder) {
      let names = try filed { () throws(FileError) in Files.isFolder(folder) ? try Files.names(in: folder) : [folder] }
      guard names.isEmpty else { throw .notEmpty(folder: folder) }
    }
    let segments = try archive.segments()
    try archive.check(options.anchor, in: segments)
    try filed { () throws(FileError) in try Files.makeFolder(folder) }
    let draft = folder + "/" + StoreDamage.Store.log.folder + ".part"
    do throws(ArchiveError) {
      let last = try write(segments, to: draft, progress)
      // Without the note a node takes a folder with nothing but a log for one that has lost the rest.
      try filed { () throws(FileError) in
        try RestoredLog.note(in: folder)
        try Files.rename(draft, to: folder + "/" + StoreDamage.Store.log.folder)
        try Files.synchronize(folder)
      }
      return last
    } catch {
      Files.remove(draft)
      Files.remove(folder + "/" + RestoredLog.name)
      throw error
    }
  }

  private func write(
    _ segments: [SegmentName], to path: String, _ progress: (UInt64, UInt64) -> Void
  ) throws(ArchiveError) -> ArchiveAnchor {
    var walk = ArchiveWalk(archive, segments)
    guard let first = segments.first, let newest = segments.last?.last else { throw .empty(path: archive.store.place) }
    let genesisHash = try archive.segment(first).header.chain.genesisHash
    let last = options.endsAtAnchor ? options.anchor.number : newest
    let log = try logged { () throws(StorageError) in try ReplayLog(path: path, genesisHash: genesisHash) }
    var hasDigest = options.digest == nil
    while log.last < last || !hasDigest {
      let segment = try walk.next { (records) throws(ArchiveError) in
        let wanted = records.filter { $0.number <= last }
        guard let end = wanted.last?.number else { return }
        try logged { () throws(StorageError) in try log.append(wanted) }
        progress(end, last)
      }
      guard let segment else { break }
      if segment.digest == options.digest { hasDigest = true }
    }
    if let digest = options.digest, !hasDigest { throw .noDigest(digest) }
    guard let hash = try logged({ () throws(StorageError) in try log.blockHash(last) }) else {
      throw .noAnchor(block: last, last: log.last)
    }
    return ArchiveAnchor(number: last, hash: hash)
  }
}

/// The note beside a replay log that was restored alone: that the other stores are missing is no damage, and they are made.
public enum RestoredLog {
  static let name = "restored_from_archive"

  static func note(in folder: String) throws(FileError) {
    try Files.write("the first start makes every other store from replay_log\n", to: folder + "/" + name)
  }

  /// Whether the log in the folder was restored and nothing has been made of it yet.
  public static func isNoted(in folder: String) -> Bool { Files.exists(folder + "/" + name) }

  /// Every store is there.
  public static func forget(in folder: String) { Files.remove(folder + "/" + name) }
}
