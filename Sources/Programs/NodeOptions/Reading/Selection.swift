/// What decides where options are read from, and arguments that stand for options.
struct Selection {
  private(set) var files: [String] = []
  private(set) var profile: Profile?
  /// The arguments that name options.
  private(set) var rest: [String] = []

  /// Files and the profile on the command line take the place of those in the environment.
  init(environment: [String: String], arguments: [String]) throws(ConfigurationError) {
    if let file = try Self.value(of: "CONFIG_FILE", environment) { files = [file] }
    if let name = try Self.value(of: "NODE_PROFILE", environment) { profile = try Self.profile(name) }
    var named: [String] = []
    var arguments = arguments[...]
    while let argument = arguments.popFirst() {
      if let file = try Self.value(of: "config-file", argument, &arguments) {
        named.append(file)
      } else if let name = try Self.value(of: "profile", argument, &arguments) {
        profile = try Self.profile(name)
      } else if argument == "--repair" {
        rest.append("--sequencer-repair=true")
      } else if argument == "--quiet" {
        rest += ["--terminal-output=never", "--log-level=warning"]
      } else {
        rest.append(argument)
      }
    }
    if !named.isEmpty { files = named }
  }

  private static func profile(_ name: String) throws(ConfigurationError) -> Profile {
    guard let known = Profile(rawValue: name) else {
      let names = Profile.allCases.map(\.rawValue).joined(separator: ", ")
      throw .illTyped(option: "profile", value: name, expected: "one of \(names)")
    }
    return known
  }

  private static func value(
    of name: String, _ argument: String, _ rest: inout ArraySlice<String>
  ) throws(ConfigurationError) -> String? {
    if argument.hasPrefix("--\(name)=") { return String(argument.dropFirst(name.count + 3)) }
    guard argument == "--\(name)" else { return nil }
    guard let value = rest.popFirst() else { throw .missingValue(option: name) }
    return value
  }

  private static func value(of name: String, _ environment: [String: String]) throws(ConfigurationError) -> String? {
    let found = environment.keys.filter { $0.uppercased() == name }.sorted()
    if found.count > 1 { throw .ambiguous(option: found[0], other: found[1]) }
    return found.first.flatMap { environment[$0] }
  }
}
