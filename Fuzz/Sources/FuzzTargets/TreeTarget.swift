import Glibc
import Primitives
@_spi(Fuzzing) import StateTree

/// A state tree is opened whose files were changed, with checksums that are right for the changes. Whatever they say, it
/// opens or says what is wrong; and what it believes is true.
///
/// The first byte chooses a file, the second whether its checksums are made right, and whether all of the tree is looked at
/// afterwards, which takes long; then come changes of three bytes: a
/// place and a value.
enum TreeTarget {
  private static let folder = "/dev/shm/fuzz-tree-\(getpid())"

  private static let options: StateTree.Options = {
    var options = StateTree.Options()
    options.cacheBytes = 1 << 20
    return options
  }()

  /// The files of a small tree with two checkpoints behind it and some blocks since.
  private static let files: [(name: String, content: [UInt8])] = {
    guard let tree = try? StateTree.open(directory: folder, options: options) else {
      preconditionFailure("no tree in \(folder)")
    }
    for version in 1...6 as ClosedRange<UInt64> {
      let writes = (0..<version * 13).map { key in
        (key: Bytes32(UInt256(0x1000 + key * 977)), value: Bytes32(UInt256(version << 8 | key)))
      }
      promise((try? tree.apply(version: version, writes: writes)) != nil, "a tree takes blocks")
      if version == 3 { promise((try? tree.flush()) != nil, "a tree is written") }
    }
    return list().map { ($0, read(folder + "/" + $0)) }
  }()

  static func run(_ input: UnsafeRawBufferPointer) {
    guard input.count >= 2 else { return }
    let files = files
    let chosen = Int(input[0]) % files.count
    for (index, file) in files.enumerated() {
      var content = file.content
      if index == chosen {
        for change in stride(from: 2, to: input.count - 2, by: 3) where !content.isEmpty {
          let place = Int(input[change]) | Int(input[change + 1]) << 8
          content[place % content.count] = input[change + 2]
        }
        if input[1] & 1 == 1 { content = ChecksumRepair.repaired(file.name, content) }
      }
      write(content, folder + "/" + file.name)
    }
    // What the last run made.
    for name in list() where !files.contains(where: { $0.name == name }) { unlink(folder + "/" + name) }
    guard let tree = try? StateTree.open(directory: folder, options: options) else { return }
    let version = tree.lastVersion
    if input[1] & 2 == 2 { _ = try? tree.verify() }
    if let view = try? tree.view(at: tree.oldestVersion) { _ = try? view.value(of: Bytes32(UInt256(0x1000 as UInt64))) }
    if version > 0, version < .max - 1 {
      _ = try? tree.apply(version: version + 1, writes: [(key: Bytes32(UInt256(5 as UInt64)), value: .zero)])
    }
  }

  private static func list() -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != "..", name != "lock" { names.append(name) }
    }
    return names.sorted()
  }

  private static func read(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "rb") else { return [] }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    return Array(bytes[..<fread(&bytes, 1, bytes.count, file)])
  }

  private static func write(_ bytes: [UInt8], _ path: String) {
    guard let file = fopen(path, "wb") else { return }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
  }
}
