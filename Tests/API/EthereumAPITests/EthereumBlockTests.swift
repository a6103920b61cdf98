// Blocks, transactions and receipts with what an L1 has and we have not, and what waits as a block.

import EthereumAPI
import JSON
import Primitives
import Testing
import Transactions

@Suite("Blocks of an L1")
struct EthereumBlockTests {
  let fixture = Fixture(ports: { .all($0) }) { $0.hasEthereumBlocks = true }

  func keys(_ value: JSONValue) -> [String] {
    var keys: [String] = []
    value.forEachMember { name, _ in keys.append(name) }
    return keys
  }

  /// A block with a transaction of each kind.
  func addBlock() throws {
    let kinds: [SignedTransaction.Kind] = [.legacy, .accessList, .dynamicFee]
    let transactions = try kinds.enumerated().map { (try transfer(nonce: UInt64($0), kind: $1), [Log]()) }
    fixture.chain.addBlock(transactions) {
      $0.withdrawalsRoot = topic(1)
      $0.blobGasUsed = 0x20000
      $0.excessBlobGas = 3
      $0.parentBeaconBlockRoot = topic(2)
      $0.requestsHash = topic(3)
    }
  }

  @Test("A header has the fields of its fork, a block its size and withdrawals besides")
  func fields() async throws {
    try addBlock()
    let optional = ["withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot", "requestsHash"]
    let header = try await fixture.result("eth_getHeaderByNumber", "[\"0x1\"]")
    #expect(Array(keys(header).suffix(6)) == ["baseFeePerGas"] + optional)
    #expect(header["requestsHash"]?.bytes32 == topic(3))
    #expect(header["blobGasUsed"]?.quantity64 == 0x20000)
    for isFull in [true, false] {
      let block = try await fixture.result("eth_getBlockByNumber", "[\"0x1\",\(isFull)]")
      #expect(Array(keys(block).suffix(9)) == optional + ["size", "uncles", "transactions", "withdrawals"])
      #expect(block["withdrawals"]?.elements?.isEmpty == true)
      #expect(block["transactions"]?.elements?.count == 3)
      let raw = try #require(try await fixture.result("debug_getRawBlock", "[\"0x1\"]").data)
      #expect(block["size"]?.quantity64 == UInt64(raw.count))
    }
    // Block 0 has none of it.
    let genesis = try await fixture.result("eth_getBlockByNumber", "[\"0x0\"]")
    #expect(Array(keys(genesis).suffix(4)) == ["baseFeePerGas", "size", "uncles", "transactions"])
  }

  @Test("A raw block is header, transactions, uncles and withdrawals")
  func rawBlock() async throws {
    try addBlock()
    let raw = try #require(try await fixture.result("debug_getRawBlock", "[\"latest\"]").data)
    var parts = try RLPReader.list(raw)
    let header = try #require(try await fixture.result("debug_getRawHeader", "[\"latest\"]").data)
    #expect(raw.dropFirst(3).starts(with: header))
    #expect(try BlockHeader(decoding: header).excessBlobGas == 3)
    _ = try parts.readList()
    var transactions = try parts.readList()
    let envelopes = fixture.chain.transactions(ofBlock: 1)?.map(\.transaction.envelope) ?? []
    var legacy = RLPWriter()
    legacy.appendList { list in list.append(encoded: envelopes[0]) }
    #expect(raw.firstRange(of: envelopes[0]) != nil)
    _ = try transactions.readList()
    for envelope in envelopes.dropFirst() { #expect(Array(try transactions.readBytes()) == envelope) }
    #expect(transactions.isAtEnd)
    for _ in 0..<2 { #expect(try parts.readList().isAtEnd) }
    #expect(parts.isAtEnd)
    #expect(try await fixture.error("debug_getRawBlock", "[\"0x9\"]") == (-32_000, "block not found"))
    let receipts = try await fixture.result("debug_getRawReceipts", "[\"0x1\"]").elements?.map(\.data)
    #expect(receipts == fixture.chain.receipts(ofBlock: 1)?.map(\.receipt.envelope))
    let hash = try #require(fixture.chain.transactions(ofBlock: 1)?[1].hash)
    #expect(try await fixture.result("debug_getRawTransaction", "[\"\(hash)\"]").data == envelopes[1])
  }

  @Test("Transactions that carry blobs, or set code")
  func transactions() async throws {
    let blob = try transfer(nonce: 1, kind: .blob) {
      $0.maxFeePerBlobGas = 9
      $0.blobVersionedHashes = [topic(0x01)]
    }
    let setCode = try transfer(nonce: 2, kind: .setCode) {
      $0.authorizations = [Authorization(chainID: 1, address: token, nonce: 2, yParity: 1, r: 3, s: 4)]
    }
    fixture.chain.addBlock([(blob, []), (setCode, [])])
    let transactions = try await fixture.result("eth_getBlockByNumber", "[\"latest\",true]")["transactions"]?.elements
    let first = try #require(transactions?.first), second = try #require(transactions?.last)
    #expect(first["type"]?.string == "0x3")
    #expect(first["maxFeePerBlobGas"]?.quantity64 == 9)
    #expect(first["blobVersionedHashes"]?.elements?.map(\.bytes32) == [topic(1)])
    #expect(first["authorizationList"] == nil)
    #expect(second["type"]?.string == "0x4")
    let authorization = try #require(second["authorizationList"]?.elements?.first)
    #expect(
      String(decoding: authorization.text, as: UTF8.self)
        == #"{"chainId":"0x1","address":"\#(token)","nonce":"0x2","yParity":"0x1","r":"0x3","s":"0x4"}"#)
    #expect(second["gasPrice"]?.quantity64 == 1_500)
    #expect(second["maxFeePerBlobGas"] == nil)
  }

  @Test("What waits, as a block: what it cannot have yet is null")
  func pendingBlock() async throws {
    fixture.chain.addBlock()
    let block = try await fixture.result("eth_getBlockByNumber", "[\"pending\",true]")
    #expect(block["number"]?.quantity64 == 2)
    #expect(block["parentHash"]?.bytes32 == fixture.chain.head.hash)
    for name in ["hash", "nonce", "miner"] as [StaticString] { #expect(block[name]?.isNull == true) }
    #expect(block["timestamp"]?.quantity64 == 9_999)
    let transaction = try #require(block["transactions"]?.elements?.first)
    #expect(transaction["nonce"]?.quantity64 == 70)
    #expect(transaction["blockHash"]?.isNull == true)
    let hashes = try await fixture.result("eth_getBlockByNumber", "[\"pending\"]")["transactions"]?.elements
    #expect(hashes?.map(\.bytes32) == [transaction["hash"]?.bytes32])
    #expect(try await fixture.result("eth_getHeaderByNumber", "[\"pending\"]")["hash"]?.isNull == true)
    #expect(try await fixture.call("eth_getBlockTransactionCountByNumber", "[\"pending\"]") == "\"0x1\"")
    #expect(try await fixture.call("eth_getUncleCountByBlockNumber", "[\"pending\"]") == "\"0x0\"")
    #expect(try await fixture.result("eth_getBlockReceipts", "[\"pending\"]").elements?.count == 1)
    let indexed = try await fixture.result("eth_getTransactionByBlockNumberAndIndex", "[\"pending\",\"0x0\"]")
    #expect(indexed["nonce"]?.quantity64 == 70)
    #expect(try await fixture.call("eth_getTransactionByBlockNumberAndIndex", "[\"pending\",\"0x1\"]") == "null")
    // Logs and fees are about what is in the chain.
    #expect(try await fixture.call("eth_getLogs", "[{\"toBlock\":\"pending\"}]") == "[]")
    #expect(try await fixture.result("eth_feeHistory", "[1,\"pending\",[]]")["oldestBlock"]?.quantity64 == 1)
  }

  @Test("State, nonces and calls after what waits")
  func pendingState() async throws {
    for _ in 0..<3 { fixture.chain.addBlock() }
    #expect(try await fixture.call("eth_getBalance", "[\"\(alice)\",\"pending\"]") == "\"0x28\"")
    #expect(try await fixture.call("eth_getBalance", "[\"\(alice)\",\"latest\"]") == "\"0x1e\"")
    #expect(try await fixture.call("eth_getTransactionCount", "[\"\(alice)\",\"pending\"]") == "\"0x8\"")
    let slot = try await fixture.result("eth_getStorageAt", "[\"\(token)\",\"0x1\",\"pending\"]")
    #expect(slot.bytes32 == topic(5))
    // The simulator says of which block it is asked, and pays that block's base fee.
    let number = try await fixture.result("eth_call", "[{\"input\":\"0x07\"},\"pending\"]").data
    #expect(number?[32..<64].last == 4)
    let price = try await fixture.result(
      "eth_call", "[{\"input\":\"0x06\",\"maxPriorityFeePerGas\":\"0x1\"},\"pending\"]")
    #expect(price.bytes32 == topic(1_101))
  }
}
