import Cryptography
import EthereumAPI
import JSON
import Primitives
import Testing
import Transactions

@Suite("Reading the chain")
struct ReadMethodTests {
  @Test(
    "The chain and the node introduce themselves",
    arguments: [
      ("eth_chainId", "\"0x10e\""), ("net_version", "\"270\""), ("net_listening", "true"), ("eth_accounts", "[]"),
      ("eth_syncing", "false"), ("eth_blockNumber", "\"0x0\""), ("eth_gasPrice", "\"0x3e8\""),
      ("eth_maxPriorityFeePerGas", "\"0x0\""), ("eth_protocolVersion", "\"zksync_os/0.0.1\""),
      ("net_peerCount", "\"0x0\""),
      ("web3_clientVersion", "\"zksync-os-sequencer\""),
    ])
  func introduction(_ method: String, _ result: String) async throws {
    #expect(try await Fixture().call(method) == result)
  }

  @Test("web3_sha3 is Keccak-256")
  func sha3() async throws {
    #expect(
      try await Fixture().call("web3_sha3", "[\"0x\"]")
        == "\"0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470\"")
  }

  @Test("A block has the keys of the reference node, in their order")
  func blockShape() async throws {
    let fixture = Fixture()
    let transaction = try transfer(nonce: 0)
    fixture.chain.addBlock([(transaction, [])])
    let block = try await fixture.result("eth_getBlockByNumber", "[\"0x1\",false]")
    #expect(
      block.members?.map(\.name) == [
        "hash", "parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom",
        "difficulty", "number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce", "baseFeePerGas",
        "size", "uncles", "transactions",
      ])
    // Header and transaction in their RLP, each list with a prefix of three bytes, and an empty list.
    let envelope = transaction.transaction.envelope.count + 2
    let raw = try await fixture.result("debug_getRawHeader", "[\"0x1\"]").data ?? []
    #expect(block["size"]?.quantity64 == UInt64(3 + raw.count + 2 + envelope + 1))
    #expect(block["nonce"]?.string == "0x0000000000000000")
    #expect(block["gasLimit"]?.string == "0x5f5e100")
    #expect(block["difficulty"]?.string == "0x0")
    #expect(block["extraData"]?.string == "0x")
    #expect(block["baseFeePerGas"]?.string == "0x3e8")
    #expect(block["transactions"]?.elements?.map(\.bytes32) == [transaction.hash])
    let full = try await fixture.result("eth_getBlockByNumber", "[\"latest\",true]")
    #expect(full["transactions"]?.elements?.first?["hash"]?.bytes32 == transaction.hash)
    let hash = "\"\(fixture.chain.head.hash)\""
    #expect(
      try await fixture.call("eth_getBlockByHash", "[\(hash),false]") == String(decoding: block.text, as: UTF8.self))
    let header = try await fixture.result("eth_getHeaderByHash", "[\(hash)]")
    #expect(header.members?.map(\.name).last == "baseFeePerGas")
    #expect(
      try await fixture.call("eth_getHeaderByNumber", "[\"0x1\"]") == String(decoding: header.text, as: UTF8.self))
    #expect(try await fixture.call("eth_getBlockTransactionCountByHash", "[\(hash)]") == "\"0x1\"")
    #expect(try await fixture.call("eth_getUncleCountByBlockNumber", "[\"0x1\"]") == "\"0x0\"")
    #expect(try await fixture.call("eth_getUncleByBlockNumberAndIndex", "[\"0x1\",\"0x0\"]") == "null")
  }

  @Test(
    "Unknown blocks are null",
    arguments: [
      ("eth_getBlockByNumber", "[\"0x5\",false]"), ("eth_getHeaderByNumber", "[\"0x5\"]"),
      ("eth_getBlockByHash", "[\"0x00000000000000000000000000000000000000000000000000000000000000ff\",true]"),
      ("eth_getBlockReceipts", "[\"0x5\"]"), ("eth_getBlockTransactionCountByNumber", "[\"0xffffffffffffffff\"]"),
      ("eth_getUncleCountByBlockNumber", "[\"0x5\"]"), ("eth_getTransactionByBlockNumberAndIndex", "[\"0x0\",\"0x0\"]"),
      ("eth_getTransactionReceipt", "[\"0x00000000000000000000000000000000000000000000000000000000000000ff\"]"),
      ("eth_getTransactionByHash", "[\"0x00000000000000000000000000000000000000000000000000000000000000ff\"]"),
      ("eth_getRawTransactionByHash", "[\"0x00000000000000000000000000000000000000000000000000000000000000ff\"]"),
      ("eth_getTransactionBySenderAndNonce", "[\"0x00000000000000000000000000000000000a11ce\",\"0x0\"]"),
    ])
  func unknown(_ method: String, _ parameters: String) async throws {
    #expect(try await Fixture().call(method, parameters) == "null")
  }

  @Test(
    "Transactions of each kind",
    arguments: [
      (
        SignedTransaction.Kind.legacy, UInt64?.some(270),
        ["type", "chainId", "nonce", "gas", "gasPrice", "to", "value", "input", "r", "s", "v"]
      ),
      (.legacy, nil, ["type", "nonce", "gas", "gasPrice", "to", "value", "input", "r", "s", "v"]),
      (
        .accessList, 270,
        ["type", "chainId", "nonce", "gas", "gasPrice", "to", "value", "input", "accessList", "r", "s", "yParity", "v"]
      ),
      (
        .dynamicFee, 270,
        [
          "type", "chainId", "nonce", "gas", "gasPrice", "maxFeePerGas", "maxPriorityFeePerGas", "to", "value", "input",
          "accessList", "r", "s", "yParity", "v",
        ]
      ),
    ])
  func transactions(_ kind: SignedTransaction.Kind, _ chainID: UInt64?, _ keys: [String]) async throws {
    let fixture = Fixture()
    let transaction = try transfer(nonce: 3, kind: kind, chainID: chainID)
    fixture.chain.addBlock([(transaction, [])])
    let json = try await fixture.result("eth_getTransactionByHash", "[\"\(transaction.hash)\"]")
    #expect(
      json.members?.map(\.name) == keys + [
        "hash", "blockHash", "blockNumber", "blockTimestamp", "transactionIndex", "from",
      ])
    #expect(json["from"]?.address == transaction.sender)
    #expect(json["gasPrice"]?.quantity == (kind == .dynamicFee ? 1_500 : 2_000))
    #expect(json["blockNumber"]?.string == "0x1")
    #expect(json["blockTimestamp"]?.quantity64 == fixture.chain.head.header.timestamp)
    guard case .signed(let signed) = transaction.transaction else { return }
    #expect(json["r"]?.quantity == UInt256(signed.signature.r))
    let parity = UInt64(signed.signature.yParity)
    #expect(
      json["v"]?.quantity64 == (kind == .legacy ? (chainID == nil ? 27 + parity : 575 + parity) : parity))
    let raw = try await fixture.result("eth_getRawTransactionByHash", "[\"\(transaction.hash)\"]")
    #expect(raw.data == transaction.transaction.envelope)
    for method in ["eth_getTransactionByBlockNumberAndIndex", "eth_getTransactionByBlockHashAndIndex"] {
      let block = method.contains("Hash") ? "\(fixture.chain.head.hash)" : "0x1"
      let same = try await fixture.call(method, "[\"\(block)\",\"0x0\"]")
      #expect(same == String(decoding: json.text, as: UTF8.self))
    }
    let bySender = try await fixture.result("eth_getTransactionBySenderAndNonce", "[\"\(transaction.sender)\",\"0x3\"]")
    #expect(bySender["hash"]?.bytes32 == transaction.hash)
  }

  @Test("A creation has no receiver, a waiting transaction no block")
  func specialTransactions() async throws {
    let fixture = Fixture()
    let creation = try transfer(nonce: 1, to: nil)
    let hash = try await fixture.result("eth_sendRawTransaction", "[\"\(Hex.encode(creation.transaction.envelope))\"]")
    #expect(hash.bytes32 == creation.hash)
    let waiting = try await fixture.result("eth_getTransactionByHash", "[\"\(creation.hash)\"]")
    for key in ["to", "blockHash", "blockNumber", "transactionIndex"] as [StaticString] {
      #expect(waiting[key]?.isNull == true)
    }
    #expect(waiting["gasPrice"]?.quantity == 2_000)
    #expect(try await fixture.call("eth_getTransactionReceipt", "[\"\(creation.hash)\"]") == "null")
    fixture.chain.addBlock([(creation, [])])
    let receipt = try await fixture.result("eth_getTransactionReceipt", "[\"\(creation.hash)\"]")
    #expect(receipt["to"]?.isNull == true)
    #expect(receipt["contractAddress"]?.address == token)
  }

  @Test("Receipts and their logs")
  func receipts() async throws {
    let fixture = Fixture()
    let first = try transfer(nonce: 0), second = try transfer(nonce: 1)
    let log = Log(address: token, topics: [topic(1), topic(2)], data: [1, 2, 3])
    fixture.chain.addBlock([(first, [log]), (second, [log, log])])
    let receipt = try await fixture.result("eth_getTransactionReceipt", "[\"\(second.hash)\"]")
    #expect(
      receipt.members?.map(\.name) == [
        "type", "status", "cumulativeGasUsed", "logs", "logsBloom", "transactionHash", "transactionIndex", "blockHash",
        "blockNumber", "gasUsed", "effectiveGasPrice", "from", "to", "contractAddress",
      ])
    #expect(receipt["status"]?.string == "0x1")
    #expect(receipt["effectiveGasPrice"]?.quantity == 1_500)
    #expect(receipt["cumulativeGasUsed"]?.quantity == 42_000)
    #expect(receipt["contractAddress"]?.isNull == true)
    let logs = try #require(receipt["logs"]?.elements)
    #expect(logs.map { $0["logIndex"]?.string } == ["0x1", "0x2"])
    #expect(
      logs[0].members?.map(\.name) == [
        "address", "topics", "data", "blockHash", "blockNumber", "blockTimestamp", "transactionHash",
        "transactionIndex", "logIndex", "removed",
      ])
    #expect(logs[0]["blockTimestamp"]?.quantity == 1_001)
    #expect(logs[0]["removed"]?.boolean == false)
    let all = try await fixture.result("eth_getBlockReceipts", "[\"0x1\"]")
    #expect(
      all.elements?.last.map { String(decoding: $0.text, as: UTF8.self) }
        == String(decoding: receipt.text, as: UTF8.self))
    #expect(all.elements?.count == 2)
  }

  @Test("Accounts now and in the past, by tag, number and hash (EIP-1898)")
  func accounts() async throws {
    let fixture = Fixture()
    for _ in 0..<3 { fixture.chain.addBlock() }
    let hash = fixture.chain.header(number: 2)?.hash ?? .zero
    for (block, expected) in [
      ("", "0x1e"), (",null", "0x1e"), (",\"latest\"", "0x1e"), (",\"pending\"", "0x1e"), (",\"0x2\"", "0x14"),
      (",\"earliest\"", "0x0"), (",{\"blockNumber\":\"0x2\"}", "0x14"), (",{\"blockHash\":\"\(hash)\"}", "0x14"),
      (",{\"blockHash\":\"\(hash)\",\"requireCanonical\":true}", "0x14"), (",\"\(hash)\"", "0x14"),
    ] { #expect(try await fixture.call("eth_getBalance", "[\"\(alice)\"\(block)]") == "\"\(expected)\"", "\(block)") }
    #expect(try await fixture.call("eth_getTransactionCount", "[\"\(alice)\",\"0x2\"]") == "\"0x2\"")
    #expect(try await fixture.call("eth_getTransactionCount", "[\"\(alice)\",\"pending\"]") == "\"0x8\"")
    #expect(try await fixture.call("eth_getCode", "[\"\(token)\",\"earliest\"]") == "\"0x\"")
    #expect(try await fixture.call("eth_getCode", "[\"\(token)\"]") == "\"0x6000\"")
    for key in ["0x7", "0x07", "\(topic(7))"] {
      #expect(try await fixture.call("eth_getStorageAt", "[\"\(token)\",\"\(key)\",\"0x2\"]") == "\"\(topic(9))\"")
    }
  }

  @Test(
    "What cannot be answered says why",
    arguments: [
      ("eth_getBalance", "[\"A\",\"0x9\"]", -32000, "block not found"),
      ("eth_getBalance", "[\"A\",\"0x1\"]", -32000, "state for block 1 is not available"),
      ("eth_getBalance", "[\"A\",\"safe\"]", -32000, "safe block not found"),
      ("eth_getBalance", "[]", -32602, "missing value for required argument 0"),
      ("eth_getBalance", "[\"0x12\"]", -32602, "invalid argument 0: address: hex string has length 2, want 40"),
      (
        "eth_getBalance", "[\"A\",\"soon\"]", -32602,
        "invalid argument 1: expected a block tag, a hexadecimal number or a hash"
      ),
      ("eth_getBalance", "[\"A\",{}]", -32602, "invalid argument 1: expected blockHash or blockNumber"),
      (
        "eth_getBalance", "[\"A\",\"0x10000000000000000\"]", -32602,
        "invalid argument 1: block number larger than 64 bits"
      ),
      (
        "eth_getBlockByNumber", "[\"0xzz\",false]", -32602,
        "invalid argument 0: block: invalid hex string: no digit at position 2"
      ),
      (
        "eth_getBlockByNumber", "[\"0x\",false]", -32602, "invalid argument 0: block: hex string \"0x\""
      ),
      ("eth_getBlockByNumber", "[\"latest\",\"yes\"]", -32602, "invalid argument 1: expected a boolean, found string"),
      ("eth_getStorageAt", "[\"A\",\"0x29a\"]", -32603, "disk on fire"),
      (
        "eth_getStorageAt", "[\"A\",\"7\"]", -32602,
        "invalid argument 1: unable to decode storage key: expected at most 32 hexadecimal bytes"
      ),
      ("eth_getProof", "[]", -32603, "unsupported as ZKsync OS has a different storage layout than Ethereum"),
      ("eth_sign", "[]", -32603, "node has no signer accounts"), ("eth_coinbase", "[]", -32603, "unimplemented"),
      ("eth_nonsense", "[]", -32601, "the method eth_nonsense does not exist/is not available"),
      ("eth_sendRawTransaction", "[\"0x\"]", -32000, "typed transaction too short"),
      (
        "eth_sendRawTransaction", "[\"0x0\"]", -32602,
        "invalid argument 0: hex string of odd length"
      ),
    ])
  func refusals(_ method: String, _ parameters: String, _ code: Int64, _ message: String) async throws {
    let fixture = Fixture()
    fixture.chain.addBlock()
    let error = try await fixture.error(method, parameters.replacing("\"A\"", with: "\"\(alice)\""))
    #expect(error.code == code)
    #expect(error.message == message)
  }

  @Test("The mempool's words reach the client")
  func refusedTransaction() async throws {
    let fixture = Fixture()
    let raw = Hex.encode(try transfer(nonce: 99).transaction.envelope)
    let error = try await fixture.error("eth_sendRawTransaction", "[\"\(raw)\"]")
    #expect(error == (-32000, "nonce too low: next nonce 100, tx nonce 99"))
    #expect(fixture.registry.exposition.contains("response_time_seconds_count{method=\"send_raw_transaction\"} 1"))
  }

  @Test("Fee history has one base fee more than blocks, and rewards by percentile")
  func feeHistory() async throws {
    let fixture = Fixture()
    fixture.chain.addBlock([(try transfer(nonce: 0), []), (try transfer(nonce: 1, kind: .legacy), [])])
    #expect(
      try await fixture.call("eth_feeHistory", "[\"0x2\",\"latest\",[0,50,100]]")
        == #"{"oldestBlock":"0x0","baseFeePerGas":["0x3e8","0x3e8","0x3e8"],"gasUsedRatio":[0.0,0.00042],"#
        + #""reward":[["0x0","0x0","0x0"],["0x1f4","0x1f4","0x1f4"]]}"#)
    #expect(
      try await fixture.call("eth_feeHistory", "[1000,\"0x0\"]")
        == #"{"oldestBlock":"0x0","baseFeePerGas":["0x3e8","0x3e8"],"gasUsedRatio":[0.0]}"#)
    #expect(try await fixture.error("eth_feeHistory", "[1,\"0x9\"]").code == -32000)
    for percentiles in ["[2,1]", "[2,2]", "[101]", "[-1]", "[\"x\"]", "5"] {
      #expect(try await fixture.error("eth_feeHistory", "[1,\"latest\",\(percentiles)]").code == -32602)
    }
  }

  @Test("The mempool says how much waits")
  func pool() async throws {
    #expect(try await Fixture().call("txpool_status") == #"{"pending":"0x0","queued":"0x2"}"#)
  }

  @Test("Every series that the dashboard asks for is there from the start")
  func metrics() {
    let text = Fixture().registry.exposition
    for method in ["call", "estimate_gas", "send_raw_transaction", "get_logs"] {
      #expect(text.contains("response_time_seconds_bucket{method=\"\(method)\",le=\"1e-07\"} 0"), "\(method)")
    }
    for kind in ["total", "true_positive", "false_positive", "negative"] {
      #expect(text.contains("get_logs_scanned_blocks_bucket{method=\"\(kind)\",le=\"100000\"} 0"), "\(kind)")
    }
  }

  @Test("A store that fails is the node's fault, counted and in the log, the same fault once a second")
  func faults() async throws {
    let fixture = Fixture()
    let start = ContinuousClock.now
    let raw = Hex.encode(try transfer(nonce: 666).transaction.envelope)
    for (method, parameters) in [
      ("eth_sendRawTransaction", "[\"\(raw)\"]"), ("eth_getTransactionCount", "[\"\(token)\",\"pending\"]"),
      ("eth_getStorageAt", "[\"\(alice)\",\"0x29a\"]"),
    ] {
      let error = try await fixture.error(method, parameters)
      #expect(error == (-32603, "disk on fire"))
    }
    #expect(fixture.registry.exposition.contains("rpc_internal_errors 3"))
    let seconds = Int((ContinuousClock.now - start) / .seconds(1))
    let lines = fixture.log.lines
    // Once, unless the machine was so slow that a second passed between the calls.
    #expect(lines.count >= 1 && lines.count <= 1 + seconds)
    #expect(lines.allSatisfy { $0 == "a call fails: disk on fire" })
  }

  @Test("What no method can do is no fault of the node")
  func unsupported() async throws {
    let fixture = Fixture()
    _ = try await fixture.error("eth_sign")
    _ = try await fixture.error("eth_sendRawTransaction", "[\"0x\"]")
    #expect(fixture.log.lines.isEmpty)
  }
}
