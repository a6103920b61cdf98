// What somebody changes beside the blocks.

import Primitives

extension DevelopmentChain {
  /// Changes an account of the newest state, at once.
  func edit(_ edit: StateEdit) throws(ChainError) {
    try writer.withLock { (_) throws(ChainError) in
      do throws(JournalError) { try journal?.append(JournalEntry.edit(edit).encoded) } catch { throw .journal(error) }
      published.withLock { published in
        var state = published.history.headState
        state.apply(edit)
        published.history.replaceHeadState(state)
      }
      settlePool()
    }
  }

  /// Changes what the next blocks are made with.
  @discardableResult
  func change<R: Sendable>(
    _ body: (inout ChainSettings, _ system: UInt64) throws(ChainError) -> R
  ) throws(ChainError) -> R {
    try writer.withLock { (_) throws(ChainError) in
      var settings = self.settings
      let result = try body(&settings, time.unixSeconds())
      do throws(JournalError) { try journal?.append(JournalEntry.settings(settings).encoded) } catch {
        throw .journal(error)
      }
      published.withLock { $0.settings = settings }
      settlePool()
      return result
    }
  }

  // MARK: Time

  /// Lets the chain's time jump; the seconds that it is ahead of the system's now.
  func increaseTime(by seconds: UInt64) throws(ChainError) -> Int64 {
    try change { (settings, system) throws(ChainError) in
      let now = settings.clock.now(system: system)
      guard seconds <= BlockClock.latest, now + seconds <= BlockClock.latest else {
        throw .refused("timestamps end at \(BlockClock.latest)")
      }
      settings.clock.set(now + seconds, system: system)
      return settings.clock.offset
    }
  }

  /// Lets the chain's time be no earlier than this, in seconds since 1970.
  public func advanceTime(to timestamp: UInt64) throws(ChainError) {
    try change { (settings, system) throws(ChainError) in
      guard timestamp <= BlockClock.latest else { throw .refused("timestamps end at \(BlockClock.latest)") }
      if settings.clock.now(system: system) < timestamp { settings.clock.set(timestamp, system: system) }
    }
  }

  /// Sets the time of the next block.
  func setNextTimestamp(_ timestamp: UInt64) throws(ChainError) {
    try change { (settings, _) throws(ChainError) in
      let last = head.header.timestamp
      guard timestamp > last else {
        throw .refused("Timestamp error: \(timestamp) is lower than or equal to previous block's timestamp")
      }
      guard timestamp <= BlockClock.latest else { throw .refused("timestamps end at \(BlockClock.latest)") }
      settings.clock.nextTimestamp = timestamp
    }
  }

  /// Sets the chain's time; the seconds by which it moved.
  func setTime(_ timestamp: UInt64) throws(ChainError) -> Int64 {
    try change { (settings, system) throws(ChainError) in
      guard timestamp <= BlockClock.latest else { throw .refused("timestamps end at \(BlockClock.latest)") }
      let now = settings.clock.now(system: system)
      settings.clock.set(timestamp, system: system)
      return Int64(clamping: timestamp) - Int64(clamping: now)
    }
  }
}
