import ArgumentParser

/// `zkos l1`: the chain that another one settles on.
struct L1Command: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "l1", abstract: "Run an L1 for development, or make one ready for a chain.",
    subcommands: [ServeCommand.self, L1DeployCommand.self, WithdrawalHelperCommand.self])
}
