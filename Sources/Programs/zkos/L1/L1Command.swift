import ArgumentParser

/// `zkos l1`: the chain that another one settles on.
struct L1Command: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "l1",
    abstract: "Run an L1 for development, make one ready for a chain, or see to what a node settles there.",
    subcommands: [
      ServeCommand.self, L1DeployCommand.self, WithdrawalHelperCommand.self, L1StatusCommand.self, L1RetryCommand.self,
      L1RevertCommand.self,
    ])
}
