/// Why the node did not start: one line that an operator can act upon.
public enum ConfigurationError: Error, Equatable, CustomStringConvertible {
  /// A value that does not parse, with the form that was expected.
  case illTyped(option: String, value: String, expected: String)
  /// A name in the file or on the command line that no option has.
  case unknownName(name: String, place: String)
  /// An option of the reference node that this one does not have.
  case unsupported(name: String, place: String, reason: String)
  /// A command-line argument that is no option.
  case strayArgument(String)
  /// An option on the command line without its value.
  case missingValue(option: String)
  /// The configuration file cannot be read or is not YAML.
  case unreadableFile(path: String, reason: String)
  /// The same option twice in one place: a duration plain and with its unit in the name, or two names in the environment
  /// that differ in case.
  case ambiguous(option: String, other: String)

  public var description: String {
    switch self {
    case .illTyped(let option, let value, let expected): "\(option): \"\(value)\" is not \(expected)"
    case .unknownName(let name, let place): "\(place): there is no option \"\(name)\""
    case .unsupported(let name, let place, let reason): "\(place): \(name) is no option of this node: \(reason)"
    case .strayArgument(let argument): "unexpected argument \"\(argument)\""
    case .missingValue(let option): "--\(option) needs a value"
    case .unreadableFile(let path, let reason): "configuration file \(path): \(reason)"
    case .ambiguous(let option, let other): "\(option) and \(other) are both set"
    }
  }
}
