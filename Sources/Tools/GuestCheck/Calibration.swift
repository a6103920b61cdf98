import ZKsyncOS

/// Finds the prices of ``CycleModel`` such that no measured block is under-estimated and most are over-estimated little.
///
/// The error of a block is relative. What lies below counts a million times what lies above, and the farther a block lies
/// above, the less it counts for its distance: some work is priced by what it announces, not by what it does, and must
/// not spoil the rest. Weighted least squares with non-negative prices, solved by coordinate descent on the normal
/// equations, its weights renewed until nothing changes.
public enum Calibration {
  private static let kinds = ProvingWork.Kind.allCases
  private static let underestimate = 1e6
  private static let rounds = 400
  private static let sweeps = 60

  /// - Parameters:
  ///   - samples: with work of every kind.
  ///   - margin: what the prices are raised by in the end.
  public static func model(of samples: [CycleSample], margin: Double) -> CycleModel {
    // Rows are work per cycle, scaled to at most 1 in each kind: the unknowns are of one size.
    let rows = samples.map { sample in kinds.map { Double(sample.work[$0]) / Double(max(1, sample.cycles)) } }
    let scales = kinds.indices.map { column in max(rows.map { $0[column] }.max() ?? 0, .leastNormalMagnitude) }
    let scaled = rows.map { row in zip(row, scales).map { $0 / $1 } }
    var prices = [Double](repeating: 0, count: kinds.count)
    for round in 0..<rounds {
      let ratios = scaled.map { row in zip(row, prices).reduce(0) { $0 + $1.0 * $1.1 } }
      // The weight of what lies below grows with the rounds, so that the first ones find the neighbourhood.
      let below = min(underestimate, 10 * Double(1 + round * round))
      solve(scaled, ratios.map { $0 < 1 ? (round == 0 ? 1 : below) : 1 / ($0 * $0) }, &prices)
    }
    let least = scaled.map { row in zip(row, prices).reduce(0) { $0 + $1.0 * $1.1 } }.min() ?? 1
    let factor = margin / min(1, max(least, 0.5))
    var cycles: [ProvingWork.Kind: Double] = [:]
    for (index, kind) in kinds.enumerated() { cycles[kind] = rounded(prices[index] / scales[index] * factor) }
    return CycleModel(cycles: cycles)
  }

  /// Minimizes the weighted squares of `row · prices − 1`.
  private static func solve(_ rows: [[Double]], _ weights: [Double], _ prices: inout [Double]) {
    let count = prices.count
    var gram = [Double](repeating: 0, count: count * count)
    var right = [Double](repeating: 0, count: count)
    for (row, weight) in zip(rows, weights) {
      for i in 0..<count where row[i] != 0 {
        right[i] += weight * row[i]
        for j in 0..<count { gram[i * count + j] += weight * row[i] * row[j] }
      }
    }
    for _ in 0..<sweeps {
      for i in 0..<count where gram[i * count + i] > 0 {
        var gradient = right[i]
        for j in 0..<count where j != i { gradient -= gram[i * count + j] * prices[j] }
        prices[i] = max(0, gradient / gram[i * count + i])
      }
    }
  }

  /// Three digits, upwards: prices are read by people.
  private static func rounded(_ price: Double) -> Double {
    guard price > 0 else { return 0 }
    var unit = 1.0
    while price / unit >= 1_000 { unit *= 10 }
    while price / unit < 100, unit > 0.0011 { unit /= 10 }
    return (price / unit).rounded(.up) * unit
  }
}

/// How estimates compare with what was measured.
public struct CalibrationErrors: Sendable, CustomStringConvertible {
  private let ratios: [(ratio: Double, name: String)]

  public init(_ samples: [CycleSample], _ model: CycleModel) {
    ratios = samples.map { ($0.ratio(model), $0.name) }.sorted { $0.ratio < $1.ratio }
  }

  /// Blocks whose estimate is below the truth.
  public var underestimated: Int { ratios.count { $0.ratio < 1 } }

  /// The blocks with the smallest ratios, and with the largest.
  public func smallest(_ count: Int) -> [(ratio: Double, name: String)] { Array(ratios.prefix(count)) }
  public func largest(_ count: Int) -> [(ratio: Double, name: String)] { ratios.suffix(count).reversed() }

  public var description: String {
    guard !ratios.isEmpty else { return "no blocks" }
    func quantile(_ part: Double) -> String {
      let hundredths = Int((ratios[Int(Double(ratios.count - 1) * part)].ratio * 1_000).rounded(.down))
      let digits = String(hundredths % 1_000)
      return "\(hundredths / 1_000)." + String(repeating: "0", count: 3 - digits.count) + digits
    }
    return "\(ratios.count) blocks, \(underestimated) under-estimated; estimate over truth: least \(quantile(0)), "
      + "1 % \(quantile(0.01)), median \(quantile(0.5)), 90 % \(quantile(0.9)), 99 % \(quantile(0.99)), most \(quantile(1))"
  }
}
