import Cryptography
import Primitives

/// A list of messages of one length, and where their digests go.
///
/// Messages are copied together as they are listed: the copies, independent of one another, fetch many cache lines at
/// once, and the batched hash then reads one piece of memory. The list keeps its memory between uses.
struct HashJobs: ~Copyable {
  private let length: Int
  private var messages: UnsafeMutableRawBufferPointer
  private var targets: UnsafeMutablePointer<UnsafeMutableRawPointer>
  private var capacity: Int
  private(set) var count = 0

  /// - Parameter length: bytes of a message: 64 for a node, 72 for a leaf.
  init(length: Int, capacity: Int = 512) {
    precondition(length == 64 || length == 72, "neither a node nor a leaf")
    self.length = length
    self.capacity = capacity
    // Room for seven more, so that the last eight can be filled up.
    messages = .allocate(byteCount: (capacity + 8) * length, alignment: 64)
    messages.initializeMemory(as: UInt8.self, repeating: 0)
    targets = .allocate(capacity: capacity)
  }

  deinit {
    messages.deallocate()
    targets.deallocate()
  }

  @inline(__always)
  mutating func append(_ source: UnsafeRawPointer, to target: UnsafeMutableRawPointer) {
    if count == capacity { grow() }
    let message = messages.baseAddress.unsafelyUnwrapped + count &* length
    typealias Half = SIMD4<UInt64>
    message.storeBytes(of: source.loadUnaligned(as: Half.self), as: Half.self)
    message.storeBytes(of: source.loadUnaligned(fromByteOffset: 32, as: Half.self), toByteOffset: 32, as: Half.self)
    if length > 64 {
      message.storeBytes(
        of: source.loadUnaligned(fromByteOffset: 64, as: UInt64.self), toByteOffset: 64, as: UInt64.self)
    }
    targets[count] = target
    count &+= 1
  }

  @inline(never)
  private mutating func grow() {
    let newMessages = UnsafeMutableRawBufferPointer.allocate(byteCount: (2 * capacity + 8) * length, alignment: 64)
    newMessages.initializeMemory(as: UInt8.self, repeating: 0)
    newMessages.copyMemory(from: UnsafeRawBufferPointer(rebasing: messages[..<(count * length)]))
    let newTargets = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: 2 * capacity)
    newTargets.update(from: targets, count: count)
    messages.deallocate()
    targets.deallocate()
    (messages, targets, capacity) = (newMessages, newTargets, 2 * capacity)
  }

  /// Hashes everything listed and empties the list.
  mutating func run() {
    guard count > 0 else { return }
    // One message is hashed alone; more fill the lanes of the batched hash, with leftovers in the lanes to spare.
    let padded = count == 1 ? 1 : (count &+ 7) & ~7
    let bytes = UnsafeMutableRawBufferPointer(rebasing: messages[..<(padded &* length)])
    Blake2s256.hashBatch(UnsafeRawBufferPointer(bytes), length: length, count: padded, into: bytes)
    var index = 0
    while index < count {
      Bytes32(loading: messages.baseAddress.unsafelyUnwrapped + index &* 32).store(to: targets[index])
      index &+= 1
    }
    count = 0
  }
}
