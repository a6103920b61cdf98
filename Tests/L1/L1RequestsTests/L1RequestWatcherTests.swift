import JSON
import JSONRPC
import L1Client
import L1Contracts
import L1Testing
import Primitives
import Synchronization
import Testing
import Transactions

private let bob = Address(0xB0B)

@Suite("Requests from L1")
struct L1RequestWatcherTests {
  @Test("They come in their order, under their canonical hashes, and once", arguments: [true, false])
  func order(hasForcedDeposit: Bool) async throws {
    let l1 = try TestL1(), watched = try WatchedL1(l1, hasForcedDeposit: hasForcedDeposit)
    for round in 0..<4 as Range<UInt64> {
      for amount in 0...round { try await l1.deposit(amount + 1, to: bob) }
      await watched.catchUp(steps: 4)
      watched.sequence()
      #expect(watched.chain == (try await watched.onL1))
      #expect(watched.complaint == nil)
    }
    #expect(watched.chain.count == 11)
    // Nothing new costs a look at the head, and no more.
    let calls = l1.count(of: "eth_call"), logs = l1.count(of: "eth_getLogs")
    await watched.catchUp(steps: 5)
    #expect(l1.count(of: "eth_call") == calls && l1.count(of: "eth_getLogs") == logs)
    // A block without requests costs one call.
    try await l1.mine()
    await watched.catchUp(steps: 5)
    #expect(l1.count(of: "eth_call") == calls + 1 && l1.count(of: "eth_getLogs") == logs)
  }

  @Test("A chain that begins later, or was down, finds the place where it has to begin")
  func late() async throws {
    let l1 = try TestL1(), watched = try WatchedL1(l1)
    try await l1.mine(700)
    try await l1.deposit(1, to: bob)
    try await l1.mine(2_000)
    try await l1.deposit(2, to: bob)
    await watched.catchUp()
    watched.sequence()
    #expect(watched.chain == (try await watched.onL1))
    #expect(watched.chain.count == 3)
    // It did not go through all of it.
    #expect(l1.count(of: "eth_getLogs") < 8)
    try await l1.mine(1_500)
    try await l1.deposit(3, to: bob)
    try await watched.restart()
    await watched.catchUp()
    watched.sequence()
    #expect(watched.chain == (try await watched.onL1))
    #expect(watched.chain.count == 4)
  }

  @Test("A node that knows no old states is gone through from its first block")
  func pruned() async throws {
    let l1 = try TestL1(), watched = try WatchedL1(l1)
    try await l1.mine(250)
    try await l1.deposit(1, to: bob)
    let head = try #require(try await l1.client.block(.latest)).number
    l1.intercept { method, parameters in
      guard method == "eth_call", let block = parameters.elements?.last?.quantity64, block < head else { return nil }
      return .fails(.refused(RPCError(code: -32_000, message: "missing trie node")))
    }
    await watched.catchUp()
    watched.sequence()
    #expect(watched.chain == (try await watched.onL1))
    #expect(watched.chain.count == 2)
  }

  @Test("Ranges with too many logs are asked for in parts")
  func halving() async throws {
    let l1 = try TestL1(), watched = try WatchedL1(l1)
    for amount in 1...20 as ClosedRange<UInt64> { try await l1.deposit(amount, to: bob) }
    l1.intercept { method, parameters in
      guard method == "eth_getLogs", let filter = parameters.elements?.first,
        let from = filter["fromBlock"]?.quantity64, let to = filter["toBlock"]?.quantity64, to - from >= 3
      else { return nil }
      return .fails(.refused(RPCError(code: -32_005, message: "query returned more than 10000 results")))
    }
    await watched.catchUp(steps: 60)
    watched.sequence()
    #expect(watched.chain == (try await watched.onL1))
    #expect(watched.chain.count == 21)
    #expect(watched.complaint == nil)
  }

  @Test("With confirmations they come that many blocks later")
  func confirmations() async throws {
    let l1 = try TestL1(), watched = try WatchedL1(l1) { $0.confirmations = 3 }
    try await l1.deposit(1, to: bob)
    for _ in 0..<3 {
      await watched.catchUp(steps: 3)
      watched.sequence()
      #expect(watched.chain.count == 1)
      try await l1.mine()
    }
    await watched.catchUp(steps: 3)
    watched.sequence()
    #expect(watched.chain.count == 2)
  }

  @Test("No more wait than may")
  func bounded() async throws {
    let l1 = try TestL1(),
      watched = try WatchedL1(l1) {
        $0.waiting = 3
        $0.blocksPerCall = 2
      }
    for amount in 1...12 as ClosedRange<UInt64> { try await l1.deposit(amount, to: bob) }
    await watched.catchUp()
    var most = 0
    for _ in 0..<12 {
      var waiting = 0
      while watched.queue.transaction(UInt64(watched.chain.count + waiting)) != nil { waiting += 1 }
      most = max(most, waiting)
      watched.sequence(atMost: 1)
      await watched.catchUp(steps: 4)
    }
    watched.sequence()
    // The forced one is known beforehand; a call brings two at once.
    #expect(most <= 3 + 2 + 1)
    #expect(watched.chain == (try await watched.onL1))
    #expect(watched.chain.count == 13)
  }

  @Test("Nothing is lost or doubled by restarts between steps, with L1 away at times", arguments: 0..<6)
  func restarts(seed: UInt64) async throws {
    let l1 = try TestL1(), watched = try WatchedL1(l1, hasForcedDeposit: seed % 2 == 0)
    var random = SplitMix(seed)
    for _ in 0..<40 {
      switch random.below(8) {
      case 0, 1: try await l1.deposit(random.below(1_000) + 1, to: bob)
      case 2: try await l1.mine(random.below(5) + 1)
      case 3: try await watched.restart()
      case 4: watched.sequence(atMost: Int(random.below(3)))
      case 5:
        let left = Atomic<Int>(Int(random.below(6)))
        l1.intercept { _, _ in
          left.subtract(1, ordering: .relaxed).newValue < 0 ? .fails(.unreachable("cut")) : nil
        }
        await watched.step()
        l1.intercept(nil)
      default: await watched.step()
      }
    }
    try await watched.restart()
    await watched.catchUp()
    watched.sequence()
    #expect(watched.chain == (try await watched.onL1))
  }

  @Test("What was read is there after a restart without L1")
  func withoutL1() async throws {
    let l1 = try TestL1(), watched = try WatchedL1(l1)
    try await l1.deposit(1, to: bob)
    await watched.catchUp()
    l1.intercept { _, _ in .fails(.unreachable("nobody is there")) }
    try await watched.restart()
    await watched.catchUp(steps: 3)
    watched.sequence()
    #expect(watched.chain.count == 2)
    #expect(watched.complaint?.contains("nobody is there") == true)
    l1.intercept(nil)
    await watched.catchUp(steps: 3)
    #expect(watched.complaint == nil)
  }

  @Test("An L1 that nobody asked for need not be there; one that is asked for is missed")
  func absence() async throws {
    for isExpected in [true, false] {
      let l1 = try TestL1(), watched = try WatchedL1(l1) { $0.isExpected = isExpected }
      l1.intercept { _, _ in .fails(.unreachable("nobody is there")) }
      await watched.catchUp(steps: 3)
      #expect((watched.complaint == nil) == !isExpected)
      l1.intercept(nil)
      await watched.catchUp(steps: 3)
      #expect(watched.complaint == nil)
      // Once it was there, it is missed in any case.
      l1.intercept { _, _ in .fails(.unreachable("nobody is there")) }
      await watched.catchUp(steps: 3)
      #expect(watched.complaint?.contains("nobody is there") == true)
    }
  }
}

/// Reproducible random numbers.
///
/// Source: splitmix64 of Sebastiano Vigna, public domain.
struct SplitMix {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func below(_ bound: UInt64) -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return (z ^ (z >> 31)) % bound
  }
}
