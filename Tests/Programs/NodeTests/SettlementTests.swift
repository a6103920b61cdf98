import JSON
import JSONRPC
import Primitives
import StorageTesting
import Testing
import Transactions
import ThreadTesting

/// The whole way of a batch: from a transfer to its execution on the L1 in the node's process.
@Suite("The node's settlement", .serialized, .offTheCooperativePool)
struct SettlementTests {
  private static let rollup = [
    "DEVELOPMENT_L1_ENABLED": "true", "DEVELOPMENT_L1_ADDRESS": "localhost:0", "PROVER_API_FAKE_PROVERS": "1",
    "PROVER_API_FAKE_COMPUTE_TIME": "0s", "PROVER_API_FAKE_MIN_AGE": "0s",
  ]

  /// Waits until a tag is at a block.
  private func wait(for tag: String, at block: UInt64, _ node: TestNode) async throws -> Bool {
    for _ in 0..<1_200 {
      let answer = try? await node.call("eth_getBlockByNumber", "\"\(tag)\"", "false")["number"]?.quantity64
      if let number = answer ?? nil, number >= block { return true }
      try await Task.sleep(for: .milliseconds(50))
    }
    return false
  }

  @Test("A transfer's batch is executed on L1, `finalized` moves, and both are known after a restart")
  func transfer() async throws {
    let directory = TemporaryDirectory()
    var number: UInt64 = 0
    try await TestNode.run(Self.rollup, in: directory) { node in
      var rich = try TestWallet.rich()
      let hash = try await node.send(try rich.sign(to: Address(0xB0B), value: 5))
      number = try #require(try await node.receipt(of: hash)["blockNumber"]?.quantity64)
      let isFinal = try await wait(for: "finalized", at: number, node)
      let page = try node.get("/status").body
      #expect(isFinal, "\(page)")
      #expect(try await wait(for: "safe", at: number, node))
      let details = try await node.call("zks_getL1BatchDetails", "\(number)")
      let l1 = try await node.l1()
      for name in ["commitTxHash", "proveTxHash", "executeTxHash"] as [StaticString] {
        let transaction = try #require(details[name]?.string)
        let receipt = try await l1.call("eth_getTransactionReceipt") { $0.string(transaction) }
        #expect(receipt["status"]?.quantity64 == 1)
      }
      await l1.shutdown()
      #expect(try node.get("/metrics").body.contains("l1_sender_last_batch{step=\"execute\"} \(number)"))
      #expect(try node.get("/status").body.contains("\"name\":\"l1_sender\",\"status\":\"ready\""))
    }
    try await TestNode.run(Self.rollup, in: directory) { node in
      let isFinal = try await wait(for: "finalized", at: number, node)
      #expect(isFinal)
    }
  }

  @Test("When too much waits for L1 block production does too, and goes on with it")
  func backlog() async throws {
    let options = Self.rollup.merging(["L1_SENDER_MAX_UNSETTLED_BLOCKS": "2"]) { $1 }
    try await TestNode.run(options) { node in
      let isFinal = try await wait(for: "finalized", at: 1, node)
      #expect(isFinal)
      let l1 = try await node.l1()
      _ = try await l1.call("anvil_setAutomine") { $0.boolean(false) }
      var rich = try TestWallet.rich()
      var hashes: [Bytes32] = []
      // One block each, until they must wait.
      var isHeld = false
      for _ in 0..<400 where !isHeld {
        if hashes.count < 8 { hashes.append(try await node.send(try rich.sign(to: Address(0xB0B), value: 5))) }
        try await Task.sleep(for: .milliseconds(50))
        isHeld = try node.get("/status").body.contains("\"waiting_for\":\"l1_sender\"")
      }
      let page = try node.get("/status").body
      #expect(isHeld, "\(page)")
      _ = try await l1.call("anvil_setAutomine") { $0.boolean(true) }
      _ = try await l1.call("evm_mine")
      for hash in hashes { #expect(try await node.receipt(of: hash)["status"]?.quantity64 == 1) }
      await l1.shutdown()
    }
  }

  @Test("A bad key turns settling off and is not shown; blocks go on")
  func badKey() async throws {
    let options = Self.rollup.merging(["L1_SENDER_OPERATOR_PRIVATE_KEY": "0xc0ffee"]) { $1 }
    try await TestNode.run(options) { node in
      var rich = try TestWallet.rich()
      let hash = try await node.send(try rich.sign(to: Address(0xB0B), value: 5))
      #expect(try await node.receipt(of: hash)["status"]?.quantity64 == 1)
      let status = try node.get("/status").body
      #expect(!status.contains("\"name\":\"l1_sender\"") && !status.contains("c0ffee"))
    }
  }

  @Test("An L1 that is away is said, and blocks go on")
  func away() async throws {
    let elsewhere = Self.rollup.merging(["L1_SENDER_L1_API_URL": "http://127.0.0.1:9"]) { $1 }
    try await TestNode.run(elsewhere) { node in
      var rich = try TestWallet.rich()
      let hash = try await node.send(try rich.sign(to: Address(0xB0B), value: 5))
      #expect(try await node.receipt(of: hash)["status"]?.quantity64 == 1)
      var status = ""
      for _ in 0..<400 {
        status = try node.get("/status").body
        if status.contains("settling waits: L1 cannot be reached") { break }
        try await Task.sleep(for: .milliseconds(50))
      }
      #expect(status.contains("settling waits: L1 cannot be reached"))
    }
  }
}
