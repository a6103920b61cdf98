/// A configuration as a file that could be given to the node, each value with the place where it comes from.
struct PrintedConfiguration {
  /// What an option has, and why.
  struct Entry {
    let option: OptionDescription
    /// As an operator would write it.
    let text: String
    /// `nil` for the default.
    let place: String?
  }

  let entries: [Entry]

  /// - Parameter onlyChanges: without what is as by default.
  func text(onlyChanges: Bool) -> String {
    var lines: [String] = []
    var section = ""
    for entry in entries where !onlyChanges || entry.text != entry.option.defaultText {
      if entry.option.section != section {
        section = entry.option.section
        if !lines.isEmpty { lines.append("") }
        lines.append("# \(section)")
      }
      let place = entry.place.map { "  # \($0)" } ?? ""
      if entry.option.isSecret, entry.text != entry.option.defaultText {
        // Commented out: a file with it in the place of the secret would be another configuration.
        lines.append("# \(entry.option.name): (hidden)\(place)")
      } else {
        lines.append("\(entry.option.name): \(Self.quoted(entry.text))\(place)")
      }
    }
    return lines.joined(separator: "\n")
  }

  /// A YAML scalar in double quotes.
  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      case "\r": quoted += "\\r"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f:
        let hex = String(scalar.value, radix: 16)
        quoted += "\\x" + (hex.count == 1 ? "0" : "") + hex
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
