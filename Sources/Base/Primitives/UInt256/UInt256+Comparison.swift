// Equality, order, and hashing.

extension UInt256: Equatable {
  @inlinable @inline(__always)
  public static func == (a: UInt256, b: UInt256) -> Bool {
    ((a.l0 ^ b.l0) | (a.l1 ^ b.l1) | (a.l2 ^ b.l2) | (a.l3 ^ b.l3)) == 0
  }
}

extension UInt256: Comparable {
  /// The carry out of ~a + b, which is 2^256 − 1 − a + b: one chain of additions. Of a subtraction whose difference is not
  /// used, the compiler makes a comparison limb by limb, twice as long.
  @inlinable @inline(__always)
  public static func < (a: UInt256, b: UInt256) -> Bool { (~a).addingReportingOverflow(b).overflow }
}

extension UInt256: Hashable {
  @inlinable
  public func hash(into hasher: inout Hasher) {
    hasher.combine(SeededHash.mix(l0, l1, l2, l3))
  }

  @inlinable
  public func _rawHashValue(seed: Int) -> Int { SeededHash.mix(l0, l1, l2, l3, seed: seed) }
}
