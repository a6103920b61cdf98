import Chain
import ChainTesting
import Concurrency
import StorageTesting
import Synchronization
import Testing
import ThreadTesting

/// Work on a thread of its own, and what it threw.
struct Background {
  private let thread: ServiceThread
  private let error = Outcome()

  fileprivate final class Outcome: Sendable {
    let error = Mutex<(any Error)?>(nil)
  }

  fileprivate init(_ body: @escaping @Sendable () throws -> Void) {
    let outcome = error
    thread = ServiceThread {
      do { try body() } catch { outcome.error.withLock { $0 = error } }
    }
  }

  func join() throws {
    thread.join()
    if let error = error.error.withLock({ $0 }) { throw error }
  }
}

func onThread(_ body: @escaping @Sendable () throws -> Void) -> Background { Background(body) }

@Suite("The stream of a chain's events", .offTheCooperativePool)
struct BlockStreamTests {
  let directory = TemporaryDirectory()

  /// Blocks of a chain, sealed and not accepted by it.
  func blocks(_ count: UInt64) throws -> [SealedBlock] {
    let harness = try ChainHarness(directory)
    try harness.chain.start()
    defer { harness.chain.stop() }
    return try (0..<count).map { nonce in
      let block = try harness.seal(transfers(1, nonce: nonce))
      try harness.chain.accept(block)
      return block
    }
  }

  func event(_ follower: BlockFollower) -> (number: UInt64, hasBlock: Bool)? {
    guard case .accepted(let number, let block)? = follower.next() else { return nil }
    if let block { #expect(block.number == number) }
    return (number, block != nil)
  }

  @Test("Every follower gets every block in order, at its own pace; a slow one gets numbers of those that are gone")
  func paces() throws {
    let blocks = try blocks(6)
    let stream = BlockStream(head: 0, retained: 2)
    let early = stream.follow("early", after: 0)
    var seen: [UInt64] = []
    for block in blocks {
      stream.publish(block)
      let told = try #require(event(early))
      #expect(told.hasBlock)
      seen.append(told.number)
    }
    #expect(seen == [1, 2, 3, 4, 5, 6])
    let late = stream.follow("late", after: 2)
    let told = (0..<4).map { _ in event(late) }
    #expect(told.map { $0?.number } == [3, 4, 5, 6])
    #expect(told.map { $0?.hasBlock } == [false, false, true, true])
  }

  @Test("The end comes after what was published; a follower that is closed gets nothing more")
  func ends() throws {
    let blocks = try blocks(2)
    let stream = BlockStream(head: 0)
    let follower = stream.follow("a", after: 0), closed = stream.follow("b", after: 0)
    for block in blocks { stream.publish(block) }
    stream.close()
    closed.close()
    #expect(event(closed) == nil)
    #expect(event(follower)?.number == 1)
    #expect(event(follower)?.number == 2)
    #expect(event(follower) == nil)
  }

  @Test("A waiting follower is woken by a block, and by the end")
  func wakes() throws {
    let block = try blocks(1)[0]
    let stream = BlockStream(head: 0)
    let follower = stream.follow("a", after: 0)
    let numbers = Mutex<[UInt64]>([])
    let reader = onThread {
      while case .accepted(let number, _)? = follower.next() { numbers.withLock { $0.append(number) } }
    }
    stream.publish(block)
    stream.close()
    try reader.join()
    #expect(numbers.withLock { $0 } == [1])
  }

  @Test("Blocks wait for followers that may not be left behind, and say for whom")
  func holds() throws {
    let stream = BlockStream(head: 10)
    let patient = stream.follow("patient", after: 10)
    let strict = stream.follow("strict", after: 10, finished: 7, maxLag: 5)
    #expect(stream.hold(before: 12) == nil)
    #expect(stream.hold(before: 13) == BlockStream.Hold(name: "strict", position: 7))
    strict.finish(through: 9)
    #expect(stream.hold(before: 14) == nil)
    // Progress never goes back.
    strict.finish(through: 8)
    #expect(strict.position == 9)

    let held = Mutex<BlockStream.Hold?>(nil)
    let producer = onThread {
      #expect(stream.waitForRoom(for: 15, unless: { false }) { hold in held.withLock { $0 = hold } })
    }
    for _ in 0..<60_000 where held.withLock({ $0 }) == nil { shortPause() }
    #expect(held.withLock { $0 } == BlockStream.Hold(name: "strict", position: 9))
    strict.finish(through: 10)
    try producer.join()
    // One that is closed holds nobody back, and neither does one without a bound.
    strict.close()
    #expect(stream.hold(before: .max) == nil)
    withExtendedLifetime(patient) {}
  }

  @Test("A wait for room ends when it is cancelled, and when the stream ends")
  func cancelledWaits() throws {
    let stream = BlockStream(head: 0)
    let follower = stream.follow("a", after: 0, maxLag: 1)
    #expect(stream.waitForRoom(for: 1, unless: { false }))
    #expect(!stream.waitForRoom(for: 1, unless: { true }))
    let isStopping = Atomic<Bool>(false)
    let flag = Flag(isStopping)
    let cancelled = onThread { #expect(!stream.waitForRoom(for: 2, unless: { flag.isSet })) }
    flag.set()
    stream.wake()
    try cancelled.join()
    let ended = onThread { #expect(!stream.waitForRoom(for: 2, unless: { false })) }
    stream.close()
    try ended.join()
    withExtendedLifetime(follower) {}
  }
}

/// Something that happens once.
private final class Flag: Sendable {
  private let state: Atomic<Bool>
  init(_ state: consuming Atomic<Bool>) { self.state = state }
  var isSet: Bool { state.load(ordering: .sequentiallyConsistent) }
  func set() { state.store(true, ordering: .sequentiallyConsistent) }
}
