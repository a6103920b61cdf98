import Primitives

/// Keccak-256 as Ethereum uses it: the original padding (0x01 … 0x80), not that of SHA-3.
///
/// Source: the Keccak reference, version 3.0, with rate 1088 and capacity 512.
@frozen
public struct Keccak256: Sendable {
  /// Bytes that one permutation absorbs.
  @usableFromInline static let rate = 136

  @usableFromInline var state = KeccakState()
  /// Bytes absorbed into the current block, below `rate`.
  @usableFromInline var filled = 0

  /// Begins an incremental hash.
  @inlinable
  public init() {}

  /// The hash of `bytes`.
  @inlinable
  public static func hash(_ bytes: UnsafeRawBufferPointer) -> Bytes32 {
    var hasher = Keccak256()
    hasher.update(bytes)
    return hasher.finalize()
  }

  /// The hash of `bytes`.
  @inlinable
  public static func hash(_ bytes: [UInt8]) -> Bytes32 { bytes.withUnsafeBytes { hash($0) } }

  /// The hash of `bytes`.
  @inlinable
  public static func hash(_ bytes: ArraySlice<UInt8>) -> Bytes32 { bytes.withUnsafeBytes { hash($0) } }

  /// The hash of 32 bytes.
  @inlinable
  public static func hash(_ bytes: Bytes32) -> Bytes32 { bytes.withUnsafeBytes { hash($0) } }

  /// Absorbs further bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes
    // Bytes before the next lane boundary, whole lanes, bytes after the last one.
    while filled & 7 != 0, let byte = rest.first {
      absorb(byte)
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst())
    }
    var offset = 0
    while rest.count &- offset >= 8 {
      state.lanes[filled &>> 3] ^= UInt64(littleEndian: rest.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      filled &+= 8
      offset &+= 8
      if filled == Self.rate {
        keccakPermutation(&state)
        filled = 0
      }
    }
    while offset < rest.count {
      absorb(rest[offset])
      offset &+= 1
    }
  }

  /// Absorbs further bytes.
  @inlinable
  public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  /// Absorbs further bytes.
  @inlinable
  public mutating func update(_ bytes: Bytes32) { bytes.withUnsafeBytes { update($0) } }

  @inline(__always)
  private mutating func absorb(_ byte: UInt8) {
    state.lanes[filled &>> 3] ^= UInt64(byte) &<< UInt64(8 &* (filled & 7))
    filled &+= 1
    if filled == Self.rate {
      keccakPermutation(&state)
      filled = 0
    }
  }

  /// Ends the hash. The hasher must not be used afterwards.
  public mutating func finalize() -> Bytes32 {
    state.lanes[filled &>> 3] ^= 0x01 &<< UInt64(8 &* (filled & 7))
    state.lanes[16] ^= 0x80 &<< 56
    keccakPermutation(&state)
    return Bytes32(
      w0: state.lanes[0].littleEndian, w1: state.lanes[1].littleEndian, w2: state.lanes[2].littleEndian,
      w3: state.lanes[3].littleEndian)
  }
}
