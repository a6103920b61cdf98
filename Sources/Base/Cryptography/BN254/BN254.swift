import Primitives

/// The curve BN254 (alt_bn128) as the precompiles at 0x06, 0x07 and 0x08 use it (EIP-196, EIP-197).
///
/// A point of G1 is 64 bytes x ‖ y, a point of G2 is 128 bytes x₁ ‖ x₀ ‖ y₁ ‖ y₀ for x = x₀ + x₁·u: the imaginary part
/// first. Coordinates are 32 bytes, most significant first, below p. All zeros is infinity.
public enum BN254 {
  /// Why an input is not a list of points.
  public enum InvalidInput: Error, Equatable {
    /// The input is not a whole number of pairs of 192 bytes, or a point has not its 64 bytes.
    case length(Int)
    /// A coordinate is not below p.
    case coordinateNotReduced
    /// A point does not satisfy the curve's equation.
    case notOnCurve
    /// A point of the twist is not in the subgroup of order r.
    case notInSubgroup
  }

  /// The sum of two points of G1: 64 bytes, from 64 bytes each.
  public static func add(
    _ p: UnsafeRawBufferPointer, _ q: UnsafeRawBufferPointer
  ) throws(InvalidInput) -> [UInt8] {
    encode(JacobianPoint(try decodeG1(p)) + JacobianPoint(try decodeG1(q)))
  }

  /// scalar · p for a point of G1: 64 bytes, from 64 bytes. The scalar may be any number.
  public static func multiply(_ p: UnsafeRawBufferPointer, by scalar: UInt256) throws(InvalidInput) -> [UInt8] {
    encode(JacobianPoint(try decodeG1(p)).multiplied(by: scalar))
  }

  /// Whether the product of the pairings e(Pᵢ, Qᵢ) is one, for pairs of 192 bytes: a point of G1, then one of G2. The
  /// empty product is one.
  public static func pairingCheck(_ input: UnsafeRawBufferPointer) throws(InvalidInput) -> Bool {
    guard input.count % 192 == 0 else { throw .length(input.count) }
    var pairs: [(AffinePoint<G1>, AffinePoint<G2>)] = []
    for start in stride(from: 0, to: input.count, by: 192) {
      let p = try decodeG1(UnsafeRawBufferPointer(rebasing: input[start..<start + 64]))
      let q = try decodeG2(UnsafeRawBufferPointer(rebasing: input[start + 64..<start + 192]))
      // A pairing with infinity is one; the other point still had to be valid.
      if let p, let q { pairs.append((p, q)) }
    }
    return pairs.isEmpty || pairingIsOne(pairs)
  }

  /// `nil` is infinity.
  private static func decodeG1(_ bytes: UnsafeRawBufferPointer) throws(InvalidInput) -> AffinePoint<G1>? {
    guard bytes.count == 64 else { throw .length(bytes.count) }
    let p = AffinePoint<G1>(x: try coordinate(bytes, 0), y: try coordinate(bytes, 32))
    if p.x.isZero && p.y.isZero { return nil }
    guard p.isOnCurve else { throw .notOnCurve }
    return p
  }

  /// `nil` is infinity.
  private static func decodeG2(_ bytes: UnsafeRawBufferPointer) throws(InvalidInput) -> AffinePoint<G2>? {
    let x1 = try coordinate(bytes, 0), x0 = try coordinate(bytes, 32)
    let y1 = try coordinate(bytes, 64), y0 = try coordinate(bytes, 96)
    let q = AffinePoint<G2>(x: Fp2(x0, x1), y: Fp2(y0, y1))
    if q.x.isZero && q.y.isZero { return nil }
    guard q.isOnCurve else { throw .notOnCurve }
    guard isInSubgroup(q) else { throw .notInSubgroup }
    return q
  }

  private static func coordinate(_ bytes: UnsafeRawBufferPointer, _ offset: Int) throws(InvalidInput) -> BN254Fp {
    guard let start = bytes.baseAddress, let value = BN254Fp(UInt256(bigEndian: start + offset)) else {
      throw .coordinateNotReduced
    }
    return value
  }

  private static func encode(_ point: JacobianPoint<G1>) -> [UInt8] {
    guard let point = point.affine else { return [UInt8](repeating: 0, count: 64) }
    return point.x.number.bytes + point.y.number.bytes
  }
}
