import Batches
import HTTP
import Logging
import NIOPosix
import ProverService
import SettlementTesting
import SocketTesting
import StorageTesting
import Synchronization
import Telemetry
import TelemetryTesting
import Testing
import ThreadTesting

@Suite("Prover service", .offTheCooperativePool)
struct ProverServiceTests {
  let directory = TemporaryDirectory()
  let metrics = MetricsRegistry()
  let lines = Recorder<String>()

  func open(_ change: (inout ProverService.Options) -> Void = { _ in }) throws -> ProverService {
    var options = ProverService.Options()
    change(&options)
    let lines = lines
    return try ProverService(
      path: directory.path + "/proofs", options: options, metrics: ProverServiceMetrics(metrics),
      log: Logger(label: "prover") { _ in RecordingLogHandler(lines: lines) })
  }

  func proveTimes(_ prover: String) -> Double? {
    metrics.value("prover_prove_time_seconds_count{prover=\"\(prover)\"}")
  }

  @Test("What becomes of a job is counted under the prover's name, and logged")
  func report() throws {
    let service = try open { $0.jobs.timeout = .zero }
    for number in 1...2 as ClosedRange<UInt64> {
      try service.jobs.add(sampleBatch(number), input: sampleInput(number))
    }
    #expect(try service.jobs.pick("slow")?.number == 1)
    #expect(try service.jobs.pick("gpu")?.number == 1)
    #expect(throws: ProofSubmissionError.self) { try service.jobs.submit(1, proof: [], prover: "other") }
    try service.jobs.submit(1, proof: claimedProof(sampleBatch(1).publicInput), prover: "gpu")
    // Nobody had picked this one: there is no time to count.
    try service.jobs.submit(2, proof: claimedProof(sampleBatch(2).publicInput), prover: "cpu")
    #expect(proveTimes("gpu") == 1)
    #expect(proveTimes("cpu") == nil)
    #expect(
      lines.all == [
        "warning: proof job given to another prover", "warning: proof refused", "info: batch proved",
        "info: batch proved",
      ])
  }

  @Test("Provers that invent names share one label from the sixty-fifth on")
  func manyNames() throws {
    let service = try open()
    for number in 1...70 as ClosedRange<UInt64> {
      try service.jobs.add(sampleBatch(number), input: sampleInput(number))
      _ = try service.jobs.pick("p\(number)")
      try service.jobs.submit(
        BatchNumber(number), proof: claimedProof(sampleBatch(number).publicInput), prover: "p\(number)")
    }
    #expect(proveTimes("p64") == 1)
    #expect(proveTimes("p65") == nil)
    #expect(proveTimes("other") == 6)
  }

  @Test("While no further batch is taken in, the health is degraded and says why")
  func health() throws {
    let service = try open {
      $0.jobs.maxUnproved = 2
      $0.verifier = ScriptedVerifier()
    }
    #expect(service.health == .ready)
    for number in 1...2 as ClosedRange<UInt64> {
      try service.jobs.add(sampleBatch(number), input: sampleInput(number))
    }
    #expect(service.health == .degraded("2 batches wait for a proof; no further one is taken in"))
    try service.jobs.submit(1, proof: claimedProof(sampleBatch(1).publicInput), prover: "p")
    #expect(service.health == .ready)
  }

  @Test("With a token, nothing is answered and nothing done without it, on any route")
  func token() async throws {
    let service = try open { $0.token = "a-token-of-24-characters" }
    service.start()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let server = try await HTTPServer.start(
      service.service, host: "127.0.0.1", port: 0, limits: service.limits, on: group)
    try service.jobs.add(sampleBatch(1), input: sampleInput(1))
    let socket = try RawSocket(port: server.port)
    func request(_ route: String, _ header: String) throws -> RawSocket.Response {
      try socket.write("\(route) HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\(header)\r\n")
      return try socket.readResponse()
    }
    let routes = [
      "GET /prover-jobs/status", "GET /prover-jobs/available", "POST /prover-jobs/FRI/pick",
      "POST /prover-jobs/FRI/submit", "GET /prover-jobs/FRI/1", "GET /nothing",
    ]
    for wrong in [
      "", "Authorization: Bearer\r\n", "Authorization: Bearer \r\n",
      "Authorization: Bearer a-token-of-24-character\r\n",
      "Authorization: Bearer a-token-of-24-characters!\r\n", "Authorization: Bearer b-token-of-24-characters\r\n",
      "Authorization: Basic a-token-of-24-characters\r\n", "Authorization: a-token-of-24-characters\r\n",
    ] {
      for route in routes {
        let response = try request(route, wrong)
        #expect(response.status == 401)
        #expect(response.headers["www-authenticate"] == "Bearer")
      }
    }
    #expect(service.jobs.status == [.init(number: 1, assignedFor: nil)])
    for scheme in ["Bearer", "bearer"] {
      let header = "Authorization: \(scheme) a-token-of-24-characters\r\n"
      #expect(try request("GET /prover-jobs/status", header).status == 200)
    }
    #expect(
      try request("POST /prover-jobs/FRI/pick?id=p", "authorization: Bearer a-token-of-24-characters\r\n").status == 200
    )
    socket.close()
    await server.shutdown()
    let stopping = onThread { service.stop() }
    stopping.thread.join()
    try await group.shutdownGracefully()
  }

  @Test("Started, it answers provers and runs the fake ones; stopped, nobody waits any more")
  func life() async throws {
    let service = try open {
      $0.jobs.maxUnproved = 1
      $0.fakes.provers = 1
      $0.fakes.provingTime = .zero
      $0.fakes.minimumAge = .zero
    }
    service.start()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let server = try await HTTPServer.start(
      service.service, host: "127.0.0.1", port: 0, limits: service.limits, on: group)
    try service.jobs.add(sampleBatch(1), input: sampleInput(1))
    #expect(service.jobs.waitForRoom())
    let socket = try RawSocket(port: server.port)
    try socket.write("GET /prover-jobs/available HTTP/1.1\r\nHost: test\r\n\r\n")
    #expect(try socket.readResponse().body == #"[{"block_number":1,"available_proofs":["fake_fri"]}]"#)
    socket.close()
    await server.shutdown()
    let stopping = onThread { service.stop() }
    stopping.thread.join()
    #expect(!service.jobs.waitForRoom())
    try await group.shutdownGracefully()
  }
}

/// Keeps level and message of every line.
private struct RecordingLogHandler: LogHandler {
  let lines: Recorder<String>
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info

  init(lines: Recorder<String>) { self.lines = lines }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { lines.record("\(event.level): \(event.message)") }
}
