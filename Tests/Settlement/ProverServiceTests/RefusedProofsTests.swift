import Files
import Glibc
import ProverService
import SettlementTesting
import StorageTesting
import Testing

@Suite("Refused proofs")
struct RefusedProofsTests {
  let directory = TemporaryDirectory()

  var folder: String { directory.path + "/refused" }

  /// The names of the files, and the bytes of all.
  func files() throws -> (names: Set<String>, bytes: Int) {
    guard Files.isFolder(folder) else { return ([], 0) }
    let paths = try Files.below(folder, suffix: "")
    return (
      Set(paths.map { String($0.dropFirst(folder.count + 1)) }), paths.reduce(0) { $0 + Files.size($1) }
    )
  }

  func jobs(files: Int = 64, bytes: Int = 1 << 20) throws -> ProofJobs {
    var limits = RefusedProofs.Limits()
    limits.files = files
    limits.bytes = bytes
    let verifier = ScriptedVerifier { proof, _, _ throws(ProofFault) in
      throw proof.count > 100 ? .argument("it is long") : .encoding("it is short")
    }
    let jobs = try ProofJobs(
      store: try ProofStore(path: directory.path + "/proofs"), verifier: verifier,
      refusals: RefusedProofs(folder: folder, limits: limits))
    if jobs.unprovedCount == 0 { try jobs.add(sampleBatch(1), input: sampleInput(1)) }
    return jobs
  }

  func refuse(_ jobs: ProofJobs, _ proof: [UInt8], _ prover: ProverIdentity = "p") {
    #expect(throws: ProofSubmissionError.self) { try jobs.submit(1, proof: proof, prover: prover) }
  }

  @Test("They are named by batch, reason and prover, and the same bytes are kept once")
  func names() throws {
    let jobs = try jobs()
    refuse(jobs, [1, 2, 3], "../../etc/gpu 1")
    refuse(jobs, [1, 2, 3], "../../etc/gpu 1")
    refuse(jobs, [UInt8](repeating: 7, count: 200), "")
    refuse(jobs, [])
    let names = try files().names.map { $0.split(separator: ".").map(String.init) }.sorted { $0[1] < $1[1] }
    #expect(
      names.map { $0.prefix(3).joined(separator: ".") } == ["batch-1.argument._", "batch-1.encoding.______etc_gpu_1"])
    #expect(names.allSatisfy { $0.count == 5 && $0[3].count == 16 && $0[4] == "bincode" })
    let path = try #require(try Files.below(folder, suffix: ".bincode").first { $0.contains("encoding") })
    #expect(try Files.read(path) == [1, 2, 3])
  }

  @Test("Files and bytes are bounded, the oldest go first, over restarts too")
  func bounds() throws {
    do {
      let jobs = try jobs(files: 3)
      for index in 0..<5 as Range<UInt8> { refuse(jobs, [index], "p\(index)") }
      #expect(try files().names.map { $0.split(separator: ".")[2] }.sorted() == ["p2", "p3", "p4"])
    }
    do {
      let jobs = try jobs(files: 3, bytes: 250)
      refuse(jobs, [UInt8](repeating: 1, count: 248))
      #expect(try files().bytes <= 250 && files().names.count == 3)
      refuse(jobs, [UInt8](repeating: 2, count: 249))
      #expect(try files().bytes == 249)
      // One that has no room alone.
      refuse(jobs, [UInt8](repeating: 3, count: 251))
      #expect(try files().bytes == 249)
    }
    let jobs = try jobs(files: 0)
    refuse(jobs, [9])
    #expect(try files().bytes == 249)
  }

  @Test("A folder that cannot be made is said, and the submission is refused all the same")
  func failing() throws {
    try Files.write("", to: folder)
    let events = Recorder<ProofJobs.Event>()
    let verifier = ScriptedVerifier { _, _, _ throws(ProofFault) in throw .argument("no") }
    let jobs = try ProofJobs(
      store: try ProofStore(path: directory.path + "/proofs"), verifier: verifier,
      refusals: RefusedProofs(folder: folder, limits: RefusedProofs.Limits()), notify: events.record)
    try jobs.add(sampleBatch(1), input: sampleInput(1))
    refuse(jobs, [1])
    #expect(events.all.contains { if case .keepingFailed = $0 { true } else { false } })
    #expect(events.all.contains { if case .rejected(1, "p", _, file: nil) = $0 { true } else { false } })
  }
}
