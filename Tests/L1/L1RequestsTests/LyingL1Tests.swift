import JSON
import L1Client
import L1Contracts
import L1Testing
import Primitives
import Testing

private let bob = Address(0xB0B)

@Suite("Requests from an L1 that lies")
struct LyingL1Tests {
  /// A watched L1 with two deposits that nobody has seen yet, whose logs are replaced by what `change` makes of them.
  private func lying(_ change: @escaping @Sendable ([JSONValue]) -> [String]) async throws -> WatchedL1 {
    let l1 = try TestL1(), watched = try WatchedL1(l1)
    await watched.catchUp(steps: 3)
    watched.sequence()
    try await l1.deposit(1, to: bob)
    try await l1.deposit(2, to: bob)
    l1.intercept { method, _ in
      guard method == "eth_getLogs" else { return nil }
      return .replaces { "[" + change($0.elements ?? []).joined(separator: ",") + "]" }
    }
    return watched
  }

  private static func text(_ log: JSONValue) -> String { String(decoding: log.text, as: UTF8.self) }

  /// Nothing of the lie is taken, it is said, and the truth afterwards is.
  private func expectRefusal(_ watched: WatchedL1, _ words: String) async throws {
    await watched.catchUp(steps: 15)
    watched.sequence()
    #expect(watched.chain.count == 1)
    #expect(watched.complaint?.contains(words) == true, "\(watched.complaint ?? "nothing")")
    watched.l1.intercept(nil)
    await watched.catchUp(steps: 5)
    watched.sequence()
    #expect(watched.chain == (try await watched.onL1))
    #expect(watched.chain.count == 3)
    #expect(watched.complaint == nil)
  }

  @Test("A request whose hash is another")
  func wrongHash() async throws {
    let watched = try await lying { logs in
      logs.map { log in
        // The amount, which is not what was hashed.
        Self.text(log).replacing("2386f26fc1", with: "2386f26fc2").replacing("11c37937e08001", with: "11c37937e08003")
      }
    }
    try await expectRefusal(watched, "has the hash")
  }

  @Test("Logs that are left out: the first, the last, all", arguments: 0...2)
  func leftOut(which: Int) async throws {
    let watched = try await lying { logs in
      switch which {
      case 0: logs.filter { $0["data"]?.data?.prefix(32).last != 1 }.map(Self.text)
      case 1: logs.dropLast().map(Self.text)
      default: []
      }
    }
    try await expectRefusal(watched, "its node may not have all logs")
  }

  @Test("Logs of another contract, of other blocks, and no logs at all", arguments: 0...3)
  func foreign(which: Int) async throws {
    let contract = try TestL1().deployment.chain
    let watched = try await lying { logs in
      logs.map(Self.text).map { log in
        switch which {
        case 0: log.replacing("\(contract)".lowercased(), with: "\(bob)").replacing("\(contract)", with: "\(bob)")
        case 1: log.replacing(#/"blockNumber":"0x[0-9a-f]*"/#, with: "\"blockNumber\":\"0xffffff\"")
        case 2: log.replacing(#/"blockHash":"0x[0-9a-f]*"/#, with: "\"blockHash\":\"\(Bytes32.zero)\"")
        default: "17"
        }
      }
    }
    try await expectRefusal(watched, which == 2 ? "do not fit together" : "answers what it should not")
  }

  @Test(
    "A log that cannot be read as a request", arguments: ["0x", "0x00", "0x" + String(repeating: "ff", count: 2_000)])
  func garbage(data: String) async throws {
    let watched = try await lying { logs in
      logs.map { Self.text($0).replacing(#/"data":"0x[0-9a-f]*"/#, with: "\"data\":\"\(data)\"") }
    }
    try await expectRefusal(watched, "cannot be read")
  }

  @Test(
    "A number of requests that is too large, too small, or none", arguments: ["0xffffffffffffffff", "0x0", "nonsense"])
  func count(number: String) async throws {
    let l1 = try TestL1(), watched = try WatchedL1(l1)
    await watched.catchUp(steps: 3)
    watched.sequence()
    try await l1.deposit(1, to: bob)
    await watched.catchUp(steps: 3)
    watched.sequence()
    try await l1.mine()
    let selector = Hex.encode(ChainCall.getTotalPriorityTxs.input)
    l1.intercept { method, parameters in
      guard method == "eth_call", parameters.elements?.first?["data"]?.string == selector else { return nil }
      let value = UInt64(number.dropFirst(2), radix: 16).map { Bytes32(UInt256($0)).description } ?? "0x"
      return .answers("\"\(value)\"")
    }
    await watched.catchUp(steps: 30)
    #expect(watched.chain.count == 2)
    l1.intercept(nil)
    try await l1.deposit(2, to: bob)
    await watched.catchUp(steps: 30)
    watched.sequence()
    #expect(watched.chain == (try await watched.onL1))
    #expect(watched.chain.count == 3)
    #expect(watched.complaint == nil)
  }
}
