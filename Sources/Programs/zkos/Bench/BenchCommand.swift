import ArgumentParser

/// `zkos bench`: what the parts cost, as ratios within one run.
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure the parts.",
    subcommands: [
      CryptographyBench.self, EVMBench.self, StateTransitionBench.self, PrecompileBench.self, ServeBench.self,
      TreeBench.self, GuestBench.self, FRIProofBench.self,
      ProverInputBench.self, SettlementBench.self, RPCBench.self, LogBench.self,
    ])
}
