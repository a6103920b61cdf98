// States that are no longer in memory, and those that are kept on the disk.

import Ethereum
import Primitives
import Transactions

extension DevelopmentChain {
  /// The state after a block, with what was changed before the next one; `nil` where there is no such block, or its state
  /// cannot be made again.
  func state(after number: UInt64) throws(ChainError) -> StateTrie? {
    let (kept, next, first) = published.withLock {
      ($0.history.state(number), $0.history.block(number &+ 1), $0.history.firstState)
    }
    if let kept { return kept }
    guard number >= first, let journal, let next, next.journalStart > 0, block(number) != nil else { return nil }
    if let known = recovered.withLock({ $0.state(before: next) }) { return known }
    let found = stateFiles?.newest(upTo: next.journalStart)
    var replay = Replay(
      state: found?.state ?? StateTrie(), blockHash: { [self] in hash($0) }, identity: identity)
    do {
      try journal.forEach(from: found?.offset, to: next.journalStart) { payload, _ in
        let entry = try JournalEntry(decoding: payload)
        var parent: (header: BlockHeader, hash: Bytes32)?
        if case .block(let record) = entry, record.header.number > 0 {
          parent = self.block(record.header.number - 1).map { ($0.header, $0.hash) }
        }
        try replay.apply(entry, parent: parent)
      }
    } catch let error as ChainError {
      throw error
    } catch {
      // The chain may have gone back behind the block meanwhile.
      guard block(number + 1)?.hash == next.hash else { return nil }
      throw .journal(.damaged(path: journal.path, offset: next.journalStart, reason: "\(error)"))
    }
    recovered.withLock { $0.insert(replay.state, before: next) }
    return replay.state
  }

  /// Writes the newest state to the disk when that is worth it: the chain has grown by many blocks, and the journal by more
  /// than the state is large.
  func keepState(_ writer: inout Writer) {
    guard let journal, let stateFiles else { return }
    writer.blocksSinceStateFile += 1
    guard writer.blocksSinceStateFile >= options.blocksPerStateFile,
      journal.length - min(journal.length, writer.lastStateFile) >= UInt64(stateFiles.newestSize)
    else { return }
    writeState(&writer)
  }

  /// Writes the newest state to the disk.
  func writeState(_ writer: inout Writer) {
    guard let journal, let stateFiles else { return }
    let length = journal.length
    guard length > writer.lastStateFile else { return }
    do throws(JournalError) {
      try stateFiles.write(tip.state, at: length)
      writer.lastStateFile = length
      writer.blocksSinceStateFile = 0
    } catch {
      // Nothing is lost: the journal has it all. The next start takes longer.
      log.warning("the state cannot be written", metadata: ["error": "\(error)"])
    }
  }
}

/// The states that were made again last.
struct RecoveredStates: Sendable {
  private static let limit = 16
  /// By the hash of the block that begins with the state.
  private var states: [(next: Bytes32, state: StateTrie)] = []

  func state(before next: ChainBlock) -> StateTrie? { states.first { $0.next == next.hash }?.state }

  mutating func insert(_ state: StateTrie, before next: ChainBlock) {
    if states.count == Self.limit { states.removeFirst() }
    states.append((next.hash, state))
  }
}
