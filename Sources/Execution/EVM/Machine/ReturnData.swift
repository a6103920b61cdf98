// The bytes that the last call handed back.

/// A growable byte buffer that a frame reuses for the return data of each of its calls.
///
/// It belongs to the machine, which frees it; copies share the memory, so only the machine holds one for longer than a
/// call.
@frozen public struct ReturnData {
  @usableFromInline var base: UnsafeMutableRawPointer
  /// Number of bytes.
  public private(set) var count: Int
  @usableFromInline var capacity: Int

  /// An empty buffer, to be given back with ``deallocate()``.
  public init() {
    capacity = 256
    count = 0
    base = .allocate(byteCount: capacity, alignment: 16)
  }

  /// Frees the memory; neither the buffer nor a copy of it may be used afterwards.
  public func deallocate() { base.deallocate() }

  /// The bytes; valid until the next change.
  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// Empties the buffer.
  public mutating func clear() { count = 0 }

  /// Replaces the content by a copy of `source`, which must not overlap the buffer.
  public mutating func replace(with source: UnsafeRawBufferPointer) {
    resize(to: source.count).copyMemory(from: source)
  }

  /// Replaces the content by a copy of `source`.
  public mutating func replace(with source: [UInt8]) {
    source.withUnsafeBytes { replace(with: $0) }
  }

  /// Sets the length and hands out the buffer, whose content is then undefined, to be filled.
  @discardableResult public mutating func resize(to newCount: Int) -> UnsafeMutableRawBufferPointer {
    if newCount > capacity {
      base.deallocate()
      capacity = max(newCount, capacity &* 2)
      base = .allocate(byteCount: capacity, alignment: 16)
    }
    count = newCount
    return UnsafeMutableRawBufferPointer(start: base, count: newCount)
  }

  /// Gives back memory beyond `limit` bytes, so that one large output is not kept for ever.
  package mutating func trim(to limit: Int) {
    guard capacity > limit else { return }
    deallocate()
    self = ReturnData()
  }
}
