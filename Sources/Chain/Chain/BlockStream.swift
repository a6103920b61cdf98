import Concurrency
import Synchronization

/// What happened to the chain, as those learn it who follow it.
public enum ChainEvent: Sendable {
  /// The next block is durable, and readers see it. The block itself is given where it is still in memory; a follower that
  /// is farther behind reads the record from the storage and executes it again.
  case accepted(UInt64, SealedBlock?)
}

/// The one stream of a chain's events, to which everybody listens in the same way: at their own pace, from any block on.
///
/// Nothing is pushed and nothing is queued per follower. The stream has a head and the newest few blocks; a follower has
/// the number of the last block that it took. A slow one costs nobody anything, unless it was promised that the chain
/// waits for it: then block production pauses while it is too far behind (``waitForRoom(for:unless:holding:)``).
public final class BlockStream: Sendable {
  /// Where a follower is.
  private struct Place {
    let name: String
    /// The last block that it took.
    var taken: UInt64
    /// The last block that it is done with.
    var finished: UInt64
    /// Blocks that it may be behind before the chain waits for it.
    let maxLag: UInt64?
    /// Whether it gets the newest block once more when later ones were taken back.
    let repeatsAfterRewind: Bool
  }

  private struct State {
    /// The newest blocks, ascending; the last is the head.
    var recent: [SealedBlock] = []
    var places: [Int: Place] = [:]
    var lastPlace = 0
    var isClosed = false
  }

  /// Somebody for whom the chain waits.
  public struct Hold: Sendable, Equatable {
    /// Who.
    public let name: String
    /// The last block that it is done with.
    public let position: UInt64

    public init(name: String, position: UInt64) {
      self.name = name
      self.position = position
    }
  }

  /// How many of the newest blocks stay at hand.
  private let retained: Int
  private let state: Monitor<State>
  private let headNumber: Atomic<UInt64>

  /// - Parameter head: the last block before those that will be published.
  public init(head: UInt64, retained: Int = 16) {
    self.retained = max(1, retained)
    state = Monitor(State())
    headNumber = Atomic(head)
  }

  /// The newest block.
  public var head: UInt64 { headNumber.load(ordering: .acquiring) }

  /// Waits until the head is another than `number`, or the stream ends.
  ///
  /// - Parameters:
  ///   - deadline: nanoseconds of the monotonic clock.
  ///   - isCancelled: ends the wait; looked at whenever something changes, or ``wake()`` is called.
  package func waitForHead(after number: UInt64, until deadline: UInt64, unless isCancelled: () -> Bool) {
    _ = state.wait(until: deadline) { state -> Bool? in
      head != number || state.isClosed || isCancelled() ? true : nil
    }
  }

  /// Tells everybody of the next block, which readers can see already.
  package func publish(_ block: SealedBlock) {
    state.update { state in
      state.recent.append(block)
      if state.recent.count > retained { state.recent.removeFirst() }
      headNumber.store(block.number, ordering: .releasing)
    }
  }

  /// The blocks after `number` are no more: followers who had them go on after that one.
  package func rewind(to number: UInt64) {
    state.update { state in
      state.recent.removeAll { $0.number > number }
      headNumber.store(number, ordering: .releasing)
      for id in Array(state.places.keys) {
        guard var place = state.places[id], place.taken > number else { continue }
        place.taken = place.repeatsAfterRewind && number > 0 ? number - 1 : number
        place.finished = min(place.finished, number)
        state.places[id] = place
      }
    }
  }

  /// Ends the stream: followers get what was published, and then the end.
  package func close() { state.update { $0.isClosed = true } }

  /// Follows the chain from the block after `number` on.
  ///
  /// - Parameters:
  ///   - name: who follows, in the words of operators.
  ///   - finished: the last block that the follower is done with, where that is not `number`.
  ///   - maxLag: blocks that the follower may be behind before the chain waits for it; `nil` where it never waits.
  ///   - repeatsAfterRewind: whether it gets the newest block once more when later ones that it had were taken back.
  public func follow(
    _ name: String, after number: UInt64, finished: UInt64? = nil, maxLag: UInt64? = nil,
    repeatsAfterRewind: Bool = false
  ) -> BlockFollower {
    let id = state.update { state in
      state.lastPlace += 1
      state.places[state.lastPlace] = Place(
        name: name, taken: number, finished: finished ?? number, maxLag: maxLag,
        repeatsAfterRewind: repeatsAfterRewind)
      return state.lastPlace
    }
    return BlockFollower(stream: self, id: id)
  }

  // MARK: Holding back

  /// Waits until nobody is so far behind that block `number` has to wait.
  ///
  /// - Parameters:
  ///   - isCancelled: ends the wait; looked at whenever something changes, or ``wake()`` is called.
  ///   - holding: told once, where there is a wait, for whom.
  /// - Returns: whether there is room; false where the wait was cancelled or the stream ended.
  public func waitForRoom(
    for number: UInt64, unless isCancelled: () -> Bool, holding: (Hold) -> Void = { _ in }
  ) -> Bool {
    if isCancelled() { return false }
    guard let hold = hold(before: number) else { return true }
    holding(hold)
    return state.wait { state in
      if isCancelled() || state.isClosed { return false }
      return Self.hold(before: number, state) == nil ? true : nil
    } ?? false
  }

  /// Whom block `number` has to wait for, if anybody.
  public func hold(before number: UInt64) -> Hold? { state.read { Self.hold(before: number, $0) } }

  /// Lets whoever waits for room look again whether it still has to.
  public func wake() { state.update { _ in } }

  private static func hold(before number: UInt64, _ state: State) -> Hold? {
    for place in state.places.values {
      if let maxLag = place.maxLag, number > place.finished.addingCapped(maxLag) {
        return Hold(name: place.name, position: place.finished)
      }
    }
    return nil
  }

  // MARK: The followers' side

  fileprivate func next(_ id: Int) -> ChainEvent? {
    state.wait { state -> ChainEvent?? in
      guard let place = state.places[id] else { return .some(nil) }
      let next = place.taken + 1
      if next <= head {
        state.places[id]?.taken = next
        let block = state.recent.first.flatMap { first in
          next >= first.number ? state.recent[Int(next - first.number)] : nil
        }
        return .accepted(next, block)
      }
      return state.isClosed ? .some(nil) : nil
    } ?? nil
  }

  fileprivate func finish(_ id: Int, through number: UInt64) {
    state.update { state in
      guard let place = state.places[id], number > place.finished else { return }
      state.places[id]?.finished = number
    }
  }

  fileprivate func position(_ id: Int) -> UInt64? { state.read { $0.places[id]?.finished } }

  fileprivate func leave(_ id: Int) { state.update { $0.places[id] = nil } }
}

/// One who follows a chain. Belongs to one thread, except that anybody may ``close()`` it.
public final class BlockFollower: Sendable {
  private let stream: BlockStream
  private let id: Int

  fileprivate init(stream: BlockStream, id: Int) {
    self.stream = stream
    self.id = id
  }

  deinit { stream.leave(id) }

  /// Waits for the next event; `nil` at the end of the stream, and after ``close()``.
  public func next() -> ChainEvent? { stream.next(id) }

  /// Everything up to block `number` is done: the chain need not wait for it. Numbers that do not grow change nothing.
  public func finish(through number: UInt64) { stream.finish(id, through: number) }

  /// The last block that is done.
  public var position: UInt64? { stream.position(id) }

  /// The newest block that there is.
  public var head: UInt64 { stream.head }

  /// Follows no longer; the chain does not wait for it any more.
  public func close() { stream.leave(id) }
}

extension UInt64 {
  /// The sum, or the greatest number.
  fileprivate func addingCapped(_ other: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
