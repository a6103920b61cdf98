import Batches
import DevelopmentL1
import L1Contracts
import Logging
import Node
import Primitives
import Telemetry

/// A development L1 with its port, as `zkos l1 serve` runs it.
final class StandaloneL1: Sendable {
  private let l1: DevelopmentL1
  private let server: L1Server
  private let services = ServiceList()
  private let dumpPath: String?

  /// Opens the chain, and loads the dump that it begins with.
  init(_ command: ServeCommand) throws {
    let log = Logger(label: "l1")
    let options = try DevelopmentL1.Options(command)
    let chainID = options.chain.chainID, l2ChainID = command.chain.l2ChainID
    let registry = MetricsRegistry()
    var begins = false
    l1 = try DevelopmentL1(options, registry: registry, log: log) { () throws(ChainError) in
      begins = true
      var genesis = Genesis(accounts: options.accounts, balance: command.wallet.wei)
      guard command.hasContracts else { return genesis }
      let contracts = try Genesis.contracts(
        l1ChainID: chainID, l2ChainID: l2ChainID, storedBatchZero: StoredBatchInfo.ofEmptyChain.hash)
      genesis.accounts.merge(contracts.accounts) { ours, _ in ours }
      genesis.transactions = contracts.transactions
      return genesis
    }
    if begins, let path = command.state.dumpToLoad { try l1.chain.begin(withDumpAt: path) { log.warning("\($0)") } }
    server = L1Server(
      methods: l1.methods, on: try command.server.addresses(), port: Int(command.server.port), registry: registry,
      log: log)
    services.add(l1)
    services.add(server)
    dumpPath = command.state.dumpPath
  }

  /// The addresses that it listens on.
  var endpoints: [String] { server.endpoints }

  /// Tells of blocks and refused transactions.
  func report(to terminal: Terminal) {
    l1.chain.onBlock {
      terminal.block(
        "L1", number: $0.number, hash: $0.hash.description, transactions: $0.transactions, gas: $0.gasUsed)
    }
    l1.chain.onRefusedTransaction { terminal.refusal("L1", transaction: $0.description, reason: $1) }
  }

  func start() async throws { try await services.start() }

  /// Ends, and then writes the dump that was asked for.
  func end() async throws {
    await services.stop()
    if let dumpPath { try l1.chain.writeDump(to: dumpPath) }
  }
}

extension DevelopmentL1.Options {
  /// What the command line says.
  init(_ command: ServeCommand) throws {
    self.init()
    accounts = command.wallet.all
    mining = try command.mining.mode()
    chain.chainID = command.chainID
    chain.hardfork = try command.chain.rules()
    chain.gasLimit = command.chain.gasLimit
    chain.baseFee = command.chain.baseFee
    chain.timestamp = command.chain.timestamp
    chain.firstBlock = command.chain.number
    chain.slotsInAnEpoch = command.chain.slotsInAnEpoch
    chain.allowsLargeCode = command.chain.disableCodeSizeLimit || (command.chain.codeSizeLimit ?? 0) > 24_576
    chain.directory = command.state.dataDir
  }
}
