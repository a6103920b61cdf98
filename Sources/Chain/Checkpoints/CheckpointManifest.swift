import Cryptography
import Files
import Glibc
import JSON
import Primitives

/// What a checkpoint holds: the file `checkpoint.json` in its folder, which is written last.
public struct CheckpointManifest: Sendable, Equatable {
  /// A file of the checkpoint.
  public struct File: Sendable, Equatable {
    /// Below the folder.
    public var path: String
    public var bytes: UInt64
    public var sha256: Bytes32
  }

  /// The name of the file.
  public static let fileName = "checkpoint.json"
  /// The name that it has once a node has started with the folder, which changes what it speaks of.
  static let usedName = "checkpoint.restored.json"
  /// A file that is there as long as a checkpoint is being made.
  static let draftName = "checkpoint.incomplete"
  static let format: UInt64 = 1

  /// Which program made it.
  public var program: String
  /// Seconds since 1970.
  public var time: UInt64
  /// `nil` for a chain that has only block 0.
  public var chainID: UInt64?
  public var genesisHash: Bytes32
  /// The last block of the replay log.
  public var block: UInt64
  public var blockHash: Bytes32
  /// The block up to which the state tree is in it; `nil` where it is not.
  public var treeBlock: UInt64?
  /// The tree's root after that block.
  public var stateRoot: Bytes32?
  public var files: [File]

  /// Bytes of all files.
  public var bytes: UInt64 { files.reduce(0) { $0 &+ $1.bytes } }

  // MARK: Text

  /// The text of the file.
  public var json: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("format")
    writer.number(Self.format)
    writer.key("program")
    writer.string(program)
    writer.key("time")
    writer.number(time)
    writer.key("chainID")
    if let chainID { writer.number(chainID) } else { writer.null() }
    writer.key("genesisHash")
    writer.data(genesisHash)
    writer.key("block")
    writer.number(block)
    writer.key("blockHash")
    writer.data(blockHash)
    writer.key("treeBlock")
    if let treeBlock { writer.number(treeBlock) } else { writer.null() }
    writer.key("stateRoot")
    if let stateRoot { writer.data(stateRoot) } else { writer.null() }
    writer.key("files")
    writer.beginArray()
    for file in files {
      writer.beginObject()
      writer.key("path")
      writer.string(file.path)
      writer.key("bytes")
      writer.number(file.bytes)
      writer.key("sha256")
      writer.data(file.sha256)
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    return writer.bytes + [UInt8(ascii: "\n")]
  }

  /// Reads ``json``; `nil` for what nobody wrote so, and for formats that this version does not know.
  public init?(parsing text: [UInt8]) {
    guard let value = try? JSONValue(parsing: text), value["format"]?.unsignedInteger == Self.format,
      let program = value["program"]?.string, let time = value["time"]?.unsignedInteger,
      let genesisHash = value["genesisHash"]?.bytes32, let block = value["block"]?.unsignedInteger,
      let blockHash = value["blockHash"]?.bytes32, let entries = value["files"]?.elements
    else { return nil }
    var files: [File] = []
    for entry in entries {
      guard let path = entry["path"]?.string, !path.hasPrefix("/"), !path.split(separator: "/").contains(".."),
        let bytes = entry["bytes"]?.unsignedInteger, let sha256 = entry["sha256"]?.bytes32
      else { return nil }
      files.append(File(path: path, bytes: bytes, sha256: sha256))
    }
    self.init(
      program: program, time: time, chainID: value["chainID"]?.unsignedInteger, genesisHash: genesisHash, block: block,
      blockHash: blockHash, treeBlock: value["treeBlock"]?.unsignedInteger, stateRoot: value["stateRoot"]?.bytes32,
      files: files)
  }

  init(
    program: String, time: UInt64, chainID: UInt64?, genesisHash: Bytes32, block: UInt64, blockHash: Bytes32,
    treeBlock: UInt64?, stateRoot: Bytes32?, files: [File]
  ) {
    self.program = program
    self.time = time
    self.chainID = chainID
    self.genesisHash = genesisHash
    self.block = block
    self.blockHash = blockHash
    self.treeBlock = treeBlock
    self.stateRoot = stateRoot
    self.files = files
  }

  // MARK: Files

  /// What there is in a folder: a checkpoint; `nil` where it is none, or a node has started with it since.
  public static func read(in folder: String) throws(CheckpointError) -> CheckpointManifest? {
    if Files.exists(folder + "/" + draftName) { throw .incomplete(folder: folder) }
    let path = folder + "/" + fileName
    guard Files.exists(path) else { return nil }
    let text: [UInt8]
    do throws(FileError) { text = try Files.read(path) } catch { throw .system("\(error)") }
    guard let manifest = CheckpointManifest(parsing: text) else {
      throw .damaged(path: path, "it is cut off, or of another version of this program")
    }
    return manifest
  }

  /// Compares every file below `folder` with what the manifest says of it.
  ///
  /// - Parameter progress: told of the bytes that were read, from time to time.
  public func check(_ folder: String, progress: (UInt64) -> Void = { _ in }) throws(CheckpointError) {
    // What takes no time first.
    for file in files {
      let path = folder + "/" + file.path
      guard Files.exists(path) else { throw .damaged(path: path, "it is missing") }
      let bytes = UInt64(max(0, Files.size(path)))
      guard bytes == file.bytes else { throw .damaged(path: path, "it has \(bytes) bytes, not \(file.bytes)") }
    }
    var read: UInt64 = 0
    for file in files {
      let path = folder + "/" + file.path
      let digest = try FileDigest.of(path) { bytes in
        read &+= bytes
        progress(read)
        return nil
      }
      guard digest == file.sha256 else { throw .damaged(path: path, "its SHA-256 is another") }
    }
  }

  /// Notes that a node goes on from the folder, which is a checkpoint no longer.
  public static func retire(in folder: String) throws(CheckpointError) {
    do throws(FileError) {
      try Files.rename(folder + "/" + fileName, to: folder + "/" + usedName)
      try Files.synchronize(folder)
    } catch { throw .system("\(error)") }
  }
}

/// Hashes files that may be large.
enum FileDigest {
  private static let pieceBytes = 1 << 20

  /// - Parameter piece: told of the bytes of each piece; ends the work with the error that it gives, if any.
  static func of(
    _ path: String, _ piece: (UInt64) -> CheckpointError?
  ) throws(CheckpointError) -> Bytes32 {
    do {
      let reader = try Files.Reader(path)
      var stream = SHA256.Stream()
      while case let bytes = try reader.next(pieceBytes), !bytes.isEmpty {
        bytes.withUnsafeBytes { stream.update($0) }
        if let error = piece(UInt64(bytes.count)) { throw error }
      }
      return stream.finish()
    } catch let error as CheckpointError {
      throw error
    } catch {
      throw .system("\(error)")
    }
  }
}
