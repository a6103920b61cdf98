/// The pass over the pages that ends in a checkpoint. It goes on by a few pages with each block, while blocks go on
/// changing pages: the journal is kept from the beginning of the pass, so it does not matter which version a page shows.
struct CheckpointSweep {
  /// The superblock as it will be when the pass is complete.
  var target: Superblock
  /// Bytes of journal written since the pass began.
  var journalBytes = 0
  /// Pages to write in all, as known at the beginning.
  var pages: Int
  var written = 0
  var tier = 0
  var position = 0
}

extension StateTree {
  /// Goes on with the running checkpoint, or begins one when half of the allowed journal has been written.
  ///
  /// - Parameter recordBytes: journal bytes of the block just applied, which set the pace.
  /// - Returns: bytes of pages written.
  func advanceCheckpoint(after recordBytes: Int) throws(StateTreeError) -> Int {
    let half = options.checkpointBytes / 2
    if sweep == nil {
      guard uncheckpointedBytes >= half else { return 0 }
      sweep = beginSweep()
    }
    guard var sweep else { return 0 }
    sweep.journalBytes += recordBytes
    // Done when the other half has been written; a little earlier, since pages may be added on the way.
    let due = half == 0 ? Int.max : sweep.pages * sweep.journalBytes / half * 5 / 4 + 1
    var bytes = 0
    while sweep.tier < store.tiers.count, sweep.written < due {
      let tier = sweep.tier
      let before = store.tiers[tier].dirtyCount
      let next = try store.flush(tier: tier, from: sweep.position, limit: due - sweep.written)
      let count = before - store.tiers[tier].dirtyCount
      sweep.written += count
      bytes += count * store.tiers[tier].storedBytes
      if let next {
        sweep.position = next
      } else {
        sweep.tier += 1
        sweep.position = 0
      }
    }
    self.sweep = sweep
    if sweep.tier == store.tiers.count { try finishSweep(sweep) }
    return bytes
  }

  private func beginSweep() -> CheckpointSweep {
    var target = superblock
    target.versionCount = versionCount
    target.commitment = store.commitment
    target.journal = journal.end
    uncheckpointedBytes = 0
    return CheckpointSweep(target: target, pages: store.dirtyPages)
  }

  private func finishSweep(_ sweep: CheckpointSweep) throws(StateTreeError) {
    try store.synchronize()
    try versions.file.synchronize()
    var target = sweep.target
    target.sequence = superblock.sequence
    try target.write(to: superblockFile)
    superblock = target
    self.sweep = nil
    try prune()
  }

  /// Writes all changed pages now.
  func checkpoint() throws(StateTreeError) {
    var sweep = beginSweep()
    for tier in store.tiers.indices {
      var position = 0
      while let next = try store.flush(tier: tier, from: position, limit: 4096) { position = next }
    }
    sweep.tier = store.tiers.count
    try finishSweep(sweep)
  }

  /// Removes journal files that neither the policy nor recovery needs.
  private func prune() throws(StateTreeError) {
    guard let retained = options.retainedVersions, superblock.versionCount > 0, runningCopies == 0 else { return }
    let newest = versionCount - 1
    guard newest > retained else { return }
    // To show version `v` one needs the records from `v + 1` on; to recover, those from the checkpoint on.
    try journal.prune(through: min(newest - retained, superblock.versionCount - 1))
  }

  /// Writes everything and releases nothing: the next `open` has no journal to repeat.
  public func flush() throws(StateTreeError) {
    try exclusively { () throws(StateTreeError) in
      store.beginOperation()
      try checkpoint()
    }
  }
}
