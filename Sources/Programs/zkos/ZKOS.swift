import ArgumentParser

/// The developer's tool: conformance tests, load, benchmarks.
@main
struct ZKOS: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "zkos", abstract: "Tools around the sequencer of ZKsync OS chains.",
    subcommands: [
      StateTestCommand.self, ReplayMainnetCommand.self, GuestCommand.self, DatabaseCommand.self, BatchCommand.self,
      TreeCommand.self,
      ProofCommand.self,
      LoadTestCommand.self, ReferenceCommand.self,
      BenchCommand.self,
    ])
}
