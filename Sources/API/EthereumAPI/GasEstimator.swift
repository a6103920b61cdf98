import JSONRPC

/// Finds the least gas limit with which a call succeeds, to within 1.5 %.
///
/// Gas used is no answer: a call needs more than it uses where 1/64 is held back at each level (EIP-150), where it looks
/// at the gas it has left, and where gas is refunded in the end. So limits are tried. Source of the procedure: geth,
/// `eth/gasestimator`.
struct GasEstimator {
  /// Below this no transaction is valid.
  private static let floor: UInt64 = 21_000
  private static let tolerance = 0.015

  /// The most gas that the call can have.
  let ceiling: UInt64
  let run: (UInt64) throws(RPCError) -> SimulationOutcome

  func estimate() throws(RPCError) -> UInt64 {
    let used: UInt64
    switch try run(ceiling) {
    case .success(_, let gasUsed): used = gasUsed
    case .revert(let output, _): throw .reverted(output)
    case .halt(_, isOutOfGas: true, _): throw .refused("gas required exceeds allowance (\(ceiling))")
    case .halt(let reason, _, _): throw .refused(reason)
    }
    // Plain transfers are most of all calls.
    if ceiling >= Self.floor, used <= Self.floor, try succeeds(Self.floor) { return Self.floor }

    var low = max(used, Self.floor) - 1
    var high = ceiling
    // Most calls need little more than they use.
    let likely = used + used / 63 + 2_300
    if likely < high {
      if try succeeds(likely) { high = likely } else { low = max(low, likely) }
    }
    while low + 1 < high, Double(high - low) / Double(high) >= Self.tolerance {
      // Limits near the lower end are likelier, so a wide interval is not simply halved.
      let middle = min(low + (high - low) / 2, low * 2)
      if try succeeds(middle) { high = middle } else { low = middle }
    }
    return high
  }

  private func succeeds(_ gas: UInt64) throws(RPCError) -> Bool {
    if case .success = try run(gas) { return true }
    return false
  }
}
