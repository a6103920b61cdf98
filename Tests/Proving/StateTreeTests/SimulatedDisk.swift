import Primitives
import RandomTesting
import StateTree

/// A disk in memory whose power can fail at any operation.
///
/// What was written but not synchronised may then be there, missing, or torn, as a seeded generator decides. It can also
/// run full, and refuse or fail single operations.
final class SimulatedDisk: @unchecked Sendable {
  /// Thrown by every operation after the power failed.
  static let powerFailure = StateTreeError.inputOutput(operation: "power", file: "", code: 5)

  final class Contents {
    var durable: [UInt8] = []
    var visible: [UInt8] = []
    /// Writes since the last synchronisation.
    var pending: [(offset: Int, bytes: [UInt8])] = []
  }

  fileprivate(set) var files: [String: Contents] = [:]
  private var generator: SplitMix64
  /// Changing operations (writes, synchronisations, truncations, removals) until the power fails.
  var operationsUntilFailure = Int.max
  /// Bytes that all files together may take.
  var capacity = Int.max
  private(set) var operations = 0
  private(set) var hasFailed = false

  init(seed: UInt64) { generator = SplitMix64(seed: seed) }

  var usedBytes: Int { files.values.reduce(0) { $0 + $1.visible.count } }

  fileprivate func begin() throws(StateTreeError) {
    operations += 1
    if hasFailed { throw Self.powerFailure }
    if operationsUntilFailure == 0 {
      hasFailed = true
      throw Self.powerFailure
    }
    operationsUntilFailure -= 1
  }

  /// Starts again after the power failed. With `isKill`, only the process died: everything written is there.
  func restart(isKill: Bool = false) {
    for contents in files.values {
      if isKill {
        contents.durable = contents.visible
      } else {
        // Each pending write arrives as a whole, in part (whole sectors), or not at all.
        for write in contents.pending {
          for start in stride(from: 0, to: write.bytes.count, by: 512) where Bool.random(using: &generator) {
            let piece = write.bytes[start..<min(start + 512, write.bytes.count)]
            let end = write.offset + start + piece.count
            if contents.durable.count < end {
              contents.durable += [UInt8](repeating: 0, count: end - contents.durable.count)
            }
            contents.durable.replaceSubrange(write.offset + start..<end, with: piece)
          }
        }
        contents.visible = contents.durable
      }
      contents.pending = []
    }
    hasFailed = false
    operationsUntilFailure = .max
  }

  /// A copy, to try several ends of one story.
  func copy(seed: UInt64) -> SimulatedDisk {
    let copy = SimulatedDisk(seed: seed)
    for (name, contents) in files {
      let twin = Contents()
      (twin.durable, twin.visible, twin.pending) = (contents.durable, contents.visible, contents.pending)
      copy.files[name] = twin
    }
    return copy
  }

  func flipBit(_ bit: Int, ofByte offset: Int, in name: String) {
    files[name]!.visible[offset] ^= 1 << UInt8(bit)
    files[name]!.durable[offset] ^= 1 << UInt8(bit)
  }
}

extension SimulatedDisk: TreeFileSystem {
  func open(_ name: String) throws(StateTreeError) -> any TreeFile {
    if hasFailed { throw Self.powerFailure }
    if files[name] == nil { files[name] = Contents() }
    return SimulatedFile(name: name, disk: self, contents: files[name]!)
  }

  func remove(_ name: String) throws(StateTreeError) {
    try begin()
    files[name] = nil
  }

  func list() throws(StateTreeError) -> [String] { files.keys.sorted() }
  func synchronizeDirectory() throws(StateTreeError) { try begin() }
}

private final class SimulatedFile: TreeFile, @unchecked Sendable {
  let name: String
  private let disk: SimulatedDisk
  private let contents: SimulatedDisk.Contents

  init(name: String, disk: SimulatedDisk, contents: SimulatedDisk.Contents) {
    self.name = name
    self.disk = disk
    self.contents = contents
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(StateTreeError) -> Int {
    let count = max(0, min(buffer.count, contents.visible.count - offset))
    if count > 0 { buffer.copyBytes(from: contents.visible[offset..<offset + count]) }
    return count
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StateTreeError) {
    let end = offset + bytes.count
    do {
      try disk.begin()
    } catch {
      // The power fails in the middle of the write.
      contents.pending.append((offset, Array(bytes)))
      throw error
    }
    let growth = max(0, end - contents.visible.count)
    if disk.usedBytes + growth > disk.capacity { throw .diskFull(file: name) }
    if growth > 0 { contents.visible += [UInt8](repeating: 0, count: growth) }
    contents.visible.replaceSubrange(offset..<end, with: bytes)
    contents.pending.append((offset, Array(bytes)))
  }

  func synchronize() throws(StateTreeError) {
    try disk.begin()
    contents.durable = contents.visible
    contents.pending = []
  }

  func startWriteBack(at offset: Int, count: Int) {}

  func truncate(to size: Int) throws(StateTreeError) {
    try disk.begin()
    if size < contents.visible.count { contents.visible.removeLast(contents.visible.count - size) }
    if size < contents.durable.count { contents.durable.removeLast(contents.durable.count - size) }
    contents.pending = contents.pending.filter { $0.offset < size }
  }

  func size() throws(StateTreeError) -> Int { contents.visible.count }

  func map() throws(StateTreeError) -> FileMapping {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: contents.visible.count, alignment: 64)
    copy.copyBytes(from: contents.visible)
    return FileMapping(bytes: UnsafeRawBufferPointer(copy)) { $0.deallocate() }
  }
}
