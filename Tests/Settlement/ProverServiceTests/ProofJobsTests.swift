import Batches
import Glibc
import HTTP
import Primitives
import ProverService
import SettlementTesting
import StorageTesting
import Testing
import ThreadTesting

@Suite("Proof jobs", .offTheCooperativePool)
struct ProofJobsTests {
  let directory = TemporaryDirectory()
  let clock = ManualClock()
  let events = Recorder<ProofJobs.Event>()

  func open(
    maximum: Int = 1000, perProver: Int = 64, perAddress: Int = 256, keepsRefused: Bool = false,
    keptBytes: Int = 1 << 20, verifier: any ProofVerifier = FRIProofVerifier()
  ) throws -> ProofJobs {
    var options = ProofJobs.Options()
    options.maxUnproved = maximum
    options.maxPerProver = perProver
    options.maxPerAddress = perAddress
    options.keepsRefused = keepsRefused
    return try ProofJobs(
      store: try ProofStore(path: directory.path + "/proofs", maxKeptBytes: keptBytes), verifier: verifier,
      options: options, now: clock.now, notify: events.record)
  }

  func add(_ numbers: ClosedRange<UInt64>, to jobs: ProofJobs) throws {
    for number in numbers { try jobs.add(sampleBatch(number), input: sampleInput(number)) }
  }

  func proof(_ number: UInt64) -> [UInt8] { claimedProof(sampleBatch(number).publicInput) }

  @Test("The smallest number is handed out first, each once; then there is nothing")
  func order() throws {
    let jobs = try open()
    try add(1...3, to: jobs)
    #expect(try jobs.pick("a")?.number == 1)
    #expect(try jobs.pick("b")?.number == 2)
    #expect(try jobs.pick("a")?.input == sampleInput(3).bytes)
    #expect(try jobs.pick("a") == nil)
  }

  @Test("A job is handed out again only after more than the timeout, and then before larger numbers")
  func timeout() throws {
    let jobs = try open()
    try add(1...2, to: jobs)
    #expect(try jobs.pick("slow")?.number == 1)
    clock.advance(seconds: 180)
    #expect(try jobs.pick("b")?.number == 2)
    #expect(try jobs.pick("b") == nil)
    clock.advance(seconds: 0.001)
    #expect(try jobs.pick("b")?.number == 1)
    #expect(try jobs.pick("b") == nil)
    let reassigned = events.all.filter { if case .picked(_, _, true) = $0 { true } else { false } }
    #expect(reassigned.count == 1)
  }

  @Test("The status names pending and assigned jobs with their age")
  func status() throws {
    let jobs = try open()
    try add(1...2, to: jobs)
    _ = try jobs.pick("a")
    clock.advance(seconds: 7.5)
    #expect(
      jobs.status == [
        .init(number: 1, assignedFor: .milliseconds(7500)), .init(number: 2, assignedFor: nil),
      ])
  }

  @Test("A late proof after reassignment is accepted, the second one is unknown")
  func lateProof() throws {
    let jobs = try open()
    try add(1...1, to: jobs)
    _ = try jobs.pick("slow")
    clock.advance(seconds: 200)
    _ = try jobs.pick("fast")
    clock.advance(seconds: 10)
    try jobs.submit(1, proof: proof(1), prover: "slow")
    #expect(throws: ProofSubmissionError.self) { try jobs.submit(1, proof: proof(1), prover: "fast") }
    guard case .proved(1, "slow", let after, .friUnverified) = events.all.last else {
      Issue.record("no proof was reported: \(events.all)")
      return
    }
    #expect(after == .seconds(10))
  }

  @Test("A proof is accepted from somebody who never picked the job")
  func unpicked() throws {
    let jobs = try open()
    try add(1...1, to: jobs)
    try jobs.submit(1, proof: proof(1), prover: "x")
    #expect(jobs.unprovedCount == 0)
    #expect(try jobs.store.proof(1) == StoredProof(kind: .friUnverified, bytes: proof(1)))
    guard case .proved(1, "x", nil, .friUnverified) = events.all.last else {
      Issue.record("no proof was reported: \(events.all)")
      return
    }
  }

  @Test("A wrong proof leaves the job, which others can have at once, and its prover only where there is no other")
  func wrongProof() throws {
    let jobs = try open()
    try add(1...2, to: jobs)
    for wrong in [proof(2), [], FakeProverPool.proof(1)] {
      #expect(try jobs.pick("a")?.number == 1)
      #expect(throws: ProofSubmissionError.self) { try jobs.submit(1, proof: wrong, prover: "a") }
      #expect(jobs.status == [.init(number: 1, assignedFor: nil), .init(number: 2, assignedFor: nil)])
      #expect(try jobs.pick("b")?.number == 1)
      #expect(throws: ProofSubmissionError.self) { try jobs.submit(1, proof: wrong, prover: "b") }
    }
    // Whoever was wrong about 1 gets 2 first, and then 1.
    #expect(try jobs.pick("b")?.number == 2)
    #expect(try jobs.pick("b")?.number == 1)
    #expect(try jobs.store.proof(1) == nil)
  }

  @Test("Nobody takes a job from another prover with a proof of nothing")
  func foreignRefusal() throws {
    let jobs = try open()
    try add(1...1, to: jobs)
    let holder = ProverIdentity(name: "gpu", address: IPAddress("10.0.0.1"))
    let stranger = ProverIdentity(name: "gpu", address: IPAddress("10.0.0.2"))
    #expect(try jobs.pick(holder)?.number == 1)
    for other in [stranger, "gpu", "other"] {
      #expect(throws: ProofSubmissionError.self) { try jobs.submit(1, proof: [], prover: other) }
      #expect(try jobs.pick(other) == nil)
    }
    #expect(throws: ProofSubmissionError.self) { try jobs.submit(1, proof: [], prover: holder) }
    #expect(try jobs.pick(stranger)?.number == 1)
  }

  @Test(
    "A prover that names itself only with its proof, as those of the reference do, frees the job that it took unnamed")
  func unnamedHolder() throws {
    let jobs = try open()
    try add(1...1, to: jobs)
    let unnamed = ProverIdentity(name: "unknown_prover", address: IPAddress("10.0.0.1"))
    #expect(try jobs.pick(unnamed)?.number == 1)
    let stranger = ProverIdentity(name: "gpu", address: IPAddress("10.0.0.2"))
    #expect(throws: ProofSubmissionError.self) { try jobs.submit(1, proof: [], prover: stranger) }
    #expect(try jobs.pick(stranger) == nil)
    let named = ProverIdentity(name: "gpu", address: IPAddress("10.0.0.1"))
    #expect(throws: ProofSubmissionError.self) { try jobs.submit(1, proof: [], prover: named) }
    #expect(try jobs.pick(stranger)?.number == 1)
  }

  @Test("As the reference does it, a job whose proof was refused waits for the timeout")
  func refusedJobWaits() throws {
    let jobs = try open(keepsRefused: true)
    try add(1...1, to: jobs)
    _ = try jobs.pick("a")
    let before = jobs.status
    #expect(throws: ProofSubmissionError.self) { try jobs.submit(1, proof: [], prover: "a") }
    #expect(jobs.status == before)
    #expect(try jobs.pick("b") == nil)
    clock.advance(seconds: 181)
    #expect(try jobs.pick("b")?.number == 1)
  }

  @Test("One address holds only so many jobs, however many names it invents")
  func perAddress() throws {
    let jobs = try open(perAddress: 3)
    try add(1...6, to: jobs)
    func identity(_ name: Int, _ address: String) -> ProverIdentity {
      ProverIdentity(name: "p\(name)", address: IPAddress(address))
    }
    for number in 1...3 as ClosedRange<UInt64> {
      #expect(try jobs.pick(identity(Int(number), "2001:db8::\(number)"))?.number.rawValue == number)
    }
    #expect(try jobs.pick(identity(4, "2001:db8::4")) == nil)
    guard case .held(identity(4, "2001:db8::4"), 3) = events.all.last else {
      Issue.record("nobody was told: \(events.all)")
      return
    }
    // Another network, and whoever is within the process.
    #expect(try jobs.pick(identity(4, "2001:db8:0:1::4"))?.number == 4)
    #expect(try jobs.pick("p4")?.number == 5)
    try jobs.submit(1, proof: proof(1), prover: identity(1, "2001:db8::1"))
    #expect(try jobs.pick(identity(4, "2001:db8::4"))?.number == 6)
  }

  @Test("A verifier that can tell makes proofs verified, and their inputs go")
  func kinds() throws {
    let jobs = try open(verifier: ScriptedVerifier())
    try add(1...1, to: jobs)
    try jobs.submit(1, proof: proof(1), prover: "a")
    #expect(try jobs.store.kind(1) == .fri)
    #expect(try jobs.store.kind(2) == nil)
    #expect(try jobs.store.reopen(1) == false)
    // What earlier versions wrote for every proof.
    #expect(StoredProof.Kind.friUnverified.rawValue == 0)
  }

  @Test("A check that is interrupted leaves the job as it was")
  func interrupted() throws {
    let jobs = try open(verifier: ScriptedVerifier { _, _, _ throws(ProofFault) in throw .interrupted })
    try add(1...1, to: jobs)
    _ = try jobs.pick("a")
    let error = #expect(throws: ProofSubmissionError.self) { try jobs.submit(1, proof: proof(1), prover: "a") }
    guard case .interrupted = error else { return #expect(Bool(false), "another error: \(String(describing: error))") }
    #expect(jobs.status == [.init(number: 1, assignedFor: .zero)])
  }

  @Test("Of many proofs sent at once exactly one is accepted")
  func race() async throws {
    let jobs = try open()
    try add(1...8, to: jobs)
    for number in 1...8 as ClosedRange<UInt64> {
      let accepted = await withTaskGroup(of: Bool.self) { group in
        for prover in 0..<6 {
          group.addTask {
            do {
              try jobs.submit(
                BatchNumber(number), proof: claimedProof(sampleBatch(number).publicInput), prover: "p\(prover)")
            } catch { return false }
            return true
          }
        }
        return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      #expect(accepted == 1)
    }
  }

  @Test("After a restart unproved jobs are pending again, proofs are served, and batches are complete")
  func restart() throws {
    do {
      let jobs = try open()
      try add(1...3, to: jobs)
      _ = try jobs.pick("a")
      try jobs.submit(2, proof: proof(2), prover: "a")
    }
    let jobs = try open()
    #expect(jobs.status == [.init(number: 1, assignedFor: nil), .init(number: 3, assignedFor: nil)])
    #expect(try jobs.pick("b")?.input == sampleInput(1).bytes)
    #expect(try jobs.store.proof(2)?.bytes == proof(2))
    #expect(try jobs.store.lastBatch() == sampleBatch(3))
    #expect(try jobs.store.batch(2) == sampleBatch(2))
    #expect(try jobs.store.batch(4) == nil)
    try jobs.submit(3, proof: proof(3), prover: "b")
    #expect(try jobs.store.proved().map(\.number) == [2, 3])
  }

  @Test("A batch of several blocks is refused: its form on disk could not tell")
  func severalBlocks() throws {
    let jobs = try open()
    var batch = sampleBatch(1)
    batch.blocks = 1...2
    let error = #expect(throws: ProofStoreError.self) { try jobs.add(batch, input: sampleInput(1)) }
    #expect(error?.description == "batches: batch 1 of the blocks 1 to 2 cannot be stored")
    #expect(jobs.unprovedCount == 0)
    #expect(try jobs.store.lastBatch() == nil)
  }

  @Test("A store that another node uses says so")
  func storeInUse() throws {
    let jobs = try open()
    let error = #expect(throws: ProofStoreError.self) { try ProofStore(path: directory.path + "/proofs") }
    #expect(error?.description == "another node uses this database (\(directory.path)/proofs)")
    try add(1...1, to: jobs)
  }

  @Test("The intake waits while there are too many jobs, and goes on when a proof comes")
  func backPressure() async throws {
    let jobs = try open(maximum: 2)
    try add(1...2, to: jobs)
    let waiting = onThread { #expect(jobs.waitForRoom()) }
    try await Task.sleep(for: .milliseconds(100))
    #expect(!waiting.isDone.isSet)
    try jobs.submit(1, proof: proof(1), prover: "a")
    waiting.thread.join()
    #expect(waiting.isDone.isSet)
  }

  @Test("Closing lets nobody wait for ever")
  func closing() async throws {
    let jobs = try open(maximum: 1)
    try add(1...1, to: jobs)
    let waiting = onThread { #expect(!jobs.waitForRoom()) }
    try await Task.sleep(for: .milliseconds(20))
    jobs.close()
    waiting.thread.join()
    #expect(try jobs.pick("a")?.number == 1)
  }

  @Test("One prover holds only so many jobs, which others get when it does nothing")
  func perProver() throws {
    let jobs = try open(perProver: 2)
    try add(1...4, to: jobs)
    #expect(try jobs.pick("greedy")?.number == 1)
    #expect(try jobs.pick("greedy")?.number == 2)
    #expect(try jobs.pick("greedy") == nil)
    guard case .held("greedy", 2) = events.all.last else {
      Issue.record("nobody was told: \(events.all)")
      return
    }
    #expect(try jobs.pick("other")?.number == 3)
    // Whoever proves gets the next one.
    try jobs.submit(1, proof: proof(1), prover: "greedy")
    #expect(try jobs.pick("greedy")?.number == 4)
    #expect(try jobs.pick("greedy") == nil)
    // What it did not prove in time is not its own any more.
    clock.advance(seconds: 181)
    #expect(try jobs.pick("other")?.number == 2)
    #expect(try jobs.pick("greedy")?.number == 3)
  }

  static let fakes: FakeProverPool.Options = {
    var options = FakeProverPool.Options()
    (options.provers, options.provingTime, options.minimumAge) = (1, .zero, .zero)
    return options
  }()

  @Test("The input of a proof that nobody has verified is kept, and the batch can be proved again")
  func reopening() throws {
    do {
      let jobs = try open()
      try add(1...3, to: jobs)
      for number in 1...2 as ClosedRange<UInt64> {
        try jobs.submit(BatchNumber(number), proof: proof(number), prover: "liar")
      }
      let fakes = FakeProverPool(jobs: jobs, options: Self.fakes)
      fakes.start()
      while jobs.unprovedCount > 0 { usleep(1_000) }
      fakes.stop()
      #expect(jobs.unprovedCount == 0)
    }
    do {
      let store = try ProofStore(path: directory.path + "/proofs")
      #expect(try store.reopen(2))
      #expect(try store.reopen(2) == false)
      // Fakes are made of nothing.
      #expect(try store.reopen(3) == false)
      #expect(try store.reopen(9) == false)
      #expect(try store.proof(2) == nil)
    }
    let jobs = try open(verifier: ScriptedVerifier())
    #expect(jobs.status.map(\.number) == [2])
    #expect(try jobs.pick("honest")?.input == sampleInput(2).bytes)
    // A proof beyond doubt needs its input no longer.
    try jobs.submit(2, proof: proof(2), prover: "honest")
    #expect(try jobs.store.reopen(2) == false)
    #expect(try jobs.store.proof(2)?.bytes == proof(2))
  }

  @Test("Kept inputs are bounded in bytes: the oldest go first")
  func keptBytes() throws {
    let size = sampleInput(1).bytes.count
    let jobs = try open(keptBytes: size * 5 / 2)
    try add(1...5, to: jobs)
    for number in 1...5 as ClosedRange<UInt64> {
      try jobs.submit(BatchNumber(number), proof: proof(number), prover: "a")
    }
    let reopened = try (1...5).map { try jobs.store.reopen(BatchNumber($0)) }
    #expect(reopened == [false, false, false, true, true])
  }

  @Test("A minimum age leaves young jobs to others")
  func minimumAge() throws {
    let jobs = try open()
    try add(1...3, to: jobs)
    #expect(try jobs.pick("gpu")?.number == 1)
    clock.advance(seconds: 2)
    try add(4...4, to: jobs)
    #expect(jobs.takeFree("f", minimumAge: .seconds(3)) == [])
    clock.advance(seconds: 1)
    #expect(jobs.takeFree("f", minimumAge: .seconds(3)) == [2, 3])
    #expect(try jobs.pick("gpu")?.number == 4)
  }
}

@Suite("Fake provers", .offTheCooperativePool)
struct FakeProverTests {
  @Test("They end every job, and what they make is marked as fake in the store and in the report")
  func flow() async throws {
    let directory = TemporaryDirectory()
    let events = Recorder<ProofJobs.Event>()
    let jobs = try ProofJobs(store: try ProofStore(path: directory.path + "/proofs"), notify: events.record)
    for number in 1...5 as ClosedRange<UInt64> { try jobs.add(sampleBatch(number), input: sampleInput(number)) }
    var options = FakeProverPool.Options()
    options.provers = 2
    options.provingTime = .milliseconds(1)
    options.minimumAge = .zero
    let pool = FakeProverPool(jobs: jobs, options: options)
    pool.start()
    let deadline = ContinuousClock.now + .seconds(20)
    while jobs.unprovedCount > 0, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(10)) }
    pool.stop()
    #expect(jobs.unprovedCount == 0)
    #expect(try jobs.store.proved().allSatisfy { $0.kind == .fake })
    #expect(try jobs.store.proof(3)?.bytes == Array("fake proof of batch 3".utf8))
    let kinds = events.all.compactMap { if case .proved(_, _, _, let kind) = $0 { kind } else { nil } }
    #expect(kinds == [.fake, .fake, .fake, .fake, .fake])
  }

  @Test("They keep up with a chain that makes more batches than they could end one by one")
  func keepingUp() async throws {
    let directory = TemporaryDirectory()
    let jobs = try ProofJobs(store: try ProofStore(path: directory.path + "/proofs"))
    var options = FakeProverPool.Options()
    options.provers = 1
    options.provingTime = .milliseconds(200)
    options.minimumAge = .zero
    for number in 1...100 as ClosedRange<UInt64> { try jobs.add(sampleBatch(number), input: sampleInput(number)) }
    let pool = FakeProverPool(jobs: jobs, options: options)
    pool.start()
    // One by one they would take twenty seconds.
    let deadline = ContinuousClock.now + .seconds(15)
    while jobs.unprovedCount > 0, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(10)) }
    pool.stop()
    #expect(jobs.unprovedCount == 0)
  }

  @Test("By default there are none")
  func offByDefault() { #expect(FakeProverPool.Options().provers == 0) }
}
