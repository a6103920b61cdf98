/// How many cycles the proving run of a block takes, from what executing it counted: a linear model, one price for each
/// kind of work.
///
/// The prices are chosen such that the estimate is an upper bound of every block that was measured, with the margin
/// on top. `zkos guest calibrate` makes them from runs of the real guest, and says how far the estimates are off.
public struct CycleModel: Hashable, Sendable {
  /// Cycles for one unit of each kind, in units of 1/1024 cycle.
  private var prices = SIMD32<UInt64>.zero

  /// The units of prices.
  private static let scale = 1024.0

  /// - Parameter cycles: the price of each kind in cycles; kinds that are not named cost nothing.
  public init(cycles: [ProvingWork.Kind: Double]) {
    for (kind, price) in cycles { prices[kind.rawValue] = UInt64((price * Self.scale).rounded(.up)) }
  }

  /// The model of a protocol version's guest.
  public static func of(_ version: ProtocolVersion) -> CycleModel {
    switch version {
    case .v0_0_4: first
    case .v0_0_5: second
    }
  }

  /// The price of a kind in cycles.
  public func price(_ kind: ProvingWork.Kind) -> Double { Double(prices[kind.rawValue]) / Self.scale }

  /// The cycles of a block that consists of this work. Amounts that no block can have saturate.
  public func cycles(_ work: ProvingWork) -> UInt64 {
    // Of ordinary amounts the products fit, and so does their sum: called for each transaction, this is one of its costs.
    if all(work.amounts .< Self.ordinaryAmounts), all(prices .< Self.ordinaryPrices) {
      return (work.amounts &* prices).wrappedSum() / UInt64(Self.scale)
    }
    return saturatedCycles(work)
  }

  private static let ordinaryAmounts = SIMD32<UInt64>(repeating: 1 << 29)
  private static let ordinaryPrices = SIMD32<UInt64>(repeating: 1 << 30)

  @inline(never)
  private func saturatedCycles(_ work: ProvingWork) -> UInt64 {
    var sum: UInt64 = 0
    for kind in ProvingWork.Kind.allCases {
      let (product, overflow) = work[kind].multipliedReportingOverflow(by: prices[kind.rawValue])
      let (next, carry) = sum.addingReportingOverflow(product)
      guard !overflow, !carry else { return .max }
      sum = next
    }
    return sum / UInt64(Self.scale)
  }
}
