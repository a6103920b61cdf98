import ArgumentParser
import Concurrency
import JSON

/// `zkos bench rpc`: what a node answers in a second, beside a bare echo of the same server.
struct RPCBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rpc",
    abstract: "Requests a second over HTTP, beside a bare echo of the same server, and what tracers take.",
    discussion: """
      The node runs in this process, and so does the load: one thread, whose share of the processor time is shown. Slices of \
      the echo and of a method take turns; shown are the medians.
      """)

  @Option(help: "Connections, each with one request at a time.")
  var connections = [1, 16, 64]

  @Option(help: "Slices of each method.")
  var rounds = 5

  @Option(help: "Milliseconds of a slice.")
  var slice: UInt64 = 300

  @Option(help: "Seconds for which the chain is filled before it is asked.")
  var fill = 3

  @Option(help: "Only cases whose name contains this.")
  var only = ""

  func validate() throws {
    guard rounds > 0, slice > 0, fill > 0, connections.allSatisfy({ 1...1_000 ~= $0 }) else {
      throw ValidationError("--rounds, --slice, --fill and --connections must be at least 1")
    }
  }

  func run() async throws {
    try await BenchNode.with(seconds: fill) { node in
      // The load waits in system calls, which no thread of the concurrency library should.
      try await withCheckedThrowingContinuation { continuation in
        _ = ServiceThread { continuation.resume(with: Result { try measure(node) }) }
      }
    }
  }

  private func measure(_ node: BenchNode) throws {
    print(
      "case".padded(to: 34)
        + ["conns", "per second", "of echo", "server us", "of echo", "client"]
        .map { $0.leftPadded(to: 11) }.joined())
    for count in connections {
      let client = try LoadClient(port: node.rpcPort, connections: count)
      let echo = try LoadClient(port: node.echoPort, connections: count)
      for item in RPCBenchCase.methods(node) where item.name.contains(only) || only.isEmpty {
        try measure(item, client, echo, connections: count)
      }
    }
    let client = try LoadClient(port: node.rpcPort, connections: 1)
    print("\nserver's processor time of debug_traceCall beside the same call under noopTracer")
    for group in RPCBenchCase.traces(node) where only.isEmpty || "trace".contains(only) {
      try compare(group, client)
    }
  }

  private func measure(_ item: RPCBenchCase, _ client: LoadClient, _ echo: LoadClient, connections: Int) throws {
    try item.check(client)
    let bare = LoadClient.request(RPCBenchCase.call("eth_chainId"))
    var slices: [LoadClient.Slice] = [], rates: [Double] = [], times: [Double] = []
    for _ in 0..<rounds {
      let reference = try echo.slice(bare, nanoseconds: slice * 1_000_000)
      let measured = try client.slice(item.request, nanoseconds: slice * 1_000_000)
      slices.append(measured)
      rates.append(measured.perSecond / reference.perSecond)
      times.append(measured.serverTime / max(1, reference.serverTime))
    }
    let columns = [
      "\(connections)", "\(Int(median(slices.map(\.perSecond))))", "\(median(rates).hundredths)",
      "\((median(slices.map(\.serverTime)) / 1_000).hundredths)", "\(median(times).hundredths)",
      "\(median(slices.map(\.ownShare)).hundredths)",
    ]
    print(item.name.padded(to: 34) + columns.map { $0.leftPadded(to: 11) }.joined())
  }

  /// Traces of one call under several tracers, the first of which is the measure of the others. What a trivial request takes
  /// is taken off.
  private func compare(_ group: (name: String, traces: [RPCBenchCase]), _ client: LoadClient) throws {
    let trivial = LoadClient.request(RPCBenchCase.call("debug_traceCall", "{},\"latest\",{\"tracer\":\"noopTracer\"}"))
    var times = [[Double]](repeating: [], count: group.traces.count)
    for item in group.traces { try item.check(client) }
    for _ in 0..<rounds {
      let base = try client.slice(trivial, nanoseconds: slice * 250_000).serverTime
      for (index, item) in group.traces.enumerated() {
        times[index].append(try client.slice(item.request, nanoseconds: slice * 1_000_000).serverTime - base)
      }
    }
    let medians = times.map(median)
    print(group.name)
    for (item, time) in zip(group.traces, medians) {
      print(
        "  " + item.name.padded(to: 32) + "\((time / 1_000).hundredths)".leftPadded(to: 14) + " us"
          + "\((time / max(1, medians[0])).hundredths)".leftPadded(to: 10))
    }
  }

  private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}

/// One kind of request.
struct RPCBenchCase {
  let name: String
  let request: [UInt8]

  init(_ name: String, _ method: String, _ parameters: String = "") {
    self.name = name
    request = LoadClient.request(Self.call(method, parameters))
  }

  static func call(_ method: String, _ parameters: String = "") -> String {
    #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":[\#(parameters)]}"#
  }

  /// Asks once, so that what is measured is not the way to an error.
  func check(_ client: LoadClient) throws {
    let answer = try client.answer(to: request)
    let start = String(decoding: answer.prefix(400), as: UTF8.self)
    guard start.contains("\"result\":"), !start.contains("\"result\":null") else {
      throw LoadClient.Failure.refused("\(name): \(start)")
    }
  }

  static func methods(_ node: BenchNode) -> [RPCBenchCase] {
    func quantity(_ number: UInt64) -> String { "\"0x\(String(number, radix: 16))\"" }
    let holder = String(repeating: "0", count: 24) + "\(node.holder)".dropFirst(2)
    let silent =
      "{\"fromBlock\":\(quantity(node.silentBlocks.lowerBound)),\"toBlock\":\(quantity(node.silentBlocks.upperBound))}"
    return [
      RPCBenchCase("eth_chainId", "eth_chainId"), RPCBenchCase("eth_blockNumber", "eth_blockNumber"),
      RPCBenchCase("eth_getBalance", "eth_getBalance", "\"\(node.holder)\",\"latest\""),
      RPCBenchCase(
        "eth_call: balance of a token", "eth_call",
        "{\"to\":\"\(node.token)\",\"data\":\"0x70a08231\(holder)\"},\"latest\""),
      RPCBenchCase("eth_getTransactionReceipt", "eth_getTransactionReceipt", "\"\(node.transaction)\""),
      RPCBenchCase("eth_getBlockByNumber, full", "eth_getBlockByNumber", "\(quantity(node.block)),true"),
      RPCBenchCase(
        "eth_getLogs, one block's", "eth_getLogs",
        "{\"fromBlock\":\(quantity(node.block)),\"toBlock\":\(quantity(node.block)),\"address\":\"\(node.holder)\"}"),
      RPCBenchCase("eth_getLogs, no log in 16 blocks", "eth_getLogs", silent),
      RPCBenchCase(
        "eth_getLogs, whole chain, no match", "eth_getLogs", "{\"fromBlock\":\"0x1\",\"address\":\"\(node.holder)\"}"),
      RPCBenchCase(
        "debug_traceTransaction, calls", "debug_traceTransaction", "\"\(node.transaction)\",{\"tracer\":\"callTracer\"}"
      ),
      RPCBenchCase("debug_traceTransaction, steps", "debug_traceTransaction", "\"\(node.transaction)\""),
    ]
  }

  /// Calls under each tracer, the one that tells nothing first.
  static func traces(_ node: BenchNode) -> [(name: String, traces: [RPCBenchCase])] {
    let account = "0x00000000000000000000000000000000000c0de1", other = "0x00000000000000000000000000000000000c0de2"
    // 5,200 rounds of: JUMPDEST DUP1 PUSH1 3 MUL POP PUSH1 1 SWAP1 SUB DUP1 PUSH1 3 JUMPI
    let loop = "0x6114505b8060030250600190038060035700"
    // 500 rounds of a call that passes the number of the round.
    let caller =
      "0x6101f45b8060005260006000602060006000" + "73\(other.dropFirst(2))" + "6200fffff1506001900380600357" + "00"
    // PUSH1 0 CALLDATALOAD DUP1 SSTORE STOP
    let writer = "0x600035805500"
    let from = "\"from\":\"\(node.holder)\",\"gas\":\"0x5f5e100\""
    let transfer =
      "{\(from),\"to\":\"\(node.token)\",\"data\":\"0xa9059cbb\(String(repeating: "0", count: 24))\(account.dropFirst(2))"
      + "\(String(repeating: "0", count: 63))1\"}"
    func code(_ code: String) -> String {
      "\"stateOverrides\":{\"\(account)\":{\"code\":\"\(code)\"},\"\(other)\":{\"code\":\"\(writer)\"}},"
    }
    func group(_ name: String, _ call: String, _ overrides: String) -> (String, [RPCBenchCase]) {
      let tracers = [
        ("noopTracer", "\"tracer\":\"noopTracer\""), ("callTracer", "\"tracer\":\"callTracer\""),
        ("flatCallTracer", "\"tracer\":\"flatCallTracer\""), ("prestateTracer", "\"tracer\":\"prestateTracer\""),
        ("struct log, 20,000 steps", "\"limit\":20000"), ("struct log", "\"limit\":0"),
        ("struct log without stack", "\"disableStack\":true"),
      ]
      let cases = tracers.map { name, options in
        RPCBenchCase(name, "debug_traceCall", "\(call),\"latest\",{\(overrides)\(options)}")
      }
      return (name, cases)
    }
    let run = "{\(from),\"to\":\"\(account)\"}"
    return [
      group("a transfer of a token", transfer, ""), group("500 calls that write a slot each", run, code(caller)),
      group("57,200 instructions of arithmetic in a loop", run, code(loop)),
    ]
  }
}
