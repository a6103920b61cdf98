import Compression
import Files
import Primitives

/// Where the text of a dump comes from: pieces one after the other, an empty one at the end.
typealias Chunks = () throws(StateDumpError) -> [UInt8]

/// The bytes of a dump in whatever form it comes: JSON, gzip of JSON (`anvil_dumpState`, compressed files), or the
/// hexadecimal digits of either, also in quotes as a JSON-RPC client prints them.
enum DumpText {
  /// What a dump may hold once it is unpacked: well above any that a machine could load.
  static let limit = 8 << 30

  /// The text of the dump that `bytes` hold.
  static func unpacked(_ bytes: @escaping Chunks) throws(StateDumpError) -> Chunks {
    var head: [UInt8] = []
    // What tells the forms apart stands in front, behind white space.
    while head.first(where: { !isSpace($0) }) == nil || head.count < 8 {
      let more = try bytes()
      if more.isEmpty { break }
      head += more
    }
    guard let first = head.first(where: { !isSpace($0) }) else { throw .empty }
    let all = prefixed(head, bytes)
    switch first {
    case UInt8(ascii: "{"): return all
    case 0x1f: return gunzip(all)
    case UInt8(ascii: "\""), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"):
      let decoded = try nonempty(hexadecimal(all))
      return decoded.first == 0x1f ? gunzip(decoded.chunks) : decoded.chunks
    default: throw .unknownFormat
    }
  }

  private static func nonempty(_ bytes: @escaping Chunks) throws(StateDumpError) -> (first: UInt8, chunks: Chunks) {
    let head = try bytes()
    guard let first = head.first else { throw .empty }
    return (first, prefixed(head, bytes))
  }

  private static func prefixed(_ head: [UInt8], _ rest: @escaping Chunks) -> Chunks {
    var head: [UInt8]? = head
    return { () throws(StateDumpError) -> [UInt8] in
      guard let first = head else { return try rest() }
      head = nil
      return first
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
  }

  /// The bytes that hexadecimal digits spell: `0x` and quotes may stand around them, white space around these.
  private static func hexadecimal(_ text: @escaping Chunks) -> Chunks {
    var offset = 0
    var half: UInt8?
    var digits = 0
    var isOver = false
    return { () throws(StateDumpError) -> [UInt8] in
      while true {
        let piece = try text()
        guard !piece.isEmpty else {
          if half != nil { throw .notHexadecimal(offset: offset) }
          return []
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(piece.count / 2 + 1)
        for byte in piece {
          defer { offset += 1 }
          let value = Hex.value(of: byte)
          if value < 16, !isOver {
            digits += 1
            if let high = half {
              bytes.append(high << 4 | value)
              half = nil
            } else {
              half = value
            }
          } else if byte | 0x20 == UInt8(ascii: "x"), digits == 1, half == 0 {
            half = nil
          } else if byte == UInt8(ascii: "\"") || isSpace(byte) {
            // In front of the digits or behind them.
            if digits > 0 { isOver = true }
          } else {
            throw .notHexadecimal(offset: offset)
          }
        }
        if !bytes.isEmpty { return bytes }
      }
    }
  }

  private static func gunzip(_ bytes: @escaping Chunks) -> Chunks {
    let decoder = Unpacking(limit: limit)
    return { () throws(StateDumpError) -> [UInt8] in try decoder.next(bytes) }
  }

  /// A decoder that a closure can hold.
  private final class Unpacking {
    /// Compressed bytes that go in at once: deflate makes at most 1,032 bytes of one.
    private static let step = 1 << 10

    private var decoder: GzipDecoder
    private var input: ArraySlice<UInt8> = []
    private var isOver = false

    init(limit: Int) { decoder = GzipDecoder(limit: limit) }

    func next(_ bytes: Chunks) throws(StateDumpError) -> [UInt8] {
      while true {
        if input.isEmpty {
          if isOver { return [] }
          input = try bytes()[...]
          if input.isEmpty {
            isOver = true
            do throws(GzipError) { try decoder.finish() } catch { throw .compression(error) }
            return []
          }
        }
        let piece = Array(input.prefix(Self.step))
        input = input.dropFirst(Self.step)
        var text: [UInt8] = []
        do throws(GzipError) {
          try piece.withUnsafeBufferPointer { (piece) throws(GzipError) in
            try decoder.decode(UnsafeRawBufferPointer(piece)) { text += $0 }
          }
        } catch {
          throw .compression(error)
        }
        if !text.isEmpty { return text }
      }
    }
  }

  // MARK: Where bytes come from

  /// A file, 64 KiB at a time.
  static func file(_ path: String) throws(StateDumpError) -> Chunks {
    let file: Files.Reader
    do throws(FileError) { file = try Files.Reader(path) } catch { throw .cannotRead("\(error)") }
    return { () throws(StateDumpError) -> [UInt8] in
      do throws(FileError) { return try file.next(1 << 16) } catch { throw .cannotRead("\(error)") }
    }
  }

  /// Bytes in memory, 64 KiB at a time.
  static func memory(_ bytes: [UInt8]) -> Chunks {
    var rest = bytes[...]
    return { () throws(StateDumpError) -> [UInt8] in
      let piece = Array(rest.prefix(1 << 16))
      rest = rest.dropFirst(piece.count)
      return piece
    }
  }
}
