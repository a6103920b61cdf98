import Airbender
import ProverInput
import ZKsyncOS

/// A block's work and the cycles that the guest took for it.
public struct CycleSample: Sendable {
  /// What makes the block again.
  public var name: String
  public var work: ProvingWork
  public var cycles: UInt64
  public var blake2sRounds: UInt64
  public var bigIntegerOperations: UInt64
  /// Gas of the block's transactions.
  public var gas: UInt64

  /// Runs the guest over a block.
  ///
  /// - Throws: if it does not come to the block's own end within `cycleLimit`.
  public init(
    _ name: String, _ block: RandomChain.GeneratedBlock, on machine: Machine, cycleLimit: Int
  ) throws(ProverInputError) {
    let run = try ProverInputGenerator.compare(block.request, on: machine, cycleLimit: cycleLimit)
    self.name = name
    work = block.totals.work
    cycles = run.report.cycles
    blake2sRounds = run.report.blake2sRounds
    bigIntegerOperations = run.report.bigIntegerOperations
    gas = block.totals.gasUsed
  }

  /// Times the cycles that a model says.
  public func ratio(_ model: CycleModel) -> Double { Double(model.cycles(work)) / Double(max(1, cycles)) }
}
