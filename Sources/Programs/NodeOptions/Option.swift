/// One setting of the node: its name, its default as an operator would write it, and the form that its values have.
///
/// The same name serves everywhere: `RPC_ADDRESS` or `rpc_address` in the environment, `rpc_address: …` in the file,
/// `--rpc-address …` on the command line.
public struct Option<Value: Sendable>: Sendable {
  public let name: String
  public let defaultText: String
  public let help: String
  let form: OptionForm<Value>

  init(_ name: String, default defaultText: String, _ form: OptionForm<Value>, _ help: String) {
    self.name = name
    self.defaultText = defaultText
    self.form = form
    self.help = help
  }
}

/// What the list of all options needs to know of one, whatever the type of its values.
public struct OptionDescription: Sendable {
  public let name: String
  public let defaultText: String
  public let help: String
  /// Further names under which a value may be given: durations with their unit in the name.
  let aliases: [String]

  init(_ option: Option<some Sendable>) {
    name = option.name
    defaultText = option.defaultText
    help = option.help
    aliases = option.form.unitSuffixes.map { option.name + "_" + $0 }
  }
}
