/// A finite field: a prime field, or an extension of one.
///
/// The curves and the pairing are written once over this protocol; the optimizer makes concrete code for each field.
protocol Field: Equatable, Sendable {
  static var zero: Self { get }
  static var one: Self { get }
  static func + (a: Self, b: Self) -> Self
  static func - (a: Self, b: Self) -> Self
  static func * (a: Self, b: Self) -> Self
  static prefix func - (a: Self) -> Self
  var squared: Self { get }
  /// 1/self; zero for zero.
  var inverse: Self { get }
  var isZero: Bool { get }
}

extension Field {
  @inline(__always)
  var doubled: Self { self + self }

  /// self to the power Σ exponent[i] · 2^(64·i).
  func power(_ exponent: [UInt64]) -> Self {
    var result = Self.one
    for word in exponent.reversed() {
      for bit in (0..<64).reversed() {
        result = result.squared
        if word &>> UInt64(bit) & 1 == 1 { result = result * self }
      }
    }
    return result
  }
}
