// Byte coding of what is stored, hashed or published: fixed-width fields one after the other. The modules of this package
// share it; generic code is inlinable so that each of them gets it for its own number types.

extension FixedWidthInteger {
  /// The number that `bytes` spell, most significant first; `nil` unless there are as many as it is wide.
  @inlinable
  public init?(bigEndianBytes bytes: some Collection<UInt8>) {
    guard bytes.count == Self.bitWidth / 8 else { return nil }
    self = 0
    for byte in bytes { self = self << 8 | Self(truncatingIfNeeded: byte) }
  }
}

extension [UInt8] {
  @inlinable
  public mutating func append(bigEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }

  @inlinable
  public mutating func append(littleEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  /// Appends the 32 bytes without an array between.
  @inlinable
  public mutating func append(_ word: Bytes32) { word.withUnsafeBytes { self += $0 } }
}

/// Takes fields off the front of a byte string; every read gives `nil` once too few bytes are left.
public struct ByteReader {
  /// What has not been read yet.
  public internal(set) var rest: ArraySlice<UInt8>

  public init(_ source: ArraySlice<UInt8>) { rest = source }

  public init(_ source: [UInt8]) { self.init(source[...]) }

  public var remaining: Int { rest.count }

  /// The next `count` bytes where they are.
  public mutating func slice(_ count: Int) -> ArraySlice<UInt8>? {
    guard count >= 0, rest.count >= count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  public mutating func bytes(_ count: Int) -> [UInt8]? { slice(count).map { Array($0) } }

  @inlinable
  public mutating func bigEndian<T: FixedWidthInteger>() -> T? {
    slice(T.bitWidth / 8).flatMap { T(bigEndianBytes: $0) }
  }

  @inlinable
  public mutating func littleEndian<T: FixedWidthInteger>() -> T? {
    let value: T? = bigEndian()
    return value?.byteSwapped
  }

  public mutating func bytes32() -> Bytes32? { slice(32).flatMap { Bytes32($0) } }

  public mutating func address() -> Address? { slice(20).flatMap { Address($0) } }
}
