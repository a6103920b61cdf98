// The memory of the machine: 1 GiB of zeros from which the operating system backs only the touched pages.

import Glibc

/// The layout of the machine's 32-bit addresses.
public enum AddressSpace {
  /// 1 GiB; an access above ends the run.
  public static let size: UInt32 = 1 << 30
  /// Code and constants live below; a store there ends the run, as it would end the proof.
  public static let romSize: UInt32 = 1 << 21
}

/// Anonymous pages: zero until written, given back as a whole.
struct LazyMemory: ~Copyable {
  let base: UnsafeMutableRawPointer
  let byteCount: Int

  /// Reserves `byteCount` bytes, a multiple of the page size; `nil` if the system refuses.
  init?(byteCount: Int) {
    guard
      let base = mmap(
        nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
      base != MAP_FAILED
    else { return nil }
    self.base = base
    self.byteCount = byteCount
  }

  /// Makes every byte zero again and returns the pages.
  func clear() { madvise(base, byteCount, Int32(MADV_DONTNEED)) }

  deinit { munmap(base, byteCount) }
}
