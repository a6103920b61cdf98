import Primitives

// Reading and writing of fixed-width fields in byte strings.

extension [UInt8] {
  mutating func append(bigEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }

  /// Appends the 32 bytes without an array between.
  mutating func append(_ word: Bytes32) { word.withUnsafeBytes { self += $0 } }

  mutating func append(littleEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}

extension [UInt8] {
  /// `withUnsafeBytes` with a typed error.
  func withRawBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    let result: Result<R, E> = withUnsafeBytes { bytes in
      do throws(E) { return .success(try body(bytes)) } catch { return .failure(error) }
    }
    return try result.get()
  }
}

/// Takes fields off the front of a byte string; every read gives nil once too few bytes are left.
struct ByteReader {
  let source: [UInt8]
  private(set) var offset = 0

  init(_ source: [UInt8]) { self.source = source }

  var remaining: Int { source.count - offset }

  mutating func bigEndian<T: FixedWidthInteger>() -> T? {
    let size = T.bitWidth / 8
    guard remaining >= size else { return nil }
    var value = T.zero
    for byte in source[offset..<offset + size] { value = value << 8 | T(truncatingIfNeeded: byte) }
    offset += size
    return value
  }

  mutating func littleEndian<T: FixedWidthInteger>() -> T? {
    let value: T? = bigEndian()
    return value?.byteSwapped
  }

  mutating func bytes(_ count: Int) -> [UInt8]? {
    guard count >= 0, remaining >= count else { return nil }
    defer { offset += count }
    return Array(source[offset..<offset + count])
  }

  mutating func bytes32() -> Bytes32? { bytes(32).flatMap { Bytes32($0) } }

  mutating func address() -> Address? { bytes(20).flatMap { Address($0) } }
}
