import AnvilState
import ArgumentParser
import Cryptography
import DevelopmentL1
import Files
import L1Contracts
import Primitives

// The options of `zkos l1 serve`, under the names that anvil has for them.

/// Where the chain is reached.
struct ServerOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "Port of JSON-RPC, HTTP and WebSocket; 0 lets the system choose.")
  var port: UInt16 = 8545

  @Option(help: "Addresses to listen on, with commas between them. (default: 127.0.0.1 and ::1)")
  var host: [String] = []

  @Flag(name: [.customLong("silent"), .customLong("quiet"), .customShort("q")], help: "Print nothing.")
  var silent = false

  func addresses() throws -> [L1Server.Address] {
    let hosts = host.flatMap { $0.split(separator: ",").map(String.init) }
    guard !host.isEmpty else { return L1Server.Address.loopback }
    guard !hosts.isEmpty else { throw ValidationError("--host names no address") }
    return hosts.map { L1Server.Address($0) }
  }
}

/// The accounts whose keys everybody knows.
struct AccountOptions: ParsableArguments {
  static let defaultMnemonic = "test test test test test test test test test test test junk"

  @Option(name: .shortAndLong, help: "How many accounts there are.")
  var accounts: UInt16 = 10

  @Option(help: "Ether that each of them has.")
  var balance: UInt64 = 10_000

  @Option(name: .shortAndLong, help: "The words from which their keys follow.")
  var mnemonic = AccountOptions.defaultMnemonic

  @Option(help: "Path of the keys without the last number (BIP-32).")
  var derivationPath = "m/44'/60'/0'/0/"

  func check() throws {
    guard HDWallet(phrase: mnemonic)?.key(at: derivationPath + "0") != nil else {
      throw ValidationError("--derivation-path '\(derivationPath)' is no path such as m/44'/60'/0'/0/")
    }
  }

  /// The accounts in their order.
  var all: [DevelopmentAccount] {
    guard let wallet = HDWallet(phrase: mnemonic) else { return [] }
    return (0..<accounts).compactMap { wallet.key(at: derivationPath + "\($0)").flatMap { DevelopmentAccount($0) } }
  }

  /// Wei of each.
  var wei: UInt256 { UInt256(balance) &* 1_000_000_000_000_000_000 }
}

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
    guard gasLimit >= 21_000 else { throw ValidationError("--gas-limit must be at least 21000") }
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

/// Where the chain comes from, and where it stays.
struct StateOptions: ParsableArguments {
  @Option(help: "Begin with the state dump in this file: JSON, gzip, or hexadecimal text of it.")
  var loadState: String?

  @Option(help: "Write a state dump to this file at the end.")
  var dumpState: String?

  @Option(help: "Both: begin with the dump in this file if there is one, and write one there at the end.")
  var state: String?

  @Option(help: "Keep the chain in this folder: it goes on there after an end of any kind.")
  var dataDir: String?

  func check() throws {
    guard state == nil || (loadState == nil && dumpState == nil) else {
      throw ValidationError("--state is --load-state and --dump-state in one: give either")
    }
  }

  /// The dump that a chain begins with.
  var dumpToLoad: String? {
    loadState ?? state.flatMap { Files.exists(StateDump.file(at: $0)) ? $0 : nil }
  }

  /// Where to write a dump at the end.
  var dumpPath: String? { dumpState ?? state }
}
