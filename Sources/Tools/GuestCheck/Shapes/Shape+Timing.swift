import Concurrency
import ZKsyncOS

extension Shape {
  /// How long executing the transactions of the block takes.
  public struct Timing: Sendable {
    /// Processor time of the thread, the shortest of some runs; signatures were recovered before.
    public var nanoseconds: Double
    public var native: UInt64
    public var gas: UInt64
    /// Nanoseconds for one unit of native.
    public var perNative: Double { nanoseconds / Double(max(1, native)) }
  }

  /// Executes the block again and again.
  public func time(_ version: ProtocolVersion, repetitions: Int) throws -> Timing {
    var world = try ShapeWorld(version, seed: 1)
    try build(&world)
    let engine = ExecutionEngine()
    var timing = Timing(nanoseconds: .infinity, native: 0, gas: 0)
    for _ in 0...repetitions {
      var executor = try BlockExecutor(context: world.context, state: world.state, engine: engine)
      let start = ProcessorClock.threadNanoseconds
      for transaction in world.transactions { _ = try transaction.offer(to: &executor) }
      timing.nanoseconds = min(timing.nanoseconds, Double(ProcessorClock.threadNanoseconds - start))
      timing.native = executor.totals.nativeUsed
      timing.gas = executor.totals.gasUsed
    }
    return timing
  }
}
