import CYaml
import Files

/// A configuration file: one YAML mapping of options to scalars, or to lists where an option takes several values.
///
/// What YAML allows besides (nested mappings, anchors, several documents, the same name twice) has no meaning for
/// options, and is refused with its line: a value that the node passed over would be a setting that does not hold.
struct OptionFile {
  /// The texts of the values by the names of options, in the order of the file.
  private(set) var values: [(name: String, text: String)] = []

  /// Files of settings are some kilobytes.
  private static let mostBytes = 1 << 20

  /// - Parameter options: by their names and aliases.
  init(path: String, options: [String: OptionDescription]) throws(ConfigurationError) {
    guard Files.size(path) <= Self.mostBytes else {
      throw .unreadableFile(path: path, reason: "more than \(Self.mostBytes) bytes")
    }
    let bytes: [UInt8]
    do throws(FileError) { bytes = try Files.read(path) } catch {
      throw .unreadableFile(path: path, reason: error.reason)
    }
    try self.init(bytes: bytes, path: path, options: options)
  }

  init(bytes: [UInt8], path: String, options: [String: OptionDescription]) throws(ConfigurationError) {
    var events = YAMLEvents(bytes: bytes, path: path)
    guard try events.next().kind == .streamStart, try events.next().kind != .streamEnd else { return }
    let root = try events.next()
    switch root.kind {
    case .mappingStart: try readOptions(&events, path, options)
    case .scalar(let text) where YAMLEvents.isNull(text, root): break
    default: throw events.refusal(root, "the file is no list of options, each \"name: value\"")
    }
    let end = try events.next()
    let last = try events.next()
    guard end.kind == .documentEnd, last.kind == .streamEnd else {
      throw events.refusal(last, "a second document begins")
    }
  }

  private mutating func readOptions(
    _ events: inout YAMLEvents, _ path: String, _ options: [String: OptionDescription]
  ) throws(ConfigurationError) {
    var seen: Set<String> = []
    while true {
      let key = try events.next()
      guard key.kind != .mappingEnd else { return }
      guard case .scalar(let name) = key.kind else { throw events.refusal(key, "a name is no plain text") }
      guard let option = options[name] else { throw ConfigurationSource.unknown(name, place: path) }
      guard seen.insert(name).inserted else { throw events.refusal(key, "\(name) is there twice") }
      values.append((name, try Self.text(&events, name, option)))
    }
  }

  private static func text(
    _ events: inout YAMLEvents, _ name: String, _ option: OptionDescription
  ) throws(ConfigurationError) -> String {
    let value = try events.next()
    switch value.kind {
    case .scalar(let text):
      guard !YAMLEvents.isNull(text, value) else {
        throw events.refusal(value, "\(name) has no value; an empty text is \"\"")
      }
      return text
    case .sequenceStart:
      guard option.isList else { throw events.refusal(value, "\(name) takes one value, not a list") }
      var items: [String] = []
      while true {
        let item = try events.next()
        if item.kind == .sequenceEnd { return items.joined(separator: ",") }
        guard case .scalar(let text) = item.kind else {
          throw events.refusal(item, "an item of \(name) is no plain value")
        }
        items.append(text)
      }
    case .mappingStart: throw events.refusal(value, "\(name) takes a value, not names with values of their own")
    default: throw events.refusal(value, "\(name) refers to a value elsewhere; write it here")
    }
  }
}

/// The events of libyaml's parser, one after the other.
private struct YAMLEvents: ~Copyable {
  enum Kind: Equatable {
    case streamStart, streamEnd, documentStart, documentEnd, mappingStart, mappingEnd, sequenceStart, sequenceEnd, alias
    case scalar(String)
  }

  struct Event {
    let kind: Kind
    /// From 1 on.
    let line: Int
    /// Whether a scalar stands without quotes.
    let isPlain: Bool
  }

  private let path: String
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  /// libyaml does not copy its input.
  private let input: UnsafeMutableBufferPointer<UInt8>
  private var isUsable: Bool

  init(bytes: [UInt8], path: String) {
    self.path = path
    parser = .allocate(capacity: 1)
    input = .allocate(capacity: max(bytes.count, 1))
    _ = input.initialize(from: bytes)
    isUsable = yaml_parser_initialize(parser) == 1
    if isUsable { yaml_parser_set_input_string(parser, input.baseAddress, bytes.count) }
  }

  deinit {
    if isUsable { yaml_parser_delete(parser) }
    parser.deallocate()
    input.deallocate()
  }

  mutating func next() throws(ConfigurationError) -> Event {
    guard isUsable else { throw .unreadableFile(path: path, reason: "no memory for its parser") }
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else {
      let problem = parser.pointee.problem.map { String(cString: $0) } ?? "no YAML"
      throw .unreadableFile(path: path, reason: "line \(parser.pointee.problem_mark.line + 1): \(problem)")
    }
    defer { yaml_event_delete(&event) }
    var isPlain = false
    let kind: Kind
    switch event.type {
    case YAML_STREAM_START_EVENT: kind = .streamStart
    case YAML_DOCUMENT_START_EVENT: kind = .documentStart
    case YAML_DOCUMENT_END_EVENT: kind = .documentEnd
    case YAML_MAPPING_START_EVENT: kind = .mappingStart
    case YAML_MAPPING_END_EVENT: kind = .mappingEnd
    case YAML_SEQUENCE_START_EVENT: kind = .sequenceStart
    case YAML_SEQUENCE_END_EVENT: kind = .sequenceEnd
    case YAML_ALIAS_EVENT: kind = .alias
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
      kind = .scalar(String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self))
    default: kind = .streamEnd
    }
    return Event(kind: kind, line: Int(event.start_mark.line) + 1, isPlain: isPlain)
  }

  /// Whether a scalar is YAML's word for nothing.
  static func isNull(_ text: String, _ event: Event) -> Bool {
    event.isPlain && ["", "~", "null", "Null", "NULL"].contains(text)
  }

  func refusal(_ event: Event, _ reason: String) -> ConfigurationError {
    .unreadableFile(path: path, reason: "line \(event.line): \(reason)")
  }
}
