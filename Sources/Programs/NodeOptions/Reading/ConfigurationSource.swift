/// The places where settings come from. The command line wins over the environment, the environment over the files, a
/// later file over an earlier one, and the profile over the defaults.
///
/// Names in the environment are matched without regard to case, and unknown ones are ignored, as the environment is
/// shared with others. The files and the command line are ours: an unknown name there is a mistake and stops the start.
struct ConfigurationSource: Sendable {
  /// What one place sets, by the names of options and their aliases.
  private struct Layer: Sendable {
    let place: String
    let values: [String: String]
  }

  /// Where a value was found.
  struct Setting: Sendable {
    let text: String
    /// In the words of an operator: "environment", the path of a file.
    let place: String
  }

  /// The strongest first.
  private let layers: [Layer]

  /// - Parameters:
  ///   - arguments: The command line without the program's name: `--name value` or `--name=value`.
  ///   - files: The later ones win.
  ///   - options: Every option that there is.
  init(
    environment: [String: String], arguments: [String], files: [String], profile: Profile?,
    options: [OptionDescription]
  ) throws(ConfigurationError) {
    var byName: [String: OptionDescription] = [:]
    for option in options { for name in [option.name] + option.aliases { byName[name] = option } }
    var layers = [
      Layer(place: "command line", values: try Self.parse(arguments, byName)),
      Layer(place: "environment", values: try Self.parse(environment, byName)),
    ]
    for file in files.reversed() {
      let values = try OptionFile(path: file, options: byName).values
      layers.append(Layer(place: file, values: Dictionary(values.map { ($0.name, $0.text) }) { $1 }))
    }
    if let profile {
      let place = "profile \(profile.rawValue)"
      // An option that has another name by now would no longer be set.
      for name in profile.settings.keys.sorted() where byName[name] == nil { throw Self.unknown(name, place: place) }
      layers.append(Layer(place: place, values: profile.settings))
    }
    self.layers = layers
  }

  /// What counts for the option `name`; `nil` where no place names it.
  func setting<Value>(of name: String, _ form: OptionForm<Value>) throws(ConfigurationError) -> Setting? {
    for layer in layers {
      var found = layer.values[name].map { Setting(text: $0, place: layer.place) }
      for suffix in form.unitSuffixes {
        let alias = name + "_" + suffix
        guard let count = layer.values[alias] else { continue }
        if found != nil { throw .ambiguous(option: name, other: alias) }
        guard form.parse(count + suffix) != nil else {
          throw .illTyped(option: alias, value: count, expected: "a whole number")
        }
        found = Setting(text: count + suffix, place: layer.place)
      }
      if let found { return found }
    }
    return nil
  }

  private static func parse(
    _ arguments: [String], _ options: [String: OptionDescription]
  ) throws(ConfigurationError) -> [String: String] {
    var values: [String: String] = [:]
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("--") else { throw .strayArgument(argument) }
      let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0].map { $0 == "-" ? "_" : $0 })
      guard options[name] != nil else { throw unknown(String(parts[0]), place: "command line") }
      guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
        throw .missingValue(option: String(parts[0]))
      }
      values[name] = value
    }
    return values
  }

  private static func parse(
    _ environment: [String: String], _ options: [String: OptionDescription]
  ) throws(ConfigurationError) -> [String: String] {
    var values: [String: String] = [:]
    var spelling: [String: String] = [:]
    for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
      let lowercased = name.lowercased()
      guard options[lowercased] != nil else { continue }
      if let other = spelling.updateValue(name, forKey: lowercased) { throw .ambiguous(option: other, other: name) }
      values[lowercased] = value
    }
    return values
  }

  /// An option that there is not, with what became of it where the reference node has it.
  static func unknown(_ name: String, place: String) -> ConfigurationError {
    if let reason = ReferenceOptions.unsupported(String(name.map { $0 == "-" ? "_" : $0 })) {
      return .unsupported(name: name, place: place, reason: reason)
    }
    return .unknownName(name: name, place: place)
  }
}
