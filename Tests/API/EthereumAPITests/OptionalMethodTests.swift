// Methods over ports that only some chains have.

import Cryptography
import EthereumAPI
import JSON
import Primitives
import Testing
import Tracers
import Transactions

@Suite("Methods that only some chains have")
struct OptionalMethodTests {
  let fixture = Fixture(ports: { .all($0) })

  init() { for _ in 0..<2 { fixture.chain.addBlock() } }

  @Test("A chain without the ports answers that they are not there, or has no such method")
  func absent() async throws {
    let plain = Fixture()
    for (method, parameters) in [
      ("eth_getProof", "[\"\(alice)\",[]]"), ("eth_createAccessList", "[{}]"), ("eth_simulateV1", "[{}]"),
      ("eth_callMany", "[[]]"),
    ] { #expect(try await plain.error(method, parameters).code == -32_603) }
    for method in [
      "debug_traceTransaction", "debug_traceCall", "debug_traceBlockByNumber", "debug_traceBlockByHash",
      "trace_block", "ots_getApiLevel", "debug_traceCallMany", "txpool_content", "txpool_contentFrom", "txpool_inspect",
    ] { #expect(try await plain.error(method).code == -32_601) }
    #expect(try await plain.call("eth_maxPriorityFeePerGas") == "\"0x0\"")
    #expect(try await plain.call("eth_blobBaseFee") == "\"0x1\"")
    #expect(try await plain.call("eth_gasPrice") == "\"0x3e8\"")
    let history = try await plain.result("eth_feeHistory", "[1,\"latest\",[]]")
    #expect(history["baseFeePerBlobGas"] == nil)
    #expect(try await plain.result("eth_getBlockByNumber", "[\"pending\"]")["hash"]?.bytes32 == plain.chain.head.hash)
  }

  // MARK: Proofs

  @Test("A proof names its slots as the client did")
  func proof() async throws {
    let whole = topic(0xab)
    let proof = try await fixture.call("eth_getProof", "[\"\(token)\",[\"0x0\",\"0x00ab\",\"\(whole)\"],\"latest\"]")
    #expect(
      proof
        == #"{"address":"\#(token)","accountProof":["0x01","0x0203"],"balance":"0x7","codeHash":"\#(topic(1))","nonce":"0x2","#
        + #""storageHash":"\#(topic(2))","storageProof":[{"key":"0x0","value":"0x0","proof":["0x04"]},"#
        + #"{"key":"0xab","value":"0xab","proof":["0x04"]},{"key":"\#(whole)","value":"0xab","proof":["0x04"]}]}"#)
    #expect(try await fixture.result("eth_getProof", "[\"\(token)\",[],\"pending\"]")["nonce"]?.quantity64 == 3)
  }

  @Test("Proofs that cannot be had")
  func badProofs() async throws {
    #expect(
      try await fixture.error("eth_getProof", "[\"\(token)\",[],\"0x1\"]")
        == (-32_000, "state for block 1 is not available"))
    #expect(try await fixture.error("eth_getProof", "[\"\(token)\",[],\"0x9\"]") == (-32_000, "block not found"))
    for keys in ["\"0x1\"", "[1]", "[\"0x\(String(repeating: "1", count: 65))\"]"] {
      #expect(try await fixture.error("eth_getProof", "[\"\(token)\",\(keys)]").code == -32_602)
    }
    let many = (0..<1_025).map { _ in "\"0x1\"" }.joined(separator: ",")
    #expect(
      try await fixture.error("eth_getProof", "[\"\(token)\",[\(many)]]")
        == (-32_602, "invalid argument 1: too many slots (max 1024)"))
  }

  // MARK: Access lists

  @Test("An access list grows until declaring it changes nothing, without sender and recipient")
  func accessList() async throws {
    let list = try await fixture.result("eth_createAccessList", "[{\"to\":\"\(alice)\",\"input\":\"0x03\"}]")
    #expect(
      String(decoding: list.text, as: UTF8.self)
        == #"{"accessList":[{"address":"\#(token)","storageKeys":["\#(topic(0))","\#(topic(1))","\#(topic(2))"]}],"#
        + #""gasUsed":"0x684c"}"#)
    // Slots of the recipient are declared, and with them the recipient.
    let own = try await fixture.result("eth_createAccessList", "[{\"to\":\"\(token)\",\"input\":\"0x01\"}]")
    #expect(own["accessList"]?.elements?.count == 1)
    // The new contract counts as recipient.
    #expect(try await fixture.result("eth_createAccessList", "[{}]")["accessList"]?.elements?.isEmpty == true)
    // What the client declares stays declared.
    let given = "[{\"address\":\"\(Address(0x77))\",\"storageKeys\":[]}]"
    let kept = try await fixture.result("eth_createAccessList", "[{\"to\":\"\(alice)\",\"accessList\":\(given)}]")
    #expect(kept["accessList"]?.elements?.first?["address"]?.address == Address(0x77))
  }

  @Test("The access list of a call that fails comes with its failure, and none where the call is given up")
  func failingCalls() async throws {
    let reverted = try await fixture.result("eth_createAccessList", "[{\"input\":\"0x09\"}]")
    #expect(reverted["error"]?.string == "execution reverted")
    #expect(reverted["accessList"]?.elements?.first?["storageKeys"]?.elements?.count == 9)
    #expect(
      try await fixture.result("eth_createAccessList", "[{\"input\":\"0x08\"}]")["error"]?.string == "out of gas")
    #expect(
      try await fixture.error("eth_createAccessList", "[{\"input\":\"0xcc\"}]") == (-32_002, "request timed out"))
  }

  // MARK: Traces

  @Test("Traces of a transaction by each tracer")
  func traces() async throws {
    let transactions = try [transfer(nonce: 0), transfer(nonce: 1)]
    fixture.chain.addBlock(transactions.map { ($0, []) })
    func trace(_ options: String) async throws -> String? {
      let hash = transactions[1].hash
      return try await fixture.result("debug_traceTransaction", "[\"\(hash)\"\(options)]")["kind"]?.string
    }
    let steps = try await trace(
      ",{\"disableStack\":true,\"disableStorage\":true,\"enableReturnData\":true,\"limit\":5,\"timeout\":\"5s\",\"reexec\":9}"
    )
    var expected = StructLogger.Options()
    (expected.disableStack, expected.disableStorage, expected.enableReturnData, expected.limit) = (true, true, true, 5)
    func text(_ kind: TraceKind) -> String {
      "\(kind)".replacing("Tracers.", with: "").replacing("\"", with: "'")
    }
    #expect(steps == text(.structLogs(expected)))
    #expect(try await trace("") == text(.structLogs(.init())))
    for (options, kind) in [
      ("\"callTracer\",\"tracerConfig\":{\"withLog\":true}", TraceKind.calls(.init(withLog: true))),
      (
        "\"flatCallTracer\",\"tracerConfig\":{\"convertParityErrors\":true,\"includePrecompiles\":false}",
        .flatCalls(.init(convertParityErrors: true))
      ),
      (
        "\"prestateTracer\",\"tracerConfig\":{\"diffMode\":true,\"disableCode\":true,\"disableStorage\":true}",
        .prestate(.init(diffMode: true, disableCode: true, disableStorage: true))
      ),
      ("\"4byteTracer\"", .fourByte), ("\"noopTracer\",\"tracerConfig\":null", .nothing),
      (
        "\"muxTracer\",\"tracerConfig\":{\"callTracer\":{\"onlyTopCall\":true},\"4byteTracer\":null}",
        .several([.calls(.init(onlyTopCall: true)), .fourByte])
      ),
    ] { #expect(try await trace(",{\"tracer\":\(options)}") == text(kind)) }
    // As clients of older versions ask, and with what other nodes have.
    #expect(
      try await trace(",{\"disableMemory\":true,\"disableReturnData\":true,\"debug\":false,\"stepsTracing\":true}")
        == text(.structLogs(.init())))
    let place = try await fixture.result("debug_traceTransaction", "[\"\(transactions[1].hash)\"]")["of"]?.string
    #expect(place == "3/1")
  }

  @Test("Traces of all transactions of a block, and of a call")
  func blockTraces() async throws {
    let transactions = try [transfer(nonce: 0), transfer(nonce: 1)]
    fixture.chain.addBlock(transactions.map { ($0, []) })
    let options = "{\"tracer\":\"callTracer\",\"tracerConfig\":{\"onlyTopCall\":true,\"withLog\":true}}"
    let expected =
      "["
      + transactions.enumerated().map { #"{"txHash":"\#($1.hash)","result":{"of":"3/\#($0)"}}"# }.joined(separator: ",")
      + "]"
    #expect(try await fixture.call("debug_traceBlockByNumber", "[\"0x3\",\(options)]") == expected)
    let hash = fixture.chain.head.hash
    #expect(try await fixture.call("debug_traceBlockByHash", "[\"\(hash)\",\(options)]") == expected)
    #expect(try await fixture.call("debug_traceBlockByNumber", "[\"0x2\"]") == "[]")
    let call = try await fixture.result(
      "debug_traceCall", "[{\"gas\":\"0x5208\"},\"0x2\",{\"stateOverrides\":{\"\(alice)\":{\"balance\":\"0x1\"}}}]")
    #expect(call["of"]?.string == "21000 after 2, 1 accounts")
    // Named gas is used up to that of a block.
    let capped = try await fixture.result("debug_traceCall", "[{\"gas\":\"0xffffffff\"},\"pending\"]")
    #expect(capped["of"]?.string == "100000000 after 4, 0 accounts")
  }

  @Test("Traces that cannot be had say why")
  func badTraces() async throws {
    let transaction = try transfer(nonce: 0)
    for _ in 3...4 { fixture.chain.addBlock() }
    fixture.chain.addBlock([(transaction, [])])
    fixture.chain.addBlock(try (1...9).map { (try transfer(nonce: $0), []) })
    func check(_ method: String, _ parameters: String, _ code: Int64, _ message: String) async throws {
      let error = try await fixture.error(method, parameters)
      #expect(error.code == code)
      #expect(error.message.contains(message))
    }
    try await check("debug_traceTransaction", "[\"\(topic(9))\"]", -32_000, "transaction not found")
    try await check(
      "debug_traceTransaction", "[\"\(transaction.hash)\"]", -32_000, "state for block 4 is not available")
    try await check("debug_traceBlockByNumber", "[\"0x0\"]", -32_000, "genesis is not traceable")
    try await check("debug_traceBlockByNumber", "[\"0x99\"]", -32_000, "block not found")
    try await check("debug_traceBlockByHash", "[\"\(topic(9))\"]", -32_000, "block not found")
    for (options, message) in [
      ("{\"tracer\":\"jsTracer\"}", "there is no tracer jsTracer"),
      ("{\"tracer\":\"{data: [], fault: function(log) {}}\"}", "there are callTracer, flatCallTracer, prestateTracer"),
      ("{\"tracer\":\"muxTracer\",\"tracerConfig\":{\"muxTracer\":{}}}", "muxTracer cannot hold itself"),
      ("{\"tracer\":\"callTracer\",\"tracerConfig\":{\"withLog\":1}}", "expected a boolean"),
      ("{\"tracer\":\"callTracer\",\"tracerConfig\":1}", "expected tracer options"), ("[]", "expected trace options"),
      ("{\"disableStack\":1}", "expected a boolean"),
    ] { try await check("debug_traceBlockByNumber", "[\"latest\",\(options)]", -32_602, message) }
    try await check("debug_traceCall", "[{\"input\":\"0xbb\"}]", -32_000, "insufficient funds for transfer")
    try await check("debug_traceCall", "[{\"input\":\"0xaa\"}]", -32_603, "machine broke")
    try await check("debug_traceCall", "[{\"input\":\"0xcc\"}]", -32_002, "request timed out")
    let tooLarge = "the trace has more than 33554432 bytes: leave stack, memory and storage out"
    try await check("debug_traceCall", "[{},\"latest\",{\"enableMemory\":true}]", -32_000, tooLarge)
  }

  @Test("A trace that is looked at whole has a bound")
  func traceBound() async throws {
    let fixture = Fixture(ports: { .all($0) }) { $0.maxTraceBytes = 40 }
    fixture.chain.addBlock([(try transfer(nonce: 0), [])])
    fixture.chain.addBlock(try (1...9).map { (try transfer(nonce: $0), []) })
    let options = "{\"tracer\":\"callTracer\",\"tracerConfig\":{\"onlyTopCall\":true,\"withLog\":true}}"
    #expect(try await fixture.result("debug_traceBlockByNumber", "[\"0x2\",\(options)]").elements?.count == 9)
    let error = try await fixture.error("trace_block", "[\"0x2\"]")
    #expect(error.message.hasPrefix("the trace has more than 40 bytes"))
  }

  // MARK: Fees

  @Test(
    "A tip that is suggested is in the gas price too; blob fees and how full blocks were of blobs are in the history")
  func fees() async throws {
    let fixture = Fixture(ports: { .all($0) }) { $0.suggestedTip = 1_000_000_000 }
    #expect(try await fixture.call("eth_maxPriorityFeePerGas") == "\"0x3b9aca00\"")
    #expect(try await fixture.call("eth_gasPrice") == "\"0x3b9acde8\"")
    #expect(try await fixture.call("eth_blobBaseFee") == "\"0x5\"")
    fixture.chain.addBlock {
      $0.excessBlobGas = 3
      $0.blobGasUsed = 1 << 19
    }
    let history = try await fixture.result("eth_feeHistory", "[2,\"latest\",[]]")
    #expect(history["baseFeePerBlobGas"]?.elements?.map(\.quantity64) == [0, 3, 5])
    #expect(history["blobGasUsedRatio"]?.elements?.map(\.double) == [0, 0.5])
    let older = try await fixture.result("eth_feeHistory", "[1,\"0x0\",[]]")
    #expect(older["baseFeePerBlobGas"]?.elements?.map(\.quantity64) == [0, 3])
  }

  @Test("Where no calldata floor applies, an estimate may be lower")
  func calldataFloor() async throws {
    // 21,000 gas is what the machine needs.
    let request = "[{\"input\":\"0x00\(String(repeating: "ff", count: 100))\"}]"
    #expect(try await fixture.call("eth_estimateGas", request) == "\"0x61b2\"")
    let cancun = Fixture { $0.hasCalldataFloor = false }
    #expect(try await cancun.call("eth_estimateGas", request) == "\"0x5208\"")
  }

  @Test("Calls carry authorizations only where the chain knows them")
  func authorizations() async throws {
    let authorization =
      "{\"chainId\":\"0x1\",\"address\":\"\(token)\",\"nonce\":\"0x0\",\"yParity\":\"0x1\",\"r\":\"0x2\",\"s\":\"0x3\"}"
    let request = "[{\"input\":\"0x0b\",\"authorizationList\":[\(authorization)]}]"
    #expect(try await fixture.error("eth_call", request) == (-32_000, "EIP-7702 transactions are not supported"))
    let prague = Fixture {
      $0.allowsAuthorizations = true
      $0.protocolVersion = nil
    }
    #expect(try await prague.error("eth_protocolVersion").code == -32_601)
    #expect(try await prague.call("eth_call", request) == "\"0x01\"")
    #expect(
      try await prague.call("eth_call", request.replacing("\"yParity\":\"0x1\"", with: "\"v\":\"0x1b\"")) == "\"0x01\"")
    for (wrong, message) in [
      ("{}", "an authorization needs the field v"), ("{\"yParity\":\"0x63\"}", "the parity of a signature is 0 or 1"),
      ("{\"yParity\":\"0x1\"}", "an authorization needs the field chainId"),
    ] {
      let error = try await prague.error("eth_call", "[{\"authorizationList\":[\(wrong)]}]")
      #expect(error == (-32_602, "invalid argument 0: \(message)"))
    }
    #expect(try await prague.error("eth_call", "[{\"authorizationList\":1}]").code == -32_602)
  }

  // MARK: The pool

  @Test("What waits, by sender and nonce, whole or in a line")
  func pool() async throws {
    let pending = try [transfer(nonce: 10), transfer(nonce: 9)], queued = try transfer(nonce: 12, to: nil)
    let sender = pending[0].sender
    let fixture = Fixture(ports: { .all($0, pool: PoolContent(pending: pending, queued: [queued])) })
    let content = try await fixture.result("txpool_content")
    var names: [String] = []
    content["pending"]?.forEachMember { name, _ in names.append(name) }
    #expect(names == [sender.checksummed])
    let from = try await fixture.result("txpool_contentFrom", "[\"\(sender)\"]")
    var nonces: [String] = []
    from["pending"]?.forEachMember { nonce, transaction in
      nonces.append(nonce)
      #expect(transaction["blockHash"]?.isNull == true)
    }
    #expect(nonces == ["9", "10"])
    #expect(from["queued"]?["12"]?["to"]?.isNull == true)
    let other = try await fixture.call("txpool_contentFrom", "[\"\(token)\"]")
    #expect(other == #"{"pending":{},"queued":{}}"#)
    let lines = try await fixture.call("txpool_inspect")
    #expect(lines.contains(#""9":"\#(alice.checksummed): 7 wei + 21000 gas × 2000 wei""#))
    #expect(lines.contains(#""12":"contract creation: 7 wei + 21000 gas × 2000 wei""#))
  }

  @Test("By sender and nonce a transaction is found that waits, and rather the one in a block")
  func bySenderAndNonce() async throws {
    let waiting = try [transfer(nonce: 1), transfer(nonce: 2, kind: .legacy)]
    let fixture = Fixture(ports: { .all($0, pool: PoolContent(pending: waiting, queued: [])) })
    let included = try transfer(nonce: 2)
    fixture.chain.addBlock([(included, [])])
    func find(_ nonce: Int) async throws -> JSONValue {
      try await fixture.result(
        "eth_getTransactionBySenderAndNonce", "[\"\(included.sender)\",\"0x\(String(nonce, radix: 16))\"]")
    }
    #expect(try await find(1)["hash"]?.bytes32 == waiting[0].hash)
    #expect(try await find(1)["blockHash"]?.isNull == true)
    #expect(try await find(2)["hash"]?.bytes32 == included.hash)
    #expect(try await find(3).isNull)
  }
}
