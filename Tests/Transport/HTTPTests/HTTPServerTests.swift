import Glibc
import HTTP
import NIOPosix
import SocketTesting
import Testing
import ThreadTesting

@Suite("HTTP server", .serialized, .offTheCooperativePool)
struct HTTPServerTests {
  @Test("A connection serves one request after the other")
  func keepAlive() async throws {
    try await withServer { server in
      let client = try RawSocket(port: server.port)
      for text in ["one", "", "three"] {
        try client.post(text)
        let response = try client.readResponse()
        #expect(response.status == 200)
        #expect(response.body == text)
      }
      #expect(server.connectionCount == 1)
      client.close()
      #expect(await eventually { server.connectionCount == 0 })
    }
  }

  @Test("Pipelined requests are answered in order, whoever answers them and when")
  func pipelining() async throws {
    try await withServer { server in
      let client = try RawSocket(port: server.port)
      let count = 600
      let paths = ["/", "/later", "/", "/", "/later"]
      try client.write((0..<count).map { RawSocket.postText("\($0)", path: paths[$0 % 5]) }.joined())
      for index in 0..<count { #expect(try client.readResponse().body == "\(index)") }
    }
  }

  @Test("Thousands of requests behind a late answer do not grow the stack")
  func longPipeline() async throws {
    try await withServer { server in
      let client = try RawSocket(port: server.port)
      let count = 8_000
      let short = "GET / HTTP/1.1\r\nHost:\r\n\r\n"
      try client.write(RawSocket.postText("first", path: "/slow") + String(repeating: short, count: count))
      #expect(try client.readResponse().body == "first")
      for _ in 0..<count { #expect(try client.readResponse().status == 200) }
    }
  }

  @Test("A body beyond the limit is refused at its announcement, and while it grows")
  func bodyLimit() async throws {
    try await withServer(EchoService(), { $0.bodyBytes = 1_000 }) { server in
      let announced = try RawSocket(port: server.port)
      try announced.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\nabc")
      let response = try announced.readResponse()
      #expect(response.status == 413)
      #expect(response.body == "request body exceeds 1000 bytes\n")
      #expect(announced.isClosedByPeer())

      let growing = try RawSocket(port: server.port)
      try growing.write("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
      for _ in 0..<3 { try growing.write("190\r\n" + String(repeating: "x", count: 400) + "\r\n") }
      #expect(try growing.readResponse().status == 413)
      #expect(growing.isClosedByPeer())

      let fitting = try RawSocket(port: server.port)
      try fitting.post(String(repeating: "x", count: 1_000))
      #expect(try fitting.readResponse().body.count == 1_000)
    }
  }

  @Test("A client that waits for leave to send its body gets it")
  func expectContinue() async throws {
    try await withServer { server in
      let client = try RawSocket(port: server.port)
      try client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
      #expect(try client.readResponse().status == 100)
      try client.write("abc")
      #expect(try client.readResponse().body == "abc")
    }
  }

  @Test("Connections close when the client asks for it")
  func closing() async throws {
    try await withServer { server in
      let old = try RawSocket(port: server.port)
      try old.write("POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi")
      #expect(try old.readResponse().body == "hi")
      #expect(old.isClosedByPeer())
      let polite = try RawSocket(port: server.port)
      try polite.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      #expect(try polite.readResponse().headers["connection"] == "close")
      #expect(polite.isClosedByPeer())
    }
  }

  @Test(
    "What is no HTTP is answered 400 or cut off, and harms nobody else",
    arguments: [
      "garbage\r\n\r\n", "\u{0}\u{1}\u{2}\u{3}\r\n\r\n", "GET\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "GET / HTTP/9.9\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    ])
  func malformed(_ text: String) async throws {
    try await withServer { server in
      let client = try RawSocket(port: server.port)
      try client.write(text)
      let status = try? client.readResponse().status
      #expect(status == nil || status == 400 || status == 413)
      #expect(client.isClosedByPeer())
      let other = try RawSocket(port: server.port)
      try other.post("fine")
      #expect(try other.readResponse().body == "fine")
    }
  }

  @Test("Headers without end are cut off")
  func endlessHeaders() async throws {
    try await withServer { server in
      let client = try RawSocket(port: server.port)
      try client.write("GET / HTTP/1.1\r\n")
      let line = "X-Filler: " + String(repeating: "y", count: 8_000) + "\r\n"
      var isCutOff = false
      for _ in 0..<2_000 where !isCutOff {
        do { try client.write(line) } catch { isCutOff = true }
      }
      #expect(isCutOff)
    }
  }

  @Test("A request that does not come to its end in time is cut off, as is an idle connection")
  func slowWriters() async throws {
    try await withServer(
      EchoService(),
      {
        $0.requestTime = .milliseconds(150)
        $0.idleTime = .seconds(1)
      }
    ) { server in
      let slow = try RawSocket(port: server.port)
      try slow.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n")
      let started = ContinuousClock.now
      // A byte now and then does not buy more time.
      for _ in 0..<10 where (try? slow.write("x")) != nil { usleep(30_000) }
      #expect(slow.isClosedByPeer())
      #expect(ContinuousClock.now - started < .milliseconds(950))

      let dribbling = try RawSocket(port: server.port)
      for byte in "GET / HTTP/1.1\r\nX: " where (try? dribbling.write(String(byte))) != nil { usleep(30_000) }
      #expect(dribbling.isClosedByPeer())

      let idle = try RawSocket(port: server.port)
      try idle.post("x")
      #expect(try idle.readResponse().body == "x")
      #expect(idle.isClosedByPeer())
      #expect(await eventually { server.connectionCount == 0 })
    }
  }

  @Test("An answer that takes long is waited for")
  func slowService() async throws {
    try await withServer(
      EchoService(),
      {
        $0.idleTime = .milliseconds(80)
        $0.requestTime = .milliseconds(80)
      }
    ) { server in
      let client = try RawSocket(port: server.port)
      try client.post("patience", path: "/slow")
      #expect(try client.readResponse().body == "patience")
    }
  }

  @Test("A client that asks and does not read is cut off, and little waits for it meanwhile")
  func slowReaders() async throws {
    try await withServer(EchoService(), { $0.responseTime = .milliseconds(300) }) { server in
      let port = server.port
      // On a thread of its own, which looks in time however busy the others are.
      let (isCutOff, largest) = try await NIOThreadPool.singleton.runIfActive { () -> (Bool, Int) in
        let client = try RawSocket(port: port, timeout: 3, receiveBuffer: 4_096)
        for _ in 0..<20_000 where server.connectionCount == 0 { usleep(1_000) }
        var largest = 0
        // 300 MB in all if nobody held it back.
        for _ in 0..<300 {
          try client.post("", path: "/big")
          largest = max(largest, server.memory.used)
        }
        for _ in 0..<20_000 {
          largest = max(largest, server.memory.used)
          if server.connectionCount == 0 { return (true, largest) }
          usleep(1_000)
        }
        return (false, largest)
      }
      #expect(isCutOff)
      #expect(largest > 0 && largest < 50 << 20)
    }
  }

  @Test("Connections beyond the limit are told so")
  func connectionLimit() async throws {
    try await withServer(EchoService(), { $0.connections = 2 }) { server in
      let first = try RawSocket(port: server.port), second = try RawSocket(port: server.port)
      for client in [first, second] {
        try client.post("x")
        #expect(try client.readResponse().status == 200)
      }
      let third = try RawSocket(port: server.port)
      try third.post("x")
      let refusal = try third.readResponse()
      #expect(refusal.status == 429)
      #expect(refusal.body == "Too many connections. Please try again later.\r\n")
      #expect(third.isClosedByPeer())
      first.close()
      #expect(await eventually { server.connectionCount == 1 })
      let fourth = try RawSocket(port: server.port)
      try fourth.post("x")
      #expect(try fourth.readResponse().status == 200)
    }
  }

  @Test("Silent connections make room for new ones, the longest silent first, busy ones never")
  func displacement() async throws {
    try await withServer(
      EchoService(),
      {
        $0.connections = 4
        // Longer than a loaded machine takes for the next few lines.
        $0.displacedAfter = .seconds(3)
      }
    ) { server in
      let busy = try RawSocket(port: server.port)
      try busy.post("", path: "/never")
      let silent = try RawSocket(port: server.port)
      #expect(await eventually { server.connectionCount == 2 })
      let slow = try RawSocket(port: server.port)
      try slow.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
      #expect(await eventually { server.connectionCount == 3 })
      let recent = try RawSocket(port: server.port)
      try recent.post("x")
      #expect(try recent.readResponse().status == 200)

      // None has waited long enough yet.
      let early = try RawSocket(port: server.port)
      try early.post("x")
      #expect(try early.readResponse().status == 429)

      try await Task.sleep(for: .milliseconds(3_050))
      try recent.post("x")
      #expect(try recent.readResponse().status == 200)
      var admitted: [RawSocket] = []
      for _ in 0..<2 {
        let next = try RawSocket(port: server.port)
        try next.post("x")
        #expect(try next.readResponse().status == 200)
        admitted.append(next)
      }
      #expect(silent.isClosedByPeer())
      #expect(slow.isClosedByPeer())
      #expect(server.connectionCount == 4)
      // The one that was used a moment ago, and the one whose request is in work, keep their places.
      try recent.post("y")
      #expect(try recent.readResponse().body == "y")
      let refused = try RawSocket(port: server.port)
      try refused.post("x")
      #expect(try refused.readResponse().status == 429)
    }
  }

  @Test("Of too many connections the address with the most gives one up, for others always, for itself a silent one")
  func fairConnections() async throws {
    try await withServer(
      EchoService(),
      {
        $0.connections = 4
        $0.displacedAfter = .seconds(60)
      }
    ) { server in
      var crowd: [RawSocket] = []
      for _ in 0..<4 {
        let client = try RawSocket(port: server.port)
        try client.post("", path: "/never")
        crowd.append(client)
      }
      #expect(await eventually { server.connectionCount == 4 })
      // Even busy ones make room for another address, until that has nearly as many; the oldest first.
      for expected in 0..<2 {
        let other = try RawSocket(port: server.port, source: "127.0.0.2")
        try other.post("x")
        #expect(try other.readResponse().status == 200)
        #expect(crowd[expected].isClosedByPeer())
        crowd.append(other)
      }
      let third = try RawSocket(port: server.port, source: "127.0.0.2")
      try third.post("x")
      #expect(try third.readResponse().status == 429)
      #expect(server.displacedConnections == 2)
      #expect(server.refusedConnections == (1, 0))
    }
  }

  @Test("An address has a limit of its own, unless it is trusted")
  func addressLimit() async throws {
    try await withServer(
      EchoService(),
      {
        $0.connectionsPerAddress = 2
        $0.displacedAfter = .milliseconds(100)
        $0.trustedAddresses = [IPAddressRange("127.0.0.128/25")].compactMap { $0 }
      }
    ) { server in
      let busy = try RawSocket(port: server.port), silent = try RawSocket(port: server.port)
      try busy.post("", path: "/never")
      try silent.post("x")
      #expect(try silent.readResponse().status == 200)
      let early = try RawSocket(port: server.port)
      try early.post("x")
      #expect(try early.readResponse().status == 429)
      #expect(server.refusedConnections == (0, 1))
      try await Task.sleep(for: .milliseconds(150))
      let next = try RawSocket(port: server.port)
      try next.post("x")
      #expect(try next.readResponse().status == 200)
      #expect(silent.isClosedByPeer())
      var trusted: [RawSocket] = []
      for _ in 0..<5 {
        let client = try RawSocket(port: server.port, source: "127.0.0.200")
        try client.post("x")
        #expect(try client.readResponse().status == 200)
        trusted.append(client)
      }
      #expect(server.connectionCount == 7)
    }
  }

  @Test("A trusted proxy says who asks; what a client says of itself is not believed")
  func forwarded() async throws {
    try await withServer(
      EchoService(),
      {
        $0.connectionsPerAddress = 1
        $0.displacedAfter = .seconds(60)
        $0.trustedProxies = [IPAddressRange("127.0.0.9")].compactMap { $0 }
      }
    ) { server in
      func request(_ forwarded: String, _ path: String = "/", from source: String = "127.0.0.9") throws -> RawSocket {
        let client = try RawSocket(port: server.port, source: source)
        try client.write("GET \(path) HTTP/1.1\r\nHost: a\r\n\(forwarded)\r\n")
        return client
      }
      let first = try request("X-Forwarded-For: 10.0.0.1, 127.0.0.9\r\n", "/client")
      #expect(try first.readResponse().body == "10.0.0.1")
      // Another client of the proxy, with a claim of its own before what the proxy knows.
      let second = try request("X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-For: [2001:db8::5]:443\r\n", "/client")
      #expect(try second.readResponse().body == "2001:db8:0:0:0:0:0:0")
      // The first again, whose other connection waits and makes room for it.
      let again = try request("X-Forwarded-For: 10.0.0.1\r\n", "/never")
      #expect(first.isClosedByPeer())
      let third = try request("X-Forwarded-For: 10.0.0.1\r\n", "/client")
      #expect(try third.readResponse().status == 429)
      let direct = try request("X-Forwarded-For: 10.0.0.7\r\n", "/client", from: "127.0.0.3")
      #expect(try direct.readResponse().body == "127.0.0.3")
      let silent = try request("", "/client")
      #expect(try silent.readResponse().body == "127.0.0.9")
      again.close()
    }
  }

  @Test("Addresses and networks as operators write them")
  func addresses() {
    #expect(IPAddress("1.2.3.4")?.description == "1.2.3.4")
    #expect(IPAddress("::ffff:1.2.3.4")?.description == "1.2.3.4")
    #expect(IPAddressRange("10.1.2.3/8")?.description == "10.0.0.0/8")
    for text in ["", "1.2.3", "1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/8/8", "::1/129", "example.com", "::1/"] {
      #expect(IPAddressRange(text) == nil)
    }
    for (range, inside, outside) in [
      ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"), ("1.2.3.4", "1.2.3.4", "1.2.3.5"), ("0.0.0.0/0", "9.9.9.9", "::1"),
      ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"), ("::/0", "1.2.3.4", ""),
    ] {
      #expect(IPAddress(inside).map { IPAddressRange(range)?.contains($0) == true } == true)
      #expect(IPAddress(outside).map { IPAddressRange(range)?.contains($0) == true } != true)
    }
  }

  @Test(
    "A request of HTTP/1.1 without a Host, or with two, is answered with 400",
    arguments: ["", "Host: a\r\nHost: b\r\n"])
  func hostHeader(_ hosts: String) async throws {
    try await withServer { server in
      let client = try RawSocket(port: server.port)
      try client.write("GET / HTTP/1.1\r\n\(hosts)\r\n")
      let response = try client.readResponse()
      #expect(response.status == 400)
      #expect(response.body == "a request needs exactly one Host header\n")
      #expect(client.isClosedByPeer())
    }
  }

  @Test("A request is answered once")
  func answeredOnce() async throws {
    try await withServer { server in
      let client = try RawSocket(port: server.port)
      try client.post("", path: "/twice")
      #expect(try client.readResponse().body == "first")
      try client.post("next")
      #expect(try client.readResponse().body == "next")
    }
  }

  @Test("Many idle connections cost little, and the server goes on")
  func idleConnections() async throws {
    try await withServer(
      EchoService(),
      {
        $0.connections = 5_000
        $0.connectionsPerAddress = 5_000
      }
    ) { server in
      var idle: [RawSocket] = []
      for _ in 0..<400 { idle.append(try RawSocket(port: server.port)) }
      let before = residentBytes()
      for _ in 0..<1_500 { idle.append(try RawSocket(port: server.port)) }
      #expect(await eventually { server.connectionCount == 1_900 })
      #expect(residentBytes() - before < 1_500 * 40_000)
      let client = try RawSocket(port: server.port)
      try client.post("still here")
      #expect(try client.readResponse().body == "still here")
    }
  }

  @Test("Shutting down answers what has begun, closes the rest, and refuses what comes")
  func shutdown() async throws {
    let service = EchoService()
    let server = try await HTTPServer.start(service, host: "127.0.0.1", port: 0, on: group)
    let idle = try RawSocket(port: server.port), busy = try RawSocket(port: server.port)
    let stuck = try RawSocket(port: server.port)
    try busy.post("finish me", path: "/slow")
    try stuck.post("", path: "/never")
    try idle.post("x")
    #expect(try idle.readResponse().status == 200)
    // What is still on its way when the server shuts down has not begun.
    #expect(await eventually { service.requests.load(ordering: .relaxed) == 3 })
    let started = ContinuousClock.now
    async let done: Void = server.shutdown(grace: .milliseconds(600))
    // Off the threads of the tasks, which the server needs to begin with its end.
    let answer = try await NIOThreadPool.singleton.runIfActive { try busy.readResponse() }
    #expect(answer.body == "finish me")
    #expect(answer.headers["connection"] == "close")
    #expect(idle.isClosedByPeer())
    #expect(stuck.isClosedByPeer())
    await done
    #expect(ContinuousClock.now - started < .seconds(2))
    #expect(throws: SocketError.self) { try RawSocket(port: server.port) }
  }

  @Test("Routes are found by path and method")
  func routes() async throws {
    var router = HTTPRouter()
    router.on(.GET, "/jobs/:kind/:number") { call in
      call.reply.send(.text(.ok, call.segments.joined(separator: " ") + (call.request.queryParameter("id") ?? "")))
    }
    router.on(.POST, "/jobs/submit") { call in call.reply.send(HTTPResponse(.ok, body: call.request.body)) }
    try await withServer(router) { server in
      let client = try RawSocket(port: server.port)
      func status(_ method: String, _ path: String) throws -> (Int, String) {
        try client.write("\(method) \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
        let response = try client.readResponse()
        return (response.status, response.body)
      }
      #expect(try status("GET", "/jobs/fri/12?id=%20me&x") == (200, "fri 12%20me"))
      #expect(try status("GET", "/jobs/submit").0 == 405)
      #expect(try status("POST", "/jobs/submit").0 == 200)
      #expect(try status("GET", "/other").0 == 404)
      #expect(try status("GET", "/jobs/fri").0 == 404)
    }
  }
}

/// Memory of this process in use, by its own account.
func residentBytes() -> Int {
  guard let file = fopen("/proc/self/statm", "r") else { return 0 }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 256)
  guard fgets(&line, 256, file) != nil else { return 0 }
  let fields = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(
    separator: " ")
  return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * 4_096
}
