import Files
import Primitives

/// An immutable list of the leaves in a range of positions, sorted by the first eight bytes of their keys.
///
/// Flat keys are hashes, so eight bytes nearly always decide; entries that share them stand in any order, and whoever
/// finds several reads the leaves to tell them apart. A directory over the leading bits leads to a handful of entries in
/// one step when keys are spread evenly, and bisection takes over where they are not.
final class SortedRun {

  struct Entry {
    /// Bytes 0–7 of the key as a big-endian number.
    var prefix: UInt64
    /// Position of the leaf.
    var index: UInt64
  }

  /// Positions whose leaves the run lists, all of them.
  let range: Range<UInt64>
  let entries: UnsafePointer<Entry>
  let count: Int
  /// The file behind the run, if any.
  let fileName: String?
  private let mapping: FileMapping?
  private let directory: UnsafeMutablePointer<UInt32>
  let directoryBytes: Int
  private let shift: UInt64

  /// Takes over `entries`, which must be sorted by prefix.
  convenience init(range: Range<UInt64>, entries: UnsafeMutablePointer<Entry>) {
    self.init(range: range, entries: UnsafePointer(entries), mapping: nil, fileName: nil)
  }

  /// A run in memory with the entries of `list`, which must be sorted by prefix.
  convenience init(range: Range<UInt64>, copying list: [Entry]) {
    let entries = UnsafeMutablePointer<Entry>.allocate(capacity: max(list.count, 1))
    entries.initialize(from: list, count: list.count)
    self.init(range: range, entries: entries)
  }

  /// A run whose entries lie in a mapped file.
  convenience init(range: Range<UInt64>, mapping: FileMapping, entriesAt offset: Int, fileName: String) {
    self.init(
      range: range, entries: (mapping.bytes.baseAddress! + offset).assumingMemoryBound(to: Entry.self),
      mapping: mapping, fileName: fileName)
  }

  private init(range: Range<UInt64>, entries: UnsafePointer<Entry>, mapping: FileMapping?, fileName: String?) {
    self.range = range
    self.entries = entries
    self.mapping = mapping
    self.fileName = fileName
    count = Int(range.upperBound - range.lowerBound)
    // About eight entries for each value of the leading bits.
    let bits = max(1, 61 - count.leadingZeroBitCount)
    shift = UInt64(64 - bits)
    directory = .allocate(capacity: 1 << bits + 1)
    directoryBytes = 4 * (1 << bits + 1)
    var position = 0
    for value in 0..<1 << bits {
      while position < count, entries[position].prefix &>> shift < UInt64(value) { position &+= 1 }
      directory[value] = UInt32(truncatingIfNeeded: position)
    }
    directory[1 << bits] = UInt32(truncatingIfNeeded: count)
  }

  deinit {
    directory.deallocate()
    if mapping == nil { UnsafeMutablePointer(mutating: entries).deallocate() }
  }

  /// Position in the run of the first entry whose prefix is not below `prefix`.
  @inline(__always)
  func lowerBound(_ prefix: UInt64) -> Int {
    let bucket = Int(truncatingIfNeeded: prefix &>> shift)
    var low = Int(directory[bucket])
    var high = Int(directory[bucket &+ 1])
    while high &- low > 8 {
      let middle = (low &+ high) &>> 1
      if entries[middle].prefix < prefix { low = middle &+ 1 } else { high = middle }
    }
    while low < high, entries[low].prefix < prefix { low &+= 1 }
    return low
  }

  /// Reads what a look-up of each prefix will read. None of these reads waits for another, so they are under way together.
  ///
  /// - Returns: a number to be used somehow, lest the reads be optimised away.
  func warm(_ items: UnsafeMutableBufferPointer<(prefix: UInt64, position: Int)>) -> UInt64 {
    var sum: UInt64 = 0
    for item in items { sum &+= UInt64(directory[Int(truncatingIfNeeded: item.prefix &>> shift)]) }
    for item in items {
      let position = Int(directory[Int(truncatingIfNeeded: item.prefix &>> shift)])
      sum &+= entries[min(position, count &- 1)].prefix &+ entries[min(position &+ 4, count &- 1)].prefix
    }
    return sum
  }

  /// The union of two runs over adjoining ranges, in memory.
  static func merging(_ a: SortedRun, _ b: SortedRun) -> SortedRun {
    let entries = UnsafeMutablePointer<Entry>.allocate(capacity: max(a.count + b.count, 1))
    var position = 0
    merge(a, b) {
      entries[position] = $0
      position &+= 1
    }
    return SortedRun(range: a.range.lowerBound..<b.range.upperBound, entries: entries)
  }

  @inline(__always)
  static func merge<E: Error>(_ a: SortedRun, _ b: SortedRun, emit: (Entry) throws(E) -> Void) throws(E) {
    var i = 0
    var j = 0
    while i < a.count, j < b.count {
      if a.entries[i].prefix <= b.entries[j].prefix {
        try emit(a.entries[i])
        i &+= 1
      } else {
        try emit(b.entries[j])
        j &+= 1
      }
    }
    while i < a.count {
      try emit(a.entries[i])
      i &+= 1
    }
    while j < b.count {
      try emit(b.entries[j])
      j &+= 1
    }
  }

  // MARK: Files

  private static let magic: UInt64 = 0x3158_4449_4545_5254  // "TREEIDX1"
  private static let headerBytes = 64
  private static let entriesPerChunk = 4096

  static func fileName(_ range: Range<UInt64>) -> String {
    func digits(_ number: UInt64) -> String {
      let text = String(number, radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text
    }
    return "index-\(digits(range.lowerBound))-\(digits(range.upperBound))"
  }

  /// The range that a file name spells; `nil` if it is not the name of a run.
  static func range(ofFile name: String) -> Range<UInt64>? {
    let parts = name.split(separator: "-")
    guard parts.count == 3, parts[0] == "index", let lower = UInt64(parts[1], radix: 16),
      let upper = UInt64(parts[2], radix: 16), lower < upper
    else { return nil }
    return lower..<upper
  }

  /// Writes the union of two runs to a file and maps it.
  ///
  /// Layout: a header (magic, range, checksum of these), the entries, and one checksum for each 4,096 entries.
  static func writing(_ a: SortedRun, _ b: SortedRun, to fileSystem: any TreeFileSystem) throws(StateTreeError)
    -> SortedRun
  {
    let range = a.range.lowerBound..<b.range.upperBound
    let name = fileName(range)
    let file = try fileSystem.open(name)
    try file.truncate(to: 0)
    let header = UnsafeMutableRawBufferPointer.allocate(byteCount: headerBytes, alignment: 8)
    defer { header.deallocate() }
    header.initializeMemory(as: UInt8.self, repeating: 0)
    header.storeBytes(of: magic.littleEndian, toByteOffset: 0, as: UInt64.self)
    header.storeBytes(of: range.lowerBound.littleEndian, toByteOffset: 8, as: UInt64.self)
    header.storeBytes(of: range.upperBound.littleEndian, toByteOffset: 16, as: UInt64.self)
    header.storeBytes(
      of: Checksum.of(UnsafeRawBufferPointer(rebasing: header[..<24])).littleEndian, toByteOffset: 24, as: UInt64.self)
    try file.write(UnsafeRawBufferPointer(header), at: 0)

    let chunk = UnsafeMutablePointer<Entry>.allocate(capacity: entriesPerChunk)
    defer { chunk.deallocate() }
    var checksums: [UInt64] = []
    var filled = 0
    var offset = headerBytes
    func writeChunk() throws(StateTreeError) {
      let bytes = UnsafeRawBufferPointer(start: chunk, count: filled * 16)
      checksums.append(Checksum.of(bytes).littleEndian)
      try file.write(bytes, at: offset)
      offset += bytes.count
      filled = 0
    }
    try merge(a, b) { (entry: Entry) throws(StateTreeError) in
      chunk[filled] = entry
      filled &+= 1
      if filled == entriesPerChunk { try writeChunk() }
    }
    if filled > 0 { try writeChunk() }
    let sums = checksums
    let sumBytes = UnsafeMutableRawBufferPointer.allocate(byteCount: sums.count * 8, alignment: 8)
    defer { sumBytes.deallocate() }
    sums.withUnsafeBytes { sumBytes.copyMemory(from: $0) }
    try file.write(UnsafeRawBufferPointer(sumBytes), at: offset)
    return SortedRun(range: range, mapping: try file.map(), entriesAt: headerBytes, fileName: name)
  }

  /// Maps a file and checks all of it; `nil` if it is damaged or was never finished.
  static func open(_ name: String, in fileSystem: any TreeFileSystem) throws(StateTreeError) -> SortedRun? {
    guard let range = range(ofFile: name) else { return nil }
    let mapping = try fileSystem.open(name).map()
    let bytes = mapping.bytes
    let count = Int(range.upperBound - range.lowerBound)
    let chunks = (count + entriesPerChunk - 1) / entriesPerChunk
    guard bytes.count == headerBytes + count * 16 + chunks * 8 else { return nil }
    func word(_ offset: Int) -> UInt64 {
      UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    guard word(0) == magic, word(8) == range.lowerBound, word(16) == range.upperBound,
      word(24) == Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[..<24]))
    else { return nil }
    for chunk in 0..<chunks {
      let start = headerBytes + chunk * entriesPerChunk * 16
      let end = min(start + entriesPerChunk * 16, headerBytes + count * 16)
      guard
        Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) == word(headerBytes + count * 16 + chunk * 8)
      else { return nil }
    }
    return SortedRun(range: range, mapping: mapping, entriesAt: headerBytes, fileName: name)
  }
}
