import ArgumentParser
import Node
import NodeOptions

/// `zkos config`: configurations of a node, without the node.
struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Look at the configuration of a node.", subcommands: [ConfigCheckCommand.self])
}

/// `zkos config check`: whether a node would start with files of settings.
struct ConfigCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check files of settings as the node reads them, and print what they change.",
    discussion: "The environment is left out. Databases, ports and the network are not looked at.")

  @Argument(help: "YAML files; a later one wins over an earlier one.")
  var files: [String]

  @Option(help: "The profile that the node is started with: development or production.")
  var profile: String?

  func run() throws {
    var arguments = files.flatMap { ["--config-file", $0] }
    if let profile { arguments += ["--profile", profile] }
    let configuration = try NodeConfiguration.load(environment: [:], arguments: arguments)
    try Node.check(configuration)
    let changes = configuration.printed(onlyChanges: true)
    print(changes.isEmpty ? "# everything is as by default" : changes)
  }
}
