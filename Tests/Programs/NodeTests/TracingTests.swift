import EVMTesting
import JSON
import Primitives
import SocketTesting
import StorageTesting
import Testing
import Transactions
import ThreadTesting

/// Traces of a real node, over transactions of contracts that do a little of everything.
@Suite("Traces of a node", .serialized, .offTheCooperativePool)
struct TracingTests {
  /// Code that puts itself where it is run as a constructor.
  private static func deployment(of code: [UInt8]) -> [UInt8] {
    let copy = assemble("PUSH2:\(code.count) DUP1 12 0 CODECOPY 0 RETURN")
    return copy + [UInt8](repeating: 0x5b, count: 12 - copy.count) + code
  }

  /// A contract with its address.
  private struct Contracts {
    var child = Address.zero, reverter = Address.zero, parent = Address.zero, greedy = Address.zero
  }

  private static func deploy(_ code: [UInt8], _ wallet: inout TestWallet, _ node: TestNode) async throws -> Address {
    let receipt = try await node.receipt(
      of: try await node.send(try wallet.sign(to: nil, input: deployment(of: code), gas: 1_000_000)))
    #expect(receipt["status"]?.quantity64 == 1)
    return try #require(receipt["contractAddress"]?.address)
  }

  private static func contracts(_ wallet: inout TestWallet, _ node: TestNode) async throws -> Contracts {
    var contracts = Contracts()
    contracts.child = try await deploy(
      assemble("0 CALLDATALOAD 0 SSTORE 42 0 0 LOG1 7 0 MSTORE 32 0 RETURN"), &wallet, node)
    contracts.reverter = try await deploy(
      assemble(
        "PUSH4:0x08c379a0 224 SHL 0 MSTORE 32 4 MSTORE 2 36 MSTORE 0x6e6f 240 SHL 68 MSTORE 100 0 REVERT"),
      &wallet, node)
    contracts.greedy = try await deploy(assemble("JUMPDEST 0 JUMP"), &wallet, node)
    // Calls the child with 5 wei and the argument 9, asks SHA-256, fails in the reverter, and creates with a salt.
    contracts.parent = try await deploy(
      assemble(
        """
        9 0 MSTORE 32 0 32 0 5 \(contracts.child) GAS CALL POP 32 0 32 0 2 GAS STATICCALL POP
        0 0 0 0 \(contracts.reverter) GAS DELEGATECALL POP 7 0 0 0 CREATE2 POP STOP
        """), &wallet, node)
    return contracts
  }

  private static func trace(
    _ hash: Bytes32, _ tracer: String?, _ node: TestNode, _ configuration: String = "{}"
  ) async throws -> JSONValue {
    let options = tracer.map { "{\"tracer\":\"\($0)\",\"tracerConfig\":\(configuration)}" } ?? configuration
    return try await node.call("debug_traceTransaction", "\"\(hash)\"", options)
  }

  @Test("Every tracer tells of a transaction what its receipt and the state say, now and after a restart")
  func tracers() async throws {
    let directory = TemporaryDirectory()
    var wallet = try TestWallet.rich()
    var told: [String: ArraySlice<UInt8>] = [:]
    var hash = Bytes32.zero, number: UInt64 = 0
    var contracts = Contracts()
    let kinds = ["callTracer", "flatCallTracer", "prestateTracer", "4byteTracer", "noopTracer"]
    try await TestNode.run(in: directory) { node in
      contracts = try await Self.contracts(&wallet, node)
      hash = try await node.send(try wallet.sign(to: contracts.parent, value: 6, gas: 500_000))
      let receipt = try await node.receipt(of: hash)
      number = try #require(receipt["blockNumber"]?.quantity64)
      for kind in kinds { told[kind] = try await Self.trace(hash, kind, node).text }

      let calls = try await Self.trace(hash, "callTracer", node, "{\"withLog\":true}")
      #expect(calls["gasUsed"]?.quantity64 == receipt["gasUsed"]?.quantity64)
      #expect(calls["gas"]?.quantity64 == 500_000 && calls["value"]?.quantity64 == 6)
      let inner = try #require(calls["calls"]?.elements)
      #expect(inner.map { $0["type"]?.string } == ["CALL", "STATICCALL", "DELEGATECALL", "CREATE2"])
      #expect(inner[0]["logs"]?.elements?.first?["topics"]?.elements?.map(\.bytes32) == [Bytes32(42 as UInt256)])
      #expect(inner[0]["output"]?.bytes32 == Bytes32(7 as UInt256))
      #expect(inner[2]["error"]?.string == "execution reverted" && inner[2]["revertReason"]?.string == "no")
      let top = try await Self.trace(hash, "callTracer", node, "{\"onlyTopCall\":true}")
      #expect(top["calls"] == nil && top["gasUsed"]?.quantity64 == receipt["gasUsed"]?.quantity64)

      try await Self.check(flat: try await Self.trace(hash, "flatCallTracer", node), hash, receipt, node)
      try await Self.check(
        difference: try await Self.trace(hash, "prestateTracer", node, "{\"diffMode\":true}"), number, node)
      try await Self.check(steps: try await Self.trace(hash, nil, node), receipt, node)

      let several = try await Self.trace(hash, "muxTracer", node, "{\"callTracer\":null,\"4byteTracer\":{}}")
      #expect(several["callTracer"]?.text == told["callTracer"] && several["4byteTracer"]?.text == told["4byteTracer"])

      let block = "\"0x\(String(number, radix: 16))\""
      let traces = try await node.call("debug_traceBlockByNumber", block, "{\"tracer\":\"callTracer\"}")
      #expect(traces.elements?.map { $0["txHash"]?.bytes32 } == [hash])
      #expect(traces.elements?.first?["result"]?.text == told["callTracer"])
    }
    try await TestNode.run(in: directory) { node in
      let raw = try await node.call("debug_getRawBlock", "\"0x\(String(number, radix: 16))\"")
      let found = try await node.call(
        "debug_traceBlock", "\"\(try #require(raw.string))\"", "{\"tracer\":\"callTracer\"}")
      #expect(found.elements?.first?["result"]?.text == told["callTracer"])
      for kind in kinds { #expect(try await Self.trace(hash, kind, node).text == told[kind]) }
      // The same call on the block before does the same.
      let call = "{\"from\":\"\(wallet.address)\",\"to\":\"\(contracts.parent)\",\"value\":\"0x6\",\"gas\":\"0x7a120\"}"
      let again = try await node.call(
        "debug_traceCall", call, "\"0x\(String(number - 1, radix: 16))\"", "{\"tracer\":\"callTracer\"}")
      #expect(again.text == told["callTracer"])
    }
  }

  /// Parity's methods say what the tracer says.
  private static func check(
    flat: JSONValue, _ hash: Bytes32, _ receipt: JSONValue, _ node: TestNode
  ) async throws {
    let calls = try #require(flat.elements)
    #expect(calls.map { $0["type"]?.string } == ["call", "call", "call", "create"])
    #expect(calls.map { $0["traceAddress"]?.elements?.compactMap(\.unsignedInteger) } == [[], [0], [1], [2]])
    for call in calls {
      #expect(call["transactionHash"]?.bytes32 == hash)
      #expect(call["blockHash"]?.bytes32 == receipt["blockHash"]?.bytes32)
      #expect(call["blockNumber"]?.unsignedInteger == receipt["blockNumber"]?.quantity64)
    }
    let block = "\"0x\(String(try #require(receipt["blockNumber"]?.quantity64), radix: 16))\""
    let parity = try await node.call("trace_transaction", "\"\(hash)\"")
    #expect(parity.elements?.map { $0["error"]?.string } == [nil, nil, "Reverted", nil])
    #expect(try await node.call("trace_block", block).text == parity.text)
    #expect(
      try await node.call("trace_get", "\"\(hash)\"", "[\"0x1\"]")["error"]?.string == "Reverted")
    #expect(try await node.call("trace_get", "\"\(hash)\"", "[\"0x4\"]").isNull)
    let creator = try #require(calls[3]["action"]?["from"]?.address)
    let found = try await node.call(
      "trace_filter",
      "{\"fromBlock\":\"earliest\",\"toBlock\":\"latest\",\"fromAddress\":[\"\(creator)\"],\"after\":1,\"count\":1}")
    #expect(found.elements?.map { $0["type"]?.string } == ["call"])
    let replay = try await node.call("trace_replayBlockTransactions", block, "[\"trace\"]")
    #expect(
      replay.elements?.first?["trace"]?.elements?.map { $0["action"]?.text }
        == parity.elements?.map { $0["action"]?.text })
  }

  /// What has changed is what the state says: before in the block before, after in this one.
  private static func check(difference: JSONValue, _ number: UInt64, _ node: TestNode) async throws {
    let (before, after) = ("\"0x\(String(number - 1, radix: 16))\"", "\"0x\(String(number, radix: 16))\"")
    var accounts: Set<Address> = []
    for (side, block) in [(difference["pre"], before), (difference["post"], after)] {
      for (name, account) in try #require(side?.members) {
        accounts.insert(try #require(Address(hex: name)))
        if let balance = account["balance"]?.quantity {
          #expect(try await node.call("eth_getBalance", "\"\(name)\"", block).quantity == balance)
        }
        if let nonce = account["nonce"]?.unsignedInteger {
          #expect(try await node.call("eth_getTransactionCount", "\"\(name)\"", block).quantity64 == nonce)
        }
        if let code = account["code"]?.data {
          #expect(try await node.call("eth_getCode", "\"\(name)\"", block).data == code)
        }
        for (slot, value) in account["storage"]?.members ?? [] {
          #expect(try await node.call("eth_getStorageAt", "\"\(name)\"", "\"\(slot)\"", block).bytes32 == value.bytes32)
        }
      }
    }
    // Sender, coinbase, parent, child, and what was created.
    #expect(accounts.count == 5)
    let modified = try await node.call("debug_getModifiedAccountsByNumber", after)
    #expect(modified.elements?.compactMap(\.address) == accounts.sorted())
  }

  /// Gas is lost by what each instruction costs, and by nothing else.
  private static func check(steps trace: JSONValue, _ receipt: JSONValue, _ node: TestNode) async throws {
    #expect(trace["gas"]?.unsignedInteger == receipt["gasUsed"]?.quantity64 && trace["failed"]?.boolean == false)
    let steps = try #require(trace["structLogs"]?.elements)
    let to = try #require(receipt["to"]?.address)
    let code = try #require(try await node.call("eth_getCode", "\"\(to)\"", "\"latest\"").data)
    var last: [UInt64: (gas: UInt64, cost: UInt64, name: String)] = [:]
    var spent: UInt64 = 0
    for step in steps {
      let depth = try #require(step["depth"]?.unsignedInteger), gas = try #require(step["gas"]?.unsignedInteger)
      let cost = try #require(step["gasCost"]?.unsignedInteger), name = try #require(step["op"]?.string)
      let position = Int(try #require(step["pc"]?.unsignedInteger))
      if depth == 1 {
        #expect(position >= code.count || assemble(name.hasPrefix("PUSH") ? name + ":0" : name).first == code[position])
        // A call gives back what its callee did not use.
        if let before = last[1] {
          #expect(
            before.name.contains("CALL") || before.name.contains("CREATE")
              ? gas >= before.gas - before.cost : gas == before.gas - before.cost)
          spent += before.gas - gas
        }
      }
      last[depth] = (gas, cost, name)
    }
    // 21,000 for the transaction, and no refunds.
    #expect(spent + 21_000 == receipt["gasUsed"]?.quantity64)
  }

  @Test("A transaction that fails says how: a reason, out of gas, a creation that fails")
  func failures() async throws {
    try await TestNode.run { node in
      var wallet = try TestWallet.rich()
      let contracts = try await Self.contracts(&wallet, node)
      let cases: [(to: Address?, input: [UInt8], error: String, data: Int)] = [
        (contracts.reverter, [], "execution reverted", 100), (contracts.greedy, [], "out of gas", 0),
        (nil, [0xfe], "invalid opcode: INVALID", 0), (nil, assemble("3 0 REVERT"), "execution reverted", 3),
        (nil, assemble("0xef 0 MSTORE8 1 0 RETURN"), "invalid code: must not begin with 0xef", 0),
      ]
      for (to, input, error, count) in cases {
        let hash = try await node.send(try wallet.sign(to: to, input: input, gas: 100_000))
        let receipt = try await node.receipt(of: hash)
        #expect(receipt["status"]?.quantity64 == 0)
        let trace = try await Self.trace(hash, "callTracer", node)
        #expect(trace["error"]?.string == error)
        #expect(trace["gasUsed"]?.quantity64 == receipt["gasUsed"]?.quantity64)
        #expect((trace["to"] == nil) == (to == nil))
        #expect(try await node.call("ots_getTransactionError", "\"\(hash)\"").data?.count == count)
        let steps = try await Self.trace(hash, nil, node, "{\"limit\":3}")
        #expect(steps["failed"]?.boolean == true && (steps["structLogs"]?.elements?.count ?? 9) <= 3)
      }
    }
  }

  @Test("A trace of many instructions comes in chunks, whole, and with the same steps as a short one")
  func long() async throws {
    try await TestNode.run { node in
      var wallet = try TestWallet.rich()
      let contracts = try await Self.contracts(&wallet, node)
      let hash = try await node.send(try wallet.sign(to: contracts.greedy, gas: 300_000))
      let receipt = try await node.receipt(of: hash)
      let client = try RawSocket(port: node.rpcPort, timeout: 60)
      try client.post(#"{"jsonrpc":"2.0","id":1,"method":"debug_traceTransaction","params":["\#(hash)"]}"#)
      let response = try client.readResponse()
      #expect(response.headers["transfer-encoding"] == "chunked")
      let trace = try #require(try JSONValue(parsing: Array(response.body.utf8))["result"])
      #expect(trace["gas"]?.unsignedInteger == receipt["gasUsed"]?.quantity64 && trace["failed"]?.boolean == true)
      let steps = try #require(trace["structLogs"]?.elements(atMost: .max))
      #expect(steps.count > 20_000 && steps.last?["error"]?.string == "out of gas")
      let short = try await Self.trace(hash, nil, node, "{\"limit\":9}")
      #expect(short["structLogs"]?.elements?.map { Array($0.text) } == steps.prefix(9).map { Array($0.text) })
      // One after the other, the block has the same.
      let block = "\"0x\(String(try #require(receipt["blockNumber"]?.quantity64), radix: 16))\""
      let all = try await node.call("debug_traceBlockByNumber", block)
      #expect(all.elements?.first?["result"]?.text == trace.text)
    }
  }

  @Test("What L1 requests has traces, and a block of many transactions gives each the same whoever asks how")
  func requestsAndMany() async throws {
    try await TestNode.run(["SEQUENCER_BLOCK_TIME": "100ms"]) { node in
      let first = try await node.call("debug_traceBlockByNumber", "\"0x1\"", "{\"tracer\":\"callTracer\"}")
      let deposit = try #require(first.elements?.first)
      let receipt = try await node.call("eth_getTransactionReceipt", "\"\(try #require(deposit["txHash"]?.bytes32))\"")
      #expect(deposit["result"]?["gasUsed"]?.quantity64 == receipt["gasUsed"]?.quantity64)
      let changes = try await node.call(
        "debug_traceBlockByNumber", "\"0x1\"", "{\"tracer\":\"prestateTracer\",\"tracerConfig\":{\"diffMode\":true}}")
      #expect(changes.elements?.first?["result"]?["post"]?.members?.isEmpty == false)

      var wallet = try TestWallet.rich()
      var hashes: [Bytes32] = []
      for value in 1...40 as ClosedRange<UInt64> {
        hashes.append(try await node.send(try wallet.sign(to: Address(0xB0B), value: UInt256(value))))
      }
      var blocks: [UInt64: [Bytes32]] = [:]
      for hash in hashes {
        blocks[try #require(try await node.receipt(of: hash)["blockNumber"]?.quantity64), default: []].append(hash)
      }
      for (number, hashes) in blocks {
        let traces = try await node.call(
          "debug_traceBlockByNumber", "\"0x\(String(number, radix: 16))\"", "{\"tracer\":\"prestateTracer\"}")
        let all = try #require(traces.elements)
        #expect(all.map { $0["txHash"]?.bytes32 } == hashes)
        // In order, and against it.
        for index in Array(all.indices) + all.indices.reversed() {
          let one = try await Self.trace(hashes[index], "prestateTracer", node)
          #expect(one.text == all[index]["result"]?.text)
        }
      }
    }
  }

  @Test("Otterscan finds its way: blocks, pages, an address, who created a contract")
  func otterscan() async throws {
    try await TestNode.run { node in
      var wallet = try TestWallet.rich()
      let contracts = try await Self.contracts(&wallet, node)
      let hash = try await node.send(try wallet.sign(to: contracts.parent, value: 6, gas: 500_000))
      let receipt = try await node.receipt(of: hash)
      let number = try #require(receipt["blockNumber"]?.quantity64), block = "\"0x\(String(number, radix: 16))\""

      #expect(try await node.call("ots_getApiLevel").unsignedInteger == 8)
      #expect(try await node.call("ots_hasCode", "\"\(contracts.child)\"", "\"latest\"").boolean == true)
      #expect(try await node.call("ots_hasCode", "\"\(contracts.child)\"", "\"0x1\"").boolean == false)
      let operations = try await node.call("ots_getInternalOperations", "\"\(hash)\"").elements
      #expect(operations?.map { $0["type"]?.unsignedInteger } == [0, 3])
      #expect(operations?.first?["value"]?.quantity64 == 5 && operations?.first?["to"]?.address == contracts.child)
      let calls = try await node.call("ots_traceTransaction", "\"\(hash)\"").elements
      #expect(calls?.map { $0["type"]?.string } == ["CALL", "CALL", "DELEGATECALL", "CREATE2"])
      #expect(calls?.map { $0["depth"]?.unsignedInteger } == [0, 1, 1, 1])
      #expect(calls?[2]["value"]?.isNull == true)
      #expect(try await node.call("ots_getTransactionError", "\"\(hash)\"").data == [])

      let details = try await node.call("ots_getBlockDetails", block)
      #expect(details["block"]?["transactionCount"]?.unsignedInteger == 1)
      #expect(details["block"]?["transactions"] == nil && details["block"]?["logsBloom"]?.isNull == true)
      let price = try #require(receipt["effectiveGasPrice"]?.quantity),
        used = try #require(receipt["gasUsed"]?.quantity)
      #expect(details["totalFees"]?.quantity == price &* used)
      let page = try await node.call("ots_getBlockTransactions", block, "0", "25")
      #expect(page["fullblock"]?["transactions"]?.elements?.map { $0["hash"]?.bytes32 } == [hash])
      #expect(page["receipts"]?.elements?.map { $0["logs"]?.isNull } == [true])
      #expect(try await node.call("ots_getBlockTransactions", block, "1", "25")["receipts"]?.elements?.isEmpty == true)

      let creator = try await node.call("ots_getContractCreator", "\"\(contracts.parent)\"")
      #expect(creator["creator"]?.address == wallet.address)
      let own = try await node.call("ots_searchTransactionsBefore", "\"\(contracts.parent)\"", "0", "25")
      #expect(own["txs"]?.elements?.map { $0["hash"]?.bytes32 } == [hash, creator["hash"]?.bytes32])
      #expect(own["firstPage"]?.boolean == true && own["lastPage"]?.boolean == true)
      let newer = try await node.call("ots_searchTransactionsAfter", "\"\(contracts.parent)\"", "0", "1")
      #expect(newer["txs"]?.elements?.map { $0["hash"]?.bytes32 } == [creator["hash"]?.bytes32])
      #expect(newer["firstPage"]?.boolean == false && newer["lastPage"]?.boolean == true)
      #expect(
        try await node.call("ots_getTransactionBySenderAndNonce", "\"\(wallet.address)\"", "4").bytes32 == hash)
      let modules = try await node.call("rpc_modules").members?.map(\.name)
      #expect(
        modules?.contains("debug") == true && modules?.contains("ots") == true && modules?.contains("zks") == true)
    }
  }
}
