import Cryptography
import JSON
import Primitives
import StorageTesting
import Testing
import Transactions
import ThreadTesting

@Suite("Typed-data transactions through the node", .serialized, .offTheCooperativePool)
struct TypedDataTests {
  private static let baseToken = Address(0x800a)
  /// `withdraw(address)`.
  private static let withdrawal = [0x51, 0xcf, 0xf8, 0xd9] + Bytes32(UInt256(WiringTests.receiver)).bytes

  @Test("A withdrawal goes through pool, block and journal, and is the same after a restart")
  func withdrawal() async throws {
    let directory = TemporaryDirectory()
    var rich = try TestWallet.rich()
    let transaction = try rich.signTyped(to: Self.baseToken, value: 1_000, input: Self.withdrawal)
    var receipts: [String] = []
    for run in 0..<2 {
      try await TestNode.run(in: directory) { node in
        if run == 0 {
          #expect(try await node.send(transaction) == transaction.hash)
          await #expect(throws: (any Error).self) { try await node.send(transaction) }
        }
        let receipt = try await node.receipt(of: transaction.hash)
        receipts.append(String(decoding: receipt.text, as: UTF8.self))
        #expect(receipt["type"]?.string == "0x71" && receipt["status"]?.quantity64 == 1)
        #expect(receipt["from"]?.address == rich.address && receipt["to"]?.address == Self.baseToken)
        let log = try #require(receipt["l2ToL1Logs"]?.elements?.first)
        #expect(log["sender"]?.address == Address(0x8008))
        #expect(log["key"]?.bytes32 == Bytes32(UInt256(rich.address)))
        let message = [0x6c, 0x09, 0x60, 0xf9] + WiringTests.receiver.bytes + UInt256(1_000).bytes
        #expect(log["value"]?.bytes32 == Keccak256.hash(message))

        let hash = "\"\(transaction.hash)\""
        let shown = try await node.call("eth_getTransactionByHash", hash)
        #expect(shown["type"]?.string == "0x71" && shown["hash"]?.bytes32 == transaction.hash)
        #expect(shown["gasPerPubdata"]?.quantity64 == 50_000 && shown["input"]?.data == Self.withdrawal)
        #expect(shown["accessList"] == nil && shown["chainId"]?.quantity64 == 270)
        #expect(try await node.call("eth_getRawTransactionByHash", hash).data == transaction.envelope)
        #expect(try await node.call("zks_getTransactionDetails", hash)["status"]?.string == "included")
        // Nothing settles here.
        #expect(try await node.call("zks_getL2ToL1LogProof", hash, "0").isNull)
      }
    }
    #expect(receipts[0] == receipts[1])
  }

  @Test("What is no transaction of an account with a key is refused, with the reason")
  func refusals() async throws {
    try await TestNode.run { node in
      var rich = try TestWallet.rich()
      var transaction = try rich.signTyped(to: WiringTests.receiver)
      transaction.claimedSender = Address(7)
      await #expect { try await node.send(transaction) } throws: {
        "\($0)".contains("invalid transaction v, r, s values")
      }
      var other = try TestWallet.rich()
      let poor = try other.signTyped(to: WiringTests.receiver, gas: 100)
      await #expect { try await node.send(poor) } throws: { "\($0)".contains("intrinsic gas too low") }
    }
  }

  @Test("Detailed output tells what the transaction will do, and it does")
  func detailedOutput() async throws {
    try await TestNode.run { node in
      var rich = try TestWallet.rich()
      // SSTORE(1, 7), then LOG1 with the topic 42.
      let code: [UInt8] = [0x60, 7, 0x60, 1, 0x55] + WiringTests.logging
      let transaction = try rich.sign(to: nil, input: code, gas: 200_000)
      let answer = try await node.call(
        "zks_sendRawTransactionWithDetailedOutput", "\"\(Hex.encode(transaction.envelope))\"")
      #expect(answer.members?.map(\.name) == ["transactionHash", "storageLogs", "events"])
      #expect(answer["transactionHash"]?.bytes32 == transaction.hash)
      let write = try #require(answer["storageLogs"]?.elements?.first)
      let event = try #require(answer["events"]?.elements?.first)
      let receipt = try await node.receipt(of: transaction.hash)
      let contract = try #require(receipt["contractAddress"]?.address)
      #expect(write["address"]?.address == contract && write["key"]?.bytes32 == Bytes32(UInt256.one))
      #expect(write["writtenValue"]?.bytes32 == Bytes32(UInt256(7)))
      #expect(
        event["topics"]?.elements?.first?.bytes32
          == receipt["logs"]?.elements?.first?["topics"]?.elements?.first?.bytes32)
      #expect(event["address"]?.address == contract && event["blockHash"]?.isNull == true)
    }
  }
}
