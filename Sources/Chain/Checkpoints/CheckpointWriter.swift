import ChainStorage
import Concurrency
import Files
import Glibc
import Primitives
import StateTree

/// Makes a checkpoint: a folder with which a node can be started, and which is there whole or not at all.
///
/// It is written under the name `FOLDER.incomplete` with a file in it that says so, and gets its own name once everything is
/// on the device, the manifest last.
public struct CheckpointWriter {
  private let folder: String
  private let reserve: UInt64
  private let program: String
  private let isCancelled: () -> Bool

  /// Attempts at copies that belong together.
  private static let attempts = 20

  private var draft: String { folder + ".incomplete" }

  /// - Parameters:
  ///   - folder: absolute; there is nothing yet, and the folder above it exists.
  ///   - reserve: bytes that stay free on the device of the databases.
  ///   - program: who makes it, for the manifest.
  ///   - isCancelled: asked between pieces.
  public init(
    folder: String, reserve: UInt64, program: String, unless isCancelled: @escaping () -> Bool = { false }
  ) {
    self.folder = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    self.reserve = reserve
    self.program = program
    self.isCancelled = isCancelled
  }

  /// Makes it; where that fails nothing is left behind.
  public func write(_ sources: CheckpointSources) throws(CheckpointError) -> CheckpointManifest {
    guard folder.hasPrefix("/") else { throw .notAbsolute(folder: folder) }
    guard !Files.exists(folder) else { throw .exists(folder: folder) }
    let parent = folder.lastIndex(of: "/").map { $0 == folder.startIndex ? "/" : String(folder[..<$0]) } ?? "/"
    guard Files.isFolder(parent) else { throw .system("\(parent): there is no such folder") }
    if Files.exists(draft) {
      // What an earlier attempt left that was killed, and nothing else.
      guard Files.exists(draft + "/" + CheckpointManifest.draftName) else { throw .exists(folder: draft) }
      Files.remove(draft)
    }
    try checkSpace(sources, parent)
    do throws(CheckpointError) {
      let manifest = try fill(sources)
      try finish(manifest, parent)
      return manifest
    } catch {
      Files.remove(draft)
      throw error
    }
  }

  private func checkSpace(_ sources: CheckpointSources, _ parent: String) throws(CheckpointError) {
    let sharesDevice = Files.device(parent) == Files.device(sources.directory)
    var needed = sharesDevice ? reserve : 0
    do throws(FileError) { needed += try sources.neededBytes(sharesDevice: sharesDevice) } catch {
      throw .system("\(error)")
    }
    if let free = Files.freeBytes(parent), free < needed {
      throw .noSpace(folder: folder, free: free, needed: needed)
    }
  }

  /// Copies everything.
  private func fill(_ sources: CheckpointSources) throws(CheckpointError) -> CheckpointManifest {
    guard mkdir(draft, 0o750) == 0 else { throw .system("\(draft): \(String(cString: strerror(errno)))") }
    do throws(FileError) {
      try Files.write("", to: draft + "/" + CheckpointManifest.draftName)
    } catch { throw .system("\(error)") }
    let tree = try copying("tree") {
      try sources.tree(draft + "/tree") { isCancelled() ? .copyEnded("the node stops") : nil }
    }
    var attempt = 1
    while true {
      for part in sources.parts {
        if isCancelled() { throw .stopped }
        try copying(part.name) { try part.write(draft + "/" + part.name) }
      }
      if try copying("the chain", sources.isConsistent) { break }
      guard attempt < Self.attempts else { throw .chainMoved }
      attempt += 1
      for part in sources.parts { Files.remove(draft + "/" + part.name) }
    }
    return try manifest(tree)
  }

  private func copying<R>(_ name: String, _ body: () throws -> R) throws(CheckpointError) -> R {
    do { return try body() } catch {
      if isCancelled() { throw .stopped }
      throw error as? CheckpointError ?? .part(name, "\(error)")
    }
  }

  /// Says what the copies hold, and makes them outlast the machine.
  private func manifest(_ tree: TreeCopy?) throws(CheckpointError) -> CheckpointManifest {
    let logPath = draft + "/" + StoreDamage.Store.log.folder
    let head = try copying("the replay log") {
      let log = try ReplayLog(path: logPath, genesisHash: nil, readOnly: true)
      guard let genesis = try log.blockHash(0), let hash = try log.blockHash(log.last) else {
        throw CheckpointError.part("the replay log", "it has no head")
      }
      return (number: log.last, hash: hash, genesis: genesis, chainID: try log.context(1)?.chainID)
    }
    var files: [CheckpointManifest.File] = []
    do {
      for path in try Files.below(draft, suffix: "") {
        let name = path.split(separator: "/").last ?? ""
        // RocksDB's own log, which opening has made, and locks.
        if ["LOG", "LOCK", "lock"].contains(name) {
          Files.remove(path)
          continue
        }
        guard name != CheckpointManifest.draftName else { continue }
        let digest = try FileDigest.of(path) { _ in isCancelled() ? .stopped : nil }
        try Files.synchronize(path)
        files.append(
          CheckpointManifest.File(
            path: String(path.dropFirst(draft.count + 1)), bytes: UInt64(max(0, Files.size(path))), sha256: digest))
      }
      for name in try Files.names(in: draft) where Files.isFolder(draft + "/" + name) {
        try Files.synchronize(draft + "/" + name)
      }
    } catch let error as CheckpointError {
      throw error
    } catch {
      throw .system("\(error)")
    }
    return CheckpointManifest(
      program: program, time: CalendarClock.nanoseconds / 1_000_000_000, chainID: head.chainID,
      genesisHash: head.genesis, block: head.number, blockHash: head.hash, treeBlock: tree?.version,
      stateRoot: tree?.commitment.root, files: files)
  }

  private func finish(_ manifest: CheckpointManifest, _ parent: String) throws(CheckpointError) {
    let json = manifest.json
    do throws(FileError) {
      try Files.replace(draft + "/" + CheckpointManifest.fileName) { (write) throws(FileError) in
        try json.withUnsafeBufferPointer { (json) throws(FileError) in try write(UnsafeRawBufferPointer(json)) }
      }
      try Files.synchronize(draft)
      Files.remove(draft + "/" + CheckpointManifest.draftName)
      try Files.synchronize(draft)
      try Files.rename(draft, to: folder)
      try Files.synchronize(parent)
    } catch { throw .system("\(error)") }
  }
}
