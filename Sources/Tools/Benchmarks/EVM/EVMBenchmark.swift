/// Our interpreter against another on the same workloads: slices of both in turn, by the processor time of the thread.
public struct EVMBenchmark {
  /// Slices of each implementation per workload.
  public var repetitions = 15
  /// A slice repeats the workload until it takes about this long.
  public var sliceNanoseconds = 5e6
  /// Whether we keep the analysis of a code between executions, as a node does. The other machine cannot.
  public var keepsAnalysis = false
  /// Which of our interpreters is measured.
  public var tier = InterpreterTier.automatic
  /// The machine to compare with.
  public var other: EVMCLibrary?

  public init() {}

  /// What one workload took.
  public struct Timing: Sendable {
    public let workload: String
    /// Medians, nanoseconds for each operation of the workload.
    public let ours: Double
    public let other: Double?
    /// Median over the repetitions of our time over the other's in the same repetition.
    public let ratio: Double?
  }

  /// Measures a workload.
  ///
  /// - Throws: `.disagreement` if the machines do not come to the same status, gas and output.
  public func measure(_ workload: Workload) throws(EVMBenchmarkError) -> Timing {
    let ours = OwnRunner(workload, keepsAnalysis: keepsAnalysis, tier: tier)
    let theirs = other.map { EVMCRunner(workload, library: $0) }
    if let theirs { try compare(workload, ours, theirs) }
    let count = iterations(of: ours)
    let operations = Double(workload.operations)
    var ourTimes: [Double] = []
    var theirTimes: [Double] = []
    for repetition in 0..<repetitions {
      // Neither always goes first, where it would always find the caches as the other left them.
      if repetition.isMultiple(of: 2) {
        ourTimes.append(ours.time(count))
        if let theirs { theirTimes.append(theirs.time(count)) }
      } else {
        if let theirs { theirTimes.append(theirs.time(count)) }
        ourTimes.append(ours.time(count))
      }
    }
    return Timing(
      workload: workload.name, ours: median(ourTimes) / operations,
      other: theirs == nil ? nil : median(theirTimes) / operations,
      ratio: theirs == nil ? nil : median(zip(ourTimes, theirTimes).map { $0 / $1 }))
  }

  private func compare(
    _ workload: Workload, _ ours: OwnRunner, _ theirs: EVMCRunner
  ) throws(EVMBenchmarkError) {
    for index in workload.executions.indices {
      let (a, b) = (ours.outcome(index), theirs.outcome(index))
      guard a == b else {
        throw .disagreement(workload: workload.name, execution: index, ours: "\(a)", theirs: "\(b)")
      }
    }
  }

  /// How often a workload fits into a slice; also warms up.
  private func iterations(of runner: some WorkloadRunner) -> Int {
    var count = 1
    while true {
      let nanoseconds = runner.time(count) * Double(count)
      if nanoseconds >= sliceNanoseconds / 2 || count >= 1 << 20 {
        return max(1, Int(Double(count) * sliceNanoseconds / max(nanoseconds, 1)))
      }
      count *= 2
    }
  }

  private func median(_ values: [Double]) -> Double {
    values.isEmpty ? .nan : values.sorted()[values.count / 2]
  }
}
