/// The plain values of a serialized proof, one after the other, in either encoding.
struct ProofReader {
  private let bytes: UnsafeRawBufferPointer
  private let encoding: ProofEncoding
  private(set) var position = 0

  private static let modulus: UInt32 = 0x7FFF_FFFF

  init(_ bytes: UnsafeRawBufferPointer, _ encoding: ProofEncoding) {
    self.bytes = bytes
    self.encoding = encoding
  }

  /// Bytes not read yet.
  var remaining: Int { bytes.count - position }

  func error(_ reason: ProofFormatError.Reason, at position: Int? = nil) -> ProofFormatError {
    ProofFormatError(position: position ?? self.position, reason: reason)
  }

  // MARK: Integers

  mutating func word() throws(ProofFormatError) -> UInt32 { try integer() }
  mutating func long() throws(ProofFormatError) -> UInt64 { try integer() }
  mutating func short() throws(ProofFormatError) -> UInt16 { try integer() }

  /// An element of the field of p = 2³¹ − 1 elements, in its canonical form. Provers write zero as 0 and as p, whichever
  /// their arithmetic came to; nothing above is written by any.
  @inline(__always)
  mutating func element() throws(ProofFormatError) -> UInt32 {
    let start = position
    let value: UInt32 = try integer()
    guard value < Self.modulus else {
      guard value == Self.modulus else { throw error(.element(value), at: start) }
      return 0
    }
    return value
  }

  /// Whether something optional is there.
  mutating func option() throws(ProofFormatError) -> Bool {
    let start = position
    let tag = try byte()
    guard tag < 2 else { throw error(.tag(tag), at: start) }
    return tag == 1
  }

  /// How many of something follow, at most `limit`.
  mutating func count(
    of part: ProofFormatError.Part, within limit: ClosedRange<Int>
  ) throws(ProofFormatError) -> Int {
    let start = position
    let value = try long()
    guard let count = Int(exactly: value), limit.contains(count) else { throw error(.count(part, value), at: start) }
    return count
  }

  /// How many pieces of `words` words each follow: no more than fit into the bytes that are left.
  mutating func count(words: Int) throws(ProofFormatError) -> Int {
    let start = position
    let value = try long()
    let shortest = encoding == .bincode1 ? 4 * words : words
    guard value <= UInt64(remaining / max(1, shortest)) else { throw error(.count(.elements, value), at: start) }
    return Int(value)
  }

  // MARK: Representation

  private mutating func byte() throws(ProofFormatError) -> UInt8 {
    guard position < bytes.count else { throw error(.truncated) }
    defer { position += 1 }
    return bytes[position]
  }

  @inline(__always)
  private mutating func fixed<Number: FixedWidthInteger & BitwiseCopyable>() throws(ProofFormatError) -> Number {
    let size = MemoryLayout<Number>.size
    guard remaining >= size else { throw error(.truncated) }
    defer { position += size }
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Number.self))
  }

  @inline(__always)
  private mutating func integer<Number: FixedWidthInteger & BitwiseCopyable>() throws(ProofFormatError) -> Number {
    encoding == .bincode1 ? try fixed() : try variable()
  }

  /// One byte below 251, or a marker and the narrowest integer that holds the value.
  private mutating func variable<Number: FixedWidthInteger>() throws(ProofFormatError) -> Number {
    let start = position
    let first = try byte()
    let value: UInt64
    let least: UInt64
    switch first {
    case 251: (value, least) = (UInt64(try fixed() as UInt16), 251)
    case 252: (value, least) = (UInt64(try fixed() as UInt32), 1 << 16)
    case 253: (value, least) = (try fixed(), 1 << 32)
    case 254, 255: throw error(.integer, at: start)
    default: (value, least) = (UInt64(first), 0)
    }
    guard value >= least, let number = Number(exactly: value) else { throw error(.integer, at: start) }
    return number
  }
}
