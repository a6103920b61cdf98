import Configuration
import SystemPackage
import Yams

/// The places where settings come from. The command line wins over the environment, the environment over the file.
///
/// Names in the environment are matched without regard to case, and unknown ones are ignored, as the environment is
/// shared with others. The file and the command line are ours: an unknown name there is a mistake and stops the start.
struct ConfigurationSource: Sendable {
  private let reader: ConfigReader

  /// - Parameters:
  ///   - arguments: The command line without the program's name: `--name value` or `--name=value`.
  ///   - options: Every option that there is.
  init(
    environment: [String: String], arguments: [String], file: String?, options: [OptionDescription]
  ) async throws(ConfigurationError) {
    let names = Set(options.flatMap { [$0.name] + $0.aliases })
    var providers: [any ConfigProvider] = [
      InMemoryProvider(name: "command line", values: try Self.parse(arguments, names: names)),
      EnvironmentVariablesProvider(
        environmentVariables: Dictionary(
          environment.map { ($0.key.uppercased(), $0.value) }, uniquingKeysWith: { first, _ in first })),
    ]
    if let file { providers.append(try await Self.open(file: file, names: names)) }
    reader = ConfigReader(providers: providers)
  }

  /// The value of the option `name`; `nil` where no place names it.
  func value<Value>(of name: String, _ form: OptionForm<Value>) throws(ConfigurationError) -> Value? {
    let text = reader.string(forKey: ConfigKey([name]))
    for suffix in form.unitSuffixes {
      let alias = name + "_" + suffix
      guard let count = reader.string(forKey: ConfigKey([alias])) else { continue }
      if text != nil { throw .ambiguous(option: name, other: alias) }
      guard let value = form.parse(count + suffix) else {
        throw .illTyped(option: alias, value: count, expected: "a whole number")
      }
      return value
    }
    guard let text else { return nil }
    return try form.value(of: name, from: text)
  }

  private static func parse(
    _ arguments: [String], names: Set<String>
  ) throws(ConfigurationError) -> [AbsoluteConfigKey: ConfigValue] {
    var values: [AbsoluteConfigKey: ConfigValue] = [:]
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("--") else { throw .strayArgument(argument) }
      let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0].map { $0 == "-" ? "_" : $0 })
      guard names.contains(name) else { throw .unknownName(name: String(parts[0]), place: "command line") }
      guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
        throw .missingValue(option: String(parts[0]))
      }
      values[AbsoluteConfigKey([name])] = ConfigValue(.string(value), isSecret: false)
    }
    return values
  }

  private static func open(file: String, names: Set<String>) async throws(ConfigurationError) -> any ConfigProvider {
    let found: [String]
    let provider: any ConfigProvider
    do {
      found = try topLevelNames(of: FilePath(file))
      provider = try await FileProvider<YAMLSnapshot>(filePath: FilePath(file))
    } catch {
      throw .unreadableFile(path: file, reason: String(describing: error))
    }
    if let unknown = found.first(where: { !names.contains($0) }) { throw .unknownName(name: unknown, place: file) }
    return provider
  }

  /// The names that stand at the top level of a YAML file. The configuration library answers look-ups but lists nothing.
  private static func topLevelNames(of path: FilePath) throws -> [String] {
    let text = String(decoding: try path.contents(), as: UTF8.self)
    return try Yams.compose(yaml: text)?.mapping?.keys.map { $0.string ?? "\($0)" } ?? []
  }
}
