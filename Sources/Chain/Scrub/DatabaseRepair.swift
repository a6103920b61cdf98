import ChainStorage
import Concurrency
import Files
import Logging
import Telemetry

/// Puts aside what is damaged and can be made again from the replay log.
public enum DatabaseRepair {
  /// Checks all stores below `directory`, which no process has open, and renames the folders of those that are damaged:
  /// `state` becomes `state.damaged-1`. Nothing is removed. Throws where the damage is in the replay log, which nothing can
  /// make again.
  ///
  /// A store that was made from a damaged one follows it: the tree's leaves are what executing blocks on the state gave.
  ///
  /// - Parameter progress: is told how far the check is, block by block.
  public static func run(_ directory: String, log: Logger, progress: (Recovery) -> Void) throws {
    guard Files.exists(directory + "/" + StoreDamage.Store.log.folder) else { return }
    log.info("checking the databases for repair", metadata: ["folder": "\(directory)"])
    let began = MonotonicClock.nanoseconds
    var line: ProgressLog?
    let report = try DatabaseCheck(directory).run { done, total in
      progress(Recovery(from: 0, block: done, of: total, began: began))
      if line == nil { line = ProgressLog(log, "checking the databases for repair", unit: "blocks", total: total) }
      line?.advance(to: done)
    }
    line?.finish()
    if let damage = report.findings.first(where: { $0.store == .log }) { throw damage }
    var doubtful = Set(report.findings.map(\.store))
    // Settlement goes on from the last batch, at a version that the tree still has: without batches, from the first.
    if doubtful.contains(.proofs) { doubtful.insert(.tree) }
    for store in StoreDamage.Store.allCases where doubtful.contains(store) {
      if let finding = report.findings.first(where: { $0.store == store }) {
        log.warning("a damaged store is made again", metadata: ["store": "\(store.rawValue)", "damage": "\(finding)"])
      }
      let path = directory + "/" + store.folder
      guard Files.exists(path), !Files.removeEmptyFolder(path) else { continue }
      var number = 1
      while Files.exists("\(path).damaged-\(number)") { number += 1 }
      try Files.rename(path, to: "\(path).damaged-\(number)")
    }
    if doubtful.isEmpty { log.info("no damage found", metadata: ["blocks": "\(report.blocks)"]) }
  }
}
