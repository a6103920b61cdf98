import ArgumentParser
import Files
import MainnetReplay
import ZKsyncOS

/// `zkos replay-mainnet`: a block of Ethereum through the state transition of ZKsync OS.
struct ReplayMainnetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay-mainnet",
    abstract: "Replay a block of Ethereum and compare receipts and state.",
    discussion: """
      The folder holds block.json, receipts.json, prestatetrace.json, difftrace.json and calltrace.json, the raw \
      answers of an archive node. Prints a line for each mismatch and a summary.
      """)

  @Argument(help: "The folder of the block.")
  var directory: String

  @Option(help: "The protocol version: v0_0_4 or v0_0_5.")
  var version = "v0_0_4"

  func validate() throws {
    guard ProtocolVersion(name: version) != nil else { throw ValidationError("unknown version \(version)") }
  }

  func run() throws {
    guard let version = ProtocolVersion(name: version) else { throw ExitCode.validationFailure }
    let block = try MainnetBlock { try Files.read(directory + "/" + $0) }
    let report = try MainnetReplay.run(block, version)
    for line in report.mismatches { print(line) }
    print("block \(block.number), \(version.name): \(report.summary)")
    if !report.mismatches.isEmpty { throw ExitCode.failure }
  }
}
