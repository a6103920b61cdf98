// Proofs that were stored while there was no verifier, and a start with one.

import Batches
import Concurrency
import Files
import Logging
import ProverService
import SettlementTesting
import StorageTesting
import Synchronization
import Telemetry
import Testing
import ThreadTesting

@Suite("Stored proofs that nobody has verified", .offTheCooperativePool)
struct StoredProofCheckTests {
  let directory = TemporaryDirectory()

  func open(_ verifier: any ProofVerifier, keptBytes: Int = 1 << 20) throws -> ProverService {
    var options = ProverService.Options()
    options.verifier = verifier
    options.maxKeptInputBytes = keptBytes
    options.refusedFolder = directory.path + "/refused"
    return try ProverService(
      path: directory.path + "/proofs", options: options, metrics: ProverServiceMetrics(MetricsRegistry()),
      log: Logger(label: "prover") { _ in SwiftLogNoOpLogHandler() })
  }

  /// Makes the batches 1 to 4 and stores unverified proofs of them.
  func store(of proved: [UInt64] = [1, 2, 3, 4], keptBytes: Int = 1 << 20) throws {
    let service = try open(FRIProofVerifier(), keptBytes: keptBytes)
    #expect(service.health == .degraded("proofs are stored unverified: there is no prover_api_verifier_image"))
    for number in 1...4 as ClosedRange<UInt64> {
      try service.jobs.add(sampleBatch(number), input: sampleInput(number))
      guard proved.contains(number) else { continue }
      let proof = claimedProof(sampleBatch(number).publicInput)
      try service.jobs.submit(BatchNumber(number), proof: proof, prover: "p")
    }
    #expect(try service.jobs.store.proved().allSatisfy { $0.kind == .friUnverified })
  }

  /// Starts a service and stops it once `condition` holds.
  func run(_ service: ProverService, until condition: () throws -> Bool) async throws {
    service.start()
    let deadline = ContinuousClock.now + .seconds(30)
    while try !condition(), ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(2)) }
    #expect(try condition())
    let stopping = onThread { service.stop() }
    stopping.thread.join()
  }

  /// Holds for all batches but some.
  func verifier(refusing wrong: Set<BatchNumber>, _ looked: Recorder<BatchNumber>) -> ScriptedVerifier {
    ScriptedVerifier { _, batch, _ throws(ProofFault) in
      looked.record(batch.number)
      if wrong.contains(batch.number) { throw .argument("no") }
    }
  }

  @Test("With a verifier each is verified once; one that does not hold goes away and its batch is proved again")
  func mending() async throws {
    try store()
    let looked = Recorder<BatchNumber>()
    do {
      let service = try open(verifier(refusing: [2], looked)), store = service.jobs.store
      try await run(service) {
        try store.proved().map(\.kind) == [.fri, .fri, .fri] && service.health == .ready
      }
      #expect(looked.all == [1, 2, 3, 4])
      #expect(try store.proved().map(\.number) == [1, 3, 4])
      #expect(service.jobs.status.map(\.number) == [2])
      #expect(try service.jobs.pick("honest")?.input == sampleInput(2).bytes)
      // What was verified needs its input no longer.
      for number in [1, 3, 4] as [BatchNumber] { #expect(try store.reopen(number) == false) }
    }
    let files = try Files.below(directory.path + "/refused", suffix: ".bincode")
    #expect(files.count == 1 && files[0].contains("/batch-2.argument.stored."))
    #expect(try Files.read(files[0]) == claimedProof(sampleBatch(2).publicInput))
    // Nothing is looked at a second time, and the batch waits over a restart.
    let service = try open(verifier(refusing: [], looked))
    try await run(service) { service.health == .ready }
    #expect(looked.all.count == 4)
    #expect(service.jobs.status.map(\.number) == [2])
  }

  @Test("One that does not hold and whose input is gone stays unverified, is said, and is looked at after each start")
  func lost() async throws {
    let size = sampleInput(1).bytes.count
    // The inputs of 1 and 2 have to go.
    try store(keptBytes: 2 * size)
    let looked = Recorder<BatchNumber>()
    for _ in 0..<2 {
      let service = try open(verifier(refusing: [2], looked)), store = service.jobs.store
      let note = Health.degraded("the stored proofs of the batches 2 do not hold, and their prover inputs are not kept")
      try await run(service) { service.health == note }
      #expect(try store.proved().map(\.kind) == [.fri, .friUnverified, .fri, .fri])
      #expect(service.jobs.unprovedCount == 0)
    }
    #expect(looked.all == [1, 2, 3, 4, 2])
  }

  @Test("A stop ends the check of a proof, and the next start begins with it")
  func stopping() async throws {
    try store()
    let looked = Recorder<BatchNumber>()
    do {
      let slow = ScriptedVerifier { _, batch, cancellation throws(ProofFault) in
        looked.record(batch.number)
        guard batch.number > 1 else { return }
        while !cancellation.isCancelled {}
        throw .interrupted
      }
      let service = try open(slow)
      try await run(service) {
        service.health
          == .degraded(
            "stored proofs are verified: at batch 2, 1 hold, 0 did not and are proved again")
      }
      #expect(try service.jobs.store.proved().map(\.kind) == [.fri, .friUnverified, .friUnverified, .friUnverified])
    }
    let service = try open(verifier(refusing: [], looked)), store = service.jobs.store
    try await run(service) { try store.proved().allSatisfy { $0.kind == .fri } }
    #expect(looked.all == [1, 2, 2, 3, 4])
  }

  @Test("Without a verifier again, what is stored then is looked at by the next one, whatever its number")
  func backAndForth() async throws {
    try store(of: [1, 2, 4])
    let looked = Recorder<BatchNumber>()
    do {
      let service = try open(verifier(refusing: [], looked)), store = service.jobs.store
      try await run(service) { try store.proved().allSatisfy { $0.kind == .fri } && service.health == .ready }
    }
    do {
      let service = try open(FRIProofVerifier())
      try service.jobs.submit(3, proof: claimedProof(sampleBatch(3).publicInput), prover: "p")
      #expect(try service.jobs.store.kind(3) == .friUnverified)
    }
    let service = try open(verifier(refusing: [], looked)), store = service.jobs.store
    try await run(service) { try store.kind(3) == .fri && service.health == .ready }
    #expect(looked.all == [1, 2, 4, 3])
  }
}
