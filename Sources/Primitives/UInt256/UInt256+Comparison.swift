// Equality, order, and hashing.

extension UInt256: Equatable {
  @inlinable @inline(__always)
  public static func == (a: UInt256, b: UInt256) -> Bool {
    ((a.l0 ^ b.l0) | (a.l1 ^ b.l1) | (a.l2 ^ b.l2) | (a.l3 ^ b.l3)) == 0
  }
}

extension UInt256: Comparable {
  @inlinable @inline(__always)
  public static func < (a: UInt256, b: UInt256) -> Bool { a.subtractingReportingOverflow(b).overflow }
}

extension UInt256: Hashable {
  @inlinable
  public func hash(into hasher: inout Hasher) {
    hasher.combine(SeededHash.mix(l0, l1, l2, l3))
  }

  @inlinable
  public func _rawHashValue(seed: Int) -> Int { SeededHash.mix(l0, l1, l2, l3, seed: seed) }
}
