/// A value inside a checked text, walked only where somebody looks.
///
/// It keeps the bytes alive that it stands in, so that it can travel to another thread; a copy is a reference and two
/// offsets. Accessors give `nil` for a value of another kind.
public struct JSONValue: Sendable {
  let storage: [UInt8]
  let start: Int
  let end: Int

  /// Checks `text` whole and makes a value of it.
  public init(parsing text: [UInt8], maxDepth: Int = JSONReader.defaultMaxDepth) throws(JSONError) {
    let range = try text.withReader(maxDepth: maxDepth) { (reader) throws(JSONError) in
      let range = try reader.skipValue()
      try reader.finish()
      return range
    }
    self.init(storage: text, checked: range)
  }

  /// The value at `checked` in `storage`, which a ``JSONReader`` has walked over without an error.
  public init(storage: [UInt8], checked range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= storage.count && !range.isEmpty, "no value there")
    self.storage = storage
    start = range.lowerBound
    end = range.upperBound
  }

  public var kind: JSONKind {
    switch storage[start] {
    case UInt8(ascii: "{"): .object
    case UInt8(ascii: "["): .array
    case UInt8(ascii: "\""): .string
    case UInt8(ascii: "t"), UInt8(ascii: "f"): .boolean
    case UInt8(ascii: "n"): .null
    default: .number
    }
  }

  public var isNull: Bool { kind == .null }

  public var boolean: Bool? { kind == .boolean ? storage[start] == UInt8(ascii: "t") : nil }

  /// The text of the value, as it was sent.
  public var text: ArraySlice<UInt8> { storage[start..<end] }

  // MARK: Strings and numbers

  public var string: String? { withStringBytes { String(decoding: $0, as: UTF8.self) } }

  /// Calls `body` with the bytes that the string spells, UTF-8; `nil` where the value is no string.
  public func withStringBytes<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R? {
    guard kind == .string else { return nil }
    return storage.withUnsafeBufferPointer { whole in
      let content = UnsafeBufferPointer(rebasing: whole[start + 1..<end - 1])
      guard content.contains(UInt8(ascii: "\\")) else { return body(content) }
      return JSONReader.unescaped(content).withUnsafeBufferPointer(body)
    }
  }

  /// A number without fraction and exponent that fits.
  public var unsignedInteger: UInt64? { kind == .number ? UInt64(numberText) : nil }

  /// A number without fraction and exponent that fits.
  public var integer: Int64? { kind == .number ? Int64(numberText) : nil }

  /// A number; `nil` also where it is too large for the type.
  public var double: Double? {
    guard kind == .number, let value = Double(numberText), value.isFinite else { return nil }
    return value
  }

  private var numberText: String { String(decoding: text, as: UTF8.self) }

  // MARK: Containers

  /// The elements of an array.
  public var elements: [JSONValue]? { elements(atMost: .max) }

  /// The first `limit` elements of an array. Two bytes of text can be an element, and an element takes many more here:
  /// whoever reads what a stranger sent says how many there can be.
  public func elements(atMost limit: Int) -> [JSONValue]? {
    guard kind == .array else { return nil }
    var elements: [JSONValue] = []
    walk { (reader) throws(JSONError) in
      try reader.beginArray()
      while elements.count < limit, try reader.nextElement() {
        elements.append(JSONValue(storage: storage, checked: try reader.skipValue()))
      }
    }
    return elements
  }

  /// Calls `body` with each element of an array; does nothing for a value of another kind.
  public func forEachElement<E: Error>(_ body: (JSONValue) throws(E) -> Void) throws(E) {
    guard kind == .array else { return }
    var failure: E?
    walk { (reader) throws(JSONError) in
      try reader.beginArray()
      while failure == nil, try reader.nextElement() {
        let element = JSONValue(storage: storage, checked: try reader.skipValue())
        do throws(E) { try body(element) } catch { failure = error }
      }
    }
    if let failure { throw failure }
  }

  /// The member of an object, the last one where the name occurs again.
  public subscript(name: StaticString) -> JSONValue? {
    guard kind == .object else { return nil }
    var found: JSONValue?
    walk { (reader) throws(JSONError) in
      try reader.beginObject()
      while let key = try reader.nextKey() {
        let range = try reader.skipValue()
        if reader.equals(key, name) { found = JSONValue(storage: storage, checked: range) }
      }
    }
    return found
  }

  /// The members of an object in the order of the text.
  public var members: [(name: String, value: JSONValue)]? {
    guard kind == .object else { return nil }
    var members: [(String, JSONValue)] = []
    forEachMember { members.append(($0, $1)) }
    return members
  }

  /// Calls `body` with each member of an object; does nothing for a value of another kind.
  public func forEachMember<E: Error>(_ body: (String, JSONValue) throws(E) -> Void) throws(E) {
    guard kind == .object else { return }
    var failure: E?
    walk { (reader) throws(JSONError) in
      try reader.beginObject()
      while failure == nil, let key = try reader.nextKey() {
        let value = JSONValue(storage: storage, checked: try reader.skipValue())
        do throws(E) { try body(reader.string(of: key), value) } catch { failure = error }
      }
    }
    if let failure { throw failure }
  }

  /// Reads the value again. It was checked before, so that an error can only be a wrong claim in `init(storage:checked:)`
  /// and ends the walk.
  private func walk(_ body: (inout JSONReader) throws(JSONError) -> Void) {
    storage.withUnsafeBufferPointer { text in
      var reader = JSONReader(UnsafeBufferPointer(rebasing: text[..<end]), from: start, maxDepth: .max)
      do { try body(&reader) } catch { assertionFailure("\(error)") }
    }
  }
}

extension [UInt8] {
  /// Calls `body` with a reader at the start of the bytes.
  @inlinable
  public func withReader<R>(
    maxDepth: Int = JSONReader.defaultMaxDepth, _ body: (inout JSONReader) throws(JSONError) -> R
  ) throws(JSONError) -> R {
    try withUnsafeBufferPointer { (text) throws(JSONError) -> R in
      var reader = JSONReader(text, maxDepth: maxDepth)
      return try body(&reader)
    }
  }
}
