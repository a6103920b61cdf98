/// The journal of blocks: files of some tens of megabytes to which each block appends one record.
///
/// A record is written and made durable before any page that it changes goes to disk, so the records since the last
/// checkpoint can repair whatever a crash leaves in the pages; older records serve views of past versions until a policy
/// removes them, whole files at a time.
final class Journal {
  /// Where a record begins.
  struct Location: Equatable {
    var segment: UInt64
    var offset: Int
  }

  struct Segment {
    var number: UInt64
    var file: any TreeFile
    /// Version of the first record; `nil` in a file without records.
    var firstVersion: UInt64?
  }

  private let fileSystem: any TreeFileSystem
  /// Size from which a new file is begun.
  private let segmentBytes: Int
  /// Oldest first, numbers without gaps.
  private(set) var segments: [Segment] = []
  /// Where the next record goes.
  private(set) var end = Location(segment: 0, offset: 0)

  init(fileSystem: any TreeFileSystem, segmentBytes: Int) throws(StateTreeError) {
    self.fileSystem = fileSystem
    self.segmentBytes = segmentBytes
    let prefix = "journal-"
    var numbers: [UInt64] = []
    for name in try fileSystem.list() where name.hasPrefix(prefix) {
      if let number = UInt64(name.dropFirst(prefix.count)) { numbers.append(number) }
    }
    for number in numbers.sorted() {
      let file = try fileSystem.open(Self.fileName(number))
      segments.append(Segment(number: number, file: file, firstVersion: nil))
      segments[segments.count - 1].firstVersion = try header(at: Location(segment: number, offset: 0))?.version
    }
  }

  private static func fileName(_ number: UInt64) -> String { "journal-\(number)" }

  private func file(_ number: UInt64) -> (any TreeFile)? { segments.first { $0.number == number }?.file }

  // MARK: Appending

  /// Writes a record whose trailer is not filled in yet. On failure the journal is as before.
  ///
  /// The trailer's place is written too, so that filling it in later needs no more space.
  func write(_ record: UnsafeRawBufferPointer, version: UInt64) throws(StateTreeError) {
    if segments.isEmpty || end.offset >= segmentBytes {
      let number = segments.isEmpty ? end.segment : end.segment + 1
      let file = try fileSystem.open(Self.fileName(number))
      try fileSystem.synchronizeDirectory()
      segments.append(Segment(number: number, file: file, firstVersion: nil))
      end = Location(segment: number, offset: 0)
    }
    do {
      try segments[segments.count - 1].file.write(record, at: end.offset)
    } catch {
      try? segments[segments.count - 1].file.truncate(to: end.offset)
      throw error
    }
    // The disk can work while the trailer is being computed.
    segments[segments.count - 1].file.startWriteBack(at: end.offset, count: record.count)
    if end.offset == 0 { segments[segments.count - 1].firstVersion = version }
  }

  /// Fills in the trailer of the record just written and makes it durable.
  /// - Returns: where the record begins.
  func commit(trailer: UnsafeRawBufferPointer, recordBytes: Int) throws(StateTreeError) -> Location {
    let file = segments[segments.count - 1].file
    try file.write(trailer, at: end.offset + recordBytes - trailer.count)
    try file.synchronize()
    let location = end
    end.offset += recordBytes
    return location
  }

  // MARK: Reading

  private func header(at location: Location) throws(StateTreeError) -> JournalRecord.Shape? {
    guard let file = file(location.segment) else { return nil }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: JournalRecord.headerBytes, alignment: 8)
    defer { buffer.deallocate() }
    guard try file.read(into: buffer, at: location.offset) == buffer.count else { return nil }
    return JournalRecord.shape(of: UnsafeRawBufferPointer(buffer))
  }

  /// A record read from disk, with its memory.
  final class Stored {
    private let buffer: UnsafeMutableRawBufferPointer
    let record: JournalRecord

    fileprivate init?(_ buffer: UnsafeMutableRawBufferPointer) {
      self.buffer = buffer
      guard let record = JournalRecord(checking: UnsafeRawBufferPointer(buffer)) else {
        buffer.deallocate()
        return nil
      }
      self.record = record
    }

    deinit { buffer.deallocate() }
  }

  /// The record at a location; `nil` if there is none or it is damaged.
  func read(at location: Location) throws(StateTreeError) -> Stored? {
    guard let file = file(location.segment), let shape = try header(at: location) else { return nil }
    guard try file.size() - location.offset >= shape.totalBytes else { return nil }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: shape.totalBytes, alignment: 64)
    guard try file.read(into: buffer, at: location.offset) == buffer.count else {
      buffer.deallocate()
      return nil
    }
    return Stored(buffer)
  }

  /// Reads the records from `start` on, in order, and cuts off what follows the last good one.
  ///
  /// - Parameter start: the end of the record of the version before `version`.
  func replay(
    from start: Location, version: UInt64, epoch: UInt64,
    _ body: (JournalRecord, Location) throws(StateTreeError) -> Void
  ) throws(StateTreeError) {
    end = start
    var version = version
    while true {
      var location = end
      var stored = try read(at: location)
      if stored == nil, let file = file(end.segment), try file.size() <= end.offset {
        location = Location(segment: end.segment + 1, offset: 0)
        stored = try read(at: location)
      }
      guard let stored, stored.record.shape.version == version, stored.record.shape.epoch == epoch else { break }
      try body(stored.record, location)
      end = Location(segment: location.segment, offset: location.offset + stored.record.bytes.count)
      version += 1
    }
    try cut(at: end)
  }

  /// Removes everything from `location` on.
  func cut(at location: Location) throws(StateTreeError) {
    while let last = segments.last, last.number > location.segment {
      try fileSystem.remove(Self.fileName(last.number))
      segments.removeLast()
    }
    if let last = segments.last, last.number == location.segment, try last.file.size() > location.offset {
      try last.file.truncate(to: location.offset)
    }
    if location.offset == 0, segments.last?.number == location.segment {
      segments[segments.count - 1].firstVersion = nil
    }
    end = location
  }

  // MARK: Pruning

  /// Oldest version that has a record.
  var firstVersion: UInt64? { segments.first { $0.firstVersion != nil }?.firstVersion }

  /// Removes the files all of whose records belong to versions up to `version`.
  func prune(through version: UInt64) throws(StateTreeError) {
    while segments.count > 1, let next = segments[1].firstVersion, next <= version + 1 {
      try fileSystem.remove(Self.fileName(segments[0].number))
      segments.removeFirst()
    }
  }

  func totalBytes() throws(StateTreeError) -> Int {
    var sum = 0
    for segment in segments { sum += try segment.file.size() }
    return sum
  }
}
