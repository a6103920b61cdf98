import JSONRPC
import L1Client
import L1Testing
import Logging
import Primitives
import Synchronization
import Telemetry
import Testing

@Suite("The head of L1")
struct L1HeadsTests {
  private static let away = L1Error.unreachable("nobody is there")

  private func heads(_ l1: TestL1, window: Int = 128) -> L1Heads {
    var options = L1Heads.Options()
    options.window = window
    return L1Heads(
      l1.client, options: options, metrics: L1HeadsMetrics(MetricsRegistry()),
      log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  /// Follows as many blocks one by one, so that their hashes are known.
  private func follow(_ blocks: Int, of l1: TestL1, _ heads: L1Heads) async throws {
    for _ in 0..<blocks {
      try await l1.mine()
      try await heads.step()
    }
  }

  @Test("It follows head, safe and finalized, however many blocks come at once")
  func follows() async throws {
    let l1 = try TestL1(), heads = heads(l1)
    #expect(heads.view == nil)
    for blocks in [1, 2, 7, 300] as [UInt64] {
      try await l1.mine(blocks)
      try await heads.step()
      let view = try #require(heads.view)
      let head = try #require(try await l1.client.block(.latest))
      #expect(view.head == head && view.generation == 0)
      #expect(view.safe == head.number - 1 && view.finalized == head.number - 2)
      #expect(heads.hash(of: head.number) == head.hash)
      #expect(heads.hash(of: head.number + 1) == nil)
    }
    let calls = l1.count(of: "eth_getBlockByNumber")
    try await heads.step()
    // Nothing new costs one call.
    #expect(l1.count(of: "eth_getBlockByNumber") == calls + 1)
  }

  @Test("A reorganisation is noticed with its first block", arguments: 1...5, [false, true])
  func reorganisations(depth: Int, grows: Bool) async throws {
    let l1 = try TestL1(), heads = heads(l1)
    try await follow(21, of: l1, heads)
    let before = try #require(heads.view)
    try await l1.reorganise(depth: depth, keepsTransactions: true)
    if grows { try await l1.mine(3) }
    try await heads.step()
    let view = try #require(heads.view)
    #expect(view.generation == 1)
    #expect(view.head == (try await l1.client.block(.latest)))
    #expect(heads.firstChange(since: before.generation) == before.head.number + 1 - UInt64(depth))
    #expect(heads.firstChange(since: view.generation) == nil)
    // A second one below the first: whoever slept through both hears of the deeper.
    try await l1.reorganise(depth: depth + 5, keepsTransactions: true)
    try await heads.step()
    #expect(heads.view?.generation == 2)
    #expect(heads.firstChange(since: 0) == view.head.number + 1 - UInt64(depth + 5))
    #expect(heads.firstChange(since: 1) == view.head.number + 1 - UInt64(depth + 5))
  }

  @Test("One that is deeper than the window changes everything")
  func deep() async throws {
    let l1 = try TestL1(), heads = heads(l1, window: 8)
    try await l1.mine(30)
    try await heads.step()
    try await l1.mine(9)
    try await heads.step()
    #expect(heads.view?.generation == 0)
    try await l1.reorganise(depth: 20, keepsTransactions: true)
    try await heads.step()
    #expect(heads.view?.generation == 1)
    #expect(heads.firstChange(since: 0) == 0)
  }

  @Test("A node that is behind is waited for; an L1 that stays behind has gone back")
  func behind() async throws {
    let l1 = try TestL1(), heads = heads(l1)
    try await follow(10, of: l1, heads)
    let head = try #require(heads.view?.head)
    try await l1.perform("anvil_rollback", "[3]")
    for _ in 0..<9 {
      try await heads.step()
      #expect(heads.view?.head == head && heads.view?.generation == 0)
    }
    try await heads.step()
    #expect(heads.view?.head.number == head.number - 3)
    #expect(heads.firstChange(since: 0) == head.number - 2)
  }

  @Test("Answers that do not fit together are not believed")
  func lies() async throws {
    let l1 = try TestL1(), heads = heads(l1)
    try await l1.mine(10)
    try await heads.step()
    let view = try #require(heads.view)
    // A head that nothing leads to.
    l1.intercept { method, parameters in
      guard method == "eth_getBlockByNumber", parameters.elements?.first?.string == "latest" else { return nil }
      return .replaces { block in
        String(decoding: block.text, as: UTF8.self)
          .replacing(#/"parentHash":"0x.{64}"/#, with: "\"parentHash\":\"\(Bytes32(7 as UInt256))\"")
          .replacing(#/"hash":"0x.{64}"/#, with: "\"hash\":\"\(Bytes32(8 as UInt256))\"")
      }
    }
    try await heads.step()
    #expect(heads.view == view)
    l1.intercept { _, _ in .answers("null") }
    try await heads.step()
    #expect(heads.view == view)
    for answer in ["{}", "[]", "17", #"{"number":"0x1","hash":"0x12","parentHash":"0x","timestamp":"0x"}"#] {
      l1.intercept { _, _ in .answers(answer) }
      await #expect(throws: L1Error.self) { try await heads.step() }
      #expect(heads.view == view && heads.failure != nil)
    }
    l1.intercept { _, _ in .fails(Self.away) }
    await #expect(throws: Self.away) { try await heads.step() }
    l1.intercept(nil)
    try await heads.step()
    #expect(heads.view == view && heads.failure == nil)
  }

  @Test("Without a finalized block it is taken to be far behind", arguments: [true, false])
  func unfinalized(refuses: Bool) async throws {
    let l1 = try TestL1(), heads = heads(l1)
    l1.intercept { _, parameters in
      guard let tag = parameters.elements?.first?.string, tag == "safe" || tag == "finalized" else { return nil }
      return refuses ? .fails(.refused(RPCError(code: -39_001, message: "Unknown block"))) : .answers("null")
    }
    for _ in 0..<5 {
      try await l1.mine(20)
      try await heads.step()
    }
    let view = try #require(heads.view)
    #expect(view.finalized == view.head.number - 64 && view.safe == view.head.number - 32)
  }
}
