import L1Client
import L1Contracts
import L1Testing
import Primitives
import Testing

private let bob = Address(0xB0B), carol = Address(0xCA401)

@Suite("Requests from L1 that is reorganised")
struct ReorganisationTests {
  @Test("One that is in no block yet is replaced by what comes in its place", arguments: 1...5, [false, true])
  func beforeBlock(depth: Int, whileDown: Bool) async throws {
    let l1 = try TestL1(), watched = try WatchedL1(l1)
    watched.sequence()
    try await l1.mine(6)
    try await l1.deposit(1, to: bob)
    if depth > 1 { try await l1.mine(UInt64(depth - 1)) }
    await watched.catchUp(steps: 4)
    let before = try #require(watched.queue.transaction(1)?.hash)
    try await l1.reorganise(depth: depth, keepsTransactions: false)
    if whileDown { try await watched.restart() }
    await watched.catchUp(steps: 4)
    #expect(watched.queue.transaction(1) == nil)
    #expect(watched.complaint == nil)
    try await l1.deposit(2, to: carol, from: DevelopmentAccount.wellKnown[1])
    await watched.catchUp(steps: 4)
    watched.sequence()
    #expect(watched.chain == (try await watched.onL1))
    #expect(watched.chain.count == 2 && watched.chain[1] != before)
    #expect(watched.complaint == nil)
  }

  @Test("One that is in another block of L1 now stays what it is", arguments: 1...5, [false, true])
  func kept(depth: Int, isInBlock: Bool) async throws {
    let l1 = try TestL1(), watched = try WatchedL1(l1)
    watched.sequence()
    try await l1.mine(6)
    try await l1.deposit(1, to: bob)
    if depth > 1 { try await l1.mine(UInt64(depth - 1)) }
    await watched.catchUp(steps: 4)
    if isInBlock { watched.sequence() }
    try await l1.reorganise(depth: depth, keepsTransactions: true)
    await watched.catchUp(steps: 6)
    watched.sequence()
    #expect(watched.chain == (try await watched.onL1))
    #expect(watched.chain.count == 2)
    #expect(watched.complaint == nil)
  }

  @Test("One that is in a block stays there: its absence and its replacement are said", arguments: [false, true])
  func inBlock(restarts: Bool) async throws {
    let l1 = try TestL1(), watched = try WatchedL1(l1)
    watched.sequence()
    try await l1.mine(6)
    try await l1.deposit(1, to: bob)
    await watched.catchUp(steps: 4)
    watched.sequence()
    let ours = watched.chain
    try await l1.reorganise(depth: 1, keepsTransactions: false)
    if restarts { try await watched.restart() }
    await watched.catchUp(steps: 4)
    #expect(watched.complaint?.contains("requests 1 to 1 are in blocks and not on L1") == true)
    try await l1.deposit(2, to: carol)
    try await l1.deposit(3, to: carol)
    await watched.catchUp(steps: 6)
    watched.sequence()
    let theirs = try await watched.onL1
    // What came later is taken all the same.
    #expect(watched.chain == ours + theirs.suffix(1) && theirs.count == 3)
    #expect(watched.complaint?.contains("reorganised below request 1, which is already in ") == true)
    if restarts { try await watched.restart() }
    await watched.catchUp(steps: 4)
    #expect(watched.complaint?.contains("reorganised below request 1") == true)
  }

  @Test("A block that is made while L1 is reorganised is compared afterwards")
  func meanwhile() async throws {
    let l1 = try TestL1(), watched = try WatchedL1(l1)
    watched.sequence()
    try await l1.deposit(1, to: bob)
    await watched.catchUp(steps: 4)
    // The sequencer has it in its hands.
    let inWork = try #require(watched.queue.transaction(1))
    try await l1.reorganise(depth: 1, keepsTransactions: false)
    try await l1.deposit(2, to: carol)
    await watched.catchUp(steps: 6)
    watched.queue.included([inWork], in: 2, next: 2)
    #expect(watched.complaint?.contains("reorganised below request 1, which is already in block 2") == true)
  }

  @Test("An L1 that begins anew under the node is told from one that goes on")
  func reset() async throws {
    let l1 = try TestL1(), watched = try WatchedL1(l1)
    try await l1.mine(10)
    let snapshot = try await l1.perform("evm_snapshot")
    for amount in 1...3 as ClosedRange<UInt64> { try await l1.deposit(amount, to: bob) }
    try await l1.mine(200)
    await watched.catchUp()
    watched.sequence(atMost: 2)
    try await l1.perform("evm_revert", "[\(String(decoding: snapshot.text, as: UTF8.self))]")
    try await l1.mine(3)
    await watched.catchUp(steps: 30)
    #expect(watched.queue.transaction(2) == nil)
    #expect(watched.complaint?.contains("requests 1 to 1 are in blocks and not on L1") == true)
  }

  @Test("Random reorganisations, deposits, restarts and outages end with what L1 has", arguments: 0..<12)
  func random(seed: UInt64) async throws {
    let l1 = try TestL1(), watched = try WatchedL1(l1)
    var random = SplitMix(seed)
    try await l1.mine(8)
    for _ in 0..<60 {
      switch random.below(10) {
      case 0, 1, 2: try await l1.deposit(random.below(1_000) + 1, to: bob)
      case 3: try await l1.mine(random.below(3) + 1)
      case 4: try await l1.reorganise(depth: Int(random.below(5)) + 1, keepsTransactions: random.below(2) == 0)
      case 5: try await watched.restart()
      case 6:
        l1.intercept { method, _ in method == "eth_getLogs" ? .fails(.timedOut) : nil }
        await watched.step()
        l1.intercept(nil)
      default: await watched.step()
      }
    }
    // Nothing was taken into a block meanwhile, so that everything is as L1 says in the end.
    await watched.catchUp()
    watched.sequence()
    #expect(watched.chain == (try await watched.onL1), "seed \(seed)")
    #expect(watched.complaint == nil, "seed \(seed)")
  }

  @Test("With blocks made meanwhile each id is in them once, and whatever differs from L1 is said", arguments: 0..<16)
  func randomWithBlocks(seed: UInt64) async throws {
    let l1 = try TestL1(), watched = try WatchedL1(l1, hasForcedDeposit: seed % 2 == 0)
    var random = SplitMix(seed &+ 1_000)
    try await l1.mine(8)
    for _ in 0..<60 {
      switch random.below(11) {
      case 0, 1, 2: try await l1.deposit(random.below(1_000) + 1, to: bob)
      case 3: try await l1.mine(random.below(3) + 1)
      case 4: try await l1.reorganise(depth: Int(random.below(5)) + 1, keepsTransactions: random.below(4) > 0)
      case 5: try await watched.restart()
      case 6: watched.sequence(atMost: Int(random.below(3)))
      case 7:
        l1.intercept { method, _ in method == "eth_call" ? .fails(.unreachable("cut")) : nil }
        await watched.step()
        l1.intercept(nil)
      default: await watched.step()
      }
    }
    await watched.catchUp()
    watched.sequence()
    await watched.catchUp(steps: 3)
    let ours = watched.chain, theirs = try await watched.onL1
    #expect(Set(ours).count == ours.count, "seed \(seed)")
    if ours == theirs {
      #expect(watched.complaint == nil, "seed \(seed)")
    } else {
      // Only what was in a block before L1 took it back can differ.
      #expect(watched.complaint?.contains("in blocks") == true || watched.complaint?.contains("already in") == true)
      #expect(ours.count >= theirs.count, "seed \(seed)")
    }
  }
}
