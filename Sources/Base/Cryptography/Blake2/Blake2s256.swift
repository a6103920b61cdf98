import Primitives

/// BLAKE2s (RFC 7693) with a digest of 32 bytes and no key: the hash of the ZKsync OS state tree, its commitments and its
/// preimages.
///
/// The static functions do not allocate. A value of the type hashes a message that comes in pieces. Independent messages
/// of equal length are hashed eight at a time by `hashBatch` and `hashPairs`, which takes a fifth of the time that one
/// after the other takes.
public struct Blake2s256: Sendable {
  /// How often a block is mixed.
  public enum Rounds: Sendable {
    /// BLAKE2s as RFC 7693 defines it.
    case ten
    /// The reduced hash of Airbender, with the first seven rounds: its Merkle trees, its transcripts, the verification keys of
    /// programs. Source: zksync-airbender `blake2s_u32/src/mixing_function.rs`.
    case seven
  }

  /// Bytes that one compression absorbs.
  public static let blockSize = 64

  private var state = Blake2sState<UInt32>()
  /// The last bytes absorbed, not yet compressed: the last block of a message is compressed differently, so that a full
  /// one has to wait for what comes.
  private var block = MessageBlock()
  private var filled = 0
  private var total: UInt64 = 0

  public init() {}

  /// Absorbs more of the message.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard var source = bytes.baseAddress else { return }
    var left = bytes.count
    while left > 0 {
      if filled == Self.blockSize {
        total &+= UInt64(Self.blockSize)
        let total = total
        withUnsafeBytes(of: &block) { state.compress($0.baseAddress.unsafelyUnwrapped, total: total, isLast: false) }
        filled = 0
      }
      let count = min(left, Self.blockSize - filled)
      block.fill(from: source, count: count, at: filled)
      filled += count
      source += count
      left -= count
    }
  }

  /// Absorbs more of the message.
  public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  /// Absorbs 32 bytes.
  public mutating func update(_ bytes: Bytes32) { bytes.withUnsafeBytes { update($0) } }

  /// The digest of what was absorbed. The hasher is left as it is: it can take more, and be asked again.
  public func finalize() -> Bytes32 {
    var state = state, block = block
    block.clear(from: filled)
    withUnsafeBytes(of: &block) {
      state.compress($0.baseAddress.unsafelyUnwrapped, total: total &+ UInt64(filled), isLast: true)
    }
    return state.digest
  }

  /// The digest of `bytes`.
  public static func hash(_ bytes: UnsafeRawBufferPointer, rounds: Rounds = .ten) -> Bytes32 {
    var state = Blake2sState<UInt32>()
    var block = MessageBlock()
    var offset = 0
    if let source = bytes.baseAddress {
      while bytes.count &- offset > blockSize {
        let next = offset &+ blockSize
        state.compress(source + offset, total: UInt64(next), isLast: false, rounds: rounds)
        offset = next
      }
      block.fill(from: source + offset, count: bytes.count &- offset, at: 0)
    }
    withUnsafeBytes(of: &block) {
      state.compress(
        $0.baseAddress.unsafelyUnwrapped, total: UInt64(bytes.count), isLast: true, rounds: rounds)
    }
    return state.digest
  }

  /// The digest of `bytes`.
  public static func hash(_ bytes: [UInt8], rounds: Rounds = .ten) -> Bytes32 {
    bytes.withUnsafeBytes { hash($0, rounds: rounds) }
  }

  /// The digest of the bytes of a slice.
  public static func hash(_ bytes: ArraySlice<UInt8>) -> Bytes32 { bytes.withUnsafeBytes { hash($0) } }

  /// The digest of 64 bytes: an inner node of the tree over its left and right child.
  public static func hash(_ left: Bytes32, _ right: Bytes32) -> Bytes32 {
    var state = Blake2sState<UInt32>()
    var pair = (left, right)
    withUnsafeBytes(of: &pair) { state.compress($0.baseAddress.unsafelyUnwrapped, total: 64, isLast: true) }
    return state.digest
  }
}

/// The bytes of one block.
private struct MessageBlock {
  private var words = InlineArray<8, UInt64>(repeating: 0)

  @inline(__always)
  mutating func fill(from source: UnsafeRawPointer, count: Int, at offset: Int) {
    withUnsafeMutableBytes(of: &words) {
      ($0.baseAddress.unsafelyUnwrapped + offset).copyMemory(from: source, byteCount: count)
    }
  }

  @inline(__always)
  mutating func clear(from offset: Int) {
    withUnsafeMutableBytes(of: &words) {
      for index in offset..<$0.count { $0[index] = 0 }
    }
  }
}

extension Blake2sState<UInt32> {
  /// The words, least significant byte first.
  @inline(__always)
  fileprivate var digest: Bytes32 {
    Bytes32(w0: pair(h0, h1), w1: pair(h2, h3), w2: pair(h4, h5), w3: pair(h6, h7))
  }

  @inline(__always)
  private func pair(_ low: UInt32, _ high: UInt32) -> UInt64 { UInt64(low) | UInt64(high) &<< 32 }
}
