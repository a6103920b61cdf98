import Concurrency
import DevelopmentL1
import Ethereum
import Files
import L1Contracts
import Logging
import NodeOptions
import Primitives
import Telemetry

/// The L1 that a node runs beside its own chain, with the contracts of that chain.
struct EmbeddedL1 {
  /// Wei that each of the well-known accounts begins with.
  static let balance = UInt256(10_000) &* 1_000_000_000_000_000_000

  let chain: DevelopmentL1
  let server: L1Server
  /// The entrance to the contracts; `nil` where the L1 came from a dump, whose contracts only its owner knows.
  let bridgehub: Address?

  /// Opens the chain, or begins it.
  ///
  /// - Parameter storedBatchZero: the hash of the batch before the first, as the contracts are to know it.
  init(_ configuration: NodeConfiguration, storedBatchZero: Bytes32, clock: TimeSource) throws {
    let options = configuration.developmentL1
    let log = Logger(label: "l1")
    let databasePath = configuration.sequencer.databasePath
    let directory = options.state == .disk ? databasePath + "/l1" : nil
    let instance = directory == nil ? nil : try ChainInstance.ofDatabase(at: databasePath)
    // What L1's clients do is not mixed into the node's own counts.
    let registry = MetricsRegistry()
    let dump = options.loadState.isEmpty ? nil : options.loadState
    let l2ChainID = configuration.rpc.chainID
    var begins = false
    chain = try DevelopmentL1(
      DevelopmentL1.Options(options, directory: directory), instance: instance, time: clock, registry: registry,
      log: log
    ) { () throws(ChainError) in
      begins = true
      if dump != nil { return Genesis(accounts: DevelopmentAccount.wellKnown, balance: Self.balance) }
      return try .contracts(l1ChainID: options.chainID, l2ChainID: l2ChainID, storedBatchZero: storedBatchZero)
    }
    if let instance, let directory, chain.chain.identity.instance != instance {
      chain.chain.close()
      throw StartError.foreignL1(
        path: directory, instance: chain.chain.identity.instance, database: databasePath, expected: instance)
    }
    if begins, let dump { try chain.chain.begin(withDumpAt: dump) { log.warning("\($0)") } }
    bridgehub = dump == nil ? L1Genesis.bridgehub : nil
    server = L1Server(
      methods: chain.methods, on: L1Server.Address.named(options.address.host), port: options.address.port,
      registry: registry, log: log)
  }
}

extension EmbeddedL1 {
  /// Tells whoever looks on of blocks and refused transactions.
  func report(to terminal: Terminal) {
    chain.chain.onBlock {
      terminal.block(
        "L1", number: $0.number, hash: $0.hash.description, transactions: $0.transactions, gas: $0.gasUsed)
    }
    chain.chain.onRefusedTransaction { terminal.refusal("L1", transaction: $0.description, reason: $1) }
  }
}

extension DevelopmentL1.Options {
  init(_ options: NodeConfiguration.DevelopmentL1, directory: String?) {
    self.init()
    accounts = DevelopmentAccount.wellKnown
    mining = options.blockTime == .zero ? .automatic : .mixed(options.blockTime)
    chain.chainID = options.chainID
    chain.slotsInAnEpoch = options.slotsInAnEpoch
    chain.directory = directory
    switch options.hardfork {
    case .cancun: chain.hardfork = .cancun
    case .prague: chain.hardfork = .prague
    }
  }
}

/// The identity that the databases of a node and its development L1 share: a random number, drawn with the first of them.
enum ChainInstance {
  /// The identity of the databases below a folder; drawn and made durable where there is none yet.
  static func ofDatabase(at folder: String) throws(StartError) -> Bytes32 {
    let path = folder + "/instance"
    do throws(FileError) {
      if !Files.exists(path) {
        let text = Array("\(ChainIdentity.newInstance())\n".utf8)
        try Files.replace(path) { (write) throws(FileError) in
          try text.withUnsafeBufferPointer { (text) throws(FileError) in try write(UnsafeRawBufferPointer(text)) }
        }
      }
      let text = String(decoding: try Files.read(path), as: UTF8.self)
      if let instance = Bytes32(hex: text.filter { !$0.isWhitespace }) { return instance }
    } catch {
      throw .cannotRead(path: path, reason: error.reason)
    }
    throw .cannotRead(
      path: path, reason: "it does not hold 32 bytes in hexadecimal digits: restore it, or remove it with the folder l1"
    )
  }
}
