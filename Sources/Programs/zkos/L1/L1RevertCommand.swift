import ArgumentParser
import Batches
import Concurrency
import Cryptography
import JSONRPC
import L1Client
import L1Settlement
import NIOPosix
import Primitives

/// `zkos l1 revert`: takes committed batches back on L1.
struct L1RevertCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revert", abstract: "Take committed batches back on L1; a node commits them again by itself.",
    discussion: """
      Waits for the transaction and asks L1 again what it has. Where it has no such batches nothing is done. Executed \
      batches stay for ever.
      """)

  @Argument(help: "The last batch that stays.")
  var last: UInt64

  @Option(help: "The L1.")
  var rpc = "http://127.0.0.1:8545"

  @Option(help: "Key of a validator: by default the operator's default key.")
  var privateKey = "0xc9ee945b2f6d4c462a743f5af3904a4ee78aec0218f1f4f3c53d0bfbf809b520"

  @Option(name: .customLong("l2-chain-id"), help: "Chain id of the chain that settles there.")
  var l2ChainID: UInt64 = 270

  @Option(help: "Address of the bridgehub.")
  var bridgehub = "0x4b37536b9824c4a4cf3d15362135e346adb7cb9c"

  @Option(help: "Seconds to wait for the transaction.")
  var patience: UInt64 = 120

  func run() async throws {
    guard let key = Secp256k1.PrivateKey(hex: privateKey) else { throw ValidationError("--private-key is no key") }
    guard let bridgehub = Address(hex: bridgehub) else { throw ValidationError("--bridgehub is no address") }
    guard let endpoint = RPCEndpoint(rpc) else { throw ValidationError("--rpc is no URL of an L1") }
    let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let transport = NetworkTransport(on: loop.next()) { [endpoint] }
    let chain = L1Chain.Key(
      l2ChainID: l2ChainID, bridgehub: bridgehub, storedBatchZero: StoredBatchInfo.ofEmptyChain.hash)
    let end = MonotonicClock.nanoseconds + Duration.seconds(Int64(clamping: patience)).nanoseconds
    let result: Result<(Bytes32?, BatchTotals), BatchReversal.Failure>
    do throws(BatchReversal.Failure) {
      let reversal = try await BatchReversal(L1Client(transport), key, chain: chain)
      let transaction = try await reversal.run(keeping: last) {
        try? await Task.sleep(for: .milliseconds(200))
        return MonotonicClock.nanoseconds < end
      }
      result = .success((transaction, try await reversal.totals()))
    } catch {
      result = .failure(error)
    }
    await transport.shutdown()
    try await loop.shutdownGracefully()
    switch result {
    case .success(let (transaction, totals)):
      print(transaction.map { "reverted in transaction \($0)" } ?? "nothing to revert")
      print("L1 has \(totals.committed) committed, \(totals.proved) proved and \(totals.executed) executed batches")
    case .failure(let failure): throw ValidationError("\(failure)")
    }
  }
}
