import JSONRPC

/// Which blocks a simulation makes: those that were asked for, with their numbers and times settled, and empty ones between
/// them where numbers were left out.
struct BlockPlan {
  struct Entry {
    var number: UInt64
    /// Seconds since 1970.
    var timestamp: UInt64
    /// Nothing where the block only fills a gap.
    var block = SimulationRequest.Block()
  }

  private(set) var entries: [Entry] = []

  /// - Parameters:
  ///   - blocks: what was asked for, on top of the block of number `number` and time `timestamp`.
  ///   - interval: seconds from a block to one whose time is not said.
  init(
    _ blocks: [SimulationRequest.Block], after number: UInt64, _ timestamp: UInt64, interval: UInt64
  ) throws(RPCError) {
    guard blocks.count <= SimulationRequest.mostBlocks else { throw .tooManyBlocks }
    var (lastNumber, lastTime) = (number, timestamp)
    for block in blocks {
      let next = block.overrides.block.number ?? (lastNumber == .max ? lastNumber : lastNumber + 1)
      guard next > lastNumber else {
        throw RPCError(code: -38_020, message: "block numbers must be in order: \(next) <= \(lastNumber)")
      }
      guard next - number <= SimulationRequest.mostBlocks else { throw .tooManyBlocks }
      while lastNumber + 1 < next {
        (lastNumber, lastTime) = (lastNumber + 1, try Self.time(after: lastTime, interval))
        entries.append(Entry(number: lastNumber, timestamp: lastTime))
      }
      var time = block.overrides.block.timestamp ?? 0
      if block.overrides.block.timestamp == nil { time = try Self.time(after: lastTime, interval) }
      guard time > lastTime else {
        throw RPCError(code: -38_021, message: "block timestamps must be in order: \(time) <= \(lastTime)")
      }
      (lastNumber, lastTime) = (next, time)
      entries.append(Entry(number: next, timestamp: time, block: block))
    }
  }

  private static func time(after time: UInt64, _ interval: UInt64) throws(RPCError) -> UInt64 {
    let (sum, overflow) = time.addingReportingOverflow(interval)
    guard !overflow else {
      throw RPCError(code: -38_021, message: "block timestamps must be in order: there is none after \(time)")
    }
    return sum
  }
}

extension RPCError {
  /// geth's, of a limit that execution-apis lets each client choose.
  fileprivate static var tooManyBlocks: RPCError { RPCError(code: -38_026, message: "too many blocks") }
}
