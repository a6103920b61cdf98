// Bytes, most significant first, as the EVM's memory and every encoding hold them.

extension UInt256 {
  /// Reads 32 bytes, most significant first; no alignment needed.
  @inlinable @inline(__always)
  public init(bigEndian bytes: UnsafeRawPointer) {
    self.init(
      l0: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)),
      l1: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
      l2: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
      l3: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)))
  }

  /// Writes 32 bytes, most significant first; no alignment needed.
  @inlinable @inline(__always)
  public func store(bigEndian bytes: UnsafeMutableRawPointer) {
    bytes.storeBytes(of: l3.bigEndian, toByteOffset: 0, as: UInt64.self)
    bytes.storeBytes(of: l2.bigEndian, toByteOffset: 8, as: UInt64.self)
    bytes.storeBytes(of: l1.bigEndian, toByteOffset: 16, as: UInt64.self)
    bytes.storeBytes(of: l0.bigEndian, toByteOffset: 24, as: UInt64.self)
  }

  /// The number that at most 32 bytes spell, most significant first; `nil` for more bytes.
  @inlinable
  public init?(bigEndianBytes bytes: some Collection<UInt8>) {
    let count = bytes.count
    guard count <= 32 else { return nil }
    var padded = Bytes32.zero
    withUnsafeMutableBytes(of: &padded) {
      UnsafeMutableRawBufferPointer(rebasing: $0[(32 - count)...]).copyBytes(from: bytes)
    }
    self.init(padded)
  }

  /// All 32 bytes, most significant first.
  @inlinable
  public var bytes: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
      if let base = buffer.baseAddress { store(bigEndian: base) }
      count = 32
    }
  }

  /// The bytes without leading zeros, most significant first: none for zero.
  @inlinable
  public var minimalBytes: [UInt8] { Array(bytes.suffix(byteWidth)) }
}
