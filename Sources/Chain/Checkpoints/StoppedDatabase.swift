import ChainStorage
import Files
import RocksDB
import StateTree

/// The databases of a node that does not run, as the source of a checkpoint. No node can start on them meanwhile.
public struct StoppedDatabase {
  /// What to copy.
  public let sources: CheckpointSources

  /// Opens what is in a folder of databases.
  public init(_ directory: String) throws(CheckpointError) {
    var open: [(name: String, database: Database)] = []
    let tree: StateTree?
    do {
      let names = try Files.names(in: directory).filter { Files.exists("\(directory)/\($0)/CURRENT") }
      let log = StoreDamage.Store.log.folder
      guard names.contains(log) else { throw CheckpointError.noDatabase(folder: directory) }
      for name in names where !name.contains(".damaged-") {
        open.append((name, try Database(path: "\(directory)/\(name)", columns: [])))
      }
      open.sort { ($0.name == log ? 1 : 0, $0.name) < ($1.name == log ? 1 : 0, $1.name) }
      let treePath = directory + "/" + StoreDamage.Store.tree.folder
      tree = Files.exists(treePath + "/superblock") ? try StateTree.open(directory: treePath) : nil
    } catch let error as CheckpointError {
      throw error
    } catch {
      throw .system("\(error)")
    }
    sources = CheckpointSources(
      directory: directory, tree: tree,
      parts: [
        .appended("mempool", at: directory + "/mempool"), .appended("l1", at: directory + "/l1"),
        .file("instance", at: directory + "/instance"),
      ] + open.map { entry in CheckpointSources.Part(entry.name) { try entry.database.checkpoint(to: $0) } })
  }
}
