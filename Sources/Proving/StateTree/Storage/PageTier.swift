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
    var operation: UInt32 = 0
    var isUsed = false
    var isDirty = false
    /// Used since the clock's hand last passed.
    var isReferenced = false
  }

  /// What every access to a page reads, behind one pointer: stored properties of a class would be checked for exclusive
  /// access each time.
  private struct Directory {
    /// Frame of each page plus one; 0 for a page that is not in memory.
    var table: UnsafeMutablePointer<UInt32>
    var tableCount: Int
    var frames: UnsafeMutablePointer<Frame>
    var frameCount = 0
    var frameCapacity: Int
    var chunks: UnsafeMutablePointer<UnsafeMutableRawPointer>
    var operation: UInt32 = 1
  }

  /// Frames allocated together: enough that most of a chunk lies in huge pages, without which every access to a page of a
  /// large tree would also miss the processor's address translation.
  static let framesPerChunk = 1 << chunkBits
  private static let chunkBits = 12

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

  private let directory = UnsafeMutablePointer<Directory>.allocate(capacity: 1)
  private var free: [Int] = []
  private var hand = 0
  /// Pages in memory that the file does not have yet.
  private(set) var dirtyCount = 0

  init(number: Int, file: any TreeFile, budget: Int) {
    self.number = number
    self.file = file
    self.budget = max(budget, 16)
    hasLeaves = number == 0
    hashesOffset = hasLeaves ? SubtreePage.leavesBytes : 0
    frameBytes = hashesOffset + SubtreePage.hashesBytes
    storedBytes = hasLeaves ? SubtreePage.leavesBytes : SubtreePage.entriesBytes
    let table = UnsafeMutablePointer<UInt32>.allocate(capacity: 1024)
    table.initialize(repeating: 0, count: 1024)
    directory.initialize(
      to: Directory(
        table: table, tableCount: 1024, frames: .allocate(capacity: Self.framesPerChunk),
        frameCapacity: Self.framesPerChunk, chunks: .allocate(capacity: 1)))
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
    template.deallocate()
    for frame in stride(from: 0, to: directory.pointee.frameCount, by: Self.framesPerChunk) {
      munmap(directory.pointee.chunks[frame / Self.framesPerChunk], frameBytes * Self.framesPerChunk)
    }
    directory.pointee.table.deallocate()
    directory.pointee.frames.deallocate()
    directory.pointee.chunks.deallocate()
    directory.deallocate()
  }

  /// Unpins every frame.
  func beginOperation() { directory.pointee.operation &+= 1 }

  /// Memory taken for frames, in use or not: it does not shrink.
  var memoryBytes: Int { directory.pointee.frameCount * frameBytes }

  var residentPages: Int { directory.pointee.frameCount - free.count }

  private func frame(of page: Int) -> Int? {
    guard page < directory.pointee.tableCount, directory.pointee.table[page] != 0 else { return nil }
    return Int(directory.pointee.table[page]) &- 1
  }

  /// The page if it is in memory.
  @inline(__always)
  func resident(_ page: Int) -> UnsafeMutableRawPointer? {
    let entry = directory
    guard page < entry.pointee.tableCount else { return nil }
    let frame = Int(entry.pointee.table[page]) &- 1
    guard frame >= 0 else { return nil }
    entry.pointee.frames[frame].operation = entry.pointee.operation
    entry.pointee.frames[frame].isReferenced = true
    return address(frame)
  }

  /// Like `resident`, without noting the use: for reading on several threads at once.
  @inline(__always)
  func peek(_ page: Int) -> UnsafeMutableRawPointer? {
    guard page < directory.pointee.tableCount else { return nil }
    let frame = Int(directory.pointee.table[page]) &- 1
    return frame >= 0 ? address(frame) : nil
  }

  /// Whether a page in memory has changes that the file lacks.
  func isDirty(_ page: Int) -> Bool { frame(of: page).map { directory.pointee.frames[$0].isDirty } ?? false }

  func markDirty(_ page: Int) {
    guard let frame = frame(of: page), !directory.pointee.frames[frame].isDirty else { return }
    directory.pointee.frames[frame].isDirty = true
    dirtyCount &+= 1
  }

  @inline(__always)
  private func address(_ frame: Int) -> UnsafeMutableRawPointer {
    directory.pointee.chunks[frame &>> Self.chunkBits] + (frame & (Self.framesPerChunk &- 1)) &* frameBytes
  }

  /// Gives `page`, which is not in memory, a frame that holds an empty page.
  func create(_ page: Int) throws(StateTreeError) -> UnsafeMutableRawPointer {
    let frame = try takeFrame()
    directory.pointee.frames[frame] = Frame(
      page: page, operation: directory.pointee.operation, isUsed: true, isDirty: false, isReferenced: true)
    if page >= directory.pointee.tableCount { growTable(past: page) }
    directory.pointee.table[page] = UInt32(frame + 1)
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
    guard let frame = frame(of: page) else { return }
    if directory.pointee.frames[frame].isDirty { dirtyCount -= 1 }
    directory.pointee.frames[frame] = Frame()
    directory.pointee.table[page] = 0
    free.append(frame)
  }

  /// Drops all pages from `first` on.
  func forget(from first: Int) {
    for frame in 0..<directory.pointee.frameCount {
      let entry = directory.pointee.frames[frame]
      if entry.isUsed, entry.page >= first { forget(entry.page) }
    }
  }

  private func growTable(past page: Int) {
    let oldCount = directory.pointee.tableCount
    let newCount = max(2 * oldCount, page + 1)
    let table = UnsafeMutablePointer<UInt32>.allocate(capacity: newCount)
    table.update(from: directory.pointee.table, count: oldCount)
    (table + oldCount).initialize(repeating: 0, count: newCount - oldCount)
    directory.pointee.table.deallocate()
    directory.pointee.table = table
    directory.pointee.tableCount = newCount
  }

  private func takeFrame() throws(StateTreeError) -> Int {
    let count = directory.pointee.frameCount
    if count - free.count >= budget, let victim = try evict() { return victim }
    if let frame = free.popLast() { return frame }
    if count % Self.framesPerChunk == 0 { try addChunk() }
    directory.pointee.frames[count] = Frame()
    directory.pointee.frameCount += 1
    return count
  }

  private func addChunk() throws(StateTreeError) {
    let count = directory.pointee.frameCount
    let size = frameBytes * Self.framesPerChunk
    guard let chunk = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), chunk != MAP_FAILED
    else { throw .inputOutput(operation: "mmap", file: file.name, code: errno) }
    madvise(chunk, size, MADV_HUGEPAGE)
    if count == directory.pointee.frameCapacity {
      let frames = UnsafeMutablePointer<Frame>.allocate(capacity: 2 * count)
      frames.update(from: directory.pointee.frames, count: count)
      directory.pointee.frames.deallocate()
      directory.pointee.frames = frames
      directory.pointee.frameCapacity = 2 * count
      let chunks = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: 2 * count / Self.framesPerChunk)
      chunks.update(from: directory.pointee.chunks, count: count / Self.framesPerChunk)
      directory.pointee.chunks.deallocate()
      directory.pointee.chunks = chunks
    }
    directory.pointee.chunks[count / Self.framesPerChunk] = chunk
  }

  /// Frees a frame that the running operation does not use; `nil` if there is none.
  private func evict() throws(StateTreeError) -> Int? {
    let count = directory.pointee.frameCount
    for _ in 0..<2 * count {
      hand = hand + 1 < count ? hand + 1 : 0
      let frame = directory.pointee.frames[hand]
      guard frame.isUsed, frame.operation != directory.pointee.operation else { continue }
      if frame.isReferenced {
        directory.pointee.frames[hand].isReferenced = false
        continue
      }
      if frame.isDirty { try write(page: frame.page, count: 1) }
      directory.pointee.table[frame.page] = 0
      return hand
    }
    return nil
  }

  // MARK: Writing

  /// Number of pages from `page` on, at most `limit`, that stand in a row in memory and are dirty.
  func dirtyRun(at page: Int, limit: Int) -> Int {
    var count = 0
    while count < limit, isDirty(page + count) { count += 1 }
    return count
  }

  /// Pages that the table covers.
  var tableEnd: Int { directory.pointee.tableCount }

  /// Writes the entries of neighbouring dirty pages in one call and marks them clean.
  func write(page: Int, count: Int) throws(StateTreeError) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count * storedBytes, alignment: 64)
    defer { buffer.deallocate() }
    for index in 0..<count {
      let frame = Int(directory.pointee.table[page + index]) - 1
      (buffer.baseAddress! + index * storedBytes).copyMemory(from: address(frame), byteCount: storedBytes)
    }
    try file.write(UnsafeRawBufferPointer(buffer), at: page * storedBytes)
    for index in 0..<count { directory.pointee.frames[Int(directory.pointee.table[page + index]) - 1].isDirty = false }
    dirtyCount -= count
  }
}
