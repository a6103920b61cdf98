import Batches
import Files
import Glibc
import Synchronization

/// Proofs that were refused, as files in a folder, so that an operator can look at what a prover sent
/// (`zkos proof fri FILE`). Bounded in files and bytes: the oldest go first.
///
/// A file is named `batch-N.REASON.PROVER.CHECKSUM.bincode`. The same bytes are kept once.
public final class RefusedProofs: Sendable {
  /// What the folder may hold.
  public struct Limits: Sendable {
    /// 0 keeps nothing.
    public var files = 64
    public var bytes = 256 << 20

    public init() {}
  }

  private struct Entry {
    var name: String
    var bytes: Int
  }

  /// Characters of a prover's name in the name of a file.
  private static let nameLimit = 32

  private let folder: String
  private let limits: Limits
  /// Oldest first; `nil` until the folder was read.
  private let entries = Mutex<[Entry]?>(nil)

  /// The folder is made with the first file.
  public init(folder: String, limits: Limits) {
    self.folder = folder
    self.limits = limits
  }

  /// Keeps a proof, unless it alone is beyond the limits.
  ///
  /// - Returns: the path of its file; `nil` where it is not kept.
  @discardableResult
  func keep(_ proof: [UInt8], of batch: BatchNumber, from prover: ProverIdentity, _ fault: ProofFault)
    throws(FileError) -> String?
  {
    guard !proof.isEmpty, proof.count <= limits.bytes, limits.files > 0 else { return nil }
    let checksum = proof.withUnsafeBytes { Checksum.of($0) }
    let digits = String(checksum, radix: 16)
    let name =
      "batch-\(batch).\(fault.kind.rawValue).\(Self.text(prover.name))."
      + String(repeating: "0", count: 16 - digits.count) + digits + ".bincode"
    return try entries.withLock { (entries) throws(FileError) -> String in
      var list: [Entry]
      if let entries { list = entries } else { list = try Self.list(folder) }
      let path = folder + "/" + name
      if !list.contains(where: { $0.name == name }) {
        try Files.makeFolder(folder)
        while list.count >= limits.files || list.reduce(proof.count, { $0 + $1.bytes }) > limits.bytes {
          Files.remove(folder + "/" + list.removeFirst().name)
        }
        try Files.write(proof, to: path)
        list.append(Entry(name: name, bytes: proof.count))
      }
      entries = list
      return path
    }
  }

  /// The files of earlier runs, the oldest first.
  private static func list(_ folder: String) throws(FileError) -> [Entry] {
    guard Files.isFolder(folder) else { return [] }
    var found: [(entry: Entry, time: Int)] = []
    for path in try Files.below(folder, suffix: ".bincode") {
      var status = stat()
      guard stat(path, &status) == 0 else { continue }
      let name = String(path.dropFirst(folder.count + 1))
      found.append((Entry(name: name, bytes: Int(status.st_size)), status.st_mtim.tv_sec))
    }
    return found.sorted { ($0.time, $0.entry.name) < ($1.time, $1.entry.name) }.map(\.entry)
  }

  /// A prover's name as a part of a file's name.
  private static func text(_ name: String) -> String {
    let letters = name.unicodeScalars.prefix(nameLimit).map { scalar -> Character in
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "-", "_": Character(scalar)
      default: "_"
      }
    }
    return letters.isEmpty ? "_" : String(letters)
  }
}
