import NodeOptions

/// Completions of the node's options for shells.
enum Completions {
  private static let flags = [
    ("profile", "the set of defaults"), ("config-file", "a YAML file of settings"),
    ("repair", "make damaged stores again"),
    ("quiet", "log warnings only"), ("print-config", "print the configuration that would count"),
    ("diff", "with --print-config, what is not as by default"), ("version", "print the version"),
    ("help", "print every option"),
  ]

  private static func all() throws(ConfigurationError) -> [(name: String, help: String)] {
    flags.map { (name: $0.0, help: $0.1) } + (try NodeConfiguration.options().map { ($0.argumentName, $0.help) })
  }

  private static var profiles: String { Profile.allCases.map(\.rawValue).joined(separator: " ") }

  static func bash() throws -> String {
    """
    # Completions of sequencer for bash.
    _sequencer() {
      local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
      case $before in
        --profile) COMPREPLY=($(compgen -W "\(profiles)" -- "$word")) ;;
        --config-file) COMPREPLY=($(compgen -f -- "$word")) ;;
        *) COMPREPLY=($(compgen -W "\(try all().map { "--" + $0.name }.joined(separator: " "))" -- "$word")) ;;
      esac
    }
    complete -F _sequencer sequencer

    """
  }

  static func zsh() throws -> String {
    var lines = ["#compdef sequencer", "_arguments \\"]
    for (name, help) in try all() {
      let text = help.map { "[]:'\\".contains($0) ? " " : String($0) }.joined()
      let value =
        switch name {
        case "profile": ":profile:(\(profiles))"
        case "config-file": ":file:_files"
        case _ where flags.contains { $0.0 == name }: ""
        default: ":value:"
        }
      lines.append("  '\(name == "config-file" ? "*" : "")--\(name)[\(text)]\(value)' \\")
    }
    return lines.joined(separator: "\n").dropLast(2) + "\n"
  }

  static func fish() throws -> String {
    try all().map { name, help in
      let text = help.map { "'\\".contains($0) ? " " : String($0) }.joined()
      let value =
        switch name {
        case "profile": " -x -a '\(profiles)'"
        case "config-file": " -r -F"
        case _ where flags.contains { $0.0 == name }: " -f"
        default: " -x"
        }
      return "complete -c sequencer -l \(name)\(value) -d '\(text)'\n"
    }.joined()
  }
}
