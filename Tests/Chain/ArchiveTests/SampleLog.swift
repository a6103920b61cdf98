import Archive
import ChainStorage
import Glibc
import Primitives
import StorageTesting
import ZKsyncOS

/// Replay logs whose blocks follow from their numbers; nothing executes them.
enum SampleLog {
  static let genesisHash = Bytes32(7 as UInt256)

  /// - Parameter variant: what sets the blocks of one log apart from those of another.
  static func open(
    _ path: String, blocks: UInt64, chainID: UInt64 = 270, genesisHash: Bytes32 = genesisHash, variant: UInt64 = 0
  ) throws -> ReplayLog {
    let log = try ReplayLog(path: path, genesisHash: genesisHash)
    while log.last < blocks { try log.append([record(log.last + 1, log.nextBlockHashes, chainID, variant)]) }
    return log
  }

  /// Every third block has no transaction, and every second one no hash of what it did, as earlier versions had none. Block 3 has one with more than a chunk of zeros, which take next to nothing.
  static func record(_ number: UInt64, _ hashes: BlockHashes, _ chainID: UInt64, _ variant: UInt64) -> ReplayRecord {
    let context = BlockContext(
      chainID: chainID, number: number, timestamp: 1_800_000_000 + number, blockHashes: hashes, baseFee: 1_000)
    var transactions = (0..<number % 3).map { index in
      TestChain.transfer(from: TestChain.sender(index), nonce: number, value: UInt256(variant))
    }
    if number == 3 {
      let zeros = [UInt8](repeating: 0, count: 1_100_000)
      transactions = [TestChain.transfer(from: TestChain.sender(1), nonce: 9, gasLimit: 50_000_000, input: zeros)]
    }
    return ReplayRecord(
      context: context, firstPriorityID: number / 3, transactions: transactions,
      blockHash: Bytes32(UInt256(number) &* 0x1_0001 &+ UInt256(variant) &* 0x1_0000_0001),
      outputHash: number % 2 == 1 ? Bytes32(UInt256(number) &* 0x1_0101) : nil)
  }

  static func hash(_ number: UInt64, variant: UInt64 = 0) -> Bytes32 {
    record(number, BlockHashes(), 270, variant).blockHash
  }
}

/// A folder with an archive in it, in memory.
struct SampleArchive {
  let directory = TemporaryDirectory(inMemory: true)
  var path: String { directory.file("archive") }
  var store: ArchiveFolder { ArchiveFolder(path) }
  var archive: Archive { Archive(store) }

  /// Writes what the archive lacks of a log with so many blocks.
  @discardableResult
  func fill(
    blocks: UInt64, segment: UInt64 = 100, bytes: Int = 64 << 20, log name: String = "log", chainID: UInt64 = 270,
    genesisHash: Bytes32 = SampleLog.genesisHash, variant: UInt64 = 0
  ) throws -> [ArchiveWriter.Written] {
    let log = try SampleLog.open(
      directory.file(name), blocks: blocks, chainID: chainID, genesisHash: genesisHash, variant: variant)
    try store.make()
    var options = ArchiveWriter.Options()
    options.blocks = segment
    options.bytes = bytes
    let writer = try ArchiveWriter(archive, log: log, options: options)
    var written: [ArchiveWriter.Written] = []
    while let segment = try writer.writeNext(through: log.last) { written.append(segment) }
    return written
  }

  var files: [String] { TemporaryDirectory.list(path).filter { $0.hasSuffix(".zrl") }.sorted() }

  func bytes(_ name: String) -> [UInt8] { TemporaryDirectory.read(path + "/" + name) }

  func remove(_ name: String) { unlink(path + "/" + name) }

  func write(_ bytes: [UInt8], _ name: String) { TemporaryDirectory.write(bytes, to: path + "/" + name) }

  /// Reads everything; where it ends.
  @discardableResult
  func verify() throws -> ArchiveEnd? {
    var walk = ArchiveWalk(archive, try archive.segments())
    while try walk.next() != nil {}
    return walk.end
  }

  /// The error of reading everything.
  func fault() -> ArchiveError? {
    do { try verify() } catch { return error as? ArchiveError }
    return nil
  }
}
