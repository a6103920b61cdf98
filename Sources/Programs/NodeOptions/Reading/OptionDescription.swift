/// What there is to know of an option besides its value: for help texts, pages, and telling unknown names.
///
/// The same name serves everywhere: `RPC_ADDRESS` or `rpc_address` in the environment, `rpc_address: …` in the file,
/// `--rpc-address …` on the command line.
public struct OptionDescription: Sendable {
  /// As the file names it: lower case with underscores.
  public let name: String
  /// The title of the section that has it.
  public let section: String
  /// As an operator would write it.
  public let defaultText: String
  public let help: String
  /// The form of its values in words, with its bounds: "a whole number from 1 to 64".
  public let form: String
  /// Whether a value is never shown.
  public let isSecret: Bool
  /// Whether it takes several values, in a text with commas between them.
  let isList: Bool
  /// Further names under which a value may be given: durations with their unit in the name.
  let aliases: [String]

  public var environmentName: String { name.uppercased() }

  /// Without the dashes in front.
  public var argumentName: String { String(name.map { $0 == "_" ? "-" : $0 }) }
}
