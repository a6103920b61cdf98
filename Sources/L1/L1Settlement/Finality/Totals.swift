import Primitives

/// How many batches L1 has at each step: the number of the last one.
public struct BatchTotals: Hashable, Sendable {
  public var committed: UInt64 = 0
  public var proved: UInt64 = 0
  public var executed: UInt64 = 0

  public init(committed: UInt64 = 0, proved: UInt64 = 0, executed: UInt64 = 0) {
    self.committed = committed
    self.proved = proved
    self.executed = executed
  }

  public subscript(step: SettlementStep) -> UInt64 {
    switch step {
    case .commit: committed
    case .prove: proved
    case .execute: executed
    }
  }
}
