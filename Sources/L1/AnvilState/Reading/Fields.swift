import JSON
import Primitives

/// The members of one object, taken one by one; what nobody took is unknown.
struct Fields {
  private let path: String
  private var members: [String: JSONValue] = [:]

  init(_ value: JSONValue, at path: String) throws(StateDumpError) {
    guard value.kind == .object else { throw .invalid(path: path, expected: "an object") }
    self.path = path
    value.forEachMember { members[$0] = $1 }
  }

  /// Paths of the members that were not taken, in order.
  var unknown: [String] { members.keys.sorted().map { path + "." + $0 } }

  /// Takes the member with the first of the names that is there; `null` is as good as nothing.
  mutating func take(_ names: String...) -> (value: JSONValue, path: String)? { take(any: names) }

  private mutating func take(any names: [String]) -> (value: JSONValue, path: String)? {
    var found: (JSONValue, String)?
    for name in names {
      guard let value = members.removeValue(forKey: name), !value.isNull, found == nil else { continue }
      found = (value, path + "." + name)
    }
    return found
  }

  /// Members whose content does not matter here.
  mutating func ignore(_ names: String...) {
    for name in names { members.removeValue(forKey: name) }
  }

  private mutating func read<Value>(
    _ names: [String], _ expected: String, _ convert: (JSONValue) -> Value?
  ) throws(StateDumpError) -> Value? {
    guard let (value, path) = take(any: names) else { return nil }
    guard let result = convert(value) else { throw .invalid(path: path, expected: expected) }
    return result
  }

  private func missing(_ names: [String]) -> StateDumpError { .missing(path: path + "." + (names.first ?? "")) }

  mutating func optionalNumber(_ names: String...) throws(StateDumpError) -> UInt64? {
    try read(names, "a number below 2^64") { $0.anyNumber.flatMap { UInt64(exactly: $0) } }
  }

  mutating func number(_ names: String...) throws(StateDumpError) -> UInt64 {
    let value = try read(names, "a number below 2^64") { $0.anyNumber.flatMap { UInt64(exactly: $0) } }
    guard let value else { throw missing(names) }
    return value
  }

  mutating func optionalWord(_ names: String...) throws(StateDumpError) -> UInt256? {
    try read(names, "a number below 2^256") { $0.anyNumber }
  }

  mutating func word(_ names: String...) throws(StateDumpError) -> UInt256 {
    let value = try read(names, "a number below 2^256") { $0.anyNumber }
    guard let value else { throw missing(names) }
    return value
  }

  mutating func optionalHash(_ names: String...) throws(StateDumpError) -> Bytes32? {
    try read(names, "0x and 64 digits") { $0.bytes32 }
  }

  mutating func hash(_ names: String...) throws(StateDumpError) -> Bytes32 {
    let value = try read(names, "0x and 64 digits") { $0.bytes32 }
    guard let value else { throw missing(names) }
    return value
  }

  mutating func optionalAddress(_ names: String...) throws(StateDumpError) -> Address? {
    try read(names, "an address") { $0.address }
  }

  mutating func address(_ names: String...) throws(StateDumpError) -> Address {
    let value = try read(names, "an address") { $0.address }
    guard let value else { throw missing(names) }
    return value
  }

  mutating func optionalData(_ names: String...) throws(StateDumpError) -> [UInt8]? {
    try read(names, "0x and pairs of digits") { $0.data }
  }

  mutating func data(_ names: String...) throws(StateDumpError) -> [UInt8] {
    let value = try read(names, "0x and pairs of digits") { $0.data }
    guard let value else { throw missing(names) }
    return value
  }

  /// The elements of an array with the path of each; none where there is no such member.
  mutating func elements(_ names: String...) throws(StateDumpError) -> [(value: JSONValue, path: String)] {
    guard let (value, path) = take(any: names) else { return [] }
    guard let elements = value.elements else { throw .invalid(path: path, expected: "an array") }
    return elements.enumerated().map { ($1, "\(path)[\($0)]") }
  }
}

extension JSONValue {
  /// A number in any of the ways in which dumps write them: a JSON number, `0x` and digits with or without leading zeros,
  /// or decimal digits in a string.
  var anyNumber: UInt256? {
    switch kind {
    case .number: return UInt256(String(decoding: text, as: UTF8.self))
    case .string: return string.flatMap { UInt256(anyNumber: $0) }
    default: return nil
    }
  }
}

extension UInt256 {
  /// `0x` and digits with or without leading zeros, or decimal digits.
  init?(anyNumber text: String) {
    guard text.hasPrefix("0x") || text.hasPrefix("0X") else {
      self.init(text)
      return
    }
    let digits = text.dropFirst(2)
    guard !digits.isEmpty else { return nil }
    let significant = digits.drop { $0 == "0" }
    guard significant.utf8.count <= 64 else { return nil }
    self.init(hex: significant.isEmpty ? "0" : significant)
  }
}
