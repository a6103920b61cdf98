// BLAKE2s of eight independent nodes or leaves at once: one message in each lane of a vector.

import Primitives

/// A list of hashes to compute: where each message lies and where its digest goes.
///
/// Messages and digests must not overlap within one list. The list keeps its memory between uses.
struct HashJobs: ~Copyable {
  private var sources: UnsafeMutablePointer<UnsafeRawPointer>
  private var targets: UnsafeMutablePointer<UnsafeMutableRawPointer>
  private var capacity: Int
  private(set) var count = 0

  init(capacity: Int = 1024) {
    self.capacity = capacity
    // Room for seven more, so that the last eight can be padded in place.
    sources = .allocate(capacity: capacity + 8)
    targets = .allocate(capacity: capacity + 8)
  }

  deinit {
    sources.deallocate()
    targets.deallocate()
  }

  @inline(__always)
  mutating func append(_ source: UnsafeRawPointer, to target: UnsafeMutableRawPointer) {
    if count == capacity { grow() }
    sources[count] = source
    targets[count] = target
    count &+= 1
  }

  @inline(never)
  private mutating func grow() {
    let newSources = UnsafeMutablePointer<UnsafeRawPointer>.allocate(capacity: 2 * capacity + 8)
    let newTargets = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: 2 * capacity + 8)
    newSources.update(from: sources, count: count)
    newTargets.update(from: targets, count: count)
    sources.deallocate()
    targets.deallocate()
    (sources, targets, capacity) = (newSources, newTargets, 2 * capacity)
  }

  /// Repeats the last job until the count is a multiple of eight; the same digest is then written more than once.
  private func pad() {
    var index = count
    while index & 7 != 0 {
      sources[index] = sources[count &- 1]
      targets[index] = targets[count &- 1]
      index &+= 1
    }
  }

  /// Hashes 64-byte messages (two children each) and empties the list.
  mutating func hashNodes() {
    pad()
    var index = 0
    while index < count {
      LaneHashing.hashNodes(sources + index, targets + index)
      index &+= 8
    }
    count = 0
  }

  /// Hashes 72-byte messages (leaves) and empties the list.
  mutating func hashLeaves() {
    pad()
    var index = 0
    while index < count {
      LaneHashing.hashLeaves(sources + index, targets + index)
      index &+= 8
    }
    count = 0
  }
}

enum LaneHashing {
  typealias Lanes = SIMD8<UInt32>
  typealias Message = InlineArray<16, Lanes>

  /// Eight 64-byte messages, one compression each.
  static func hashNodes(
    _ sources: UnsafePointer<UnsafeRawPointer>, _ targets: UnsafePointer<UnsafeMutableRawPointer>
  ) {
    let message = load(sources, offset: 0)
    var state = State()
    state.compress(message, counter: 64, isLast: true)
    state.store(to: targets)
  }

  /// Eight 72-byte messages, two compressions each.
  static func hashLeaves(
    _ sources: UnsafePointer<UnsafeRawPointer>, _ targets: UnsafePointer<UnsafeMutableRawPointer>
  ) {
    var message = load(sources, offset: 0)
    var state = State()
    state.compress(message, counter: 64, isLast: false)
    message = Message(repeating: .zero)
    var lane = 0
    while lane < 8 {
      let tail = sources[lane].loadUnaligned(fromByteOffset: 64, as: UInt64.self)
      message[0][lane] = UInt32(truncatingIfNeeded: tail)
      message[1][lane] = UInt32(truncatingIfNeeded: tail >> 32)
      lane &+= 1
    }
    state.compress(message, counter: 72, isLast: true)
    state.store(to: targets)
  }

  /// Transposes: word `w` of message `l` becomes lane `l` of vector `w`.
  @inline(__always)
  private static func load(_ sources: UnsafePointer<UnsafeRawPointer>, offset: Int) -> Message {
    var message = Message(repeating: .zero)
    for half in 0..<2 {
      var rows = InlineArray<8, Lanes>(repeating: .zero)
      for lane in 0..<8 {
        rows[lane] = sources[lane].loadUnaligned(fromByteOffset: offset &+ half &* 32, as: Lanes.self)
      }
      transpose(&rows)
      for word in 0..<8 { message[half &* 8 &+ word] = rows[word] }
    }
    return message
  }

  /// Transposes eight rows of eight words.
  @inline(__always)
  static func transpose(_ r: inout InlineArray<8, Lanes>) {
    // Even and odd halves of a pair are one shuffle each. Three rounds of separating even from odd columns bring the
    // columns out in order.
    @inline(__always) func split(_ a: Lanes, _ b: Lanes) -> (Lanes, Lanes) {
      let both = SIMD16(lowHalf: a, highHalf: b)
      return (both.evenHalf, both.oddHalf)
    }
    let (a0, b0) = split(r[0], r[1])
    let (a1, b1) = split(r[2], r[3])
    let (a2, b2) = split(r[4], r[5])
    let (a3, b3) = split(r[6], r[7])
    let (c0, d0) = split(a0, a1)
    let (c1, d1) = split(a2, a3)
    let (e0, f0) = split(b0, b1)
    let (e1, f1) = split(b2, b3)
    (r[0], r[4]) = split(c0, c1)
    (r[2], r[6]) = split(d0, d1)
    (r[1], r[5]) = split(e0, e1)
    (r[3], r[7]) = split(f0, f1)
  }

  /// Eight chaining values.
  struct State {
    var h: InlineArray<8, Lanes>

    @inline(__always)
    init() {
      h = [
        Lanes(repeating: 0x6a09_e667 ^ 0x0101_0020), Lanes(repeating: 0xbb67_ae85), Lanes(repeating: 0x3c6e_f372),
        Lanes(repeating: 0xa54f_f53a), Lanes(repeating: 0x510e_527f), Lanes(repeating: 0x9b05_688c),
        Lanes(repeating: 0x1f83_d9ab), Lanes(repeating: 0x5be0_cd19),
      ]
    }

    @inline(__always)
    func store(to targets: UnsafePointer<UnsafeMutableRawPointer>) {
      var rows = h
      transpose(&rows)
      for lane in 0..<8 { targets[lane].storeBytes(of: rows[lane], as: Lanes.self) }
    }

    @inline(__always)
    mutating func compress(_ m: Message, counter: UInt32, isLast: Bool) {
      var v = Working(h, counter: counter, isLast: isLast)
      v.round(m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8], m[9], m[10], m[11], m[12], m[13], m[14], m[15])
      v.round(m[14], m[10], m[4], m[8], m[9], m[15], m[13], m[6], m[1], m[12], m[0], m[2], m[11], m[7], m[5], m[3])
      v.round(m[11], m[8], m[12], m[0], m[5], m[2], m[15], m[13], m[10], m[14], m[3], m[6], m[7], m[1], m[9], m[4])
      v.round(m[7], m[9], m[3], m[1], m[13], m[12], m[11], m[14], m[2], m[6], m[5], m[10], m[4], m[0], m[15], m[8])
      v.round(m[9], m[0], m[5], m[7], m[2], m[4], m[10], m[15], m[14], m[1], m[11], m[12], m[6], m[8], m[3], m[13])
      v.round(m[2], m[12], m[6], m[10], m[0], m[11], m[8], m[3], m[4], m[13], m[7], m[5], m[15], m[14], m[1], m[9])
      v.round(m[12], m[5], m[1], m[15], m[14], m[13], m[4], m[10], m[0], m[7], m[6], m[3], m[9], m[2], m[8], m[11])
      v.round(m[13], m[11], m[7], m[14], m[12], m[1], m[3], m[9], m[5], m[0], m[15], m[4], m[8], m[6], m[2], m[10])
      v.round(m[6], m[15], m[14], m[9], m[11], m[3], m[0], m[8], m[12], m[2], m[13], m[7], m[1], m[4], m[10], m[5])
      v.round(m[10], m[2], m[8], m[4], m[7], m[6], m[1], m[5], m[15], m[11], m[9], m[14], m[3], m[12], m[13], m[0])
      h[0] ^= v.v0 ^ v.v8
      h[1] ^= v.v1 ^ v.v9
      h[2] ^= v.v2 ^ v.v10
      h[3] ^= v.v3 ^ v.v11
      h[4] ^= v.v4 ^ v.v12
      h[5] ^= v.v5 ^ v.v13
      h[6] ^= v.v6 ^ v.v14
      h[7] ^= v.v7 ^ v.v15
    }
  }

  /// The sixteen working vectors of a compression.
  private struct Working {
    var v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15: Lanes

    @inline(__always)
    init(_ h: InlineArray<8, Lanes>, counter: UInt32, isLast: Bool) {
      (v0, v1, v2, v3) = (h[0], h[1], h[2], h[3])
      (v4, v5, v6, v7) = (h[4], h[5], h[6], h[7])
      v8 = Lanes(repeating: 0x6a09_e667)
      v9 = Lanes(repeating: 0xbb67_ae85)
      v10 = Lanes(repeating: 0x3c6e_f372)
      v11 = Lanes(repeating: 0xa54f_f53a)
      v12 = Lanes(repeating: 0x510e_527f ^ counter)
      v13 = Lanes(repeating: 0x9b05_688c)
      v14 = Lanes(repeating: isLast ? ~0x1f83_d9ab : 0x1f83_d9ab)
      v15 = Lanes(repeating: 0x5be0_cd19)
    }

    @inline(__always)
    static func rotate(_ x: Lanes, _ n: UInt32) -> Lanes {
      (x &>> Lanes(repeating: n)) | (x &<< Lanes(repeating: 32 &- n))
    }

    @inline(__always)
    static func mix(_ a: inout Lanes, _ b: inout Lanes, _ c: inout Lanes, _ d: inout Lanes, _ x: Lanes, _ y: Lanes) {
      a = a &+ b &+ x
      d = rotate(d ^ a, 16)
      c = c &+ d
      b = rotate(b ^ c, 12)
      a = a &+ b &+ y
      d = rotate(d ^ a, 8)
      c = c &+ d
      b = rotate(b ^ c, 7)
    }

    @inline(__always)
    mutating func round(
      _ a: Lanes, _ b: Lanes, _ c: Lanes, _ d: Lanes, _ e: Lanes, _ f: Lanes, _ g: Lanes, _ h: Lanes,
      _ i: Lanes, _ j: Lanes, _ k: Lanes, _ l: Lanes, _ m: Lanes, _ n: Lanes, _ o: Lanes, _ p: Lanes
    ) {
      Self.mix(&v0, &v4, &v8, &v12, a, b)
      Self.mix(&v1, &v5, &v9, &v13, c, d)
      Self.mix(&v2, &v6, &v10, &v14, e, f)
      Self.mix(&v3, &v7, &v11, &v15, g, h)
      Self.mix(&v0, &v5, &v10, &v15, i, j)
      Self.mix(&v1, &v6, &v11, &v12, k, l)
      Self.mix(&v2, &v7, &v8, &v13, m, n)
      Self.mix(&v3, &v4, &v9, &v14, o, p)
    }
  }
}
