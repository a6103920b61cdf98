import ArgumentParser
import Checkpoints
import Glibc
import JSON
import Node
import Primitives

/// `zkos database checkpoint`: a copy with which a node can be started, of one that runs or of one that does not.
struct DatabaseCheckpointCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkpoint",
    abstract: "Make a checkpoint: a folder with which a node can be started.",
    discussion: """
      Asks the node that runs, which goes on meanwhile; with --database, copies the databases of one that does not. Files of \
      sorted data are hard links where the folder is on the same file system. A checkpoint is there whole or not at all; to \
      restore it, start a node with the folder, or with a copy of it.
      """)

  @Argument(help: "The folder to make. There is nothing yet.")
  var folder: String

  @Option(help: "Where the running node takes orders (admin_address).")
  var node = "http://127.0.0.1:3313"

  @Option(help: "What it asks for (admin_token).")
  var token: String?

  @Option(help: "The folder of the databases of a node that does not run (sequencer_rocks_db_path).")
  var database: String?

  func run() throws {
    let path = Self.absolute(folder)
    if let database { return try copy(database, to: path) }
    let client = try AdminClient(node, token: token)
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("folder")
    writer.string(path)
    writer.endObject()
    var answer = try client.request("POST", "/admin/checkpoint", writer.bytes)
    while true {
      switch answer["state"]?.string {
      case "running":
        usleep(100_000)
        answer = try client.request("GET", "/admin/checkpoint")
      case "done":
        let block = answer["block"]?.unsignedInteger ?? 0, hash = answer["blockHash"]?.string ?? ""
        let bytes = answer["bytes"]?.unsignedInteger ?? 0, time = answer["milliseconds"]?.unsignedInteger ?? 0
        return print("\(path): block \(block), \(hash), \(bytes) bytes, made in \(time) ms")
      case "failed": throw ValidationError("no checkpoint was made: \(answer["reason"]?.string ?? "")")
      default: throw ValidationError("the node answers with something else than the state of a checkpoint")
      }
    }
  }

  private func copy(_ database: String, to path: String) throws {
    let manifest: CheckpointManifest
    do {
      let stopped = try StoppedDatabase(database)
      manifest = try CheckpointWriter(folder: path, reserve: 0, program: "\(Version.current) (\(Version.commit))")
        .write(stopped.sources)
    } catch {
      throw ValidationError("no checkpoint was made: \(error)")
    }
    print("\(path): block \(manifest.block), \(manifest.blockHash), \(manifest.bytes) bytes")
  }

  /// The node runs in another folder.
  private static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/"), let current = getcwd(nil, 0) else { return path }
    defer { free(current) }
    return String(cString: current) + "/" + path
  }
}
