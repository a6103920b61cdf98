import HTTP

/// How the text of an option becomes a value.
struct OptionForm<Value: Sendable>: Sendable {
  /// The expected form in words, to follow "is not".
  let expected: String
  /// Endings that may be added to the option's name, each giving the unit of an otherwise plain number.
  let unitSuffixes: [String]
  /// Whether a value is never shown.
  let isSecret: Bool
  /// Whether a text has several values, with commas between them.
  let isList: Bool
  let parse: @Sendable (String) -> Value?

  init(
    _ expected: String, unitSuffixes: [String] = [], isSecret: Bool = false, isList: Bool = false,
    parse: @escaping @Sendable (String) -> Value?
  ) {
    self.expected = expected
    self.unitSuffixes = unitSuffixes
    self.isSecret = isSecret
    self.isList = isList
    self.parse = parse
  }

  /// What `text` stands for as the value of `option`.
  func value(of option: String, from text: String) throws(ConfigurationError) -> Value {
    guard let value = parse(text) else {
      throw .illTyped(option: option, value: isSecret ? "…" : text, expected: expected)
    }
    return value
  }
}

/// Where a server listens: a host name or address, and a TCP port (0 lets the system choose).
public struct Endpoint: Sendable, Equatable, CustomStringConvertible {
  public var host: String
  public var port: Int

  public init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  public var description: String { "\(host):\(port)" }
}

extension OptionForm<Bool> {
  static var boolean: Self {
    OptionForm("true or false") { text in
      switch text.lowercased() {
      case "true", "1": true
      case "false", "0": false
      default: nil
      }
    }
  }
}

extension OptionForm<Int> {
  static func integer(_ range: ClosedRange<Int>) -> Self {
    OptionForm("a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
      guard let value = Int(text), range.contains(value) else { return nil }
      return value
    }
  }
}

extension OptionForm<UInt64> {
  static func unsigned(_ range: ClosedRange<UInt64>) -> Self {
    OptionForm("a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
      guard let value = UInt64(text), range.contains(value) else { return nil }
      return value
    }
  }
}

extension OptionForm<String> {
  /// A path, or nothing at all.
  static var optionalPath: Self { OptionForm("a path") { $0 } }
  /// Anything, or nothing at all.
  static var text: Self { OptionForm("a text") { $0 } }
  /// The same, and never shown.
  static var secret: Self { OptionForm("a text", isSecret: true) { $0 } }
  static var path: Self { OptionForm("a path") { $0.isEmpty ? nil : $0 } }
}

extension OptionForm<[String]> {
  /// Words with commas between them, or nothing.
  static var list: Self {
    OptionForm("a list of words, separated by commas") { text in
      text.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init)
    }
  }

  /// The same where large and small letters are the same.
  static var lowercaseList: Self {
    OptionForm(list.expected) { list.parse($0.lowercased()) }
  }
}

extension OptionForm<[IPAddressRange]> {
  /// Addresses and networks with commas between them, or nothing.
  static var addresses: Self {
    OptionForm("a list of addresses and networks such as 10.0.0.0/8, separated by commas", isList: true) { text in
      let items = text.split(whereSeparator: { $0 == "," || $0 == " " })
      let ranges = items.compactMap { IPAddressRange(String($0)) }
      return ranges.count == items.count ? ranges : nil
    }
  }
}

extension OptionForm<Endpoint> {
  /// `host:port`; an IPv6 address stands in brackets.
  static var endpoint: Self {
    OptionForm("an address of the form host:port") { text in
      guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
        return nil
      }
      var host = text[..<colon]
      if host.hasPrefix("["), host.hasSuffix("]") {
        host = host.dropFirst().dropLast()
      } else if host.contains(":") {
        return nil
      }
      return host.isEmpty ? nil : Endpoint(host: String(host), port: Int(port))
    }
  }
}

extension OptionForm where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  /// One of the words of an enumeration.
  static var word: Self {
    OptionForm("one of " + Value.allCases.map(\.rawValue).joined(separator: ", ")) { Value(rawValue: $0.lowercased()) }
  }
}
