import L1Client
import L1Contracts
import Primitives
import Synchronization
import Telemetry
import ZKsyncAPI

/// Finds the contracts of the node's chain on L1, for clients that ask where they are.
final class L1ContractFinder: Service {
  /// What was found: it does not change any more.
  struct Found: Sendable {
    let l1ChainID: UInt64
    let contracts: SettlementContracts
  }

  /// Time between two attempts.
  private static let interval = Duration.seconds(1)

  let name = "l1_contracts"
  private let client: L1Client
  private let heads: L1Heads
  private let key: L1Chain.Key
  private let answer = Mutex<Found?>(nil)
  private let loop = Mutex<StepLoop?>(nil)

  init(_ client: L1Client, heads: L1Heads, key: L1Chain.Key) {
    self.client = client
    self.heads = heads
    self.key = key
  }

  /// `nil` until L1 has answered, and where it has no contracts of this chain.
  var found: Found? { answer.withLock { $0 } }

  /// Wei per gas in the newest block of L1 that was seen.
  var gasPrice: UInt256? { heads.view?.head.baseFee }

  func start() {
    let loop = StepLoop { [weak self] in await self?.step() ?? Self.interval }
    self.loop.withLock { $0 = loop }
    loop.start()
  }

  func stop() async { await loop.withLock { $0.take() }?.stop() }

  /// Whoever needs L1 says what it means that it is away.
  var health: Health { .ready }

  private func step() async -> Duration {
    guard found == nil else { return .seconds(3_600) }
    // Until L1 is seen there is nobody to ask.
    guard heads.view != nil, let found = try? await find() else { return Self.interval }
    answer.withLock { $0 = found }
    return .seconds(3_600)
  }

  private func find() async throws -> Found {
    let chain = try await L1Chain.discover(key, on: client)
    let router = try await client.read(BridgehubCall.sharedBridge, at: chain.bridgehub)
    return Found(
      l1ChainID: chain.l1ChainID,
      contracts: SettlementContracts(bridgehub: chain.bridgehub, chain: chain.contract, sharedBridge: router))
  }
}
