// BLAKE2s-256 of independent messages of one length, eight at a time: lane i of every vector belongs to message i, so that
// a compression of eight blocks costs little more than one.

extension Blake2s256 {
  /// The digests of `count` nodes of 64 bytes each (two children of 32): what a level of a binary tree needs.
  ///
  /// - Parameters:
  ///   - nodes: `count` × 64 bytes.
  ///   - digests: room for `count` × 32 bytes. It may be the memory that `nodes` is in, so that a level becomes the next
  ///     in place: a digest is written only after the nodes that lie there were read.
  public static func hashPairs(
    _ nodes: UnsafeRawBufferPointer, count: Int, into digests: UnsafeMutableRawBufferPointer, rounds: Rounds = .ten
  ) {
    hashBatch(nodes, length: 64, count: count, into: digests, rounds: rounds)
  }

  /// The digests of `count` messages of `length` bytes each, one after the other in memory.
  ///
  /// - Parameters:
  ///   - messages: `count` × `length` bytes.
  ///   - digests: room for `count` × 32 bytes. Where `length` is 32 or more it may be the memory that `messages` is in.
  public static func hashBatch(
    _ messages: UnsafeRawBufferPointer, length: Int, count: Int, into digests: UnsafeMutableRawBufferPointer,
    rounds: Rounds = .ten
  ) {
    precondition(
      messages.count >= length * count && digests.count >= 32 * count, "the buffers are too short for the batch")
    guard count > 0, let target = digests.baseAddress else { return }
    guard length > 0, let source = messages.baseAddress else {
      for index in 0..<count { hash([], rounds: rounds).store(to: target + 32 &* index) }
      return
    }
    var index = 0
    while index &+ 8 <= count {
      hashEight(source + index &* length, length: length, into: target + index &* 32, rounds: rounds)
      index &+= 8
    }
    while index < count {
      let digest = hash(UnsafeRawBufferPointer(start: source + index &* length, count: length), rounds: rounds)
      digest.store(to: target + index &* 32)
      index &+= 1
    }
  }

  @inline(never)
  private static func hashEight(
    _ messages: UnsafeRawPointer, length: Int, into digests: UnsafeMutableRawPointer, rounds: Rounds
  ) {
    var state = Blake2sState<SIMD8<UInt32>>()
    var block = TransposedBlock()
    var offset = 0
    while length &- offset > blockSize {
      block.load(messages + offset, stride: length)
      offset &+= blockSize
      block.withWords { state.compress($0, total: UInt64(offset), isLast: false, rounds: rounds) }
    }
    if length &- offset == blockSize {
      block.load(messages + offset, stride: length)
    } else {
      var padded = InlineArray<64, UInt64>(repeating: 0)
      withUnsafeMutableBytes(of: &padded) {
        let start = $0.baseAddress.unsafelyUnwrapped
        for lane in 0..<8 {
          (start + lane &* blockSize).copyMemory(
            from: messages + (lane &* length &+ offset), byteCount: length &- offset)
        }
        block.load(start, stride: blockSize)
      }
    }
    block.withWords { state.compress($0, total: UInt64(length), isLast: true, rounds: rounds) }
    let rows = Rows(state.h0, state.h1, state.h2, state.h3, state.h4, state.h5, state.h6, state.h7).transposed
    digests.storeBytes(of: rows.r0, toByteOffset: 0, as: SIMD8<UInt32>.self)
    digests.storeBytes(of: rows.r1, toByteOffset: 32, as: SIMD8<UInt32>.self)
    digests.storeBytes(of: rows.r2, toByteOffset: 64, as: SIMD8<UInt32>.self)
    digests.storeBytes(of: rows.r3, toByteOffset: 96, as: SIMD8<UInt32>.self)
    digests.storeBytes(of: rows.r4, toByteOffset: 128, as: SIMD8<UInt32>.self)
    digests.storeBytes(of: rows.r5, toByteOffset: 160, as: SIMD8<UInt32>.self)
    digests.storeBytes(of: rows.r6, toByteOffset: 192, as: SIMD8<UInt32>.self)
    digests.storeBytes(of: rows.r7, toByteOffset: 224, as: SIMD8<UInt32>.self)
  }
}

/// A block of eight messages, word by word: vector j holds word j of each.
private struct TransposedBlock {
  private var low = Rows()
  private var high = Rows()

  /// Reads a block of each message; message i begins `stride` · i bytes after `source`.
  @inline(__always)
  mutating func load(_ source: UnsafeRawPointer, stride: Int) {
    low = Rows(source, stride: stride).transposed
    high = Rows(source + 32, stride: stride).transposed
  }

  @inline(__always)
  mutating func withWords(_ body: (UnsafeRawPointer) -> Void) {
    withUnsafeBytes(of: &self) { body($0.baseAddress.unsafelyUnwrapped) }
  }
}

/// An 8 × 8 matrix of words.
private struct Rows {
  var r0, r1, r2, r3, r4, r5, r6, r7: SIMD8<UInt32>

  @inline(__always)
  init() {
    (r0, r1, r2, r3) = (.zero, .zero, .zero, .zero)
    (r4, r5, r6, r7) = (.zero, .zero, .zero, .zero)
  }

  @inline(__always)
  init(
    _ r0: SIMD8<UInt32>, _ r1: SIMD8<UInt32>, _ r2: SIMD8<UInt32>, _ r3: SIMD8<UInt32>, _ r4: SIMD8<UInt32>,
    _ r5: SIMD8<UInt32>, _ r6: SIMD8<UInt32>, _ r7: SIMD8<UInt32>
  ) {
    (self.r0, self.r1, self.r2, self.r3) = (r0, r1, r2, r3)
    (self.r4, self.r5, self.r6, self.r7) = (r4, r5, r6, r7)
  }

  /// Row i is the 32 bytes that begin `stride` · i after `source`.
  @inline(__always)
  init(_ source: UnsafeRawPointer, stride: Int) {
    @inline(__always)
    func row(_ index: Int) -> SIMD8<UInt32> {
      source.loadUnaligned(fromByteOffset: index &* stride, as: SIMD8<UInt32>.self)
    }
    self.init(row(0), row(1), row(2), row(3), row(4), row(5), row(6), row(7))
  }

  /// Rows become columns: pairs of words are exchanged, then pairs of pairs, then halves.
  @inline(__always)
  var transposed: Rows {
    let (a0, a1) = Self.exchangeWords(r0, r1), (a2, a3) = Self.exchangeWords(r2, r3)
    let (a4, a5) = Self.exchangeWords(r4, r5), (a6, a7) = Self.exchangeWords(r6, r7)
    let (b0, b2) = Self.exchangePairs(a0, a2), (b1, b3) = Self.exchangePairs(a1, a3)
    let (b4, b6) = Self.exchangePairs(a4, a6), (b5, b7) = Self.exchangePairs(a5, a7)
    return Rows(
      SIMD8(lowHalf: b0.lowHalf, highHalf: b4.lowHalf), SIMD8(lowHalf: b1.lowHalf, highHalf: b5.lowHalf),
      SIMD8(lowHalf: b2.lowHalf, highHalf: b6.lowHalf), SIMD8(lowHalf: b3.lowHalf, highHalf: b7.lowHalf),
      SIMD8(lowHalf: b0.highHalf, highHalf: b4.highHalf), SIMD8(lowHalf: b1.highHalf, highHalf: b5.highHalf),
      SIMD8(lowHalf: b2.highHalf, highHalf: b6.highHalf), SIMD8(lowHalf: b3.highHalf, highHalf: b7.highHalf))
  }

  @inline(__always)
  private static func exchangeWords(
    _ a: SIMD8<UInt32>, _ b: SIMD8<UInt32>
  ) -> (SIMD8<UInt32>, SIMD8<UInt32>) {
    (
      SIMD8(a[0], b[0], a[2], b[2], a[4], b[4], a[6], b[6]), SIMD8(a[1], b[1], a[3], b[3], a[5], b[5], a[7], b[7])
    )
  }

  @inline(__always)
  private static func exchangePairs(
    _ a: SIMD8<UInt32>, _ b: SIMD8<UInt32>
  ) -> (SIMD8<UInt32>, SIMD8<UInt32>) {
    let a = unsafeBitCast(a, to: SIMD4<UInt64>.self), b = unsafeBitCast(b, to: SIMD4<UInt64>.self)
    return (
      unsafeBitCast(SIMD4(a[0], b[0], a[2], b[2]), to: SIMD8<UInt32>.self),
      unsafeBitCast(SIMD4(a[1], b[1], a[3], b[3]), to: SIMD8<UInt32>.self)
    )
  }
}
