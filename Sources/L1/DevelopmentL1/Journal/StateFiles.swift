import EVM
import Ethereum
import Files
import Glibc
import Primitives
import Synchronization

/// The whole state now and then, beside the journal, so that a chain need not be executed from its beginning to be
/// continued. A file is named after the length that the journal had; whatever is lost or damaged here, the journal makes
/// again.
///
/// A file is eight bytes of magic, the XXH64 of the rest (8 bytes, little-endian), and an RLP list of accounts, each
/// [address, nonce, balance, code, [slot, value, …]].
final class StateFiles: Sendable {
  private static let magic: [UInt8] = Array("zkosl1s\u{1}".utf8)
  private static let prefix = "state-"
  /// Bytes of all files; beyond it the oldest are removed.
  private static let byteLimit = 256 << 20

  private struct File: Sendable {
    let offset: UInt64
    var bytes: Int
  }

  private let directory: String
  /// Ascending.
  private let files: Mutex<[File]>

  /// Looks for the files in `directory`, which exists.
  init(directory: String) throws(JournalError) {
    self.directory = directory
    var found: [File] = []
    do throws(FileError) {
      for path in try Files.below(directory, suffix: "") {
        let name = path.split(separator: "/").last ?? ""
        if name.hasPrefix(Self.prefix), let offset = UInt64(name.dropFirst(Self.prefix.count)) {
          found.append(File(offset: offset, bytes: Files.size(path)))
        }
      }
    } catch {
      throw .system(path: error.path, reason: error.reason)
    }
    files = Mutex(found.sorted { $0.offset < $1.offset })
  }

  /// Bytes of the newest file.
  var newestSize: Int { files.withLock { $0.last?.bytes ?? 0 } }

  /// Writes the state that the first `offset` bytes of the journal lead to.
  func write(_ state: StateTrie, at offset: UInt64) throws(JournalError) {
    var writer = RLPWriter()
    writer.appendList { list in
      state.forEachAccount { address, account in
        list.appendList {
          $0.append(address)
          $0.append(account.nonce)
          $0.append(account.balance)
          $0.append(bytes: Array(account.code.bytes))
          $0.appendList { slots in
            state.forEachSlot(of: address) { slot, value in
              slots.append(slot)
              slots.append(value)
            }
          }
        }
      }
    }
    let content = writer.encoded
    var bytes = Self.magic
    bytes.append(littleEndian: content.withUnsafeBytes { Checksum.of($0) })
    bytes += content
    let path = path(offset)
    do throws(FileError) {
      try Files.write(bytes, to: path + ".new")
      try Files.rename(path + ".new", to: path)
    } catch {
      throw .system(path: error.path, reason: error.reason)
    }
    let size = bytes.count
    let superfluous = files.withLock { files in
      files.removeAll { $0.offset == offset }
      files.append(File(offset: offset, bytes: size))
      var total = files.reduce(0) { $0 + $1.bytes }
      var removed: [File] = []
      while total > Self.byteLimit, files.count > 1 {
        total -= files[0].bytes
        removed.append(files.removeFirst())
      }
      return removed
    }
    for file in superfluous { unlink(self.path(file.offset)) }
  }

  /// The newest state at or before `offset` that can be read, and where it belongs.
  func newest(upTo offset: UInt64) -> (state: StateTrie, offset: UInt64)? {
    for file in files.withLock({ $0 }).reversed() where file.offset <= offset {
      if let state = read(file.offset) { return (state, file.offset) }
    }
    return nil
  }

  /// Removes what belongs to a part of the journal that is cut off.
  func forget(beyond offset: UInt64) throws(JournalError) {
    let gone = files.withLock { files in
      let gone = files.filter { $0.offset > offset }
      files.removeAll { $0.offset > offset }
      return gone
    }
    for file in gone where unlink(path(file.offset)) != 0 {
      throw .system(path: path(file.offset), reason: String(cString: strerror(errno)))
    }
  }

  private func path(_ offset: UInt64) -> String { directory + "/" + Self.prefix + "\(offset)" }

  /// `nil` for a file that is not what was written.
  private func read(_ offset: UInt64) -> StateTrie? {
    guard let bytes = try? Files.read(path(offset)), bytes.count > 16, bytes.starts(with: Self.magic) else {
      return nil
    }
    let content = bytes[16...]
    var reader = ByteReader(bytes[8..<16])
    guard let sum: UInt64 = reader.littleEndian(), content.withUnsafeBytes({ Checksum.of($0) }) == sum else {
      return nil
    }
    do throws(RLPError) {
      var list = try RLPReader.list(content)
      var accounts: [Address: Account] = [:]
      while !list.isAtEnd {
        var fields = try list.readList()
        let address = try fields.readAddress()
        let nonce = try fields.readUInt64()
        let balance = try fields.readUInt256()
        let code = Array(try fields.readBytes())
        var items = try fields.readList()
        var storage: [UInt256: UInt256] = [:]
        while !items.isAtEnd {
          let slot = try items.readUInt256()
          storage[slot] = try items.readUInt256()
        }
        accounts[address] = Account(nonce: nonce, balance: balance, code: code, storage: storage)
      }
      return StateTrie(accounts: accounts)
    } catch {
      return nil
    }
  }
}
