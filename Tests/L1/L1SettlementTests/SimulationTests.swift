import Glibc
import JSON
import JSONRPC
import L1Client
import L1Settlement
import L1Testing
import Primitives
import RandomTesting
import Testing

/// Lives of a node beside an L1 that reorganises, goes away, becomes dear, loses answers and drops transactions, while
/// the node is killed and started again.
///
/// `SETTLEMENT_RUNS` is how many, `SETTLEMENT_SEED` the first; a failure names its seed.
@Suite("Settling through everything that L1 does", .serialized)
struct SimulationTests {
  private static func setting(_ name: String, orElse value: UInt64) -> UInt64 {
    getenv(name).flatMap { UInt64(String(cString: $0)) } ?? value
  }

  private static let atOnce: UInt64 = 2

  @Test("Every batch is there exactly once")
  func lives() async throws {
    let first = Self.setting("SETTLEMENT_SEED", orElse: 1), runs = Self.setting("SETTLEMENT_RUNS", orElse: 40)
    try await withThrowingTaskGroup { group in
      for lane in 0..<Self.atOnce {
        group.addTask {
          for seed in stride(from: first + lane, to: first + runs, by: Int(Self.atOnce)) { try await Self.live(seed) }
        }
      }
      try await group.waitForAll()
    }
  }

  private static func live(_ seed: UInt64) async throws {
    var random = SplitMix64(seed: seed)
    let fixture = try SettlementFixture(storeInMemory: true) {
      $0.commandLimit = [1, 2, 16][Int.random(in: 0..<3, using: &random)]
      $0.confirmations = UInt64.random(in: 0...2, using: &random)
    }
    let l1 = fixture.l1
    // Requests that no reorganisation reaches.
    for amount in 1...3 as ClosedRange<UInt64> { try await l1.deposit(amount, to: Address(1)) }
    try await l1.mine(8)
    var requests = try await l1.requests.map(\.hash)
    if Bool.random(using: &random) { try await l1.setAutomine(false) }

    for _ in 0..<Int.random(in: 20...50, using: &random) {
      switch Int.random(in: 0..<14, using: &random) {
      case 0, 1, 2:
        let isFirst = fixture.rollup.count == 0
        let count = isFirst ? 1 : Int.random(in: 0...min(2, requests.count), using: &random)
        fixture.rollup.make(requests: Array(requests.prefix(count)))
        requests.removeFirst(min(count, requests.count))
        fixture.rollup.make(Int.random(in: 0...3, using: &random))
        fixture.rollup.prove(through: UInt64.random(in: 0...fixture.rollup.count, using: &random))
      case 3, 4: try await l1.mine(UInt64.random(in: 1...3, using: &random))
      case 5:
        let depth = Int.random(in: 1...5, using: &random), keeps = Bool.random(using: &random)
        try await l1.reorganise(depth: depth, keepsTransactions: keeps)
      case 6: try await l1.perform("anvil_dropAllTransactions")
      case 7:
        // 5000 gwei, or 50.
        let fee = Bool.random(using: &random) ? "0x48c27395000" : "0xba43b7400"
        try await l1.perform("anvil_setNextBlockBaseFeePerGas", #"["\#(fee)"]"#)
        try await l1.mine()
      case 8: l1.intercept { _, _ in .fails(.unreachable("gone")) }
      case 9: l1.intercept { method, _ in method == "eth_sendRawTransaction" ? .loses(.timedOut) : nil }
      case 10: l1.intercept { method, _ in method == "eth_sendRawTransaction" ? .fails(.timedOut) : nil }
      case 11:
        await fixture.step()
        try fixture.restart()
      default: l1.intercept(nil)
      }
      let pause = Duration.milliseconds(Int64.random(in: 100...4_000, using: &random))
      await fixture.step(Int.random(in: 0...2, using: &random), advancing: pause)
    }
    // Everything is well again.
    l1.intercept(nil)
    try await l1.perform("anvil_setNextBlockBaseFeePerGas", #"["0x3b9aca00"]"#)
    try await l1.setAutomine(false)
    fixture.rollup.make(1)
    fixture.rollup.prove()
    let count = fixture.rollup.count
    let isDone = try await fixture.run(atMost: 400, mining: 1) {
      try await fixture.totals().executed == count && fixture.finality.finalizedBlock == count
    }
    let totals = try await fixture.totals()
    #expect(isDone, "seed \(seed): \(totals) of \(count), \(fixture.status.current)")
    try await fixture.check("seed \(seed)")
    #expect(!fixture.status.current.isHalted, "seed \(seed): \(fixture.status.current)")
  }
}
