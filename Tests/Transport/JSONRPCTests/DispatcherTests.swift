import Glibc
import JSON
import JSONRPC
import Synchronization
import Telemetry
import Testing
import ThreadTesting

@Suite("JSON-RPC dispatcher", .offTheCooperativePool)
struct DispatcherTests {
  let pool = WorkerPool(threads: 2)
  var dispatcher: RPCDispatcher { testDispatcher(testMethods(), pool) }

  func error(_ message: String, limits: RPCDispatcher.Limits = .init()) async throws -> JSONValue {
    let dispatcher = testDispatcher(testMethods(), pool, limits: limits)
    let text = try #require(await reply(message, to: dispatcher))
    return try #require(try JSONValue(parsing: Array(text.utf8))["error"])
  }

  @Test(
    "A call gets its result and its id back, whatever kind of id it is",
    arguments: [
      ("1", "echo"), ("-5", "slowEcho"), ("\"a\\u0062\"", "echo"), ("null", "slowEcho"), ("1.5e3", "echo"),
    ])
  func results(_ id: String, _ method: String) async {
    let message = #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":[{"a":[1,"x"]}]}"#
    #expect(await reply(message, to: dispatcher) == #"{"jsonrpc":"2.0","result":{"a":[1,"x"]},"id":\#(id)}"#)
  }

  @Test("A call is answered before `handle` returns where its method can do so, and by a thread where not")
  func immediately() async {
    let answers = [
      (#""0x8""#, #""result":["0x4"]"#, true), (#""0x7""#, #""result":7"#, false),
      (#""0x9""#, #""error":{"code":-32000,"message":"nine"}"#, true),
    ]
    for (number, answer, isImmediate) in answers {
      let call = #""method":"half","params":[\#(number)]}"#, message = #"{"jsonrpc":"2.0","id":1,\#(call)"#
      let dispatcher = dispatcher
      let text = await withCheckedContinuation { continuation in
        let work = dispatcher.handle(Array(message.utf8)) { reply in
          continuation.resume(returning: reply.map { String(buffer: $0.text) })
        }
        #expect((work == nil) == isImmediate)
      }
      #expect(text == #"{"jsonrpc":"2.0",\#(answer),"id":1}"#)
      // In a batch a thread does it all.
      #expect(
        await reply("[\(message)]", to: dispatcher)
          == #"[{"jsonrpc":"2.0","result":\#(UInt64(number.dropFirst(3).dropLast()) ?? 0),"id":1}]"#)
      #expect(await reply(#"{"jsonrpc":"2.0",\#(call)"#, to: dispatcher) == nil)
    }
    // What is long is decoded by a thread.
    let long = #"{"jsonrpc":"2.0","id":1,"method":"half","params":["0x8""# + String(repeating: " ", count: 9_000) + "]}"
    #expect(await reply(long, to: dispatcher) == #"{"jsonrpc":"2.0","result":8,"id":1}"#)
  }

  @Test("Members may come in any order, unknown ones are passed over")
  func memberOrder() async {
    let message = #" { "params" : ["x"] , "extra" : {"id":7} , "method":"echo", "id":1, "jsonrpc":"2.0" } "#
    #expect(await reply(message, to: dispatcher) == #"{"jsonrpc":"2.0","result":"x","id":1}"#)
  }

  @Test(
    "Parameters come by position or by name, in either case style; an absent tail and null are the same",
    arguments: [
      ("[\"0x2\",\"0x3\"]", "0x5"), ("[\"0x2\"]", "0x2"), ("[\"0x2\",null,7,8]", "0x2"), ("[2]", "0x2"),
      ("[\"0x002\",\"0x\"]", "0x2"),
      ("{\"firstTerm\":\"0x2\",\"secondTerm\":\"0x3\"}", "0x5"),
      ("{\"second_term\":\"0x3\",\"first_term\":\"0x2\"}", "0x5"),
    ])
  func parameters(_ parameters: String, _ sum: String) async {
    let message = #"{"jsonrpc":"2.0","id":1,"method":"sum","params":\#(parameters)}"#
    #expect(await reply(message, to: dispatcher) == #"{"jsonrpc":"2.0","result":"\#(sum)","id":1}"#)
  }

  @Test(
    "Wrong parameters are −32602 and say which",
    arguments: [
      ("[]", "missing value for required argument 0"), ("{}", "missing value for required argument 0"),
      ("[\"01\"]", "invalid argument 0: hex string without 0x prefix"),
      ("[\"0x1\",\"x\"]", "invalid argument 1: hex string without 0x prefix"),
      ("[\"0x10000000000000000\"]", "invalid argument 0: hex number > 64 bits"),
      ("[true]", "invalid argument 0: expected a hexadecimal string, found boolean"),
      ("[-1]", "invalid argument 0"),
    ])
  func wrongParameters(_ parameters: String, _ text: String) async throws {
    let error = try await error(#"{"jsonrpc":"2.0","id":1,"method":"sum","params":\#(parameters)}"#)
    #expect(error["code"]?.integer == -32602)
    #expect(error["message"]?.string?.hasPrefix(text) == true)
  }

  @Test("An error takes the place of what was half written")
  func failure() async {
    #expect(
      await reply(#"{"jsonrpc":"2.0","id":1,"method":"fail"}"#, to: dispatcher)
        == #"{"jsonrpc":"2.0","error":{"code":3,"message":"execution \"reverted\"","data":"0x0102"},"id":1}"#)
  }

  @Test(
    "What is not JSON is −32700",
    arguments: [
      "", "{", "[1,", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\"", "nonsense", "{\"a\":1} x",
      String(repeating: "[", count: 100_000), "[" + String(repeating: "{\"a\":", count: 70),
    ])
  func parseErrors(_ message: String) async throws {
    #expect(try await error(message)["code"]?.integer == -32700)
  }

  @Test(
    "JSON that is no request is −32600",
    arguments: [
      "17", "null", "\"x\"", "[]", "{}", #"{"jsonrpc":"2.0","id":1}"#, #"{"id":1,"method":"echo"}"#,
      #"{"jsonrpc":"1.0","id":1,"method":"echo"}"#, #"{"jsonrpc":2.0,"id":1,"method":"echo"}"#,
      #"{"jsonrpc":"2.0","id":{},"method":"echo"}"#, #"{"jsonrpc":"2.0","id":[1],"method":"echo"}"#,
      #"{"jsonrpc":"2.0","id":true,"method":"echo"}"#, #"{"jsonrpc":"2.0","id":1,"method":7}"#,
      #"{"jsonrpc":"2.0","id":1,"method":"echo","params":"x"}"#,
    ])
  func invalidRequests(_ message: String) async throws {
    #expect(try await error(message)["code"]?.integer == -32600)
  }

  @Test("Unknown methods are −32601, and long names are not repeated in full")
  func unknownMethods() async throws {
    let unknown = try await error(#"{"jsonrpc":"2.0","id":1,"method":"eth_nonsense"}"#)
    #expect(unknown["code"]?.integer == -32601)
    #expect(unknown["message"]?.string == "the method eth_nonsense does not exist/is not available")
    let long = try await error(#"{"jsonrpc":"2.0","id":1,"method":"\#(String(repeating: "m", count: 10_000))"}"#)
    #expect(long["message"]?.string.map { $0.utf8.count < 200 } == true)
    #expect(try await error(#"{"jsonrpc":"2.0","id":1,"method":"\u0065cho"}"#)["code"]?.integer == -32601)
  }

  @Test("A call without an id is made and not answered")
  func notifications() async throws {
    let hub = Hub()
    let dispatcher = testDispatcher(testMethods(hub), pool)
    #expect(await reply(#"{"jsonrpc":"2.0","method":"count"}"#, to: dispatcher) == nil)
    #expect(await reply(#"{"jsonrpc":"2.0","method":"nonsense"}"#, to: dispatcher) == nil)
    #expect(
      await reply(#"[{"jsonrpc":"2.0","method":"count"},{"jsonrpc":"2.0","method":"count"}]"#, to: dispatcher) == nil)
    #expect(hub.count() == 4)
  }

  @Test("A batch answers in order, one call after the other, good and bad ones")
  func batches() async {
    let message = #"""
      [{"jsonrpc":"2.0","id":1,"method":"count"}, 5, {"jsonrpc":"2.0","id":"b","method":"echo","params":[null]},
       {"jsonrpc":"2.0","method":"count"}, {"jsonrpc":"2.0","id":3,"method":"count"},
       {"jsonrpc":"2.0","id":4,"method":"fail"}]
      """#
    let expected = #"""
      [{"jsonrpc":"2.0","result":1,"id":1},{"jsonrpc":"2.0","error":{"code":-32600,"message":"invalid request: not an object"},"id":null},{"jsonrpc":"2.0","error":{"code":-32602,"message":"missing value for required argument 0"},"id":"b"},{"jsonrpc":"2.0","result":3,"id":3},{"jsonrpc":"2.0","error":{"code":3,"message":"execution \"reverted\"","data":"0x0102"},"id":4}]
      """#
    #expect(await reply(message, to: dispatcher) == expected)
  }

  @Test("A batch beyond the limit is refused whole, and none of it is run")
  func batchLimit() async throws {
    let hub = Hub()
    var limits = RPCDispatcher.Limits()
    limits.batchCalls = 10
    let dispatcher = testDispatcher(testMethods(hub), pool, limits: limits)
    func batch(_ count: Int) -> String {
      "[" + (0..<count).map { #"{"jsonrpc":"2.0","id":\#($0),"method":"count"}"# }.joined(separator: ",") + "]"
    }
    let refusal = try #require(await reply(batch(11), to: dispatcher))
    #expect(refusal.contains("-32600"))
    #expect(hub.count() == 1)
    #expect(await reply(batch(10), to: dispatcher)?.hasPrefix("[") == true)
    // A text that is not JSON is that in the first place.
    #expect(await reply(String(batch(20).dropLast()), to: dispatcher)?.contains("-32700") == true)
  }

  @Test("Replies beyond the limit are replaced by an error")
  func responseLimit() async throws {
    var limits = RPCDispatcher.Limits()
    limits.responseBytes = 1_000
    let call = #"{"jsonrpc":"2.0","id":1,"method":"big","params":["0x300"]}"#
    #expect(
      try await error(#"{"jsonrpc":"2.0","id":1,"method":"big","params":["0x3e8"]}"#, limits: limits)["code"]?.integer
        == -32008)
    let dispatcher = testDispatcher(testMethods(), pool, limits: limits)
    #expect(
      await reply(#"{"jsonrpc":"2.0","id":1,"method":"big","params":["0x300"]}"#, to: dispatcher)?.contains("xxx")
        == true)
    #expect(try await error("[\(call),\(call)]", limits: limits)["code"]?.integer == -32011)
  }

  @Test("Work beyond the queue is refused as busy, with the id of the call; cheap calls go on")
  func busy() async throws {
    let hub = Hub()
    let light = WorkerPool(threads: 1), small = WorkerPool(threads: 1, limit: 1)
    let registry = MetricsRegistry()
    let dispatcher = RPCDispatcher(
      methods: testMethods(hub), pool: light, heavyPool: small, metrics: RPCMetrics(registry))
    func spin(_ id: Int) -> String { #"{"jsonrpc":"2.0","id":\#(id),"method":"spin"}"# }
    async let first = reply(spin(1), to: dispatcher)
    #expect(await eventually { hub.spinning.load(ordering: .relaxed) == 1 })
    async let second = reply(spin(2), to: dispatcher)
    #expect(await eventually { small.waiting == 1 })
    #expect(
      await reply(spin(3), to: dispatcher)
        == #"{"jsonrpc":"2.0","error":{"code":-32005,"message":"server is busy: the queue of heavy requests is full, try again later"},"id":3}"#
    )
    #expect(registry.exposition.contains(#"rpc_busy_refusals{reason="heavy_queue"} 1"#))
    for method in ["echo", "slowEcho"] {
      let call = #"{"jsonrpc":"2.0","id":4,"method":"\#(method)","params":[1]}"#
      #expect(await reply(call, to: dispatcher)?.contains("\"result\":1") == true)
    }
    hub.isReleased.store(true, ordering: .relaxed)
    #expect(await first == #"{"jsonrpc":"2.0","result":true,"id":1}"#)
    #expect(await second == #"{"jsonrpc":"2.0","result":true,"id":2}"#)
    #expect(await reply(spin(5), to: dispatcher)?.contains("result") == true)
    await light.shutdown()
    await small.shutdown()
  }

  @Test("The queue is bounded in bytes too")
  func queueBytes() async throws {
    let hub = Hub()
    let heavy = WorkerPool(threads: 1, limit: 100, byteLimit: 1_000)
    let dispatcher = testDispatcher(testMethods(hub), pool, heavy: heavy)
    func spin(_ id: Int, padding: Int) -> String {
      #"{"jsonrpc":"2.0","id":\#(id),"method":"spin","params":["\#(String(repeating: "x", count: padding))"]}"#
    }
    async let first = reply(spin(1, padding: 10), to: dispatcher)
    #expect(await eventually { hub.spinning.load(ordering: .relaxed) == 1 })
    async let second = reply(spin(2, padding: 500), to: dispatcher)
    #expect(await eventually { heavy.waiting == 1 })
    #expect(await reply(spin(3, padding: 500), to: dispatcher)?.contains("-32005") == true)
    hub.isReleased.store(true, ordering: .relaxed)
    #expect(await first?.contains("result") == true)
    #expect(await second?.contains("result") == true)
    await heavy.shutdown()
  }

  @Test("Heavy methods do not stand in the way of others, and a batch runs where its heaviest call must")
  func heavyMethods() async throws {
    var methods = testMethods()
    let gate = Gate()
    methods.add("sleep", .heavy) { (_, _, writer) in
      while !gate.isOpen.load(ordering: .relaxed) { usleep(1_000) }
      writer.boolean(true)
    }
    let light = WorkerPool(threads: 1), heavy = WorkerPool(threads: 1)
    let dispatcher = testDispatcher(methods, light, heavy: heavy)
    let sleep = #"{"jsonrpc":"2.0","id":1,"method":"sleep"}"#
    let echo = #"{"jsonrpc":"2.0","id":2,"method":"slowEcho","params":[1]}"#
    async let slow = reply("[\(echo),\(sleep)]", to: dispatcher)
    while heavy.load == 0 { await Task.yield() }
    #expect(light.load == 0)
    #expect(await reply(echo, to: dispatcher)?.contains("\"result\":1") == true)
    #expect(heavy.load == 1)
    gate.isOpen.store(true, ordering: .relaxed)
    #expect(await slow == #"[{"jsonrpc":"2.0","result":1,"id":2},{"jsonrpc":"2.0","result":true,"id":1}]"#)
    await light.shutdown()
    await heavy.shutdown()
  }

  @Test(
    "What has been answered is let go, with all that it had", arguments: ["slowEcho", "heavyCount", "later", "none"])
  func release(method: String) async {
    weak var released: RPCWork?
    let light = WorkerPool(threads: 1), heavy = WorkerPool(threads: 1)
    do {
      let dispatcher = testDispatcher(testMethods(), light, heavy: heavy)
      let message =
        #"[{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":[1]},"#
        + #"{"jsonrpc":"2.0","id":2,"method":"slowEcho","params":[2]}]"#
      await withCheckedContinuation { continuation in
        released = dispatcher.handle(Array(message.utf8)) { _ in continuation.resume() }
      }
    }
    await light.shutdown()
    await heavy.shutdown()
    #expect(await eventually { released == nil })
  }

  @Test("What was given up while it waited is let go, too, and so is what found no room")
  func releaseUnanswered() async {
    weak var waiting: RPCWork?, refused: RPCWork?
    let hub = Hub()
    let light = WorkerPool(threads: 1), heavy = WorkerPool(threads: 1, limit: 1)
    do {
      let dispatcher = testDispatcher(testMethods(hub), light, heavy: heavy)
      let spin = Array(#"{"jsonrpc":"2.0","id":1,"method":"spin"}"#.utf8)
      async let first: Void = withCheckedContinuation { done in dispatcher.handle(spin) { _ in done.resume() } }
      #expect(await eventually { hub.spinning.load(ordering: .relaxed) == 1 })
      await withCheckedContinuation { done in
        let work = dispatcher.handle(spin) { _ in done.resume() }
        waiting = work
        work?.cancel(.clientGone)
      }
      async let second: Void = withCheckedContinuation { done in dispatcher.handle(spin) { _ in done.resume() } }
      #expect(await eventually { heavy.waiting == 1 })
      await withCheckedContinuation { done in refused = dispatcher.handle(spin) { _ in done.resume() } }
      hub.isReleased.store(true, ordering: .relaxed)
      await first
      await second
    }
    await light.shutdown()
    await heavy.shutdown()
    #expect(await eventually { waiting == nil && refused == nil })
  }

  @Test("Parameters beyond any method's number cost no memory")
  func manyParameters() async {
    let many = "[7" + String(repeating: ",0", count: 2_000_000) + "]"
    #expect(
      await reply(#"{"jsonrpc":"2.0","id":1,"method":"echo","params":\#(many)}"#, to: dispatcher)
        == #"{"jsonrpc":"2.0","result":7,"id":1}"#)
  }

  @Test("Random and mutated messages are always answered with JSON, or not at all")
  func garbage() async throws {
    var state: UInt64 = 42
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    let seed = Array(#"[{"jsonrpc":"2.0","id":1,"method":"sum","params":["0x1",{"a":[null]}]}]"#.utf8)
    let dispatcher = self.dispatcher
    for _ in 0..<5_000 {
      var message = seed
      for _ in 0...random(4) {
        switch random(3) {
        case 0: message[random(message.count)] = UInt8(random(256))
        case 1: message.remove(at: random(message.count))
        default: message.insert(seed[random(seed.count)], at: random(message.count))
        }
      }
      let answer = await withCheckedContinuation { continuation in
        dispatcher.handle(message) { continuation.resume(returning: $0.map { Array($0.text.readableBytesView) }) }
      }
      if let answer { _ = try JSONValue(parsing: answer) }
    }
  }
}

/// A dispatcher whose metrics nobody looks at; heavy methods share the pool unless they are given one.
private func testDispatcher(
  _ methods: MethodTable, _ pool: WorkerPool, heavy: WorkerPool? = nil,
  limits: RPCDispatcher.Limits = RPCDispatcher.Limits()
) -> RPCDispatcher {
  RPCDispatcher(
    methods: methods, pool: pool, heavyPool: heavy ?? pool, limits: limits, metrics: RPCMetrics(MetricsRegistry()))
}

/// Holds a method back until a test has seen what it must.
private final class Gate: Sendable {
  let isOpen = Atomic<Bool>(false)
}
