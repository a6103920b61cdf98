import Primitives

// The two containers under every cache: a growable array without copy-on-write checks, and a hash index into one.

/// An array whose elements are reached through a pointer, so that hot code pays neither uniqueness nor bounds checks.
struct Buffer<Element>: ~Copyable {
  private(set) var base: UnsafeMutablePointer<Element>
  private(set) var count = 0
  private var capacity: Int

  init(capacity: Int = 64) {
    self.capacity = capacity
    base = .allocate(capacity: capacity)
  }

  deinit {
    base.deinitialize(count: count)
    base.deallocate()
  }

  subscript(index: Int) -> Element {
    @inline(__always) unsafeAddress { UnsafePointer(base + index) }
    @inline(__always) unsafeMutableAddress { base + index }
  }

  @inline(__always)
  mutating func append(_ element: Element) {
    if count == capacity { grow() }
    (base + count).initialize(to: element)
    count += 1
  }

  mutating func removeLast() -> Element {
    count -= 1
    return (base + count).move()
  }

  mutating func truncate(to newCount: Int) {
    (base + newCount).deinitialize(count: count - newCount)
    count = newCount
  }

  @inline(never)
  private mutating func grow() {
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
    larger.moveInitialize(from: base, count: count)
    base.deallocate()
    base = larger
    capacity *= 2
  }
}

/// An open-addressing hash index: it maps 32-bit hashes to positions in a `Buffer`, whose elements hold the keys.
///
/// Keys can be chosen by attackers, hence hashes must come from `KeyHash`.
struct DenseIndex: ~Copyable {
  /// hash << 32 | position + 1; zero marks a free slot.
  private var slots: UnsafeMutablePointer<UInt64>
  private var mask: Int
  private var count = 0

  init(capacity: Int = 128) {
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: 0, count: capacity)
    mask = capacity - 1
  }

  deinit { slots.deallocate() }

  /// The position filed under `hash` for which `matches` holds.
  @inline(__always)
  func find(_ hash: UInt32, where matches: (Int) -> Bool) -> Int? {
    var slot = Int(hash) & mask
    while true {
      let entry = slots[slot]
      if entry == 0 { return nil }
      if UInt32(truncatingIfNeeded: entry >> 32) == hash {
        let position = Int(UInt32(truncatingIfNeeded: entry)) - 1
        if matches(position) { return position }
      }
      slot = (slot + 1) & mask
    }
  }

  mutating func insert(_ hash: UInt32, position: Int) {
    if 2 * (count + 1) > mask { grow() }
    count += 1
    place(UInt64(hash) << 32 | UInt64(position + 1))
  }

  /// Removes an entry and closes the gap, so that every other one stays reachable.
  mutating func remove(_ hash: UInt32, position: Int) {
    let wanted = UInt64(hash) << 32 | UInt64(position + 1)
    var hole = Int(hash) & mask
    while slots[hole] != wanted {
      precondition(slots[hole] != 0, "removal of an entry that is not there")
      hole = (hole + 1) & mask
    }
    var probe = hole
    while true {
      probe = (probe + 1) & mask
      let entry = slots[probe]
      if entry == 0 { break }
      let home = Int(entry >> 32) & mask
      if (probe - home) & mask >= (probe - hole) & mask {
        slots[hole] = entry
        hole = probe
      }
    }
    slots[hole] = 0
    count -= 1
  }

  mutating func removeAll() {
    guard count > 0 else { return }
    slots.update(repeating: 0, count: mask + 1)
    count = 0
  }

  private mutating func place(_ entry: UInt64) {
    var slot = Int(entry >> 32) & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = entry
  }

  @inline(never)
  private mutating func grow() {
    let old = slots
    let oldCount = mask + 1
    slots = .allocate(capacity: oldCount * 2)
    slots.initialize(repeating: 0, count: oldCount * 2)
    mask = oldCount * 2 - 1
    for slot in 0..<oldCount where old[slot] != 0 { place(old[slot]) }
    old.deallocate()
  }
}

/// The 32-bit hash of state keys, seeded per process because keys come from strangers.
struct KeyHash {
  @inline(__always)
  func callAsFunction(_ key: UInt256) -> UInt32 {
    UInt32(truncatingIfNeeded: SeededHash.mix(key.l0, key.l1, key.l2, key.l3) >> 16)
  }

  @inline(__always)
  func callAsFunction(_ address: UInt256, _ key: UInt256) -> UInt32 {
    let owner = SeededHash.mix(address.l0, address.l1, address.l2, 0)
    return UInt32(
      truncatingIfNeeded: SeededHash.mix(key.l0, key.l1, key.l2, key.l3, seed: owner) >> 16)
  }
}
