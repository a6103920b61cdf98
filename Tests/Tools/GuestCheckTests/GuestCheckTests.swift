// Random chains against what the real guests said about them, with the images and without.

import Airbender
import Files
import GuestCheck
import GuestImages
import Primitives
import ProverInput
import Testing
import ZKsyncOS

/// The recorded answers of the guest of a version.
private func readAnswers(_ version: ProtocolVersion, here: String = #filePath) throws -> [GuestAnswer] {
  let folder = here.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
  return try #require(GuestAnswer.decode(Files.read("\(folder)/Answers/\(version.name).json")))
}

extension GuestVerdict {
  /// Reads what ``text`` wrote.
  fileprivate init(recorded text: String) {
    switch text {
    case "included": self = .included
    case "aborted": self = .aborted
    case "": self = .silent
    default: self = .refused(text)
    }
  }
}

@Suite("Random chains")
struct RandomChainTests {
  @Test(
    "native prover inputs equal what the real guests read, and both refuse the same candidates",
    arguments: ProtocolVersion.allCases)
  func recordedAnswers(_ version: ProtocolVersion) throws {
    let answers = try readAnswers(version)
    #expect(answers.count >= 100)
    let native = try ProverInputGenerator(mode: .native)
    for (seed, expected) in Dictionary(grouping: answers, by: \.seed) {
      var block = 0
      try RandomChain(version, seed: seed).forEachBlock { made in
        let words = try native.generate(made.request).words
        let answer = expected[block]
        #expect(made.summary.number == answer.block)
        #expect(words.count == answer.wordCount, "seed \(seed) block \(answer.block)")
        #expect(GuestAnswer.hash(words) == answer.streamHash, "seed \(seed) block \(answer.block)")
        #expect(made.request.publicInput == answer.publicInput, "seed \(seed) block \(answer.block)")
        #expect(made.totals.cycles >= answer.cycles, "seed \(seed) block \(answer.block)")
        #expect(made.refused.count == answer.refusals.count)
        for (candidate, text) in zip(made.refused, answer.refusals) {
          let verdict = GuestVerdict(recorded: text)
          #expect(verdict.agrees(with: candidate.reason), "seed \(seed) block \(answer.block): \(text)")
        }
        block += 1
      }
      #expect(block == expected.count)
    }
  }

  @Test("the recorded blocks are varied", arguments: ProtocolVersion.allCases)
  func variety(_ version: ProtocolVersion) throws {
    var included = 0, failed = 0, rejected = 0, insertions = 0, deployments = 0, messages = 0, empty = 0, deposits = 0
    for seed in Set(try readAnswers(version).map(\.seed)) {
      try RandomChain(version, seed: seed).forEachBlock { block in
        included += block.summary.included
        failed += block.summary.included - block.summary.succeeded
        rejected += block.summary.rejected
        insertions += block.output.storageWrites.count { $0.isInsertion }
        deployments += block.output.accountDiffs.count { $0.before.bytecodeHash != $0.after.bytecodeHash }
        messages += block.output.l2ToL1Logs.count { $0.message != nil }
        deposits += block.output.l1Transactions.count
        if block.summary.included == 0 { empty += 1 }
      }
    }
    #expect(included > 200 && failed > 40 && rejected > 10)
    #expect(insertions > 300 && deployments > 20 && deposits > 40)
    #expect(messages > 0 && empty > 0)
  }

  @Test(
    "forged withdrawals are refused, and true ones name the account that called", arguments: ProtocolVersion.allCases)
  func withdrawals(_ version: ProtocolVersion) throws {
    let block = try #require(Shape.singlePurpose.first { $0.name == Shape.forgedWithdrawals }).make(version)
    #expect(block.refused.map(\.reason) == Array(repeating: .hazard(.messageFromAccountWithoutCode), count: 2))
    let logs = block.output.l2ToL1Logs
    #expect(logs.count == 2)
    // The same message, word for word: who said it is all that tells them apart.
    #expect(logs[0].value == logs[1].value && logs[0].message == logs[1].message && logs[0].key != logs[1].key)
  }

  @Test("a seed always makes the same chain, and another seed another one")
  func determinism() throws {
    func inputs(_ seed: UInt64) throws -> [Bytes32] {
      var inputs: [Bytes32] = []
      try RandomChain(.v0_0_5, seed: seed).forEachBlock { inputs.append($0.request.publicInput) }
      return inputs
    }
    let first = try inputs(900)
    #expect(first.count == 4)
    #expect(try inputs(900) == first)
    #expect(try inputs(901) != first)
  }

  @Test("the largest fee can be offered with a tip beyond it", arguments: [777_325, 900_000_744] as [UInt64])
  func largestFee(_ seed: UInt64) throws {
    for world in seed - 1...seed + 1 {
      var blocks = 0
      try RandomChain(.v0_0_5, seed: world).forEachBlock { _ in blocks += 1 }
      #expect(blocks == 4)
    }
  }

  @Test("a guest that disagrees is reported with the seed that shows it")
  func failure() throws {
    // A guest that halts at once has read nothing.
    let check = try GuestCheck(Program(words: [0x0000_006F]), version: .v0_0_5)
    do {
      _ = try check.check(seed: 77)
      Issue.record("accepted")
    } catch {
      #expect(
        error.description
          == "seed 77 block 1: the native prover input differs from the guest's: word 0, which is word 0 of the answer to "
          + "query 0 (nothing): native 0000082e, guest nothing")
    }
  }

  @Test("answers survive being written and read")
  func coding() throws {
    let answers = try readAnswers(.v0_0_5)
    #expect(GuestAnswer.decode(Array(GuestAnswer.encode(answers).utf8)) == answers)
    #expect(GuestAnswer.decode(Array("[{\"seed\": 1}]".utf8)) == nil)
    #expect(GuestAnswer.decode([]) == nil)
  }
}

@Suite("Guest check")
struct GuestImageTests {
  @Test(
    "chains against the image, 0.0.4", .enabled(if: GuestImages.isSet(.v0_0_4), "ZKSYNC_OS_IMAGE_V0_0_4 is not set"))
  func firstVersion() throws { try check(.v0_0_4) }

  @Test(
    "chains against the image, 0.0.5", .enabled(if: GuestImages.isSet(.v0_0_5), "ZKSYNC_OS_IMAGE_V0_0_5 is not set"))
  func secondVersion() throws { try check(.v0_0_5) }

  @Test(
    "what the logging image says about refused candidates, 0.0.4",
    .enabled(
      if: GuestImages.isSet(.v0_0_4) && GuestImages.isSet(.v0_0_4, logging: true),
      "ZKSYNC_OS_IMAGE_V0_0_4 or ZKSYNC_OS_LOGGING_IMAGE_V0_0_4 is not set"))
  func firstVersionRefusals() throws { try check(.v0_0_4, logging: true) }

  @Test(
    "what the logging image says about refused candidates, 0.0.5",
    .enabled(
      if: GuestImages.isSet(.v0_0_5) && GuestImages.isSet(.v0_0_5, logging: true),
      "ZKSYNC_OS_IMAGE_V0_0_5 or ZKSYNC_OS_LOGGING_IMAGE_V0_0_5 is not set"))
  func secondVersionRefusals() throws { try check(.v0_0_5, logging: true) }

  // What L1 pays an account that signs for its own withdrawal rests on this (`contracts/l1/Nullifier.vy`).

  @Test(
    "no account without code has the messenger say anything, on either layer, 0.0.4",
    .enabled(if: GuestImages.isSet(.v0_0_4), "ZKSYNC_OS_IMAGE_V0_0_4 is not set"))
  func firstVersionForgeries() throws { try checkForgeries(.v0_0_4) }

  @Test(
    "no account without code has the messenger say anything, on either layer, 0.0.5",
    .enabled(if: GuestImages.isSet(.v0_0_5), "ZKSYNC_OS_IMAGE_V0_0_5 is not set"))
  func secondVersionForgeries() throws { try checkForgeries(.v0_0_5) }

  private func checkForgeries(_ version: ProtocolVersion) throws {
    let check = try GuestCheck(Program(image: #require(try GuestImages.bytes(version))), version: version)
    let shape = try #require(Shape.singlePurpose.first { $0.name == Shape.forgedWithdrawals })
    // The block with the two true ones is proved, and the guest gives up on each forgery.
    let checked = try check.check(shape)
    #expect(checked.summary.included == 2 && checked.summary.succeeded == 2)
    #expect(checked.answer.refusals == ["aborted", "aborted"])
  }

  /// The image still says what was recorded, and agrees on chains that were not.
  private func check(_ version: ProtocolVersion, logging: Bool = false) throws {
    let image = try #require(try GuestImages.bytes(version))
    let voice = logging ? try Program(image: #require(try GuestImages.bytes(version, logging: true))) : nil
    let check = try GuestCheck(Program(image: image), logging: voice, version: version)
    let answers = Dictionary(grouping: try readAnswers(version), by: \.seed)
    for (seed, recorded) in answers.sorted(by: { $0.key < $1.key }).prefix(5) {
      var expected = recorded
      if !logging {
        // Without a voice it only gives up on some, and is silent about the others.
        for index in expected.indices {
          expected[index].refusals = expected[index].refusals.map { $0 == "aborted" ? $0 : "" }
        }
      }
      #expect(try check.check(seed: seed).map(\.answer) == expected)
    }
    // This includes that no block takes more cycles than was estimated.
    for seed in 50_000..<50_010 as Range<UInt64> { #expect(try check.check(seed: seed).count == 4) }
    if !logging {
      for shape in Shape.singlePurpose where !shape.name.contains("very many") { _ = try check.check(shape) }
    }
  }
}

@Suite("What the guest says about refused candidates")
struct VerdictTests {
  @Test("the last complaint counts; a text without one means that the candidate was included")
  func reading() {
    let text = "Start of validation\nTx execution result: Validation error = NonceTooHigh { tx: 8, state: 7 }\nend\n"
    #expect(GuestVerdict(text: text) == .refused("NonceTooHigh { tx: 8, state: 7 }"))
    #expect(GuestVerdict(text: "Tx execution result: Internal error = x\n") == .included)
    #expect(GuestVerdict(text: "") == .silent)
  }

  @Test("invalid transactions must be refused for the same reason, hazards must not be included")
  func agreement() {
    let high = Rejection.invalid(.nonceTooHigh(transaction: 8, state: 7))
    #expect(GuestVerdict.refused("NonceTooHigh { tx: 8, state: 7 }").agrees(with: high))
    #expect(!GuestVerdict.refused("NonceTooHigh { tx: 9, state: 7 }").agrees(with: high))
    #expect(!GuestVerdict.included.agrees(with: high) && !GuestVerdict.aborted.agrees(with: high))
    #expect(GuestVerdict.silent.agrees(with: high))
    let forged = Rejection.invalid(.incorrectFrom(transaction: Address(16), recovered: Address(17)))
    #expect(GuestVerdict.refused("IncorrectFrom { tx: Bits(16), recovered: Bits(17) }").agrees(with: forged))
    let hazard = Rejection.hazard(.wasmDeployment)
    #expect(GuestVerdict.aborted.agrees(with: hazard) && GuestVerdict.refused("x").agrees(with: hazard))
    #expect(!GuestVerdict.included.agrees(with: hazard))
    #expect(GuestVerdict.included.agrees(with: .hazard(.accessListForm)))
  }
}
