import ChainStorage
import Files
import Primitives

/// Why an archive cannot be read, or not be written to. What is wrong with a segment names the file and the place in it.
public enum ArchiveError: Error, Equatable, Sendable {
  /// Where the segments are cannot be read or written.
  case unreachable(path: String, reason: String)
  /// Somebody else writes to the archive.
  case inUse(path: String)
  /// There is a file of that name already.
  case exists(file: String)
  /// There is no archive: not a single segment.
  case empty(path: String)
  /// A file that ends in `.zrl` and has no name of a segment.
  case badName(file: String)
  /// The file is of a format that this version does not know.
  case unknownFormat(file: String, version: UInt32)
  /// The file is not what was written: what is wrong, and where.
  case damaged(file: String, place: String, reason: String)
  /// A segment is missing: after that file, or before the first one where it is `nil`, comes `file`.
  case gap(after: String?, file: String)
  /// Two files have the same blocks.
  case overlap(file: String, other: String)
  /// The file is sound, and was written after another one than stands before it.
  case notLinked(file: String, previous: String?)
  /// The file is of another chain than the rest.
  case otherChain(file: String, found: ArchivedChain, expected: ArchivedChain)
  /// The archive has another block of that number than the replay log.
  case fork(block: UInt64, archived: Bytes32, logged: Bytes32)
  /// The archive has blocks that the replay log has not.
  case ahead(archived: UInt64, logged: UInt64)
  /// The archive does not have the block that it is to be trusted for.
  case noAnchor(block: UInt64, last: UInt64)
  /// It has another one of that number.
  case otherAnchor(block: UInt64, archived: Bytes32, expected: Bytes32)
  /// No segment has that digest.
  case noDigest(Bytes32)
  /// A record is larger than a segment may hold.
  case tooLarge(block: UInt64, bytes: Int)
  /// The folder that a chain is to be restored into has something in it.
  case notEmpty(folder: String)
  /// A file or folder of this machine fails.
  case file(path: String, reason: String)
  /// The replay log fails.
  case log(StorageError)
}

/// Which chain a segment is of.
public struct ArchivedChain: Sendable, Equatable, CustomStringConvertible {
  /// The chain's id.
  public var chainID: UInt64
  /// The hash of block 0.
  public var genesisHash: Bytes32

  package init(chainID: UInt64, genesisHash: Bytes32) {
    self.chainID = chainID
    self.genesisHash = genesisHash
  }

  /// In words.
  public var description: String { "chain \(chainID) with genesis \(genesisHash)" }
}

extension ArchiveError: CustomStringConvertible {
  /// One line, which says what to do where that is known.
  public var description: String {
    switch self {
    case .unreachable(let path, let reason): "the archive \(path) cannot be used: \(reason)"
    case .inUse(let path): "another process writes to the archive \(path)"
    case .exists(let file): "\(file) is in the archive already"
    case .empty(let path): "there is no segment in \(path)"
    case .badName(let file): "\(file) is not called as a segment is: <first>-<last>-<hash of the last block>.zrl"
    case .unknownFormat(let file, let version): "\(file) is of format \(version), which this version does not know"
    case .damaged(let file, let place, let reason): "\(file) is damaged at \(place): \(reason)"
    case .gap(nil, let file): "the first segments are missing: the archive begins with \(file)"
    case .gap(let previous?, let file): "a segment is missing between \(previous) and \(file)"
    case .overlap(let file, let other): "\(file) and \(other) have the same blocks"
    case .notLinked(let file, let previous):
      "\(file) does not follow on \(previous ?? "the beginning of the chain"): one of them is of another archive"
    case .otherChain(let file, let found, let expected): "\(file) is of \(found), and not of \(expected)"
    case .fork(let block, let archived, let logged):
      "the archive has \(archived) as block \(block), and the replay log \(logged): if blocks were taken back, move the "
        + "segments that end with that block or a later one away"
    case .ahead(let archived, let logged):
      "the archive has blocks up to \(archived), and the replay log only up to \(logged): it is of an older day, or blocks "
        + "were taken back; restore it from the archive, or move the segments that end with a later block away"
    case .noAnchor(let block, let last): "the archive has no block \(block): it has 1 to \(last)"
    case .otherAnchor(let block, let archived, let expected):
      "block \(block) of the archive is \(archived), and not \(expected)"
    case .noDigest(let digest): "no segment has the digest \(digest)"
    case .tooLarge(let block, let bytes):
      "the record of block \(block) has \(bytes) bytes, more than a segment may hold"
    case .notEmpty(let folder): "\(folder) is not empty: a chain is restored into a folder of its own"
    case .file(let path, let reason): "\(path): \(reason)"
    case .log(let error): error.description
    }
  }
}

/// Runs operations of the replay log and gives their error the type of this module.
@inline(__always)
func logged<T>(_ body: () throws(StorageError) -> T) throws(ArchiveError) -> T {
  do throws(StorageError) { return try body() } catch { throw .log(error) }
}

/// The same for files of this machine.
@inline(__always)
func filed<T>(_ body: () throws(FileError) -> T) throws(ArchiveError) -> T {
  do throws(FileError) { return try body() } catch { throw .file(path: error.path, reason: error.reason) }
}
