// The five routes over a real socket, spoken to byte by byte.

import Batches
import Concurrency
import HTTP
import NIOPosix
import Primitives
import ProverService
import SettlementTesting
import SocketTesting
import StorageTesting
import Testing
import ThreadTesting

@Suite("Prover API", .offTheCooperativePool)
final class ProverAPITests {
  let directory = TemporaryDirectory()
  let clock = ManualClock()
  let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  let threads = NIOThreadPool(numberOfThreads: 2)
  var submissions = SubmissionQueue()
  var port = 0

  /// A server over fresh jobs, open while `body` runs.
  func serving(
    bodyBytes: Int = ProverAPI.defaultBodyLimit, verifier: any ProofVerifier = FRIProofVerifier(),
    waiting: SubmissionQueue.Limits = SubmissionQueue.Limits(),
    notify: @escaping @Sendable (ProofJobs.Event) -> Void = { _ in },
    _ body: (ProofJobs, RawSocket) async throws -> Void
  ) async throws {
    let jobs = try ProofJobs(
      store: try ProofStore(path: directory.path + "/proofs"), verifier: verifier, now: clock.now, notify: notify)
    threads.start()
    let submissions = SubmissionQueue(limits: waiting)
    submissions.start()
    self.submissions = submissions
    let server = try await HTTPServer.start(
      ProverAPI(jobs: jobs, threads: threads, submissions: submissions).router, host: "127.0.0.1", port: 0,
      limits: ProverAPI.limits(bodyBytes: bodyBytes), on: group)
    port = server.port
    do {
      let socket = try RawSocket(port: port)
      try await body(jobs, socket)
      socket.close()
    } catch {
      Issue.record("\(error)")
    }
    await server.shutdown()
    let stopping = onThread { submissions.stop() }
    stopping.thread.join()
    try await threads.shutdownGracefully()
    try await group.shutdownGracefully()
  }

  func add(_ numbers: ClosedRange<UInt64>, to jobs: ProofJobs) throws {
    for number in numbers { try jobs.add(sampleBatch(number), input: sampleInput(number)) }
  }

  func get(_ socket: RawSocket, _ path: String) throws -> RawSocket.Response {
    try socket.write("GET \(path) HTTP/1.1\r\nHost: test\r\n\r\n")
    return try socket.readResponse()
  }

  func pick(_ socket: RawSocket) throws -> RawSocket.Response {
    try socket.write("POST /prover-jobs/FRI/pick HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n")
    return try noContent(socket)
  }

  /// A response that may be 204.
  func noContent(_ socket: RawSocket) throws -> RawSocket.Response { try socket.readResponse() }

  func submit(
    _ socket: RawSocket, _ body: String, query: String = "", contentType: String = "application/json"
  ) throws -> RawSocket.Response {
    try socket.post(body, path: "/prover-jobs/FRI/submit" + query, contentType: contentType)
    return try noContent(socket)
  }

  func body(_ number: UInt64, _ proof: [UInt8]) -> String {
    var text: [UInt8] = []
    Base64.append(proof, to: &text)
    return "{\"block_number\": \(number), \"proof\": \"\(String(decoding: text, as: UTF8.self))\"}"
  }

  @Test("A job from pick to proof, as a prover sees it")
  func lifeCycle() async throws {
    try await serving { jobs, socket in
      #expect(try self.pick(socket).status == 204)
      #expect(try self.get(socket, "/prover-jobs/status").body == "[]")
      try self.add(1...2, to: jobs)
      let picked = try self.pick(socket)
      #expect(picked.status == 200 && picked.headers["content-type"] == "application/json")
      // Words 1, 0x04030201, 0xffffffff as little-endian bytes.
      #expect(picked.body == #"{"block_number":1,"prover_input":"AQAAAAECAwT/////"}"#)
      self.clock.advance(seconds: 3.9)
      #expect(
        try self.get(socket, "/prover-jobs/status").body
          == #"[{"block_number":1,"status":"Assigned","assigned_seconds_ago":3},{"block_number":2,"status":"Pending"}]"#
      )
      let proof = claimedProof(sampleBatch(1).publicInput)
      #expect(try self.submit(socket, self.body(1, proof), query: "?id=gpu-1").status == 204)
      #expect(
        try self.get(socket, "/prover-jobs/available").body
          == #"[{"block_number":1,"available_proofs":["fri_unverified"]}]"#)
      var text = Array(#"{"block_number":1,"proof":""#.utf8)
      Base64.append(proof, to: &text)
      text += Array(#"","is_unverified":true}"#.utf8)
      #expect(try self.get(socket, "/prover-jobs/FRI/1").body == String(decoding: text, as: UTF8.self))
      #expect(try self.get(socket, "/prover-jobs/FRI/2").status == 204)
      let again = try self.submit(socket, self.body(1, proof))
      #expect(again.status == 404 && again.body == "unknown block")
    }
  }

  @Test("Submissions that are wrong get the status and the text of the reference, and change nothing")
  func malformed() async throws {
    try await serving { jobs, socket in
      try self.add(1...1, to: jobs)
      let cases: [(body: String, type: String, status: Int, text: String)] = [
        ("{}", "text/plain", 415, "Expected request with `Content-Type: application/json`"),
        ("{", "application/json", 400, "Failed to parse the request body as JSON: "),
        ("", "application/json", 400, "Failed to parse the request body as JSON: "),
        ("[]", "application/json", 422, "Failed to deserialize the JSON body into the target type: "),
        (
          #"{"proof":""}"#, "application/json", 422,
          "Failed to deserialize the JSON body into the target type: missing field `block_number`"
        ),
        (#"{"block_number":1}"#, "application/json; charset=utf-8", 422, "Failed to deserialize"),
        (#"{"block_number":"1","proof":""}"#, "application/json", 422, "Failed to deserialize"),
        (#"{"block_number":-1,"proof":""}"#, "application/json", 422, "Failed to deserialize"),
        (#"{"block_number":1,"proof":7}"#, "application/vnd.x+json", 422, "Failed to deserialize"),
        (
          #"{"block_number":1,"proof":"A!=="}"#, "application/json", 400, "invalid base64: Invalid symbol 33, offset 1."
        ),
        (#"{"block_number":1,"proof":"AA"}"#, "application/json", 400, "invalid base64: Invalid padding"),
        (#"{"block_number":9,"proof":"AAAA"}"#, "application/json", 404, "unknown block"),
        (#"{"block_number":1,"proof":"AAAA"}"#, "application/json", 400, "malformed proof: "),
        (
          self.body(1, claimedProof(.zero)), "application/json", 400,
          "proof verification failed: the proof is of another batch"
        ),
        (
          self.body(1, claimedProof(sampleBatch(1).publicInput, of: .zero)), "application/json", 400,
          "proof verification failed: the proof is of another program"
        ),
        (self.body(1, FakeProverPool.proof(1)), "application/json", 400, "malformed proof: "),
      ]
      for (index, example) in cases.enumerated() {
        let response = try self.submit(socket, example.body, contentType: example.type)
        #expect(response.status == example.status, "case \(index): \(response.body)")
        #expect(response.body.hasPrefix(example.text), "case \(index): \(response.body)")
        if !response.body.isEmpty {
          #expect(response.headers["content-type"] == "text/plain; charset=utf-8", "case \(index)")
        }
      }
      #expect(jobs.status == [.init(number: 1, assignedFor: nil)])
    }
  }

  @Test("Paths and methods that do not exist")
  func paths() async throws {
    try await serving { _, socket in
      #expect(try self.get(socket, "/prover-jobs/FRI/pick").status == 405)
      #expect(try self.get(socket, "/prover-jobs/FRI/submit").status == 405)
      #expect(try self.get(socket, "/prover-jobs").status == 404)
      let response = try self.get(socket, "/prover-jobs/FRI/12x")
      #expect(response.status == 400 && response.body == "Invalid URL: Cannot parse `12x` to a `u64`")
      #expect(try self.get(socket, "/prover-jobs/FRI/18446744073709551616").status == 400)
      #expect(try self.get(socket, "/prover-jobs/FRI/18446744073709551615").status == 204)
    }
  }

  @Test(
    "Provers name themselves in percent-encoded text",
    arguments: [
      ("?id=gpu-1", "gpu-1"), ("?id=gpu%201", "gpu 1"), ("?id=gpu+1", "gpu 1"), ("?id=%C3%A9", "é"),
      ("?%69d=x", "x"), ("?a=b&id=x&id=y", "x"), ("?id=", ""), ("?id", ""), ("", "unknown_prover"),
      ("?name=x", "unknown_prover"), ("?id=100%", "100%"), ("?id=%zz", "%zz"), ("?id=a%0Ab", "a\u{FFFD}b"),
      ("?id=%FF", "\u{FFFD}"), ("?id=" + String(repeating: "n", count: 200), String(repeating: "n", count: 64)),
    ])
  func names(_ query: String, _ name: String) async throws {
    let events = Recorder<ProofJobs.Event>()
    try await serving(notify: events.record) { jobs, socket in
      try self.add(1...1, to: jobs)
      #expect(try self.submit(socket, self.body(1, claimedProof(.zero)), query: query).status == 400)
      guard case .rejected(1, let given, _, _)? = events.all.last else {
        Issue.record("nothing was refused: \(events.all)")
        return
      }
      #expect(given == ProverIdentity(name: name, address: IPAddress("127.0.0.1")))
    }
  }

  @Test("A body above the limit is refused with 413, one below it is read")
  func bodyLimit() async throws {
    try await serving(bodyBytes: 4096) { jobs, socket in
      try self.add(1...1, to: jobs)
      let large = self.body(1, [UInt8](repeating: 0, count: 3060))
      #expect(large.utf8.count > 4096)
      #expect(try self.submit(socket, large).status == 413)
    }
  }

  /// Submits on a connection of its own, without waiting for the answer.
  func begin(_ body: String) throws -> RawSocket {
    let socket = try RawSocket(port: port)
    try socket.post(body, path: "/prover-jobs/FRI/submit", contentType: "application/json")
    return socket
  }

  @Test("A verified proof is served as the reference serves it, and an argument that does not hold is refused as such")
  func verified() async throws {
    let verifier = ScriptedVerifier { proof, _, _ throws(ProofFault) in
      guard proof.count > 100 else { throw .argument("the verifier stopped") }
    }
    try await serving(verifier: verifier) { jobs, socket in
      try self.add(1...1, to: jobs)
      let refused = try self.submit(socket, self.body(1, [1, 2, 3]))
      #expect(refused.status == 400)
      #expect(refused.body == "proof verification failed: the argument does not hold: the verifier stopped")
      #expect(try self.submit(socket, self.body(1, claimedProof(.zero))).status == 204)
      #expect(
        try self.get(socket, "/prover-jobs/available").body == #"[{"block_number":1,"available_proofs":["fri"]}]"#)
      let served = try self.get(socket, "/prover-jobs/FRI/1").body
      #expect(served.hasPrefix(#"{"block_number":1,"proof":""#) && served.hasSuffix("\"}"))
    }
  }

  /// Lets whoever comes wait until the test opens it.
  final class Gate: Sendable {
    private let state = Monitor((isOpen: false, waiting: 0))

    var waiting: Int { state.read { $0.waiting } }

    func open() { state.update { $0.isOpen = true } }

    func pass(_ cancellation: Cancellation) throws(ProofFault) {
      state.update { $0.waiting += 1 }
      while state.wait(until: MonotonicClock.nanoseconds + 5_000_000, { $0.isOpen ? true : nil }) == nil {
        if cancellation.isCancelled { throw .interrupted }
      }
    }
  }

  func wait(for condition: () -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while !condition() {
      try #require(ContinuousClock.now < deadline)
      try await Task.sleep(for: .milliseconds(2))
    }
  }

  @Test(
    "Of two proofs for one batch that are verified at once exactly one is accepted; the other batch is unknown then")
  func atOnce() async throws {
    let gate = Gate()
    var limits = SubmissionQueue.Limits()
    limits.threads = 2
    try await serving(
      verifier: ScriptedVerifier { _, _, cancellation throws(ProofFault) in try gate.pass(cancellation) },
      waiting: limits
    ) { jobs, socket in
      try self.add(1...1, to: jobs)
      let sockets = try (0..<2).map { _ in try self.begin(self.body(1, [1])) }
      try await self.wait { gate.waiting == 2 }
      gate.open()
      let answers = try sockets.map { try self.noContent($0) }
      #expect(answers.map(\.status).sorted() == [204, 404])
      #expect(answers.contains { $0.body == "unknown block" })
      for socket in sockets { socket.close() }
    }
  }

  @Test(
    "Submissions beyond what may wait, in number or bytes, are turned away with a time to try again",
    arguments: [true, false])
  func full(_ byNumber: Bool) async throws {
    let gate = Gate()
    var limits = SubmissionQueue.Limits()
    let text = body(1, [UInt8](repeating: 1, count: 3_000))
    if byNumber { limits.items = 2 } else { limits.bytes = 2 * text.utf8.count }
    try await serving(
      verifier: ScriptedVerifier { _, _, cancellation throws(ProofFault) in try gate.pass(cancellation) },
      waiting: limits
    ) { jobs, socket in
      try self.add(1...2, to: jobs)
      let sockets = [try self.begin(text)]
      try await self.wait { gate.waiting == 1 }
      let second = try self.begin(text)
      try await self.wait { self.submissions.count == 2 }
      let refusal = try self.submit(socket, text)
      #expect(refusal.status == 503 && refusal.headers["retry-after"] == "5")
      #expect(refusal.body == "too many submissions wait to be verified, try again in 5 seconds")
      // Everybody else is served meanwhile.
      #expect(try self.get(socket, "/prover-jobs/status").status == 200)
      #expect(try self.pick(socket).status == 200)
      gate.open()
      #expect(try self.noContent(sockets[0]).status == 204)
      #expect(try self.noContent(second).status == 404)
      #expect(try self.submit(socket, self.body(2, [1])).status == 204)
      for socket in sockets + [second] { socket.close() }
    }
  }

  @Test("When the node ends, what is verified is given up, and what waits is told so")
  func ending() async throws {
    let gate = Gate(), answers = Recorder<Int>()
    try await serving(
      verifier: ScriptedVerifier { _, _, cancellation throws(ProofFault) in try gate.pass(cancellation) }
    ) { jobs, socket in
      try self.add(1...1, to: jobs)
      let sockets = try (0..<3).map { _ in try self.begin(self.body(1, [1])) }
      try await self.wait { gate.waiting == 1 }
      for socket in sockets {
        _ = onThread {
          answers.record((try? socket.readResponse())?.status ?? 0)
          socket.close()
        }
      }
    }
    // The server is gone by now, which gave up what it had after a second; whoever still waited has lost the connection.
    try await wait { answers.all.count == 3 }
    #expect(answers.all.allSatisfy { $0 == 503 || $0 == 0 } && answers.all.contains(503))
    #expect(try ProofStore(path: directory.path + "/proofs").unproved() == [1])
  }

  @Test("Fake proofs say that they are fake")
  func fakes() async throws {
    try await serving { jobs, socket in
      try self.add(1...1, to: jobs)
      var options = FakeProverPool.Options()
      options.provers = 1
      options.provingTime = .zero
      options.minimumAge = .zero
      let pool = FakeProverPool(jobs: jobs, options: options)
      pool.start()
      let deadline = ContinuousClock.now + .seconds(20)
      while jobs.unprovedCount > 0, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(10)) }
      pool.stop()
      #expect(
        try self.get(socket, "/prover-jobs/available").body
          == #"[{"block_number":1,"available_proofs":["fake_fri"]}]"#)
      #expect(
        try self.get(socket, "/prover-jobs/FRI/1").body
          == #"{"block_number":1,"proof":"ZmFrZSBwcm9vZiBvZiBiYXRjaCAx","is_fake":true}"#)
    }
  }
}

@Suite("Names of provers")
struct ProverNameTests {
  @Test("The first names are labels, all later ones share one, and known names keep theirs")
  func limit() {
    let names = ProverNames(limit: 3)
    #expect(
      ["a", "b", "a", "c", "d", "e", "b"].map { names.label($0) } == ["a", "b", "a", "c", "other", "other", "b"])
  }

  @Test("Threads together do not pass the limit")
  func threads() async {
    let names = ProverNames(limit: 10)
    let labels = await withTaskGroup(of: Set<String>.self) { group in
      for task in 0..<4 {
        group.addTask { Set((0..<500).map { names.label("\(task)-\($0)") }) }
      }
      return await group.reduce(into: Set<String>()) { $0.formUnion($1) }
    }
    #expect(labels.count == 11 && labels.contains(ProverNames.other))
  }
}
