// Proofs over the prover API of the real node: real ones, of a block that the node makes, and forged ones.

import Concurrency
import FRIProofTesting
import FRIProofs
import Files
import JSON
import Primitives
import SocketTesting
import StorageTesting
import Testing
import ThreadTesting

/// A node that makes the very block of which `block-1.bincode1` is the proof: a fresh chain at the time of that one.
@Suite("Proofs at the node", .serialized, .offTheCooperativePool)
struct ProofTests {
  let directory = TemporaryDirectory()

  /// As the words of the block have it.
  static let clock = TimeSource(
    unixSeconds: { 0x6B0C_5C1A }, monotonicNanoseconds: TimeSource.system.monotonicNanoseconds)

  func options(hasImage: Bool, _ more: [String: String] = [:]) throws -> [String: String] {
    var options = ["PROVER_API_COMPONENT_ENABLED": "true", "L1_SENDER_L1_API_URL": ""].merging(more) { $1 }
    if hasImage {
      let path = directory.file("recursion_layer.bin")
      try Files.write(try #require(try ProofFiles.image()), to: path)
      options["PROVER_API_VERIFIER_IMAGE"] = path
    }
    return options
  }

  static func file(_ name: String) throws -> [UInt8] { try #require(try ProofFiles.proof(name)) }

  static func base64(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    Base64.append(bytes, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// A real proof of something else, with the registers overwritten: from x10 on by the words of `claim`.
  static func forged(_ name: String, _ claim: [UInt8]) throws -> [UInt8] {
    var proof = try file(name)
    // Before the optional hash of the chain, the preimage, and the parameters of the program that was proved last.
    let end = proof.count - (1 + 64) - 32
    let registers = try #require(
      [1, 33].map { end - $0 - 32 * 12 }.first { proof[$0 - 8..<$0] == [32, 0, 0, 0, 0, 0, 0, 0] })
    for (index, byte) in claim.enumerated() { proof[registers + (10 + index / 4) * 12 + index % 4] = byte }
    return proof
  }

  /// The public input of block 1, and the chain hash of a program that is allowed: what x10 … x25 have to be.
  static func claimOfBlock1() throws -> (publicInput: [UInt8], chain: [UInt8]) {
    let proof = try FlattenedProof(try file("block-1.bincode1"))
    let allowed = try #require(ProgramChain.known(of: .v0_0_5).first)
    return (proof.claim.publicInput.bytes, allowed.hash.bytes)
  }

  func submit(_ node: TestNode, _ proof: [UInt8], id: String = "gpu") async throws -> RawSocket.Response {
    try await node.prover(
      "POST", "FRI/submit?id=\(id)", "{\"block_number\":1,\"proof\":\"\(Self.base64(proof))\"}")
  }

  func pick(_ node: TestNode, id: String) async throws -> RawSocket.Response {
    try await until { try await node.prover("GET", "status").body != "[]" }
    return try await node.prover("POST", "FRI/pick?id=\(id)")
  }

  func available(_ node: TestNode) async throws -> String { try await node.prover("GET", "available").body }

  func health(_ node: TestNode) throws -> String {
    let parts = try JSONValue(parsing: Array(try node.get("/health").body.utf8))["components"]
    return parts?["provers"]?["details"]?.string ?? parts?["provers"]?["status"]?.string ?? ""
  }

  @Test(
    "A real proof of the node's own block is accepted over HTTP and served; no other is",
    .enabled(if: ProofFiles.hasImage && ProofFiles.hasProofs, "PROOF_VERIFIER_IMAGE or FRI_PROOFS is not set"))
  func ownBlock() async throws {
    try await TestNode.run(try options(hasImage: true), in: directory, clock: Self.clock) { node in
      let job = try await pick(node, id: "gpu")
      let words = Self.base64(try Self.file("block-1.words"))
      #expect(job.body == "{\"block_number\":1,\"prover_input\":\"\(words)\"}")
      #expect(try health(node) == "ready")

      let claim = try Self.claimOfBlock1()
      for (proof, reason) in [
        (try Self.file("block-2.bincode1"), "the proof is of another batch: its public input is 0x195200f6"),
        (
          try Self.forged("batch-snark-job.bincode1", claim.publicInput),
          "the proof is of another program: its chain hash is 0x"
        ),
        (try Self.forged("batch-snark-job.bincode1", claim.publicInput + claim.chain), "the argument does not hold: "),
        (try Self.forged("block-2.bincode1", claim.publicInput), "the argument does not hold: "),
      ] {
        let answer = try await submit(node, proof)
        #expect(answer.status == 400 && answer.body.hasPrefix("proof verification failed: " + reason), "\(answer.body)")
      }
      let garbage = try await submit(node, Array(try Self.file("block-1.bincode1").dropLast()))
      #expect(garbage.status == 400 && garbage.body.hasPrefix("malformed proof: "), "\(garbage.body)")
      #expect(try await available(node) == "[]")
      let kept = try Files.below(directory.file("db/proofs_refused"), suffix: ".bincode")
      #expect(kept.count == 5 && kept.count { $0.contains("/batch-1.argument.gpu.") } == 2)

      // The job is free for others at once, and for whom it was.
      #expect(try await pick(node, id: "other").body == job.body)
      let proof = try Self.file("block-1.bincode1")
      #expect(try await submit(node, proof).status == 204)
      let again = try await submit(node, proof, id: "other")
      #expect(again.status == 404 && again.body == "unknown block")
      #expect(try await available(node) == #"[{"block_number":1,"available_proofs":["fri"]}]"#)
      #expect(
        try await node.prover("GET", "FRI/1").body == "{\"block_number\":1,\"proof\":\"\(Self.base64(proof))\"}")
      let metrics = try node.metrics()
      #expect(metrics["prover_proofs_total{kind=\"fri\"}"] == 1)
      #expect(metrics["prover_proofs_refused_total{reason=\"argument\"}"] == 2)
    }
  }

  @Test(
    "The same proof does not prove the first block of another chain, with or without the image",
    .enabled(if: ProofFiles.hasProofs, "FRI_PROOFS is not set"),
    arguments: ProofFiles.hasImage ? [false, true] : [false])
  func otherBlock(hasImage: Bool) async throws {
    try await TestNode.run(try options(hasImage: hasImage), in: directory) { node in
      _ = try await pick(node, id: "gpu")
      let answer = try await submit(node, try Self.file("block-1.bincode1"))
      #expect(answer.status == 400)
      #expect(
        answer.body.hasPrefix(
          "proof verification failed: the proof is of another batch: its public input is "
            + "0x6124ef982191a8303cfb309b854a27869468f2ea9c71e4feab5f095212f9f80a, that of this batch 0x"))
    }
  }

  @Test(
    "What was stored without a verifier is verified after a start with one: a real proof stays, a forged one goes",
    .enabled(if: ProofFiles.hasImage && ProofFiles.hasProofs, "PROOF_VERIFIER_IMAGE or FRI_PROOFS is not set"),
    arguments: [true, false])
  func verifiedLater(isReal: Bool) async throws {
    let real = try Self.file("block-1.bincode1")
    let claim = try Self.claimOfBlock1()
    let first = isReal ? real : try Self.forged("batch-snark-job.bincode1", claim.publicInput + claim.chain)
    try await TestNode.run(try options(hasImage: false), in: directory, clock: Self.clock) { node in
      _ = try await pick(node, id: "gpu")
      #expect(try await submit(node, first).status == 204)
      #expect(try await available(node) == #"[{"block_number":1,"available_proofs":["fri_unverified"]}]"#)
      #expect(try await node.prover("GET", "FRI/1").body.hasSuffix(#"","is_unverified":true}"#))
      #expect(try health(node) == "proofs are stored unverified: there is no prover_api_verifier_image")
    }
    try await TestNode.run(try options(hasImage: true), in: directory, clock: Self.clock) { node in
      if !isReal {
        _ = try await pick(node, id: "gpu")
        #expect(try await available(node) == "[]")
        #expect(try await submit(node, real).status == 204)
        let kept = try Files.below(directory.file("db/proofs_refused"), suffix: ".bincode")
        #expect(kept.count == 1 && kept[0].contains("/batch-1.argument.stored."))
      }
      try await until {
        try await available(node) == #"[{"block_number":1,"available_proofs":["fri"]}]"#
      }
      #expect(try await node.prover("GET", "FRI/1").body.hasSuffix("\"}"))
      try await until { try health(node) == "ready" }
    }
  }

  @Test(
    "A node that could not verify as its operator wants it does not start, and says why",
    arguments: [
      (["PROVER_API_VERIFIER_IMAGE": "/nowhere/x.bin"], "cannot read /nowhere/x.bin: "),
      (
        ["PROVER_API_VERIFIER_IMAGE": "/proc/self/exe"],
        "prover_api_verifier_image /proc/self/exe cannot verify proofs: the image's SHA-256 is 0x"
      ),
      (
        ["PROVER_API_REQUIRE_VERIFIED_PROOFS": "true"],
        "prover_api_require_verified_proofs is set, and proofs would not be verified: prover_api_verifier_image is empty"
      ),
      (
        [
          "PROVER_API_REQUIRE_VERIFIED_PROOFS": "true", "PROVER_API_VERIFIER_IMAGE": "x",
          "PROVER_API_ALLOWED_PROGRAMS": "any",
        ],
        "prover_api_require_verified_proofs is set, and proofs would not be verified: prover_api_allowed_programs is any"
      ),
      (
        [
          "PROVER_API_REQUIRE_VERIFIED_PROOFS": "true", "PROVER_API_VERIFIER_IMAGE": "x",
          "PROVER_API_FAKE_PROVERS": "1",
        ],
        "prover_api_require_verified_proofs is set, and proofs would not be verified: prover_api_fake_provers is not 0"
      ),
    ])
  func refusedStart(_ more: [String: String], _ line: String) async throws {
    let options = try options(hasImage: false, more)
    let error = await #expect(throws: (any Error).self) { try await TestNode.run(options, in: directory) { _ in } }
    #expect(error.map { "\($0)" }?.hasPrefix(line) == true, "\(String(describing: error))")
  }
}
