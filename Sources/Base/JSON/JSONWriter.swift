import Primitives

/// Writes JSON, byte by byte into memory of its own, with the commas put where they belong.
///
/// The caller begins and ends containers in pairs and writes a key before each member; the writer does not check this,
/// as its callers are fixed code, not input. Strings are escaped. Hexadecimal text is written straight from binary
/// values, see `JSONWriter+Hex.swift`.
public struct JSONWriter: ~Copyable {
  private var base: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  /// Bytes written so far.
  public private(set) var count = 0
  private var needsComma = false
  /// The brackets that are open, outermost first, where they are noted.
  private var brackets: [UInt8] = []
  private let notesNesting: Bool

  /// A writer that has room for `capacity` bytes and makes itself more when needed.
  ///
  /// - Parameter notesNesting: note which containers are open, for ``closeContainers(to:)``.
  public init(capacity: Int = 512, notesNesting: Bool = false) {
    self.capacity = max(capacity, 64)
    self.notesNesting = notesNesting
    base = .allocate(capacity: self.capacity)
  }

  deinit { base.deallocate() }

  /// Calls `body` with what has been written.
  public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    try body(UnsafeRawBufferPointer(start: base, count: count))
  }

  /// A copy of what has been written.
  public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

  /// Calls `body` with what has been written, and forgets it: the text goes on behind it. For texts that are too long to
  /// stand in memory whole. No mark that was taken before may be used afterwards.
  public mutating func drain<E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> Void) throws(E) {
    try withUnsafeBytes(body)
    count = 0
  }

  /// A place to come back to with ``truncate(to:)``.
  public struct Mark: Sendable {
    let count: Int
    let needsComma: Bool
    let depth: Int
  }

  public var mark: Mark { Mark(count: count, needsComma: needsComma, depth: brackets.count) }

  /// Forgets what was written since `mark` was taken.
  public mutating func truncate(to mark: Mark) {
    count = mark.count
    needsComma = mark.needsComma
    brackets.removeLast(brackets.count - mark.depth)
  }

  /// Whether what was written last is the name of a member whose value is still to come.
  public var endsWithKey: Bool { count > 0 && !needsComma && base[count - 1] == UInt8(ascii: ":") }

  /// Ends a text that breaks off in its middle: gives a member that has only a name the value `null`, and closes the
  /// containers that were begun after `mark` was taken, also where what was written is drained. For a writer that notes the
  /// nesting.
  public mutating func closeContainers(to mark: Mark) {
    if endsWithKey { null() }
    while brackets.count > mark.depth, let bracket = brackets.last {
      if bracket == UInt8(ascii: "{") { endObject() } else { endArray() }
    }
  }

  /// Forgets all that was written, and keeps the memory.
  public mutating func clear() {
    count = 0
    needsComma = false
    brackets.removeAll(keepingCapacity: true)
  }

  /// Writes members of an object, or elements of an array, that are text already, with commas between them.
  public mutating func members(_ text: UnsafeRawBufferPointer) {
    separate()
    append(text)
    needsComma = true
  }

  /// Bytes written since `mark` was taken.
  public func count(since mark: Mark) -> Int { count - mark.count }

  // MARK: Containers

  public mutating func beginObject() { open(UInt8(ascii: "{")) }

  public mutating func endObject() { close(UInt8(ascii: "}")) }

  public mutating func beginArray() { open(UInt8(ascii: "[")) }

  public mutating func endArray() { close(UInt8(ascii: "]")) }

  /// The name of the next member. It must need no escapes.
  public mutating func key(_ name: StaticString) {
    separate()
    let length = name.utf8CodeUnitCount
    reserve(length + 3)
    base[count] = UInt8(ascii: "\"")
    (base + count + 1).update(from: name.utf8Start, count: length)
    base[count + length + 1] = UInt8(ascii: "\"")
    base[count + length + 2] = UInt8(ascii: ":")
    count += length + 3
    needsComma = false
  }

  /// The name of the next member, escaped where it must be.
  public mutating func key(_ name: String) {
    string(name)
    append(UInt8(ascii: ":"))
    needsComma = false
  }

  // MARK: Values

  public mutating func null() { literal("null") }

  public mutating func boolean(_ value: Bool) { literal(value ? "true" : "false") }

  /// A decimal number.
  public mutating func number(_ value: some BinaryInteger) { raw(value.description) }

  /// A decimal number.
  public mutating func number(_ value: Int) {
    separate()
    reserve(21)
    var rest = value.magnitude
    var digits = 1
    while rest > 9 {
      rest /= 10
      digits &+= 1
    }
    if value < 0 {
      base[count] = UInt8(ascii: "-")
      count &+= 1
    }
    rest = value.magnitude
    for place in stride(from: digits &- 1, through: 0, by: -1) {
      base[count &+ place] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    count &+= digits
    needsComma = true
  }

  /// A decimal number; `null` for what JSON has no number for.
  public mutating func number(_ value: Double) {
    if value.isFinite { raw(value.description) } else { null() }
  }

  public mutating func string(_ value: String) {
    separate()
    append(UInt8(ascii: "\""))
    var copy = value
    copy.withUTF8 { appendEscaped($0) }
    append(UInt8(ascii: "\""))
    needsComma = true
  }

  /// A string that needs no escapes.
  public mutating func string(_ value: StaticString) {
    separate()
    reserve(value.utf8CodeUnitCount + 2)
    append(UInt8(ascii: "\""))
    append(UnsafeRawBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
    append(UInt8(ascii: "\""))
    needsComma = true
  }

  /// A value that is JSON already.
  public mutating func raw(_ json: some Sequence<UInt8>) {
    separate()
    json.withContiguousStorageIfAvailable { append(UnsafeRawBufferPointer($0)) } ?? json.forEach { append($0) }
    needsComma = true
  }

  /// A value that is JSON already.
  public mutating func raw(_ json: String) { raw(json.utf8) }

  /// A value that was checked when it was read.
  public mutating func value(_ value: JSONValue) { raw(value.text) }

  // MARK: Bytes

  private mutating func literal(_ text: StaticString) {
    separate()
    append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    needsComma = true
  }

  private mutating func open(_ bracket: UInt8) {
    separate()
    append(bracket)
    needsComma = false
    if notesNesting { brackets.append(bracket) }
  }

  private mutating func close(_ bracket: UInt8) {
    append(bracket)
    needsComma = true
    if notesNesting { _ = brackets.popLast() }
  }

  @inline(__always)
  private mutating func separate() {
    if needsComma { append(UInt8(ascii: ",")) }
  }

  @inline(__always)
  private mutating func append(_ byte: UInt8) {
    reserve(1)
    base[count] = byte
    count &+= 1
  }

  private mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    reserve(bytes.count)
    UnsafeMutableRawPointer(base + count).copyMemory(from: source, byteCount: bytes.count)
    count &+= bytes.count
  }

  /// A string in quotes of which `body` writes the `length` bytes between them.
  @inline(__always)
  mutating func quoted(length: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Void) {
    separate()
    reserve(length + 2)
    base[count] = UInt8(ascii: "\"")
    body(base + count + 1)
    base[count + length + 1] = UInt8(ascii: "\"")
    count &+= length + 2
    needsComma = true
  }

  private mutating func appendEscaped(_ text: UnsafeBufferPointer<UInt8>) {
    var start = 0
    for index in 0..<text.count {
      let byte = text[index]
      guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
      append(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: text[start..<index])))
      start = index + 1
      append(UInt8(ascii: "\\"))
      switch byte {
      case 0x0a: append(UInt8(ascii: "n"))
      case 0x0d: append(UInt8(ascii: "r"))
      case 0x09: append(UInt8(ascii: "t"))
      case 0..<0x20:
        for byte in "u00".utf8 { append(byte) }
        append(Hex.digit(byte >> 4))
        append(Hex.digit(byte & 15))
      default: append(byte)
      }
    }
    append(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: text[start...])))
  }

  @inline(__always)
  private mutating func reserve(_ more: Int) {
    if capacity &- count < more { grow(more) }
  }

  @inline(never)
  private mutating func grow(_ more: Int) {
    let larger = max(capacity * 2, count + more)
    let fresh = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    fresh.update(from: base, count: count)
    base.deallocate()
    base = fresh
    capacity = larger
  }
}
