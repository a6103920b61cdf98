// Real proofs in the real verifier: those that hold, and what is left of them after a change in one place.

import Airbender
import Concurrency
import FRIProofTesting
import FRIProofs
import Primitives
import RandomTesting
import StorageTesting
import Testing
import ThreadTesting

@Suite(
  "Real proofs",
  .enabled(if: ProofFiles.hasImage, "PROOF_VERIFIER_IMAGE is not set"),
  .enabled(if: ProofFiles.hasProofs, "FRI_PROOFS is not set"))
struct RealProofTests {
  private static func refusal(_ words: [UInt32]) throws -> ProofRefusal? {
    let verifier = try TestVerifier.shared.get()
    do throws(ProofRefusal) {
      _ = try verifier.verify(words: words)
      return nil
    } catch { return error }
  }

  private static func refusal(_ proof: ProofTokens) throws -> ProofRefusal? {
    try refusal(FlattenedProof(proof.encoded(.bincode1)).words)
  }

  private static func block1() throws -> FlattenedProof { try FlattenedProof(RealProof.all[2].bytes) }

  // MARK: What holds

  @Test("a real proof holds, and shows what it claims", arguments: RealProof.all)
  func holds(_ real: RealProof) async throws {
    try await onOwnThread {
      let proof = try FlattenedProof(real.bytes)
      #expect(proof.encoding == .bincode1 && proof.words.count == RealProof.words)
      #expect(proof.mainProofs == 2 && proof.delegationProofs == 1)
      #expect(try proof.claim == real.statement)
      let verified = try TestVerifier.shared.get().verify(proof)
      #expect(try verified.statement == real.statement)
      #expect(verified.cycles == real.cycles)
    }
  }

  @Test("both engines take the same cycles for it")
  func engines() async throws {
    try await onOwnThread {
      let image = try #require(try ProofFiles.image())
      let proof = try Self.block1()
      let interpreter = try ProofImageVerifier(image: image, engine: .interpreter)
      #expect(try interpreter.verify(proof) == TestVerifier.shared.get().verify(proof))
    }
  }

  @Test("the short encoding, as provers of later releases write it, holds the same")
  func encodings() throws {
    let proof = try FlattenedProof(RealProof.fromJob("batch-snark-job.json"))
    #expect(proof.encoding == .bincode2)
    #expect(try proof.words == FlattenedProof(RealProof.all[1].bytes).words)
    // Our own way from one to the other gives the very bytes.
    let tokens = try #require(try ProofTokens(bincode1: RealProof.all[1].bytes))
    #expect(try tokens.encoded(.bincode2) == RealProof.fromJob("batch-snark-job.json"))
    #expect(try tokens.encoded(.bincode1) == RealProof.all[1].bytes)
  }

  @Test("several at once, more than there are machines")
  func parallel() async throws {
    try await withThrowingTaskGroup(of: VerifiedProof.self) { group in
      for index in 0..<5 {
        group.addTask {
          try await onOwnThread {
            try TestVerifier.shared.get().verify(FlattenedProof(RealProof.all[index % 2].bytes))
          }
        }
      }
      var seen: [UInt64: Int] = [:]
      for try await verified in group { seen[verified.cycles, default: 0] += 1 }
      #expect(seen == [RealProof.all[0].cycles: 3, RealProof.all[1].cycles: 2])
    }
  }

  // MARK: What does not

  @Test("a proof of other circuits")
  func otherCircuits() async throws {
    try await onOwnThread {
      let proof = try FlattenedProof(RealProof.fromJob("batch-204254-v0.5.2.json"))
      #expect(try Self.refusal(proof.words) == .invalid(.guestAbort, cycles: 51300))
    }
  }

  @Test("a real proof with another result in its registers: what the check of its form took")
  func forgedResult() async throws {
    try await onOwnThread {
      var proof = try #require(try ProofTokens(bincode1: RealProof.all[1].bytes))
      let registers = proof.tokens.indices.filter { proof.tokens[$0].part == .registerValue }
      for (offset, word) in (0..<8).map({ ($0, UInt64(0xABCD_0000 + $0)) }) {
        proof.tokens[registers[10 + offset]].value = word
      }
      let refusal = try Self.refusal(proof)
      guard case .invalid(.guestAbort, _) = refusal else {
        Issue.record("\(String(describing: refusal))")
        return
      }
    }
  }

  /// Places in the words, by what is there. A main proof has 12,276 words before its query sets of 1,343 each.
  private static let places: [(String, Int)] = {
    let main = 97, queries = main + 12276, querySet = 1343, next = queries + 53 * querySet
    let blake = next + 12276 + 53 * querySet
    return [
      ("x0", 0), ("x10", 30), ("timestamp of x10", 31), ("x18", 54), ("count of main proofs", 96),
      ("sequence", main), ("delegation type", main + 1), ("program counter", main + 2), ("setup cap", main + 6),
      ("memory challenge", main + 6 + 1024), ("boundary", main + 6 + 1024 + 44), ("witness cap", main + 6 + 1024 + 56),
      ("memory cap", main + 6 + 2048 + 56), ("nonce", queries - 2), ("query index", queries), ("leaf", queries + 1),
      ("path", queries + querySet - 1), ("last query set's path", next - 1), ("second proof", next + 5000),
      ("count of delegation proofs", blake), ("delegation's sequence", blake + 1), ("delegation", blake + 20_000),
      ("delegation's last path", RealProof.words - 17), ("preimage", RealProof.words - 16),
      ("preimage's end", RealProof.words - 1),
    ]
  }()

  @Test("one bit changed, in every region")
  func flips() async throws {
    try await onOwnThread {
      let words = try Self.block1().words
      for (name, place) in Self.places {
        var changed = words
        changed[place] ^= 1
        switch try Self.refusal(changed) {
        case .invalid(.guestAbort, _), .invalid(.inputExhausted, _): continue
        case let other: Issue.record("\(name): \(String(describing: other))")
        }
      }
    }
  }

  @Test("one bit changed, anywhere")
  func randomFlips() async throws {
    try await onOwnThread {
      let words = try Self.block1().words
      var random = SplitMix64(seed: 20_261_130)
      for _ in 0..<24 {
        var changed = words
        let place = Int.random(in: 0..<words.count, using: &random)
        changed[place] ^= 1 << UInt32.random(in: 0..<32, using: &random)
        switch try Self.refusal(changed) {
        case .invalid(.guestAbort, _), .invalid(.inputExhausted, _): continue
        // An element of the field has two more texts, which only the reader refuses.
        case nil where changed[place] % 0x7FFF_FFFF == words[place] % 0x7FFF_FFFF: continue
        case let other: Issue.record("word \(place): \(String(describing: other))")
        }
      }
    }
  }

  @Test("words too many, and too few")
  func length() async throws {
    try await onOwnThread {
      let words = try Self.block1().words
      #expect(try Self.refusal(words + [0]) == .surplusWords(1))
      #expect(try Self.refusal(words + words) == .surplusWords(words.count))
      for count in [0, 1, 96, 97, 20_000, words.count - 1] {
        guard case .invalid(.inputExhausted, _) = try Self.refusal(Array(words[..<count])) else {
          Issue.record("\(count) words")
          continue
        }
      }
    }
  }

  @Test("counts of proofs that are not theirs", arguments: [0, 1, 3, 4, UInt32.max])
  func counts(_ count: UInt32) async throws {
    try await onOwnThread {
      for place in [96, 97 + 2 * (12276 + 53 * 1343)] where try Self.block1().words[place] != count {
        var words = try Self.block1().words
        words[place] = count
        guard case .invalid = try Self.refusal(words) else {
          Issue.record("word \(place)")
          continue
        }
      }
    }
  }

  @Test("an element plus the modulus, which the verifier would take")
  func otherForm() throws {
    var proof = try #require(try ProofTokens(bincode1: RealProof.all[2].bytes))
    let index = try #require(proof.tokens.firstIndex { $0.kind == .element && $0.part == .leaf })
    proof.tokens[index].value += 1 << 31 - 1
    #expect(throws: ProofFormatError.self) { try FlattenedProof(proof.encoded(.bincode1)) }
  }

  @Test("proofs swapped, doubled, left out, and mixed with those of another batch")
  func otherProofs() async throws {
    try await onOwnThread {
      let words = try Self.block1().words
      let other = try FlattenedProof(RealProof.all[3].bytes).words
      let program = try FlattenedProof(RealProof.all[0].bytes).words
      let main = 97, length = 12276 + 53 * 1343, blake = main + 2 * length
      let first = words[main..<main + length], second = words[main + length..<blake]
      let head = words[..<96], tail = words[blake...]
      let delegation = words[blake + 1..<words.count - 16], preimage = words.suffix(16)
      let attempts: [(String, [ArraySlice<UInt32>])] = [
        ("swapped", [head, [2], second, first, tail]),
        ("first doubled", [head, [3], first, first, second, tail]),
        ("second doubled", [head, [3], first, second, second, tail]),
        ("second twice", [head, [2], second, second, tail]),
        ("second left out", [head, [1], first, tail]),
        ("delegation doubled", [head, [2], first, second, [2], delegation, delegation, preimage]),
        ("delegation left out", [head, [2], first, second, [0], preimage]),
        ("delegation in the place of a main proof", [head, [2], first, delegation, tail]),
        ("registers of another batch", [other[..<96], words[96...]]),
        ("delegation of another batch", [words[..<blake], other[blake...]]),
        ("second proof of another batch", [words[..<(main + length)], other[(main + length)...]]),
        ("preimage of another program", [words.dropLast(16), program.suffix(16)]),
      ]
      for (name, attempt) in attempts {
        guard case .invalid = try Self.refusal(Array(attempt.joined())) else {
          Issue.record("\(name)")
          continue
        }
      }
    }
  }

  @Test("a proof that nobody waits for any more")
  func cancelled() async throws {
    try await onOwnThread {
      let cancellation = Cancellation()
      cancellation.cancel(.shutdown)
      #expect(throws: ProofRefusal.cancelled) {
        try TestVerifier.shared.get().verify(Self.block1(), cancellation: cancellation)
      }
    }
  }

  @Test("only the pinned image is taken")
  func otherImage() throws {
    var image = try #require(try ProofFiles.image())
    image[image.count - 1] ^= 1
    guard case .otherImage = Self.imageError(image) else {
      Issue.record("taken")
      return
    }
  }

  @Test(
    "the recursion program runs on the recursion machine, comes to the same, and is no image for proofs of provers",
    .enabled(if: ProofFiles.hasRecursionImage, "RECURSION_IMAGE is not set"), arguments: RealProof.all.prefix(1))
  func recursionProgram(_ real: RealProof) async throws {
    try await onOwnThread {
      let image = try #require(try ProofFiles.recursionImage())
      #expect(Self.imageError(image) != nil)
      let machine = try Machine(Program(image: image, machine: .recursion))
      // The first word chooses what is verified: a proof of this program itself.
      var words = WordQueue(try [1] + FlattenedProof(real.bytes).words)
      let report = machine.run(&words)
      #expect(report.stop == .halted && words.remaining == 0 && report.cycles == 6_657_896)
      #expect(try PublicInputRegisters.bytes(report.output) == real.statement.publicInput)
      #expect(PublicInputRegisters.bytes(Array(report.registers[18..<26])) == real.chain)
    }
  }

  private static func imageError(_ image: [UInt8]) -> VerifierImageError? {
    do throws(VerifierImageError) {
      _ = try ProofImageVerifier(image: image)
      return nil
    } catch { return error }
  }
}
