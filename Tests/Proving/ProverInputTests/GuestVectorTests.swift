// The real guest images in our machine: streams, results and cycle counts to the last digit.

import Airbender
import GuestImages
import Primitives
import ProverInput
import StateTree
import Testing
import ZKsyncOS

@Suite("Guest images")
struct GuestVectorTests {
  @Test(
    "worked examples, 0.0.4",
    .enabled(if: GuestImages.isSet(.v0_0_4), "ZKSYNC_OS_IMAGE_V0_0_4 is not set"))
  func firstVersion() throws { try check(.v0_0_4) }

  @Test(
    "worked examples, 0.0.5",
    .enabled(if: GuestImages.isSet(.v0_0_5), "ZKSYNC_OS_IMAGE_V0_0_5 is not set"))
  func secondVersion() throws { try check(.v0_0_5) }

  private func check(_ version: ProtocolVersion) throws {
    let program = try Program(image: #require(try GuestImages.bytes(version)))
    for vector in Vector.all(version) {
      let temporary = try TemporaryTree(vector.leaves)
      let view = try temporary.tree.view(at: 0)
      let block = ProvingBlock(
        context: vector.context(version), transactions: vector.transactions, before: vector.before ?? view.commitment)
      let state = MemoryState(preimages: vector.preimages)
      let run = try GuestRun.run(program, block, tree: view, state: state)
      #expect(run.words.count == vector.wordCount, "\(vector.name)")
      #expect(streamHash(run.words) == vector.streamHash, "\(vector.name)")
      #expect(registerText(run.report.output) == vector.registers, "\(vector.name)")
      if let counts = vector.counts {
        #expect(run.report.cycles == counts.cycles, "\(vector.name)")
        #expect(run.report.blake2sRounds == counts.blake2s, "\(vector.name)")
        #expect(run.report.bigIntegerOperations == counts.bigInteger, "\(vector.name)")
      }
      #expect(run.report.wordsRead == UInt64(vector.wordCount))

      // A prover has the words only; it must come to the same result.
      var queue = WordQueue(run.words)
      let replay = try Machine(program).run(&queue)
      #expect(replay.output == run.report.output && queue.remaining == 0 && replay.cycles == run.report.cycles)
    }
  }
}
