import ZKsyncOS

/// When a block is sealed, and what no block may exceed.
public struct SealLimits: Sendable {
  // The first of these that is reached seals the block, with the transaction that reached it.

  /// Nanoseconds from the first transaction to the seal.
  public var blockTime: UInt64 = 100_000_000
  public var transactions = 1_000
  public var gas: UInt64 = 100_000_000
  /// Bytes.
  public var pubdata = 110_000

  // A transaction with which a block would exceed one of these begins the next block instead, and is refused for good
  // where it would exceed it alone.

  /// Cycles of the proving run, as estimated: what provers take, less some reserve.
  public var maxCycles: UInt64 = (1 << 30) - (1 << 24)
  /// Bytes of pubdata: the 126,976 that L1 takes in the calldata of one batch, less some reserve.
  public var maxPubdata = 126_976 - 512
  /// L2→L1 logs: the leaves of a batch's tree, 2^14.
  public var maxL2ToL1Logs = 16_384
  /// Native units of all transactions together.
  public var native: UInt64 = 1 << 36
  /// Native units of one transaction. The slowest of them take the node a sixth of a nanosecond each, most of them a
  /// thirtieth, so that the default is at most about two blocks' time.
  public var transactionNative: UInt64 = 1 << 30

  /// Nanoseconds a block that may be spent on transactions that end up in none.
  public var unpaidTime: UInt64 = 10_000_000

  public init() {}

  /// Gas with which nothing can be done that takes time: a transfer and no more.
  static let plainGas: UInt64 = 30_000
  /// Native units that take at most a nanosecond, whatever they are spent on: less than what was measured of the slowest,
  /// a modular exponentiation (`zkos bench precompiles`).
  private static let nativePerNanosecond: UInt64 = 5

  /// Native units that can be spent in so many nanoseconds.
  func native(in nanoseconds: UInt64) -> UInt64 {
    let (native, overflow) = nanoseconds.multipliedReportingOverflow(by: Self.nativePerNanosecond)
    return overflow ? .max : native
  }

  /// What a transaction that is alone in a block may take.
  public var alone: ExecutionLimits {
    var bounds = ExecutionLimits()
    bounds.native = min(transactionNative, native)
    bounds.cycles = maxCycles
    bounds.pubdata = maxPubdata
    bounds.l2ToL1Logs = maxL2ToL1Logs
    return bounds
  }

  /// Why a block with these totals takes no more transactions.
  func reached(by totals: BlockTotals) -> SealReason? {
    if totals.transactions >= transactions { return .transactions }
    if totals.gasUsed >= gas { return .gas }
    if totals.pubdata >= pubdata { return .pubdata }
    if totals.l2ToL1Logs >= maxL2ToL1Logs { return .full(.l2ToL1Logs) }
    return nil
  }
}

/// Why a block was sealed.
enum SealReason: Hashable {
  case time, transactions, gas, pubdata
  /// The next transaction takes more of this than is left.
  case full(BlockResource)
  case stopping
  /// It was ordered, and has what there was.
  case ordered

  static let all: [SealReason] =
    [.time, .transactions, .gas, .pubdata, .stopping, .ordered] + BlockResource.allCases.map { .full($0) }

  /// As a metric names it.
  var name: String {
    switch self {
    case .time: "time"
    case .transactions: "transactions"
    case .gas: "gas"
    case .pubdata: "pubdata"
    case .full(let resource): "full_\(resource.rawValue)"
    case .stopping: "stopping"
    case .ordered: "ordered"
    }
  }
}
