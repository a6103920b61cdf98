import JSON
import JSONRPC
import L1Contracts
import NIOPosix
import Primitives
import StorageTesting
import Testing
import Transactions
import ThreadTesting

/// Deposits from the L1 that a node runs beside its own chain.
@Suite("Deposits of a node with a development L1", .serialized, .offTheCooperativePool)
struct L1DepositTests {
  private static let enabled = ["DEVELOPMENT_L1_ENABLED": "true", "DEVELOPMENT_L1_ADDRESS": "localhost:0"]
  private static let payer = DevelopmentAccount.wellKnown[0]

  /// Deposits through the bridgehub; the hash that the transaction has on L2.
  private static func deposit(_ amount: UInt64, to recipient: Address, on l1: JSONRPCClient) async throws -> Bytes32 {
    let nonce = try #require(
      try await l1.call("eth_getTransactionCount", "\"\(payer.address)\"", "\"pending\"").quantity64)
    let mint = UInt256(amount) &+ 5_000_000_000_000_000
    let transaction = try SignedTransaction(
      kind: .dynamicFee, chainID: 9, nonce: nonce, gasLimit: 2_000_000, maxFeePerGas: 100_000_000_000,
      maxPriorityFeePerGas: 1_000_000_000, to: L1Genesis.bridgehub, value: mint,
      input: BridgehubCall.requestL2TransactionDirect(
        270, mintValue: mint, to: recipient, value: UInt256(amount), input: [], gasLimit: 1_000_000
      ).input
    ).signed(with: payer.key)
    let hash = try #require(
      try await l1.call("eth_sendRawTransaction", "\"\(Hex.encode(transaction.envelope))\"").string)
    let receipt = try await l1.call("eth_getTransactionReceipt", "\"\(hash)\"")
    let event = try #require(
      receipt["logs"]?.elements?.first { $0["topics"]?.elements?.first?.bytes32 == ChainEvent.requestTopic })
    // The second word is the canonical hash.
    let data = try #require(event["data"]?.data)
    return try #require(Bytes32(data[32..<64]))
  }

  @Test("A deposit alone makes a block, under the hash that L1 names, and is there after a restart, once")
  func deposits() async throws {
    let directory = TemporaryDirectory()
    var hashes: [Bytes32] = []
    for run in 1...2 as ClosedRange<UInt64> {
      try await TestNode.run(Self.enabled, in: directory) { node in
        let l1 = try await node.l1(), recipient = Address(0xD0_0000 + run)
        #expect(try await node.head() == run)
        hashes.append(try await Self.deposit(run, to: recipient, on: l1))
        for hash in hashes {
          let receipt = try await node.receipt(of: hash)
          #expect(receipt["status"]?.quantity64 == 1)
        }
        #expect(try await node.call("eth_getBalance", "\"\(recipient)\"", "\"latest\"").quantity == UInt256(run))
        #expect(try await node.head() == run + 1)
        try await until { try node.metrics()["l1_watcher_next_priority_id"] == Double(run + 1) }
        #expect(try node.get("/health").body.contains(#""l1_requests":{"status":"ready"}"#))
        await l1.shutdown()
      }
    }
    #expect(Set(hashes).count == 2)
  }

  @Test("Without a forced deposit the first block is what L1 says")
  func fromTheFirstOn() async throws {
    try await TestNode.run(Self.enabled.merging(["L1_FORCED_DEPOSIT": "false"]) { $1 }) { node in
      let block = try await node.call("eth_getBlockByNumber", "\"0x1\"", "false")
      let forced = Bytes32(hex: "0xa1e697d08d5bd4ae1fd8f354190352c4c192431427b26768939da54f63aaf672")
      #expect(block["transactions"]?.elements?.map(\.bytes32) == [forced])
    }
  }

  @Test("An L1 that does not answer is said, and nothing else is the worse for it")
  func away() async throws {
    try await TestNode.run(["L1_WATCHER_L1_API_URL": "http://127.0.0.1:1/secret"]) { node in
      try await until { try node.get("/health").body.contains("L1 cannot be reached: http://127.0.0.1:1: ") }
      #expect(try node.get("/health").status == 200)
      #expect(try node.get("/status").body.contains("secret") == false)
      var rich = try TestWallet.rich()
      _ = try await node.receipt(of: try await node.send(try rich.sign(to: Address(0xB0B), value: 5)))
    }
  }
}
