/// What there is only so much of in a block.
public enum BlockResource: String, Hashable, Sendable, CaseIterable {
  /// Native units of computation, which are what a transaction takes of the node's time and of the prover's.
  case native
  /// Bytes of pubdata: L1 takes so many in one batch.
  case pubdata
  /// Logs from L2 to L1: the tree of a batch has so many leaves.
  case l2ToL1Logs
  /// Cycles of the proving run, as estimated: provers take so many in one.
  case cycles
}

extension BlockResource {
  /// Why a transaction is refused that takes more of this than any block has.
  public var refusal: String {
    switch self {
    case .native: "the transaction needs more computation than one transaction may take"
    case .pubdata: "the transaction needs more data availability than a batch has"
    case .l2ToL1Logs: "the transaction sends more messages to L1 than a batch has"
    case .cycles: "the transaction takes longer to prove than a block may"
    }
  }
}

/// What the next transaction of a block may take. A transaction that would take more is not included, and the block is as
/// if it had never been offered. Replaying a block has no such limits.
public struct ExecutionLimits: Hashable, Sendable {
  /// Native that the transaction may compute with. It is stopped as soon as it needs more.
  public var native = UInt64.max
  /// Bytes of pubdata that the block may have with it.
  public var pubdata = Int.max
  /// L2→L1 logs that the block may have with it.
  public var l2ToL1Logs = Int.max
  /// Estimated cycles that proving the block may take with it.
  public var cycles = UInt64.max

  public init() {}

  public static let unlimited = ExecutionLimits()

  /// What the block with these totals has too much of.
  func resourceExceeded(by totals: BlockTotals) -> BlockResource? {
    if totals.pubdata > pubdata { return .pubdata }
    if totals.l2ToL1Logs > l2ToL1Logs { return .l2ToL1Logs }
    if totals.cycles > cycles { return .cycles }
    return nil
  }
}
