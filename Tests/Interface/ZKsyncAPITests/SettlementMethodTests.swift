import Batches
import Cryptography
import EthereumAPI
import JSON
import Primitives
import Testing
import Transactions
import ZKsyncAPI
import ZKsyncOS

@Suite("What clients ask about settlement")
struct SettlementMethodTests {
  private static let messages = [
    [
      L2ToL1Log(
        transactionNumber: 0, sender: Address(0x8001), key: TestSettlement.request.hash, value: Bytes32(UInt256.one))
    ],
    [TestSettlement.message(1, [1]), TestSettlement.message(1, [2])], [], [TestSettlement.message(3, [1])],
  ]

  private static func settled() -> TestSettlement {
    var state = TestSettlement.State()
    state.l1ChainID = 9
    state.contracts = SettlementContracts(bridgehub: Address(1), chain: Address(2), sharedBridge: Address(3))
    state.l1GasPrice = 12
    state.madeBatch = 4
    state.executedBatch = 4
    state.safeBlock = 3
    state.finalizedBlock = 2
    let reference = SettlementReference(transaction: topic(77), block: 5, timestamp: 1_700_000_000)
    state.batches[4] = BatchSettlement(committed: reference, proved: reference, executed: reference)
    return TestSettlement(state, messages: messages)
  }

  private func null(_ fixture: Fixture, _ method: String, _ parameters: String = "[]") async throws {
    #expect(try await fixture.result(method, parameters).isNull, "\(method)")
  }

  @Test("Without L1 nothing is invented")
  func absence() async throws {
    let settlement = TestSettlement(messages: Self.messages), fixture = try Fixture(settlement: settlement)
    for method in ["zks_L1ChainId", "zks_getBridgehubContract", "zks_getMainContract"] {
      try await null(fixture, method)
    }
    let bridges = try await fixture.result("zks_getBridgeContracts")
    #expect(bridges.members?.count == 7)
    #expect(bridges.members?.allSatisfy { $0.value.address == .zero } == true)
    #expect(try await fixture.error("zks_getL1GasPrice").message == "there is no L1, or it has not answered yet")
    #expect(try await fixture.result("zks_L1BatchNumber").quantity64 == 0)
    try await null(fixture, "zks_getL1BatchBlockRange", "[1]")
    try await null(fixture, "zks_getL1BatchDetails", "[1]")
    try await null(fixture, "zks_getL2ToL1LogProof", "[\"\(settlement.transactions[1].hash)\",0]")
    for tag in ["safe", "finalized"] {
      #expect(
        try await fixture.error("eth_getBlockByNumber", "[\"\(tag)\",false]").message == "\(tag) block not found")
    }
    #expect(try await fixture.result("eth_getBalance", "[\"\(token)\",\"committed\"]").quantity64 == 0)
    let receipt = try await fixture.result("eth_getTransactionReceipt", "[\"\(settlement.transactions[1].hash)\"]")
    #expect(receipt["l1BatchNumber"]?.isNull == true && receipt["l1BatchTxIndex"]?.isNull == true)
    #expect(receipt["l2ToL1Logs"]?.elements?.count == 2)
    let details = try await fixture.result("zks_getBlockDetails", "[4]")
    #expect(details["status"]?.string == "sealed" && details["commitTxHash"]?.isNull == true)
  }

  @Test("Contracts, tags and prices")
  func facts() async throws {
    let fixture = try Fixture(settlement: Self.settled())
    #expect(try await fixture.result("zks_L1ChainId").string == "0x9")
    #expect(try await fixture.result("zks_getBridgehubContract").address == Address(1))
    #expect(try await fixture.result("zks_getMainContract").address == Address(2))
    let bridges = try await fixture.result("zks_getBridgeContracts")
    #expect(bridges["l1SharedDefaultBridge"]?.address == Address(3))
    #expect(bridges["l2SharedDefaultBridge"]?.address == .zero)
    #expect(try await fixture.result("zks_getL1GasPrice").string == "0xc")
    #expect(try await fixture.result("zks_getBaseTokenL1Address").address == Address(1))
    #expect(try await fixture.result("zks_getConfirmedTokens", "[0,100]").elements?.isEmpty == true)
    let balances = try await fixture.result("zks_getAllAccountBalances", "[\"\(token)\"]")
    #expect(balances.members?.map(\.name) == ["0x000000000000000000000000000000000000800a"])
    for (tag, number) in [("safe", 3), ("finalized", 2), ("l1_committed", 3), ("committed", 4)] as [(String, UInt64)] {
      #expect(
        try await fixture.result("eth_getBlockByNumber", "[\"\(tag)\",false]")["number"]?.quantity64 == number, "\(tag)"
      )
    }
    #expect(try await fixture.result("zks_getFeeParams")["V2"]?["config"]?.members?.count == 6)
    #expect(try await fixture.result("zks_getBatchFeeInput")["fair_l2_gas_price"]?.unsignedInteger == 1_000)
    #expect(try await fixture.result("zks_getProtocolVersion")["minorVersion"]?.unsignedInteger == 28)
    try await null(fixture, "zks_getProtocolVersion", "[27]")
    try await null(fixture, "zks_getBytecodeSupplierContract")
    let genesis = try await fixture.result("zks_getGenesis")
    #expect(genesis["initial_contracts"]?.elements?.isEmpty == true)
    #expect(genesis["genesis_root"]?.bytes32 == (try fixture.tree.commitment(at: 0).root))
    let metadata = try await fixture.result("zks_getBlockMetadataByNumber", "[2]")
    #expect(metadata.members?.map(\.name) == ["pubdata_price_per_byte", "native_price", "execution_version"])
    #expect(metadata["native_price"]?.string == "0x1" && metadata["execution_version"]?.unsignedInteger == 5)
    try await null(fixture, "zks_getBlockMetadataByNumber", "[99]")
  }

  @Test("Receipts have the messages to L1 with their places, and what belongs to a batch says so")
  func extras() async throws {
    let settlement = Self.settled(), fixture = try Fixture(settlement: settlement)
    let receipts = try await fixture.result("eth_getBlockReceipts", "[\"0x4\"]").elements ?? []
    #expect(receipts.count == 4)
    var leaf: UInt64 = 0
    for (index, receipt) in receipts.enumerated() {
      #expect(receipt["l1BatchNumber"]?.quantity64 == 4)
      #expect(receipt["l1BatchTxIndex"]?.quantity64 == UInt64(index))
      #expect(receipt["logs"]?.elements?.first?["l1BatchNumber"]?.quantity64 == 4)
      let logs = receipt["l2ToL1Logs"]?.elements ?? []
      #expect(logs.count == Self.messages[index].count)
      for (offset, log) in logs.enumerated() {
        #expect(
          log.members?.map(\.name) == [
            "blockHash", "blockNumber", "blockTimestamp", "l1BatchNumber", "transactionHash", "transactionIndex",
            "txIndexInL1Batch", "logIndex", "transactionLogIndex", "shardId", "isService", "sender", "key", "value",
          ])
        let message = Self.messages[index][offset]
        #expect(log["logIndex"]?.quantity64 == leaf && log["transactionLogIndex"]?.quantity64 == UInt64(offset))
        #expect(log["sender"]?.address == message.sender && log["key"]?.bytes32 == message.key)
        #expect(log["value"]?.bytes32 == message.value && log["shardId"]?.string == "0x0")
        #expect(log["txIndexInL1Batch"]?.quantity64 == UInt64(message.transactionNumber))
        leaf += 1
      }
      let hash = settlement.transactions[index].hash
      let single = try await fixture.result("eth_getTransactionReceipt", "[\"\(hash)\"]")
      #expect(Array(single.text) == Array(receipt.text))
      let transaction = try await fixture.result("eth_getTransactionByHash", "[\"\(hash)\"]")
      #expect(transaction["l1BatchNumber"]?.quantity64 == 4)
      #expect(transaction["l1BatchTxIndex"]?.quantity64 == UInt64(index))
    }
    let block = try await fixture.result("eth_getBlockByNumber", "[\"latest\",true]")
    #expect(block["l1BatchNumber"]?.quantity64 == 4 && block["l1BatchTimestamp"]?.quantity64 == 1_004)
    #expect(block["transactions"]?.elements?.first?["l1BatchNumber"]?.quantity64 == 4)
  }

  @Test("Proofs lead from each message to the root of the batch, and come only once it is executed")
  func proofs() async throws {
    let settlement = Self.settled(), fixture = try Fixture(settlement: settlement)
    let logs = Self.messages.flatMap { $0 }
    let root = L2ToL1LogTree(logs).root
    var leaf = 0
    for (index, messages) in Self.messages.enumerated() {
      let hash = settlement.transactions[index].hash
      for (offset, message) in messages.enumerated() {
        let answer = try await fixture.result("zks_getL2ToL1LogProof", "[\"\(hash)\",\(offset)]")
        #expect(answer["id"]?.unsignedInteger == UInt64(leaf) && answer["batchNumber"]?.unsignedInteger == 4)
        #expect(answer["root"]?.bytes32 == root && answer["gatewayBlockNumber"]?.isNull == true)
        let words = (answer["proof"]?.elements ?? []).compactMap(\.bytes32)
        #expect(words.count == 16)
        var node = Keccak256.hash(message.encoded)
        for (level, sibling) in words.dropFirst().enumerated() {
          node = leaf >> level & 1 == 0 ? Keccak256.hash(node, sibling) : Keccak256.hash(sibling, node)
        }
        #expect(node == root)
        leaf += 1
      }
      let beyond = try await fixture.error("zks_getL2ToL1LogProof", "[\"\(hash)\",\(messages.count)]")
      #expect(beyond.message == "the transaction has no log to L1 with index \(messages.count)")
    }
    let hash = settlement.transactions[1].hash
    #expect(
      try await fixture.result("zks_getL2ToL1LogProof", "[\"\(hash)\",\"0x1\",\"l1BatchRoot\"]")["id"]?.unsignedInteger
        == 2)
    #expect(try await fixture.error("zks_getL2ToL1LogProof", "[\"\(hash)\",0,\"messageRoot\"]").code == -32_000)
    #expect(try await fixture.error("zks_getL2ToL1LogProof", "[\"\(hash)\",0,\"other\"]").code == -32_602)
    try await null(fixture, "zks_getL2ToL1LogProof", "[\"\(topic(5))\",0]")

    // The same message was sent twice in the block.
    let sent = "4,\"\(Address(0x77))\",\"\(Keccak256.hash([1]))\""
    #expect(try await fixture.result("zks_getL2ToL1MsgProof", "[\(sent)]")["id"]?.unsignedInteger == 1)
    #expect(try await fixture.result("zks_getL2ToL1MsgProof", "[\(sent),1]")["id"]?.unsignedInteger == 3)
    try await null(fixture, "zks_getL2ToL1MsgProof", "[\(sent),2]")

    settlement.set { $0.executedBatch = 3 }
    try await null(fixture, "zks_getL2ToL1LogProof", "[\"\(hash)\",0]")
    try await null(fixture, "zks_getL2ToL1MsgProof", "[\(sent)]")
  }

  @Test("Batches, blocks and transactions tell which transactions of L1 settled them")
  func details() async throws {
    let settlement = Self.settled(), fixture = try Fixture(treeSeemsComplete: false, settlement: settlement)
    #expect(try await fixture.result("zks_L1BatchNumber").quantity64 == 4)
    let range = try await fixture.result("zks_getL1BatchBlockRange", "[4]")
    #expect(range.elements?.map { $0.string } == ["0x4", "0x4"])
    let batch = try await fixture.result("zks_getL1BatchDetails", "[4]")
    let block = try await fixture.result("zks_getBlockDetails", "[4]")
    for details in [batch, block] {
      #expect(details["number"]?.unsignedInteger == 4 && details["timestamp"]?.unsignedInteger == 1_004)
      #expect(details["l1TxCount"]?.unsignedInteger == 1 && details["l2TxCount"]?.unsignedInteger == 3)
      #expect(details["status"]?.string == "verified")
      for stage in ["commit", "prove", "execute"] {
        #expect(details["commitTxHash"]?.bytes32 == topic(77), "\(stage)")
      }
      #expect(details["committedAt"]?.string == "2023-11-14T22:13:20.000000Z")
      #expect(details["executeChainId"]?.unsignedInteger == 9)
      #expect(details["baseSystemContractsHashes"]?["bootloader"]?.bytes32 == .zero)
    }
    #expect(block["l1BatchNumber"]?.unsignedInteger == 4 && block["protocolVersion"]?.string == "Version28")
    // The tree has not reached it.
    #expect(batch["rootHash"]?.isNull == true)
    #expect(
      try await fixture.result("zks_getL1BatchDetails", "[2]")["rootHash"]?.bytes32
        == fixture.tree.commitment(at: 2).root)
    try await null(fixture, "zks_getBlockDetails", "[5]")
    try await null(fixture, "zks_getL1BatchDetails", "[5]")

    let request = try await fixture.result("zks_getTransactionDetails", "[\"\(settlement.transactions[0].hash)\"]")
    #expect(request["isL1Originated"]?.boolean == true && request["gasPerPubdata"]?.string == "0x320")
    #expect(request["status"]?.string == "verified" && request["initiatorAddress"]?.address == Address(5))
    settlement.set { $0.executedBatch = 0 }
    let transfer = try await fixture.result("zks_getTransactionDetails", "[\"\(settlement.transactions[1].hash)\"]")
    #expect(transfer["isL1Originated"]?.boolean == false && transfer["status"]?.string == "included")
    #expect(transfer["fee"]?.quantity64 == 21_000_000 && transfer["gasPerPubdata"]?.string == "0xc350")
    #expect(transfer["ethExecuteTxHash"]?.bytes32 == topic(77))
    try await null(fixture, "zks_getTransactionDetails", "[\"\(topic(5))\"]")
  }

  @Test("Fees are estimated whatever the request says of them, with unknown and null fields")
  func fees() async throws {
    let fixture = try Fixture(settlement: Self.settled())
    let call =
      "{\"chain_id\":null,\"nonce\":null,\"from\":\"\(token)\",\"to\":\"\(token)\",\"value\":\"0x0\",\"gas\":\"0x0\","
      + "\"gasPrice\":\"0x0\",\"maxFeePerGas\":\"0x0\",\"data\":\"0x\",\"transactionType\":\"0x71\","
      + "\"eip712Meta\":{\"gasPerPubdata\":\"0x320\",\"customSignature\":null,\"factoryDeps\":null}}"
    let fee = try await fixture.result("zks_estimateFee", "[\(call)]")
    #expect(
      fee.members?.map(\.name) == [
        "gas_limit", "max_fee_per_gas", "max_priority_fee_per_gas", "gas_per_pubdata_limit",
      ])
    #expect(try #require(fee["gas_limit"]?.quantity64) >= 21_000)
    #expect(fee["max_fee_per_gas"]?.quantity64 == 2_000 && fee["gas_per_pubdata_limit"]?.string == "0xc350")
    // The least that the contracts of L1 take: an account without ether may ask, as L1 brings it.
    let request = call.replacing("\"value\":\"0x0\"", with: "\"value\":\"0xde0b6b3a7640000\"")
    #expect(try await fixture.result("zks_estimateGasL1ToL2", "[\(request)]").quantity64 == 253_884)
    #expect(try await fixture.error("zks_estimateGasL1ToL2", "[7]").code == -32_602)
    #expect(
      try await fixture.error("zks_estimateGasL1ToL2", "[{\"eip712Meta\":{\"gasPerPubdata\":\"0xffffffffff\"}}]").code
        == -32_602)
  }
}
