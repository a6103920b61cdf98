import HTTP
import JSONRPC
import Logging
import Synchronization
import SocketTesting
import Telemetry
import Testing
import ThreadTesting

@Suite("A server that makes ready", .offTheCooperativePool)
struct StartingTests {
  private func call(_ method: String, _ parameters: String) -> String {
    #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":\#(parameters)}"#
  }

  @Test("It says so until it serves everything, to those who stay connected, and to whoever looks for a sign of life")
  func serving() async throws {
    var starting = MethodTable { .notReady("recovering: block 3 of 7") }
    starting.add("whoami", .inline) { (_, _, writer) in writer.string("me") }
    try await withRPCServer(starting: starting) { server in
      let client = try RawSocket(port: server.port), session = try RawSocket(port: server.port)
      try session.upgrade()
      func answer(_ method: String) throws -> [String] {
        try client.post(call(method, "[1]"))
        try session.writeText(call(method, "[1]"))
        let response = try client.readResponse()
        #expect(response.status == 200)
        return [response.body, try session.readText()]
      }
      let error = #"{"code":-32002,"message":"the node is recovering: block 3 of 7"}"#
      let refusal = #"{"jsonrpc":"2.0","error":\#(error),"id":1}"#
      #expect(try answer("echo") == [refusal, refusal])
      #expect(try answer("whoami").allSatisfy { $0.contains("\"me\"") })
      #expect(try probe(client) == 503)
      server.dispatcher.serve(testMethods())
      #expect(try answer("echo") == Array(repeating: #"{"jsonrpc":"2.0","result":1,"id":1}"#, count: 2))
      #expect(try answer("whoami").allSatisfy { $0.contains("-32601") })
      #expect(try probe(client) == 200)
    }
  }

  private func probe(_ client: RawSocket) throws -> Int {
    try client.write("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
    return try client.readResponse().status
  }

  @Test("Where the node is at fault the log has the method and the reason, the same reason once a second")
  func faults() async throws {
    let lines = Mutex<[String]>([])
    let log = Logger(label: "rpc") { label in
      LineLogHandler(
        label: label, level: .debug,
        output: { line in lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } },
        now: { Timestamp(seconds: 0) })
    }
    var methods = MethodTable()
    methods.add("burns", .inline) { (_, _, _) throws(RPCError) in throw .internalError("disk on fire") }
    methods.addDeferred("burnsLater", .pooled) { (_, _, reply) in
      reply.complete { (_) throws(RPCError) in throw .internalError("disk on fire") }
    }
    let pool = WorkerPool(threads: 1)
    let dispatcher = RPCDispatcher(
      methods: methods, pool: pool, heavyPool: pool, metrics: RPCMetrics(MetricsRegistry()), log: log)
    let start = ContinuousClock.now
    for method in ["burns", "burns", "burnsLater"] { _ = await reply(call(method, "[]"), to: dispatcher) }
    _ = await reply(call("nothing", "[]"), to: dispatcher)
    let seconds = Int((ContinuousClock.now - start) / .seconds(1))
    await pool.shutdown()
    let errors = lines.withLock { $0 }.filter { $0.contains("ERROR rpc: a call fails") }
    #expect(errors.count >= 1 && errors.count <= 1 + seconds)
    #expect(errors.first?.contains("method=burns reason=disk on fire") == true)
    let others = lines.withLock { $0 }.filter { $0.contains("DEBUG rpc: a call is answered with an error") }
    #expect(others.count == 1 && others[0].contains("code=-32601 method=unknown"))
  }
}
