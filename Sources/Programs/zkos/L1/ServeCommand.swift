import ArgumentParser
import Dispatch
import Glibc
import L1Contracts
import Logging
import Node
import Primitives
import Telemetry

/// `zkos l1 serve`, and `anvil` where the program is called by that name: a development L1 as a program of its own, with
/// anvil's options and start-up lines, so that whoever starts anvil can start it.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Run a development L1, with the options of anvil.",
    discussion: """
      JSON-RPC over HTTP and WebSocket on one port, with the development methods of anvil. A link named anvil that leads to \
      this program makes it begin as anvil does: without the contracts of ZKsync, and with the chain id 31337.
      """, version: Version.current)

  @OptionGroup(title: "Server") var server: ServerOptions
  @OptionGroup(title: "Accounts") var wallet: AccountOptions
  @OptionGroup(title: "Chain") var chain: ChainOptions
  @OptionGroup(title: "Mining") var mining: MiningOptions
  @OptionGroup(title: "State") var state: StateOptions

  /// Whether the program was called by the name of anvil.
  static var isCalledAnvil: Bool { CommandLine.arguments.first?.split(separator: "/").last == "anvil" }

  /// Whether the chain begins with the contracts of ZKsync: not where it begins with somebody's dump.
  var hasContracts: Bool { chain.contracts ?? (!Self.isCalledAnvil && state.dumpToLoad == nil) }

  /// The entrance to the contracts, where the chain has those of ours.
  var bridgehub: Address? { hasContracts ? L1Genesis.bridgehub : nil }

  var chainID: UInt64 { chain.chainID ?? (hasContracts ? 9 : 31_337) }

  func validate() throws {
    _ = try server.addresses()
    _ = try mining.mode()
    try chain.check()
    try wallet.check()
    try state.check()
  }

  func run() async throws {
    let isSilent = server.silent
    LoggingSystem.bootstrap { label in
      LogDirectives(directives: isSilent ? "off" : "warning").makeHandler(label: label, format: .text)
    }
    do {
      let l1 = try StandaloneL1(self)
      let (signals, continuation) = AsyncStream<Void>.makeStream()
      let interruption = Interruption { _ in continuation.yield() }
      defer { interruption.cancel() }
      if !isSilent { l1.report(to: Terminal()) }
      try await l1.start()
      if !isSilent { LineLogHandler.writeToStandardOutput(Array(startLines(l1.endpoints).utf8)) }
      for await _ in signals { break }
      try await l1.end()
    } catch {
      let line = Array("\(Self.isCalledAnvil ? "anvil" : "zkos l1 serve"): \(error)\n".utf8)
      line.withUnsafeBytes { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
      throw ExitCode.failure
    }
  }
}
