import JSON

/// A pull parser over text that comes in pieces: like `JSONReader`, with whole values as ``JSONValue``.
///
/// It holds one piece and the value that is being read. Values that are read are checked whole; of those that are skipped
/// only strings and brackets are looked at.
struct JSONStream {
  /// The bytes that one value may have. The largest that occur are transactions and logs.
  static let valueLimit = 64 << 20

  private let chunks: Chunks
  private var chunk: [UInt8] = []
  private var position = 0
  /// Bytes in front of the piece at hand.
  private var passed = 0
  /// Whether the innermost open container has no member yet.
  private var isAtStart = false

  init(_ chunks: @escaping Chunks) { self.chunks = chunks }

  private var offset: Int { passed + position }

  // MARK: Containers

  mutating func beginObject(at path: String) throws(StateDumpError) {
    try expect(UInt8(ascii: "{"), "an object", at: path)
  }

  mutating func beginArray(at path: String) throws(StateDumpError) {
    try expect(UInt8(ascii: "["), "an array", at: path)
  }

  /// The next key, or `nil` behind the closing brace.
  mutating func nextKey(at path: String) throws(StateDumpError) -> String? {
    guard try advance(closing: UInt8(ascii: "}"), at: path) else { return nil }
    guard try next(at: path) == UInt8(ascii: "\"") else { throw .notJSON(path: path, offset: offset) }
    guard let key = try value(at: path).string else { throw .notJSON(path: path, offset: offset) }
    guard try next(at: path) == UInt8(ascii: ":") else { throw .notJSON(path: path, offset: offset) }
    position += 1
    return key
  }

  /// Whether there is another element; `false` behind the closing bracket.
  mutating func nextElement(at path: String) throws(StateDumpError) -> Bool {
    try advance(closing: UInt8(ascii: "]"), at: path)
  }

  private mutating func expect(_ bracket: UInt8, _ name: String, at path: String) throws(StateDumpError) {
    guard try next(at: path) == bracket else { throw .invalid(path: path, expected: name) }
    position += 1
    isAtStart = true
  }

  private mutating func advance(closing bracket: UInt8, at path: String) throws(StateDumpError) -> Bool {
    let byte = try next(at: path)
    if byte == bracket {
      position += 1
      isAtStart = false
      return false
    }
    if isAtStart {
      isAtStart = false
      return true
    }
    guard byte == UInt8(ascii: ",") else { throw .notJSON(path: path, offset: offset) }
    position += 1
    return true
  }

  // MARK: Values

  /// Whether a value is `null`, which it then consumes.
  mutating func readNull(at path: String) throws(StateDumpError) -> Bool {
    guard try next(at: path) == UInt8(ascii: "n") else { return false }
    _ = try value(at: path)
    return true
  }

  /// The next value.
  mutating func value(at path: String) throws(StateDumpError) -> JSONValue {
    _ = try next(at: path)
    let start = offset
    let text = try take(keeping: true, at: path)
    do throws(JSONError) {
      return try JSONValue(parsing: text)
    } catch {
      throw .notJSON(path: path, offset: start + error.offset)
    }
  }

  mutating func skipValue(at path: String) throws(StateDumpError) {
    _ = try next(at: path)
    _ = try take(keeping: false, at: path)
  }

  /// Checks that nothing follows.
  mutating func finish() throws(StateDumpError) {
    if try nextIfAny() != nil { throw .notJSON(path: "", offset: offset) }
  }

  /// The text from here to the end of a value.
  private mutating func take(keeping: Bool, at path: String) throws(StateDumpError) -> [UInt8] {
    var scanner = ValueScanner()
    var text: [UInt8] = []
    let start = offset
    while true {
      let end = scanner.scan(chunk, from: position)
      if keeping { text += chunk[position..<end] }
      position = end
      guard text.count <= Self.valueLimit else { throw .tooLarge(path: path, limit: Self.valueLimit) }
      if scanner.isDone {
        // A comma or a bracket where a value should be.
        guard offset > start else { throw .notJSON(path: path, offset: offset) }
        return text
      }
      if try !refill() {
        // Only a number or a word can end with the text.
        guard scanner.mayEnd else { throw .truncated(path: path) }
        return text
      }
    }
  }

  // MARK: Bytes

  /// The next byte that is no white space.
  private mutating func next(at path: String) throws(StateDumpError) -> UInt8 {
    guard let byte = try nextIfAny() else { throw .truncated(path: path) }
    return byte
  }

  private mutating func nextIfAny() throws(StateDumpError) -> UInt8? {
    while true {
      while position < chunk.count {
        let byte = chunk[position]
        guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return byte }
        position += 1
      }
      if try !refill() { return nil }
    }
  }

  private mutating func refill() throws(StateDumpError) -> Bool {
    passed += chunk.count
    position = 0
    chunk = try chunks()
    return !chunk.isEmpty
  }
}

/// Finds where a value ends, over pieces of text.
private struct ValueScanner {
  private(set) var isDone = false
  private var depth = 0
  private var isInString = false
  private var isEscaped = false
  /// In a number, or one of the three words.
  private var isInWord = false

  /// Whether the value may be over where the text is.
  var mayEnd: Bool { isInWord && depth == 0 }

  /// Looks at `text` from `start` on: behind the value, or the end of the text.
  mutating func scan(_ text: [UInt8], from start: Int) -> Int {
    text.withUnsafeBufferPointer { text in
      var index = start
      while index < text.count {
        let byte = text[index]
        if isInString {
          index += 1
          if isEscaped {
            isEscaped = false
          } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
          } else if byte == UInt8(ascii: "\"") {
            isInString = false
            if depth == 0 { return end(at: index) }
          }
          continue
        }
        switch byte {
        case UInt8(ascii: "\""):
          // A string cannot follow a word without something in between.
          if isInWord, depth == 0 { return end(at: index) }
          isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["):
          if isInWord, depth == 0 { return end(at: index) }
          depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
          guard depth > 0 else { return end(at: index) }
          depth -= 1
          if depth == 0 { return end(at: index + 1) }
        case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x0a, 0x0d, 0x09:
          if depth == 0 { return end(at: index) }
        default: isInWord = true
        }
        index += 1
      }
      return index
    }
  }

  private mutating func end(at index: Int) -> Int {
    isDone = true
    return index
  }
}
