import JSONRPC
import Primitives
import Transactions

/// Finds the least gas limit with which a call does what it does with all the gas that it may have, to within 1.5 %.
///
/// Gas used is no answer: a call needs more than it uses where 1/64 is held back at each level (EIP-150), where it looks
/// at the gas it has left, and where gas is refunded in the end. So limits are tried. Source of the procedure: geth,
/// `eth/gasestimator`.
///
/// Success alone, which geth asks for, is no answer either. A contract may go on after an inner call or creation ran out of
/// gas, as the factory of ERC-2470 does: its transaction succeeds, and nothing is deployed. Nethermind therefore refuses a
/// limit where any frame runs out of gas. Here a limit is good where the *outcome* is that of the reference run:
///
/// - the call succeeds,
/// - no more inner calls and creations fail than there,
/// - the code that is left, the return data and the logs are the same, each as far as it does not depend on the gas limit
///   anyway. What does, such as the result of GAS in a log, shows by a second run with a generous limit.
struct GasEstimator {
  private static let tolerance = 0.015

  /// Below this the transaction is not valid, whatever it uses.
  let floor: UInt64
  /// The most gas that the call can have.
  let ceiling: UInt64
  let run: (UInt64) throws(RPCError) -> SimulationOutcome

  func estimate() throws(RPCError) -> UInt64 {
    let used: UInt64
    var reference: Reference
    switch try run(ceiling) {
    case .success(let output, let gasUsed, let effects):
      used = gasUsed
      reference = Reference(output: output, effects: effects)
    case .revert(let output, _): throw .reverted(output)
    case .halt(_, isOutOfGas: true, _): throw .refused("gas required exceeds allowance (\(ceiling))")
    case .halt(let reason, _, _): throw .refused(reason)
    }
    // Plain transfers are most of all calls.
    if ceiling >= floor, used <= floor, try reference.matches(run(floor)) { return floor }

    var low = max(used, floor) - 1
    var high = ceiling
    guard low < high else { return high }
    // Twice what is used is generous, even with a 64th held back at each of forty levels; with less room, half of it.
    let generous = min(low + (high - low) / 2, 2 * used + 100_000)
    if generous > low {
      let outcome = try run(generous)
      reference.forgetWhatDependsOnGas(comparing: outcome)
      if reference.matches(outcome) { high = generous } else { low = generous }
    }
    // Most calls need little more than they use.
    let likely = used + used / 63 + 2_300
    if likely > low, likely < high {
      if try reference.matches(run(likely)) { high = likely } else { low = likely }
    }
    while low + 1 < high, Double(high - low) / Double(high) >= Self.tolerance {
      // Limits near the lower end are likelier, so a wide interval is not simply halved.
      let middle = min(low + (high - low) / 2, low * 2)
      if try reference.matches(run(middle)) { high = middle } else { low = middle }
    }
    return high
  }

  /// What a good limit has to reproduce; `nil` what depends on the gas limit.
  private struct Reference {
    private let undoneFrames: Int
    private var output: [UInt8]?
    private var logs: [Log]?
    private var deployedCode: [Address: Bytes32]?

    init(output: [UInt8], effects: SimulationEffects) {
      undoneFrames = effects.undoneFrames
      self.output = output
      logs = effects.logs
      deployedCode = effects.deployedCode
    }

    func matches(_ outcome: SimulationOutcome) -> Bool {
      guard case .success(let found, _, let effects) = outcome, effects.undoneFrames <= undoneFrames else {
        return false
      }
      return (output.map { $0 == found } ?? true) && (logs.map { $0 == effects.logs } ?? true)
        && (deployedCode.map { $0 == effects.deployedCode } ?? true)
    }

    /// Unless the generous limit was not enough after all, what differs there differs because of GAS.
    mutating func forgetWhatDependsOnGas(comparing outcome: SimulationOutcome) {
      guard case .success(let found, _, let effects) = outcome, effects.undoneFrames <= undoneFrames else { return }
      if output != found { output = nil }
      if logs != effects.logs { logs = nil }
      if deployedCode != effects.deployedCode { deployedCode = nil }
    }
  }
}
