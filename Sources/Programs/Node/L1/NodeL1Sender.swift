import Archive
import Chain
import ChainStorage
import Concurrency
import Cryptography
import JSONRPC
import L1Client
import L1Settlement
import Logging
import NIOCore
import NodeOptions
import Primitives
import ProverService
import Telemetry

/// Settling as a part of the node: the way to L1, the store, and what holds block production back.
final class NodeL1Sender: Service {
  let sender: L1Sender
  let store: SettlementStore
  private let transport: NetworkTransport
  private let hold: SettlementHold

  /// `nil` where nothing is settled; the log says why.
  ///
  /// - Parameters:
  ///   - l1: the L1 in the process, where there is one.
  ///   - archive: what has to have the blocks of a batch before it goes to L1, if anything.
  static func make(
    _ configuration: NodeConfiguration, l1: EmbeddedL1?, jobs: ProofJobs?, storage: ChainStorage, stream: BlockStream,
    archive: ArchiveService?, registry: MetricsRegistry, time: TimeSource, on loop: any EventLoop
  ) throws -> NodeL1Sender? {
    guard let jobs else { return nil }
    let log = Logger(label: "l1_sender")
    let options: SettlerOptions
    switch Self.options(configuration, l1) {
    case .on(let chosen): options = chosen
    case .off(let reason):
      log.error("failed to start L1 sender; proceeding without it", metadata: ["reason": "\(reason)"])
      return nil
    }
    return try NodeL1Sender(
      configuration, options, l1: l1, jobs: jobs, storage: storage, stream: stream, archive: archive,
      registry: registry, time: time, on: loop, log: log)
  }

  private init(
    _ configuration: NodeConfiguration, _ options: SettlerOptions, l1: EmbeddedL1?, jobs: ProofJobs,
    storage: ChainStorage, stream: BlockStream, archive: ArchiveService?, registry: MetricsRegistry, time: TimeSource,
    on loop: any EventLoop, log: Logger
  ) throws {
    let section = configuration.l1Sender
    var network = NetworkTransport.Options()
    network.timeout = configuration.l1Watcher.callTimeout
    let certificates = configuration.l1Watcher.trustedCertificates
    network.certificates = certificates.isEmpty ? nil : certificates
    transport = NetworkTransport(
      network, time: time, metrics: L1CallMetrics(registry, part: "sender"), on: loop
    ) {
      if let l1, section.isDefault { return l1.endpoints }
      return section.endpoints
    }
    let path = configuration.sequencer.databasePath
    let hold = SettlementHold(stream, limit: section.maxUnsettledBlocks)
    self.hold = hold
    let retry = RetryRequest(databases: path)
    let store = try SettlementStore(path: path + "/l1_sender")
    self.store = store
    let sender = try L1Sender(
      client: L1Client(transport),
      source: ProofStoreBatches(proofs: jobs.store, blocks: storage.blocks, archive: archive),
      store: store, options: options, registry: registry, time: time,
      takesRetry: { retry.take() }, settled: { hold.settled(through: $0) }, log: log)
    self.sender = sender
    jobs.onChange { [weak sender] in sender?.wake() }
    archive?.onProgress { [weak sender] in sender?.wake() }
    l1?.chain.chain.onBlock { [weak sender] _ in sender?.wake() }
  }

  private enum Choice {
    case on(SettlerOptions)
    case off(String)
  }

  /// What the operator's options mean. Keys are not shown, neither good nor bad ones.
  private static func options(_ configuration: NodeConfiguration, _ l1: EmbeddedL1?) -> Choice {
    let section = configuration.l1Sender
    let usesEmbedded = l1 != nil && section.isDefault
    guard usesEmbedded || !section.endpoints.isEmpty else { return .off("l1_sender_l1_api_url is empty") }
    guard section.commandLimit > 0 else { return .off("l1_sender_command_limit is 0") }
    guard let key = Secp256k1.PrivateKey(hex: section.operatorKey) else {
      return .off("l1_sender_operator_private_key is no key")
    }
    let isDefaultChain = section.chainID == 270
    var options = SettlerOptions(
      bridgehub: usesEmbedded ? l1?.bridgehub ?? section.bridgehub : section.bridgehub,
      chainID: usesEmbedded && isDefaultChain ? configuration.rpc.chainID : section.chainID, operatorKey: key)
    for (name, text, path) in [
      ("prove", section.proveKey, \SettlerOptions.proveKey), ("execute", section.executeKey, \.executeKey),
    ] where !text.isEmpty {
      guard let key = Secp256k1.PrivateKey(hex: text) else { return .off("l1_sender_\(name)_private_key is no key") }
      options[keyPath: path] = key
    }
    options.commandLimit = section.commandLimit
    options.maxFeePerGas = UInt256(section.maxFeePerGas) * UInt256(1_000_000_000)
    options.maxTipPerGas = UInt256(section.maxPriorityFeePerGas) * UInt256(1_000_000_000)
    options.confirmations = section.confirmations
    options.proving = section.proving == .empty ? .empty : .off
    switch section.finality {
    case .auto: options.finality = usesEmbedded ? .executed : .l1Finalized
    case .executed: options.finality = .executed
    case .l1Finalized: options.finality = .l1Finalized
    }
    options.pollInterval = section.pollInterval
    return .on(options)
  }

  // MARK: Service

  var name: String { sender.name }
  func start() { sender.start() }

  func stop() async {
    await sender.stop()
    hold.close()
    await transport.shutdown()
  }

  var health: Health { sender.health }
  var lag: Lag? { sender.lag }
  var stages: [Stage] { sender.stages }
}
