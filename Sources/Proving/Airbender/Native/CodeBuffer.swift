// Memory for machine code: writable while it is filled, executable afterwards, never both.

import Glibc

/// Collects x86-64 machine code.
struct CodeBuffer: ~Copyable {
  private let base: UnsafeMutablePointer<UInt8>
  private let capacity: Int
  private(set) var count = 0

  /// Reserves `capacity` bytes of lazily backed, writable memory; `nil` if the system refuses.
  init?(capacity: Int) {
    guard
      let pages = mmap(nil, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
      pages != MAP_FAILED
    else { return nil }
    base = pages.assumingMemoryBound(to: UInt8.self)
    self.capacity = capacity
  }

  @inline(__always)
  mutating func emit(_ byte: UInt8) {
    base[count] = byte
    count += 1
  }

  @inline(__always)
  mutating func emit(_ first: UInt8, _ second: UInt8) {
    emit(first)
    emit(second)
  }

  @inline(__always)
  mutating func emit(_ first: UInt8, _ second: UInt8, _ third: UInt8) {
    emit(first, second)
    emit(third)
  }

  @inline(__always)
  mutating func emit(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8) {
    emit(first, second)
    emit(third, fourth)
  }

  @inline(__always)
  mutating func emit32(_ value: Int32) {
    UnsafeMutableRawPointer(base + count).storeBytes(of: value, as: Int32.self)
    count += 4
  }

  /// Makes the four bytes at `place` the distance from their end to `target`.
  @inline(__always)
  func patch(_ place: Int, to target: Int) {
    UnsafeMutableRawPointer(base + place).storeBytes(of: Int32(target - place - 4), as: Int32.self)
  }

  /// Makes the byte at `place` the distance from its end to here.
  @inline(__always)
  func patchShort(_ place: Int) { base[place] = UInt8(count - place - 1) }

  /// Ends writing and begins executing; `nil` if the system does not allow it. The pages belong to the caller then.
  consuming func seal() -> (code: UnsafeMutableRawPointer, byteCount: Int)? {
    let (base, capacity, count) = (UnsafeMutableRawPointer(base), capacity, count)
    discard self
    let used = (count + 4095) & ~4095
    if used < capacity { munmap(base + used, capacity - used) }
    guard used > 0, mprotect(base, used, PROT_READ | PROT_EXEC) == 0 else {
      munmap(base, used)
      return nil
    }
    return (base, used)
  }

  deinit { munmap(base, capacity) }
}
