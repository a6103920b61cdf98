import Archive
import ArgumentParser
import ChainStorage
import Logging
import Primitives
import Telemetry

/// `zkos archive`: the replay records of a chain in segments beside the node.
struct ArchiveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "archive",
    abstract: "Keep the replay records of a chain beside its node, and restore the chain from them.",
    subcommands: [
      ArchiveExportCommand.self, ArchiveVerifyCommand.self, ArchiveFetchCommand.self, ArchiveRestoreCommand.self,
    ])
}

/// `zkos archive export`: what the archive lacks, from the databases of a node.
struct ArchiveExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write to an archive what the replay log of a node has and the archive has not.",
    discussion: "May be interrupted, and goes on after the last segment. Nothing in the databases is changed.")

  @Option(help: "The folder of all databases (sequencer_rocks_db_path) of a node that does not run.")
  var database: String

  @Argument(help: "The archive's folder; it is made where it is not there.")
  var archive: String

  @Option(help: "Blocks in a segment, at most.")
  var segmentBlocks: UInt64 = 4_096

  @Option(help: "Bytes of records in a segment before they are compressed.")
  var segmentBytes = 64 << 20

  func validate() throws {
    guard 1...1_000_000 ~= segmentBlocks, 1...(256 << 20) ~= segmentBytes else {
      throw ValidationError("a segment has 1 to 1000000 blocks and 1 to 268435456 bytes")
    }
  }

  func run() throws {
    let log: ReplayLog
    do throws(StorageError) {
      log = try ReplayLog(path: database + "/" + StoreDamage.Store.log.folder, genesisHash: nil, readOnly: true)
    } catch {
      throw StoreDamage(.log, in: database, error) ?? error
    }
    var options = ArchiveWriter.Options()
    options.blocks = segmentBlocks
    options.bytes = segmentBytes
    let folder = ArchiveFolder(archive)
    try folder.make()
    let writer = try ArchiveWriter(Archive(folder), log: log, options: options)
    let before = writer.last
    var tally = ArchiveTally()
    var line = ProgressLog(.archive, "exporting", unit: "blocks", total: log.last - min(before, log.last))
    while let written = try writer.writeNext(through: log.last) {
      tally.add(written.fileBytes, written.contentBytes)
      line.advance(to: writer.last - before)
    }
    if writer.last == before {
      print("nothing to export: the archive ends with block \(before), as the replay log does")
    } else if let end = writer.end {
      print("blocks \(before + 1)-\(end.last) exported: \(tally), digest \(end.digest)")
    }
  }
}

/// `zkos archive verify`: every segment, record and link.
struct ArchiveVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Read a whole archive and check every segment, record and link.")

  @Argument(help: "The archive's folder.")
  var archive: String

  @Option(help: "A block that is known to be of the chain, NUMBER:HASH.")
  var anchor: ArchiveAnchor?

  @Option(help: "The digest of a segment that is trusted: it fixes every block up to that segment's last.")
  var digest: Bytes32?

  func run() throws {
    let archive = Archive(ArchiveFolder(archive))
    let segments = try archive.segments()
    if let anchor { try archive.check(anchor, in: segments) }
    guard let last = segments.last?.last else { throw ArchiveError.empty(path: self.archive) }
    var walk = ArchiveWalk(archive, segments), tally = ArchiveTally(), hasDigest = digest == nil
    var line = ProgressLog(.archive, "verifying", unit: "blocks", total: last)
    while let segment = try walk.next() {
      tally.add(segment.fileBytes, segment.contentBytes)
      if segment.digest == digest { hasDigest = true }
      line.advance(to: segment.name.last)
    }
    if let digest, !hasDigest { throw ArchiveError.noDigest(digest) }
    guard let end = walk.end else { return }
    print("\(end.chain), blocks 1-\(end.last): \(tally)")
    print("last block \(end.last):\(end.hash), digest \(end.digest): sound")
  }
}

/// `zkos archive fetch`: a checked copy.
struct ArchiveFetchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch", abstract: "Copy an archive into a folder, or what that lacks of it, and check it on the way.")

  @Argument(help: "The archive's folder.")
  var archive: String

  @Argument(help: "The folder to copy to; it is made where it is not there.")
  var folder: String

  func run() throws {
    var tally = ArchiveTally()
    let end = try ArchiveFetch.run(from: ArchiveFolder(archive), to: ArchiveFolder(folder)) { segment in
      tally.add(segment.fileBytes, segment.contentBytes)
    }
    print("fetched \(tally); the copy ends with block \(end.last):\(end.hash), digest \(end.digest)")
  }
}

/// `zkos archive restore`: a replay log in which a node can be started.
struct ArchiveRestoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Make the replay log of a chain from its archive, for a node to be started on.",
    discussion: """
      The node makes every other store by executing the blocks, each of which must come out with the hash that is noted. The \
      anchor is a block that is known to be of the chain; the digest of a segment, which an archiving node logs and \
      `verify` prints, also fixes every block before.
      """)

  @Option(help: "A block that is known to be of the chain, NUMBER:HASH.")
  var anchor: ArchiveAnchor

  @Option(help: "The digest of a segment that is trusted: it fixes every block up to that segment's last.")
  var digest: Bytes32?

  @Flag(help: "Leave out the blocks after the anchor.")
  var endAtAnchor = false

  @Option(help: "The archive's folder.")
  var archive: String

  @Argument(help: "The folder of all databases (sequencer_rocks_db_path) that are to be: empty, or not there.")
  var folder: String

  func run() throws {
    var options = ArchiveRestore.Options(anchor: anchor)
    options.digest = digest
    options.endsAtAnchor = endAtAnchor
    var line: ProgressLog?
    let last = try ArchiveRestore(Archive(ArchiveFolder(archive)), options: options).run(into: folder) { done, all in
      if line == nil { line = ProgressLog(.archive, "restoring", unit: "blocks", total: all) }
      line?.advance(to: done)
    }
    print(
      "the replay log in \(folder) ends with block \(last.number):\(last.hash); the first start makes the other stores")
  }
}

/// What segments came to.
private struct ArchiveTally: CustomStringConvertible {
  private var segments = 0
  private var fileBytes = 0
  private var contentBytes = 0

  mutating func add(_ file: Int, _ content: Int) {
    segments += 1
    fileBytes += file
    contentBytes += content
  }

  var description: String {
    "\(segments) segment\(segments == 1 ? "" : "s"), \(fileBytes) bytes (\(contentBytes) of records)"
  }
}

extension Logger {
  /// Of progress, which goes to the standard error.
  fileprivate static let archive = Logger(label: "archive")
}

extension ArchiveAnchor: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension Bytes32: ExpressibleByArgument {
  public init?(argument: String) { self.init(hex: argument) }
}
