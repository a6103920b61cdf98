#if canImport(Glibc)
  import Glibc
#endif

/// One band of six levels: its file and the pages of it that are in memory.
///
/// A page's place in the file is its number times the stored size; a table gives its frame in memory. Frames are reused
/// in the manner of a clock. A frame used since `beginOperation` stays where it is, so that pointers to pages hold for the
/// length of an operation; one operation may therefore exceed the budget.
final class PageTier {
  struct Frame {
    var page: Int = 0
    /// The operation that used the frame last.
    var operation: UInt64 = 0
    var isUsed = false
    var isDirty = false
    /// Used since the clock's hand last passed.
    var isReferenced = false
  }

  static let framesPerChunk = 256

  let number: Int
  let hasLeaves: Bool
  let file: any TreeFile
  /// Bytes of a page in memory and on disk.
  let frameBytes: Int
  let storedBytes: Int
  /// Offset of the hashes within a frame.
  let hashesOffset: Int
  /// Frames beyond which pages are evicted.
  let budget: Int
  /// A page without entries.
  let template: UnsafeMutableRawPointer

  private var table: UnsafeMutablePointer<UInt32>
  private var tableCount = 1024
  private var chunks: [UnsafeMutableRawPointer] = []
  private var frames: [Frame] = []
  private var free: [UInt32] = []
  private var hand = 0
  /// Pages in memory that the file does not have yet.
  private(set) var dirtyCount = 0
  private(set) var operation: UInt64 = 1

  init(number: Int, file: any TreeFile, budget: Int) {
    self.number = number
    self.file = file
    self.budget = max(budget, 16)
    hasLeaves = number == 0
    hashesOffset = hasLeaves ? SubtreePage.leavesBytes : 0
    frameBytes = hashesOffset + SubtreePage.hashesBytes
    storedBytes = hasLeaves ? SubtreePage.leavesBytes : SubtreePage.entriesBytes
    table = .allocate(capacity: tableCount)
    table.initialize(repeating: 0, count: tableCount)
    template = .allocate(byteCount: frameBytes, alignment: 64)
    template.initializeMemory(as: UInt8.self, repeating: 0, count: frameBytes)
    for level in 0..<SubtreePage.levels {
      let hash = TreeHashing.emptySubtrees[6 * number + level]
      for slot in 0..<SubtreePage.width >> level {
        hash.store(to: template + hashesOffset + SubtreePage.offset(level: level) + slot * 32)
      }
    }
  }

  deinit {
    table.deallocate()
    template.deallocate()
    for chunk in chunks { munmap(chunk, frameBytes * Self.framesPerChunk) }
  }

  /// Unpins every frame.
  func beginOperation() { operation &+= 1 }

  var residentPages: Int { frames.count - free.count }

  /// The page if it is in memory.
  @inline(__always)
  func resident(_ page: Int) -> UnsafeMutableRawPointer? {
    guard page < tableCount, table[page] != 0 else { return nil }
    let frame = Int(table[page]) &- 1
    frames[frame].operation = operation
    frames[frame].isReferenced = true
    return address(frame)
  }

  /// Whether a page in memory has changes that the file lacks.
  func isDirty(_ page: Int) -> Bool { frames[Int(table[page]) &- 1].isDirty }

  func markDirty(_ page: Int) {
    let frame = Int(table[page]) &- 1
    guard !frames[frame].isDirty else { return }
    frames[frame].isDirty = true
    dirtyCount &+= 1
  }

  @inline(__always)
  private func address(_ frame: Int) -> UnsafeMutableRawPointer {
    chunks[frame / Self.framesPerChunk] + (frame % Self.framesPerChunk) &* frameBytes
  }

  /// Gives `page`, which is not in memory, a frame that holds an empty page.
  func create(_ page: Int) throws(StateTreeError) -> UnsafeMutableRawPointer {
    let frame = try takeFrame()
    frames[frame] = Frame(page: page, operation: operation, isUsed: true, isDirty: false, isReferenced: true)
    if page >= tableCount { growTable(past: page) }
    table[page] = UInt32(frame + 1)
    let bytes = address(frame)
    bytes.copyMemory(from: template, byteCount: frameBytes)
    return bytes
  }

  /// Like `create`, filled with the entries that the file has.
  func read(_ page: Int) throws(StateTreeError) -> UnsafeMutableRawPointer {
    let bytes = try create(page)
    do throws(StateTreeError) {
      try readEntries(of: page, into: bytes)
    } catch {
      forget(page)
      throw error
    }
    return bytes
  }

  /// Reads the stored entries of a page over the beginning of `frame`; what the file lacks stays as it is.
  func readEntries(of page: Int, into frame: UnsafeMutableRawPointer) throws(StateTreeError) {
    _ = try file.read(
      into: UnsafeMutableRawBufferPointer(start: frame, count: storedBytes), at: page * storedBytes)
  }

  /// Drops a page from memory without writing it.
  func forget(_ page: Int) {
    guard page < tableCount, table[page] != 0 else { return }
    let frame = Int(table[page]) - 1
    if frames[frame].isDirty { dirtyCount -= 1 }
    frames[frame] = Frame()
    table[page] = 0
    free.append(UInt32(frame))
  }

  /// Drops all pages from `first` on.
  func forget(from first: Int) {
    for frame in frames.indices where frames[frame].isUsed && frames[frame].page >= first { forget(frames[frame].page) }
  }

  private func growTable(past page: Int) {
    let newCount = max(2 * tableCount, page + 1)
    let newTable = UnsafeMutablePointer<UInt32>.allocate(capacity: newCount)
    newTable.update(from: table, count: tableCount)
    (newTable + tableCount).initialize(repeating: 0, count: newCount - tableCount)
    table.deallocate()
    (table, tableCount) = (newTable, newCount)
  }

  private func takeFrame() throws(StateTreeError) -> Int {
    if frames.count - free.count >= budget, let victim = try evict() { return victim }
    if let frame = free.popLast() { return Int(frame) }
    if frames.count == chunks.count * Self.framesPerChunk {
      let size = frameBytes * Self.framesPerChunk
      guard let chunk = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), chunk != MAP_FAILED
      else { throw .inputOutput(operation: "mmap", file: file.name, code: errno) }
      madvise(chunk, size, MADV_HUGEPAGE)
      chunks.append(chunk)
    }
    frames.append(Frame())
    return frames.count - 1
  }

  /// Frees a frame that the running operation does not use; `nil` if there is none.
  private func evict() throws(StateTreeError) -> Int? {
    for _ in 0..<2 * frames.count {
      hand = hand + 1 < frames.count ? hand + 1 : 0
      guard frames[hand].isUsed, frames[hand].operation != operation else { continue }
      if frames[hand].isReferenced {
        frames[hand].isReferenced = false
        continue
      }
      let page = frames[hand].page
      if frames[hand].isDirty {
        try write(page: page, count: 1)
      }
      table[page] = 0
      return hand
    }
    return nil
  }

  // MARK: Writing

  /// Number of pages from `page` on, at most `limit`, that stand in a row in memory and are dirty.
  func dirtyRun(at page: Int, limit: Int) -> Int {
    var count = 0
    while count < limit, page + count < tableCount, table[page + count] != 0,
      frames[Int(table[page + count]) - 1].isDirty
    { count += 1 }
    return count
  }

  /// Pages that the table covers.
  var tableEnd: Int { tableCount }

  /// Writes the entries of neighbouring pages in one call and marks them clean.
  func write(page: Int, count: Int) throws(StateTreeError) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count * storedBytes, alignment: 64)
    defer { buffer.deallocate() }
    for index in 0..<count {
      let frame = Int(table[page + index]) - 1
      (buffer.baseAddress! + index * storedBytes).copyMemory(from: address(frame), byteCount: storedBytes)
    }
    try file.write(UnsafeRawBufferPointer(buffer), at: page * storedBytes)
    for index in 0..<count { frames[Int(table[page + index]) - 1].isDirty = false }
    dirtyCount -= count
  }
}
