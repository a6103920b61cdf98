import CZlib

/// The memory of zlib for one stream: it holds a pointer to it, so that it must not move.
struct ZlibStream {
  /// The largest window, with the header and trailer of gzip around the data.
  static var gzipWindow: Int32 { MAX_WBITS + 16 }
  static var size: Int32 { Int32(MemoryLayout<z_stream>.size) }

  private let state: UnsafeMutablePointer<z_stream>

  init() {
    state = .allocate(capacity: 1)
    state.initialize(to: z_stream())
  }

  /// Begins a stream. That fails only where there is no memory, which ends a process here as everywhere.
  func begin(_ call: (UnsafeMutablePointer<z_stream>) -> Int32) {
    precondition(call(state) == Z_OK, "zlib has no memory")
  }

  func end(_ call: (UnsafeMutablePointer<z_stream>) -> Int32) {
    _ = call(state)
    state.deallocate()
  }

  /// One call with that input and room for output: what it took, what it made, and what it said.
  func step(
    input: UnsafeRawBufferPointer, output: UnsafeMutableRawBufferPointer,
    _ call: (UnsafeMutablePointer<z_stream>) -> Int32
  ) -> (code: Int32, consumed: Int, produced: Int) {
    // zlib counts in 32 bits.
    let available = min(input.count, 1 << 30)
    // It only reads there, whatever the type says.
    let bytes = input.baseAddress.map { UnsafeMutablePointer(mutating: $0.assumingMemoryBound(to: UInt8.self)) }
    state.pointee.next_in = bytes
    state.pointee.avail_in = UInt32(available)
    state.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    state.pointee.avail_out = UInt32(output.count)
    let code = call(state)
    return (code, available - Int(state.pointee.avail_in), output.count - Int(state.pointee.avail_out))
  }
}
