import ArgumentParser
import DevelopmentL1

/// What the chain is made with.
struct ChainOptions: ParsableArguments {
  @Option(
    name: [.customLong("chain-id"), .customLong("chain")],
    help: "What signatures name. (default: 9 with the contracts of ZKsync, 31337 without)")
  var chainID: UInt64?

  @Option(help: "The rules: cancun or prague; latest is prague.")
  var hardfork = "cancun"

  @Option(name: [.customLong("gas-limit"), .customLong("block-gas-limit")], help: "Gas of a block.")
  var gasLimit: UInt64 = 30_000_000

  @Option(
    name: [.customLong("block-base-fee-per-gas"), .customLong("base-fee")], help: "Wei per gas in the first block.")
  var baseFee: UInt64 = 1_000_000_000

  @Option(help: "Time of the first block, in seconds since 1970. (default: now)")
  var timestamp: UInt64?

  @Option(help: "Number of the first block.")
  var number: UInt64 = 0

  @Option(help: "Bytes that the code of a contract may have; more than 24576 is as good as without limit.")
  var codeSizeLimit: UInt64?

  @Flag(help: "Contracts of any size.")
  var disableCodeSizeLimit = false

  @Option(
    name: .customLong("slots-in-an-epoch"), help: "safe is so many blocks behind the head, finalized twice as many.")
  var slotsInAnEpoch: UInt64 = 32

  @Flag(inversion: .prefixedNo, help: "Begin with the contracts of a ZKsync chain.")
  var contracts: Bool?

  @Option(help: "The chain of L2 that the contracts are for.")
  var l2ChainID: UInt64 = 270

  func check() throws {
    _ = try rules()
    guard (21_000...(1 << 40)).contains(gasLimit) else {
      throw ValidationError("--gas-limit must be between 21000 and 2^40")
    }
    guard number <= 1 << 62, timestamp ?? 0 <= 1 << 62 else {
      throw ValidationError("--number and --timestamp are 2^62 at most")
    }
    if let codeSizeLimit, codeSizeLimit < 24_576 {
      throw ValidationError("--code-size-limit must be at least 24576: smaller limits are not supported")
    }
    guard slotsInAnEpoch <= 1 << 32 else { throw ValidationError("--slots-in-an-epoch is too large") }
  }

  func rules() throws -> Hardfork {
    if hardfork.lowercased() == "latest" { return .prague }
    guard let rules = Hardfork(rawValue: hardfork.lowercased()) else {
      throw ValidationError("--hardfork \(hardfork) is not supported: there are cancun and prague")
    }
    return rules
  }
}
