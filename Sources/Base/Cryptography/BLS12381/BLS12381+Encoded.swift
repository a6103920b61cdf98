import Primitives

// Points and field elements as the precompiles take them (EIP-2537): a number has 64 bytes, most significant first, of which
// the first sixteen are zero; an element of Fp2 is its real and its imaginary part; a point is x and y, all zero for
// infinity. Everything answers `nil` where the input has another length, a number is not below p, or a point is not where it
// must be.

/// A coordinate with that encoding.
protocol EncodedCoordinate: Field {
  static var encodedSize: Int { get }
  /// Reads ``encodedSize`` bytes.
  init?(encoded bytes: UnsafeRawPointer)
  var encoded: [UInt8] { get }
}

extension BLS12381Fp: EncodedCoordinate {
  static var encodedSize: Int { 64 }

  init?(encoded bytes: UnsafeRawPointer) {
    guard UnsafeRawBufferPointer(start: bytes, count: 16).allSatisfy({ $0 == 0 }) else { return nil }
    self.init(bigEndian: bytes + 16)
  }

  var encoded: [UInt8] { [UInt8](repeating: 0, count: 16) + bytes }
}

extension Fp2<BLS12381Fp>: EncodedCoordinate {
  static var encodedSize: Int { 128 }

  init?(encoded bytes: UnsafeRawPointer) {
    guard let c0 = BLS12381Fp(encoded: bytes), let c1 = BLS12381Fp(encoded: bytes + 64) else { return nil }
    self.init(c0, c1)
  }

  var encoded: [UInt8] { c0.encoded + c1.encoded }
}

extension BLS12381 {
  /// The group in which an operation takes place.
  public enum Group: Sendable {
    /// Points over Fp, 128 bytes each.
    case g1
    /// Points over Fp2, 256 bytes each.
    case g2
  }

  /// The sum of two points of the curve, in the subgroup or not.
  public static func add(_ group: Group, _ input: UnsafeRawBufferPointer) -> [UInt8]? {
    switch group {
    case .g1: add(G1.self, input)
    case .g2: add(G2.self, input)
    }
  }

  /// Σ scalar · point over at least one pair of a point of the subgroup and a scalar of 32 bytes.
  public static func multiplyAndAdd(_ group: Group, _ input: UnsafeRawBufferPointer) -> [UInt8]? {
    switch group {
    case .g1: multiplyAndAdd(G1.self, input, isInSubgroup: isInSubgroup)
    case .g2: multiplyAndAdd(G2.self, input, isInSubgroup: isInSubgroup)
    }
  }

  /// The point of the subgroup that belongs to an element of the field.
  public static func map(to group: Group, _ input: UnsafeRawBufferPointer) -> [UInt8]? {
    guard let base = input.baseAddress else { return nil }
    switch group {
    case .g1:
      guard input.count == BLS12381Fp.encodedSize else { return nil }
      return BLS12381Fp(encoded: base).map { encode(mapToG1($0)) }
    case .g2:
      guard input.count == Fp2<BLS12381Fp>.encodedSize else { return nil }
      return Fp2(encoded: base).map { encode(mapToG2($0)) }
    }
  }

  /// Whether the product of the pairings of at least one pair of points, of G1 and G2, is one.
  public static func pairingCheck(encoded input: UnsafeRawBufferPointer) -> Bool? {
    guard let base = input.baseAddress, input.count > 0, input.count.isMultiple(of: 384) else { return nil }
    var pairs: [(AffinePoint<G1>, AffinePoint<G2>)] = []
    for offset in stride(from: 0, to: input.count, by: 384) {
      guard let p = decode(G1.self, base + offset), let q = decode(G2.self, base + offset + 128) else { return nil }
      if let p = p.point, !isInSubgroup(p) { return nil }
      if let q = q.point, !isInSubgroup(q) { return nil }
      if let p = p.point, let q = q.point { pairs.append((p, q)) }
    }
    return pairs.isEmpty || pairingIsOne(pairs)
  }

  private static func add<Curve: ShortWeierstrassCurve>(
    _ curve: Curve.Type, _ input: UnsafeRawBufferPointer
  ) -> [UInt8]? where Curve.Coordinate: EncodedCoordinate {
    let size = 2 * Curve.Coordinate.encodedSize
    guard let base = input.baseAddress, input.count == 2 * size, let p = decode(curve, base),
      let q = decode(curve, base + size)
    else { return nil }
    return encode(JacobianPoint(p.point) + JacobianPoint(q.point))
  }

  private static func multiplyAndAdd<Curve: ShortWeierstrassCurve>(
    _ curve: Curve.Type, _ input: UnsafeRawBufferPointer, isInSubgroup: (AffinePoint<Curve>) -> Bool
  ) -> [UInt8]? where Curve.Coordinate: EncodedCoordinate {
    let pointSize = 2 * Curve.Coordinate.encodedSize, size = pointSize + 32
    guard let base = input.baseAddress, input.count > 0, input.count.isMultiple(of: size) else { return nil }
    var terms: [(scalar: UInt256, point: JacobianPoint<Curve>)] = []
    for offset in stride(from: 0, to: input.count, by: size) {
      guard let decoded = decode(curve, base + offset) else { return nil }
      guard let point = decoded.point else { continue }
      guard isInSubgroup(point) else { return nil }
      terms.append((UInt256(bigEndian: base + offset + pointSize), JacobianPoint(point)))
    }
    return encode(JacobianPoint.sum(terms))
  }

  /// What an encoding says: a point of the curve, or `nil` for infinity.
  private struct Decoded<Curve: ShortWeierstrassCurve> {
    let point: AffinePoint<Curve>?
  }

  private static func decode<Curve: ShortWeierstrassCurve>(
    _ curve: Curve.Type, _ bytes: UnsafeRawPointer
  ) -> Decoded<Curve>? where Curve.Coordinate: EncodedCoordinate {
    guard let x = Curve.Coordinate(encoded: bytes),
      let y = Curve.Coordinate(encoded: bytes + Curve.Coordinate.encodedSize)
    else { return nil }
    if x.isZero && y.isZero { return Decoded(point: nil) }
    let point = AffinePoint<Curve>(x: x, y: y)
    return point.isOnCurve ? Decoded(point: point) : nil
  }

  private static func encode<Curve: ShortWeierstrassCurve>(
    _ point: JacobianPoint<Curve>
  ) -> [UInt8] where Curve.Coordinate: EncodedCoordinate {
    guard let affine = point.affine else { return [UInt8](repeating: 0, count: 2 * Curve.Coordinate.encodedSize) }
    return affine.x.encoded + affine.y.encoded
  }
}
