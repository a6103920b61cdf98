import ArgumentParser

/// Called by the name of anvil the program is a development L1, and the developer's tool by any other.
@main
enum Main {
  static func main() async {
    if ServeCommand.isCalledAnvil { await ServeCommand.main() } else { await ZKOS.main() }
  }
}

/// The developer's tool: conformance tests, load, benchmarks.
struct ZKOS: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "zkos", abstract: "Tools around the sequencer of ZKsync OS chains.",
    subcommands: [
      StateTestCommand.self, ReplayMainnetCommand.self, GuestCommand.self, DatabaseCommand.self, ArchiveCommand.self,
      ConfigCommand.self, ChainCommand.self, BatchCommand.self,
      TreeCommand.self,
      ProofCommand.self,
      L1Command.self, LoadTestCommand.self, ReferenceCommand.self,
      BenchCommand.self,
    ])
}
