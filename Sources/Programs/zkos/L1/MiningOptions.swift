import ArgumentParser
import DevelopmentL1

/// When blocks are made.
struct MiningOptions: ParsableArguments {
  @Option(
    name: [.customShort("b"), .customLong("block-time"), .customLong("blockTime")],
    help: "Seconds between two blocks. (default: a block for each transaction)")
  var blockTime: Double?

  @Flag(
    name: [.customLong("no-mining"), .customLong("no-mine")], help: "Make blocks only when somebody asks for them.")
  var noMining = false

  @Flag(help: "Make a block for each transaction, and one after each block time.")
  var mixedMining = false

  @Option(help: "The order of transactions in a block: fees.")
  var order = "fees"

  func mode() throws -> MiningMode {
    guard order == "fees" else { throw ValidationError("--order \(order) is not supported: there is fees") }
    if noMining {
      guard blockTime == nil, !mixedMining else {
        throw ValidationError("--no-mining goes neither with --block-time nor with --mixed-mining")
      }
      return .manual
    }
    guard let blockTime else {
      guard !mixedMining else { throw ValidationError("--mixed-mining needs --block-time") }
      return .automatic
    }
    guard blockTime >= 0.001, blockTime <= 1e9 else {
      throw ValidationError("--block-time must be between 0.001 and 1e9 seconds")
    }
    return mixedMining ? .mixed(.seconds(blockTime)) : .interval(.seconds(blockTime))
  }
}
