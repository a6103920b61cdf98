import Primitives

/// Keccak-256 as Ethereum uses it: the sponge with rate 136 bytes and capacity 64, padded as in Keccak's submission
/// (first padding byte 0x01), not as in FIPS 202's SHA3-256 (0x06).
///
/// The static functions hash a whole message without allocating. A value of the type hashes a message that comes in
/// pieces: the result is the same however it is cut.
///
///     var hasher = Keccak256()
///     hasher.update(header)
///     hasher.update(body)
///     let digest = hasher.finalize()
public struct Keccak256: Sendable {
  /// Bytes absorbed between two permutations.
  public static let blockSize = 136

  private var state = KeccakState()
  /// How many bytes of the current block are already in the state; below `blockSize`.
  private var filled = 0

  public init() {}

  /// Absorbs more of the message.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard var source = bytes.baseAddress else { return }
    var left = bytes.count
    if filled != 0 {
      let count = min(left, Self.blockSize - filled)
      state.absorb(source, count: count, at: filled)
      filled += count
      source += count
      left -= count
      guard filled == Self.blockSize else { return }
      state.permute()
      filled = 0
    }
    state.absorbBlocks(&source, &left)
    state.absorb(source, count: left, at: 0)
    filled = left
  }

  /// Absorbs more of the message.
  public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  /// Absorbs 32 bytes.
  public mutating func update(_ bytes: Bytes32) { bytes.withUnsafeBytes { update($0) } }

  /// The digest of what was absorbed. The hasher is left as it is: it can take more, and be asked again.
  public func finalize() -> Bytes32 {
    var last = state
    return last.squeeze(filled: filled)
  }

  /// The digest of `bytes`.
  public static func hash(_ bytes: UnsafeRawBufferPointer) -> Bytes32 {
    var state = KeccakState()
    guard var source = bytes.baseAddress else { return state.squeeze(filled: 0) }
    var left = bytes.count
    state.absorbBlocks(&source, &left)
    state.absorb(source, count: left, at: 0)
    return state.squeeze(filled: left)
  }

  /// The digest of `bytes`.
  public static func hash(_ bytes: [UInt8]) -> Bytes32 { bytes.withUnsafeBytes { hash($0) } }

  /// The digest of the bytes of a slice.
  public static func hash(_ bytes: ArraySlice<UInt8>) -> Bytes32 { bytes.withUnsafeBytes { hash($0) } }

  /// The digest of the UTF-8 bytes of a text, as signatures of functions and events are hashed.
  public static func hash(utf8 text: String) -> Bytes32 {
    var text = text
    return text.withUTF8 { hash(UnsafeRawBufferPointer($0)) }
  }

  /// The digest of 32 bytes: what names a slot of a Solidity array, or a key of the state trie.
  public static func hash(_ word: Bytes32) -> Bytes32 {
    var state = KeccakState()
    (state.a0, state.a1, state.a2, state.a3) = (word.w0, word.w1, word.w2, word.w3)
    return state.squeeze(filled: 32)
  }

  /// The digest of 64 bytes: what names a slot of a Solidity mapping, or a node of a binary tree.
  public static func hash(_ first: Bytes32, _ second: Bytes32) -> Bytes32 {
    var state = KeccakState()
    (state.a0, state.a1, state.a2, state.a3) = (first.w0, first.w1, first.w2, first.w3)
    (state.a4, state.a5, state.a6, state.a7) = (second.w0, second.w1, second.w2, second.w3)
    return state.squeeze(filled: 64)
  }

  /// The digest of an address: the key of an account in the state trie.
  public static func hash(_ address: Address) -> Bytes32 { address.withUnsafeBytes { hash($0) } }
}

extension KeccakState {
  /// The lanes by number, for code that does not know which lane it needs before it runs.
  @inline(__always)
  private mutating func withLanes(_ body: (UnsafeMutablePointer<UInt64>) -> Void) {
    withUnsafeMutablePointer(to: &self) { state in
      body(UnsafeMutableRawPointer(state).assumingMemoryBound(to: UInt64.self))
    }
  }

  /// Absorbs every whole block that `source` begins with, moving `source` and `left` past them.
  @inline(__always)
  fileprivate mutating func absorbBlocks(_ source: inout UnsafeRawPointer, _ left: inout Int) {
    while left >= Keccak256.blockSize {
      absorb(source, count: Keccak256.blockSize, at: 0)
      permute()
      source += Keccak256.blockSize
      left -= Keccak256.blockSize
    }
  }

  /// XORs `count` bytes into the block from its byte `offset` on; the block must have room for them.
  @inline(__always)
  fileprivate mutating func absorb(_ source: UnsafeRawPointer, count: Int, at offset: Int) {
    withLanes { lanes in
      var index = 0
      if offset & 7 == 0 {
        while index &+ 8 <= count {
          lanes[(offset &+ index) &>> 3] ^= source.loadUnaligned(fromByteOffset: index, as: UInt64.self)
          index &+= 8
        }
      }
      while index < count {
        let position = offset &+ index
        let byte = UInt64(source.load(fromByteOffset: index, as: UInt8.self))
        lanes[position &>> 3] ^= byte &<< UInt64(8 &* (position & 7))
        index &+= 1
      }
    }
  }

  /// Pads a block that holds `filled` bytes, permutes, and reads the digest.
  @inline(__always)
  fileprivate mutating func squeeze(filled: Int) -> Bytes32 {
    withLanes { $0[filled &>> 3] ^= 1 &<< UInt64(8 &* (filled & 7)) }
    a16 ^= 0x80 &<< 56
    permute()
    return Bytes32(w0: a0, w1: a1, w2: a2, w3: a3)
  }
}
