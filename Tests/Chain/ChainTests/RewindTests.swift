import Chain
import ChainStorage
import ChainTesting
import Primitives
import StorageTesting
import Testing
import ThreadTesting

/// A chain that goes back, as those who develop want it to.
@Suite("Going back", .serialized, .offTheCooperativePool)
struct RewindTests {
  /// What the stores have of the newest block.
  struct Contents: Equatable {
    var hashes: [Bytes32?] = []
    var slots: [Bytes32: Bytes32] = [:]

    init(_ storage: ChainStorage) throws {
      let head = storage.blocks.head
      for number in 0...head { hashes.append(try storage.log.blockHash(number)) }
      var slots: [Bytes32: Bytes32] = [:]
      try storage.state.forEachSlot(at: head) {
        slots[$0] = $1
        return true
      }
      self.slots = slots
    }
  }

  @Test("What was taken back is in no store, and other blocks come in its place, also after the chain is opened again")
  func stores() throws {
    let directory = TemporaryDirectory()
    let before = try detour(directory)
    // The same blocks in their place make the same chain as without the detour.
    let reopened = try ChainHarness(directory)
    #expect(try Contents(reopened.storage) == before)
    try reopened.chain.start()
    try reopened.extend(3, nonce: 2)
    try reopened.wait(for: 5)
    reopened.chain.stop()
    let straight = try ChainHarness(TemporaryDirectory())
    try straight.chain.start()
    try straight.extend(5)
    try straight.wait(for: 5)
    straight.chain.stop()
    #expect(try Contents(reopened.storage) == Contents(straight.storage))
  }

  /// Makes two blocks, four more, and takes those back; what the stores have with two.
  private func detour(_ directory: TemporaryDirectory) throws -> Contents {
    let harness = try ChainHarness(directory)
    try harness.chain.start()
    try harness.extend(2)
    try harness.wait(for: 2)
    while harness.storage.blocks.flushed.number < 2 { shortPause() }
    let before = try Contents(harness.storage)
    let follower = harness.chain.stream.follow("plain", after: 0)
    let repeating = harness.chain.stream.follow("repeating", after: 0, repeatsAfterRewind: true)
    try harness.extend(4, nonce: 2)
    for number: UInt64 in 1...6 {
      for each in [follower, repeating] {
        guard case .accepted(number, _)? = each.next() else { throw ChainHarness.TimedOut() }
      }
    }
    let lost = try #require(try harness.storage.blocks.block(5))
    try harness.chain.rewind(to: 2)
    #expect(try Contents(harness.storage) == before)
    #expect(harness.storage.log.last == 2 && harness.storage.state.latest == 2 && harness.chain.stream.head == 2)
    #expect(try harness.storage.blocks.block(5) == nil && harness.storage.blocks.number(of: lost.hash) == nil)
    #expect(try harness.storage.blocks.location(of: lost.transactions[0].hash) == nil)
    guard case .accepted(2, _)? = repeating.next() else { throw ChainHarness.TimedOut() }
    harness.chain.stop()
    #expect(follower.next() == nil)
    return before
  }
}
