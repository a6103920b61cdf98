import Primitives
import ProverInput
import Transactions
import ZKsyncOS

/// A block of one purpose: the same thing again and again, or one thing at its limit.
public struct Shape: Sendable {
  public let name: String
  let build: @Sendable (inout ShapeWorld) throws -> Void

  init(_ name: String, _ build: @escaping @Sendable (inout ShapeWorld) throws -> Void) {
    self.name = name
    self.build = build
  }

  /// The block, with what proving it takes.
  public func make(
    _ version: ProtocolVersion, temporaryDirectory: String = "/tmp"
  ) throws(RandomChain.Failure) -> RandomChain.GeneratedBlock {
    do {
      var world = try ShapeWorld(version, seed: 1)
      try build(&world)
      let chain = try TestedChain(
        state: world.state, leaves: world.leaves, temporaryDirectory: temporaryDirectory)
      var waiting = world.transactions[...]
      let made = try chain.block(world.context) { _ in
        waiting.popFirst()
      } outcome: { _, _ in
      }
      var summary = RandomChain.BlockSummary(seed: 0, number: world.context.number)
      summary.included = made.results.count
      summary.succeeded = made.results.count { $0.succeeded }
      summary.rejected = made.refused.count
      summary.touchedSlots = made.output.touchedSlots.count
      summary.writtenSlots = made.output.storageWrites.count
      return RandomChain.GeneratedBlock(
        summary: summary, output: made.output, request: made.request, refused: made.refused, totals: made.totals)
    } catch let error as Disagreement {
      throw RandomChain.Failure(shape: name, reason: error.reason)
    } catch {
      throw RandomChain.Failure(shape: name, reason: "\(error)")
    }
  }

  /// Blocks that do one thing as often as possible, in the way that takes the proving machine longest.
  public static var singlePurpose: [Shape] {
    instructions + memory + state + calls + precompiles + envelopes + forgeries
  }
}
