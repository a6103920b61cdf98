/// What a copy of a tree shows.
public struct TreeCopy: Sendable, Equatable {
  /// Its newest version.
  public var version: UInt64
  /// Root and leaf count of that version.
  public var commitment: StateCommitment
  /// Bytes of its files.
  public var bytes: UInt64
}

extension StateTree {
  /// Writes a copy into a folder, which has no tree yet, while blocks go on being applied; opening it repeats the journal
  /// since the last checkpoint, as after a crash.
  ///
  /// The pages are copied while they change. What they show is any mixture of versions since the last checkpoint that was
  /// complete when the copy began, down to pages of which one half is older, exactly what a loss of power may leave; and as
  /// there the journal from that checkpoint on makes it good. The journal's end is therefore copied last, and the blocks wait
  /// for that alone.
  ///
  /// - Parameter fault: asked between pieces of a megabyte; the copy ends with what it says, if anything.
  public func copy(
    to directory: String, unless fault: () -> StateTreeError? = { nil }
  ) throws(StateTreeError) -> TreeCopy {
    try copy(to: try PosixFileSystem(directory: directory), unless: fault)
  }

  /// What is known when a copy begins.
  private struct Beginning {
    var superblock: Superblock
    var versionCount: UInt64
    var pages: [any TreeFile]
    /// Parts of the index: files that never change.
    var index: [any TreeFile]
  }

  @discardableResult
  package func copy(
    to target: any TreeFileSystem, unless fault: () -> StateTreeError?
  ) throws(StateTreeError) -> TreeCopy {
    let beginning = try exclusively { () throws(StateTreeError) -> Beginning in
      var index: [any TreeFile] = []
      for name in self.index.runs.compactMap(\.fileName) { index.append(try fileSystem.open(name)) }
      runningCopies += 1
      return Beginning(
        superblock: superblock, versionCount: versionCount, pages: store.tiers.map(\.file), index: index)
    }
    defer { inspecting { runningCopies -= 1 } }
    var copies: [TreeFileCopy] = []
    for file in beginning.pages + beginning.index {
      var copy = TreeFileCopy(of: file, in: try target.open(file.name))
      try copy.extend(to: try file.size(), unless: fault)
      copies.append(copy)
    }
    var rows = TreeFileCopy(of: versions.file, in: try target.open(versions.file.name))
    try rows.extend(to: Int(beginning.versionCount) * VersionTable.rowBytes, unless: fault)
    var segments: [UInt64: TreeFileCopy] = [:]
    // Twice, so that little is left for the time in which blocks wait.
    for _ in 0..<2 {
      let written = try exclusively { () throws(StateTreeError) in try writtenSegments() }
      for segment in written {
        try Self.extend(&segments, segment, in: target) { (copy) throws(StateTreeError) in
          try copy.extend(to: segment.end, unless: fault)
        }
      }
    }
    let result = try exclusively { () throws(StateTreeError) -> TreeCopy in
      guard superblock.epoch == beginning.superblock.epoch else { throw .wentBack }
      for segment in try writtenSegments() {
        try Self.extend(&segments, segment, in: target) { (copy) throws(StateTreeError) in
          try copy.extend(to: segment.end, unless: { nil })
        }
      }
      try rows.extend(to: Int(versionCount) * VersionTable.rowBytes, unless: { nil })
      return TreeCopy(version: versionCount - 1, commitment: store.commitment, bytes: 0)
    }
    copies.append(rows)
    copies += segments.values
    for copy in copies { try copy.synchronize() }
    let file = try target.open("superblock")
    var entrance = beginning.superblock
    // Into both places for it.
    for _ in 0..<2 { try entrance.write(to: file) }
    try target.synchronizeDirectory()
    var copied = result
    copied.bytes = copies.reduce(UInt64(Superblock.copySpacing * 2)) { $0 + UInt64($1.count) }
    return copied
  }

  /// A file of the journal, and where the last record in it ends.
  private struct WrittenSegment {
    var number: UInt64
    var file: any TreeFile
    var end: Int
  }

  private func writtenSegments() throws(StateTreeError) -> [WrittenSegment] {
    var written: [WrittenSegment] = []
    for segment in journal.segments {
      let isLast = segment.number == journal.end.segment
      written.append(
        WrittenSegment(
          number: segment.number, file: segment.file, end: isLast ? journal.end.offset : try segment.file.size()))
    }
    return written
  }

  private static func extend(
    _ copies: inout [UInt64: TreeFileCopy], _ segment: WrittenSegment, in target: any TreeFileSystem,
    _ body: (inout TreeFileCopy) throws(StateTreeError) -> Void
  ) throws(StateTreeError) {
    var copy =
      if let begun = copies[segment.number] { begun } else {
        TreeFileCopy(of: segment.file, in: try target.open(segment.file.name))
      }
    try body(&copy)
    copies[segment.number] = copy
  }
}

/// A file on its way to another file system.
private struct TreeFileCopy {
  private static let pieceBytes = 1 << 20

  private let source: any TreeFile
  private let target: any TreeFile
  /// Bytes that are there.
  private(set) var count = 0

  init(of source: any TreeFile, in target: any TreeFile) {
    self.source = source
    self.target = target
  }

  /// Copies on, up to a place in the file, or its end where that comes before.
  mutating func extend(to end: Int, unless fault: () -> StateTreeError?) throws(StateTreeError) {
    guard end > count else { return }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: min(Self.pieceBytes, end - count), alignment: 4096)
    defer { buffer.deallocate() }
    while count < end {
      if let fault = fault() { throw fault }
      let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, end - count)])
      let read = try source.read(into: piece, at: count)
      if read == 0 { return }
      try target.write(UnsafeRawBufferPointer(rebasing: piece[..<read]), at: count)
      // What nobody reads soon need not push out what is read often.
      target.startWriteBack(at: count, count: read)
      count += read
    }
  }

  func synchronize() throws(StateTreeError) { try target.synchronize() }
}
