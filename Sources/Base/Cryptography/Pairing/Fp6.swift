/// Fp2[v] with v³ = ξ: the number c0 + c1·v + c2·v².
struct Fp6<Base: TowerBase>: Field {
  var c0: Fp2<Base>
  var c1: Fp2<Base>
  var c2: Fp2<Base>

  @inline(__always)
  init(_ c0: Fp2<Base>, _ c1: Fp2<Base>, _ c2: Fp2<Base>) { (self.c0, self.c1, self.c2) = (c0, c1, c2) }

  static var zero: Self { Self(.zero, .zero, .zero) }
  static var one: Self { Self(.one, .zero, .zero) }

  var isZero: Bool { c0.isZero && c1.isZero && c2.isZero }

  @inline(__always)
  static func + (a: Self, b: Self) -> Self { Self(a.c0 + b.c0, a.c1 + b.c1, a.c2 + b.c2) }

  @inline(__always)
  static func - (a: Self, b: Self) -> Self { Self(a.c0 - b.c0, a.c1 - b.c1, a.c2 - b.c2) }

  @inline(__always)
  static prefix func - (a: Self) -> Self { Self(-a.c0, -a.c1, -a.c2) }

  /// Karatsuba's six products.
  @inline(never)
  static func * (a: Self, b: Self) -> Self {
    let p0 = a.c0 * b.c0, p1 = a.c1 * b.c1, p2 = a.c2 * b.c2
    let p12 = (a.c1 + a.c2) * (b.c1 + b.c2) - p1 - p2
    let p01 = (a.c0 + a.c1) * (b.c0 + b.c1) - p0 - p1
    let p02 = (a.c0 + a.c2) * (b.c0 + b.c2) - p0 - p2
    return Self(p0 + p12.timesXi, p01 + p2.timesXi, p02 + p1)
  }

  var squared: Self { self * self }

  /// self · (b0 + b1·v): five products.
  @inline(never)
  func times(_ b0: Fp2<Base>, _ b1: Fp2<Base>) -> Self {
    let p0 = c0 * b0, p1 = c1 * b1
    let p01 = (c0 + c1) * (b0 + b1) - p0 - p1
    return Self(p0 + (c2 * b1).timesXi, p01, p1 + c2 * b0)
  }

  /// self · b for b in Fp2.
  @inline(__always)
  func scaled(by b: Fp2<Base>) -> Self { Self(c0 * b, c1 * b, c2 * b) }

  /// self · v.
  @inline(__always)
  var timesV: Self { Self(c2.timesXi, c0, c1) }

  var inverse: Self {
    let a = c0.squared - (c1 * c2).timesXi
    let b = c2.squared.timesXi - c0 * c1
    let c = c1.squared - c0 * c2
    let norm = c0 * a + (c2 * b + c1 * c).timesXi
    let inverse = norm.inverse
    return Self(a * inverse, b * inverse, c * inverse)
  }
}
