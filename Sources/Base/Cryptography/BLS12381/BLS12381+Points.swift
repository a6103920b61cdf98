import Primitives

// Points of the two subgroups and their compressed form, as the Zcash specification and the consensus specifications write
// it: the x coordinate, most significant byte first and imaginary part first, with three flags in its highest bits:
// compressed (always set), infinity, and whether y is the larger of the two roots.

extension BLS12381 {
  /// A point of order r (or infinity) of y² = x³ + 4 over Fp.
  public struct G1Point: Sendable, Equatable {
    let point: JacobianPoint<G1>

    init(_ point: JacobianPoint<G1>) { self.point = point }

    public static var infinity: G1Point { G1Point(.infinity) }

    /// Reads 48 bytes; `nil` unless they are the one encoding of a point of the subgroup.
    public init?(compressed bytes: UnsafeRawBufferPointer) {
      guard bytes.count == 48, let flags = Flags(bytes) else { return nil }
      if flags.isInfinity {
        point = .infinity
        return
      }
      guard let x = flags.coordinate(of: bytes, at: 0), let root = (x.squared * x + G1.b).squareRoot else {
        return nil
      }
      let affine = AffinePoint<G1>(x: x, y: root.isLarger == flags.isLarger ? root : -root)
      guard isInSubgroup(affine) else { return nil }
      point = JacobianPoint(affine)
    }

    /// Reads 48 bytes; see `init(compressed:)` for buffers.
    public init?(compressed bytes: [UInt8]) {
      guard let point = bytes.withUnsafeBytes({ G1Point(compressed: $0) }) else { return nil }
      self = point
    }

    public static func == (p: G1Point, q: G1Point) -> Bool { p.point == q.point }
    public static func + (p: G1Point, q: G1Point) -> G1Point { G1Point(p.point + q.point) }
    public static prefix func - (p: G1Point) -> G1Point { G1Point(-p.point) }

    /// scalar · self, for any scalar.
    public func multiplied(by scalar: UInt256) -> G1Point { G1Point(point.multiplied(by: scalar)) }
  }

  /// A point of order r (or infinity) of the twist y² = x³ + 4(1 + u) over Fp2.
  public struct G2Point: Sendable, Equatable {
    let point: JacobianPoint<G2>

    init(_ point: JacobianPoint<G2>) { self.point = point }

    public static var infinity: G2Point { G2Point(.infinity) }

    /// Reads 96 bytes; `nil` unless they are the one encoding of a point of the subgroup.
    public init?(compressed bytes: UnsafeRawBufferPointer) {
      guard bytes.count == 96, let flags = Flags(bytes) else { return nil }
      if flags.isInfinity {
        point = .infinity
        return
      }
      guard let x1 = flags.coordinate(of: bytes, at: 0), let x0 = flags.coordinate(of: bytes, at: 48) else {
        return nil
      }
      let x = Fp2(x0, x1)
      guard let root = (x.squared * x + G2.b).squareRoot else { return nil }
      let affine = AffinePoint<G2>(x: x, y: root.isLarger == flags.isLarger ? root : -root)
      guard isInSubgroup(affine) else { return nil }
      point = JacobianPoint(affine)
    }

    /// Reads 96 bytes; see `init(compressed:)` for buffers.
    public init?(compressed bytes: [UInt8]) {
      guard let point = bytes.withUnsafeBytes({ G2Point(compressed: $0) }) else { return nil }
      self = point
    }

    public static func == (p: G2Point, q: G2Point) -> Bool { p.point == q.point }
    public static func + (p: G2Point, q: G2Point) -> G2Point { G2Point(p.point + q.point) }
    public static prefix func - (p: G2Point) -> G2Point { G2Point(-p.point) }

    /// scalar · self, for any scalar.
    public func multiplied(by scalar: UInt256) -> G2Point { G2Point(point.multiplied(by: scalar)) }
  }

  /// The three highest bits of the first byte.
  private struct Flags {
    let isInfinity: Bool
    let isLarger: Bool

    /// `nil` where the encoding is not compressed, or infinity has other bits set.
    init?(_ bytes: UnsafeRawBufferPointer) {
      let first = bytes[0]
      guard first & 0x80 != 0 else { return nil }
      isInfinity = first & 0x40 != 0
      isLarger = first & 0x20 != 0
      if isInfinity {
        guard first == 0xc0, bytes.dropFirst().allSatisfy({ $0 == 0 }) else { return nil }
      }
    }

    /// The 48 bytes of a coordinate, without the flags; `nil` from p on.
    func coordinate(of bytes: UnsafeRawBufferPointer, at offset: Int) -> BLS12381Fp? {
      var field = [UInt8](bytes[offset..<offset + 48])
      if offset == 0 { field[0] &= 0x1f }
      return field.withUnsafeBytes { BLS12381Fp(bigEndian: $0.baseAddress.unsafelyUnwrapped) }
    }
  }
}

extension Fp2<BLS12381Fp> {
  /// Which of ±self is the larger: the imaginary part decides, where it is not zero.
  fileprivate var isLarger: Bool { c1.isZero ? c0.isLarger : c1.isLarger }

  /// A square root, where there is one: from a + b·u = (s + t·u)² follow s² = (a ± |a + b·u|)/2 and t = b/2s.
  var squareRoot: Self? {
    guard let length = (c0.squared + c1.squared).squareRoot else { return nil }
    // The product of both candidates for s² is −(b/2)²; as −1 is no square, one of them is a square.
    guard let s = (c0 + length).halved.squareRoot ?? (c0 - length).halved.squareRoot else { return nil }
    let root = s.isZero ? (-c0).squareRoot.map { Self(.zero, $0) } : Self(s, c1.halved * s.inverse)
    return root?.squared == self ? root : nil
  }
}
