import Checkpoints
import Logging
import Telemetry

/// The first start with a checkpoint.
enum RestoredCheckpoint {
  /// Looks whether the folder of the databases is a checkpoint; if so compares every file of it with the manifest, and notes
  /// that it is a database from now on. One that is not whole is refused.
  static func admit(_ folder: String) throws(CheckpointError) {
    guard let manifest = try CheckpointManifest.read(in: folder) else { return }
    let log = Logger(label: "checkpoint")
    log.info(
      "checking a checkpoint before the first start with it",
      metadata: ["block": "\(manifest.block)", "bytes": "\(manifest.bytes)", "madeBy": "\(manifest.program)"])
    var line = ProgressLog(log, "checking a checkpoint", unit: "bytes", total: manifest.bytes)
    try manifest.check(folder) { line.advance(to: $0) }
    try CheckpointManifest.retire(in: folder)
    log.info("a checkpoint is restored", metadata: ["block": "\(manifest.block)", "hash": "\(manifest.blockHash)"])
  }
}
