import Concurrency
import JSON
import Primitives
import StorageTesting
import Synchronization
import Testing
import ThreadTesting

/// What a node does with a clock that cannot be right.
@Suite("Clock", .serialized, .offTheCooperativePool)
struct ClockTests {
  /// A calendar that the test sets; monotonic time is the system's.
  final class Calendar: Sendable {
    private let offset = Atomic<Int64>(0)

    /// Seconds by which it is ahead of the system's.
    func set(ahead seconds: Int64) { offset.store(seconds, ordering: .relaxed) }

    var source: TimeSource {
      TimeSource(
        unixSeconds: { [self] in
          UInt64(max(0, Int64(TimeSource.system.unixSeconds()) + offset.load(ordering: .relaxed)))
        }, monotonicNanoseconds: TimeSource.system.monotonicNanoseconds)
    }
  }

  static let fiftyYears: Int64 = 50 * 365 * 86_400

  @Test("A clock set fifty years ahead stops blocks, says so, and leaves no trace once it is right again")
  func jump() async throws {
    let calendar = Calendar()
    try await TestNode.run(clock: calendar.source) { node in
      var rich = try TestWallet.rich()
      calendar.set(ahead: Self.fiftyYears)
      let head = try await node.head()
      let waiting = try await node.send(try rich.sign(to: WiringTests.receiver))
      let health = try node.get("/health")
      #expect(health.status == 503)
      #expect(health.body.contains("the clock was set ahead by 18250 days"))
      try await Task.sleep(for: .milliseconds(300))
      #expect(try await node.head() == head)
      #expect(try node.metrics()["sequencer_clock_refused"] == 1)
      // Everything else answers.
      #expect(try await node.call("eth_getBalance", "\"\(rich.address)\"", "\"latest\"").quantity != nil)

      calendar.set(ahead: 0)
      let receipt = try await node.receipt(of: waiting)
      let number = try #require(receipt["blockNumber"]?.text)
      let block = try await node.call("eth_getBlockByNumber", String(decoding: number, as: UTF8.self), "false")
      let time = try #require(block["timestamp"]?.quantity64)
      #expect(time < TimeSource.system.unixSeconds() + 60)
      #expect(try node.get("/health").status == 200)
    }
  }

  @Test("A chain that lies in the future goes on only when the operator says that it shall")
  func future() async throws {
    let directory = TemporaryDirectory(), calendar = Calendar()
    calendar.set(ahead: Self.fiftyYears)
    try await TestNode.run(in: directory, clock: calendar.source) { _ in }
    var option = "", waiting: Bytes32?
    try await TestNode.run(in: directory) { node in
      var rich = try TestWallet.rich()
      waiting = try await node.send(try rich.sign(to: WiringTests.receiver))
      try await Task.sleep(for: .milliseconds(300))
      #expect(try await node.head() == 1)
      let health = try node.get("/health")
      #expect(health.status == 503)
      let words = health.body.split(whereSeparator: { " \"".contains($0) })
      let index = try #require(words.firstIndex(of: "--sequencer-accept-clock"))
      option = String(words[index + 1])
    }
    try await TestNode.run(["SEQUENCER_ACCEPT_CLOCK": option], in: directory) { node in
      // It has waited in the mempool's journal.
      _ = try await node.receipt(of: try #require(waiting))
      #expect(try node.get("/health").status == 200)
    }
  }

  @Test("A clock before 1970 is an error at the start")
  func epoch() async throws {
    let calendar = Calendar()
    calendar.set(ahead: -200 * 365 * 86_400)
    let error = await #expect(throws: (any Error).self) {
      try await TestNode.run(clock: calendar.source, awaitsBlock: false) { _ in }
    }
    #expect("\(error.map { "\($0)" } ?? "")" == "the clock stands before 1970: set it")
  }
}
