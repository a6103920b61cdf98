import Concurrency
import Primitives
import Transactions

/// Executes calls and notes what they touch.
public protocol AccessTracer: Sendable {
  /// Runs `call` like ``Simulator/simulate(_:after:_:cancellation:)``, and gives beside its outcome what its instructions
  /// touched: slots that are read or written (SLOAD, SSTORE), accounts that are looked at, called, created or paid (BALANCE,
  /// EXTCODE…, CALL…, SELFDESTRUCT). Precompiles are left out, and accounts that only the beginning of the transaction
  /// touches. Each account stands once, each slot once, in any order.
  func accesses(
    of call: SimulatedCall, after number: UInt64, _ overrides: SimulationOverrides, cancellation: Cancellation
  ) throws(SimulationError) -> (accesses: AccessList, outcome: SimulationOutcome)
}
