import Cryptography
import L1Client
import L1Contracts
import Primitives
import Transactions

/// Takes committed batches back on L1, as an operator asks for it. The node commits them again by itself.
package struct BatchReversal: Sendable {
  package enum Failure: Error, Sendable, CustomStringConvertible {
    case discovery(L1DiscoveryError)
    case l1(L1Error)
    case executed(UInt64)
    case badKey
    /// The transaction is in no block yet.
    case waits(Bytes32)
    case refused(Bytes32)

    package var description: String {
      switch self {
      case .discovery(let error): "\(error)"
      case .l1(let error): "\(error)"
      case .executed(let last): "batches up to \(last) are executed and stay for ever"
      case .badKey: "the key signs nothing"
      case .waits(let hash): "transaction \(hash) is sent and in no block yet: nothing is certain, run this again later"
      case .refused(let hash): "L1 has refused transaction \(hash) in a block"
      }
    }
  }

  private let client: L1Client
  private let chain: L1Chain
  private let key: Secp256k1.PrivateKey

  /// Finds the contracts.
  package init(_ client: L1Client, _ key: Secp256k1.PrivateKey, chain: L1Chain.Key) async throws(Failure) {
    self.client = client
    self.key = key
    do throws(L1DiscoveryError) { self.chain = try await L1Chain.discover(chain, on: client) } catch {
      throw .discovery(error)
    }
  }

  /// What L1 has.
  package func totals() async throws(Failure) -> BatchTotals {
    let contract = chain.contract
    return try await asked { () throws(L1Error) in
      BatchTotals(
        committed: try await client.read(ChainCall.getTotalBatchesCommitted, at: contract),
        proved: try await client.read(ChainCall.getTotalBatchesVerified, at: contract),
        executed: try await client.read(ChainCall.getTotalBatchesExecuted, at: contract))
    }
  }

  /// Takes back all batches after `last`, and returns when L1 has them no more; does nothing where it has none.
  ///
  /// - Parameter pause: waits between two looks for the receipt; false gives up.
  /// - Returns: the transaction, if one was needed.
  package func run(keeping last: UInt64, pause: () async -> Bool) async throws(Failure) -> Bytes32? {
    let before = try await totals()
    guard last >= before.executed else { throw .executed(before.executed) }
    guard last < before.committed else { return nil }
    guard let account = Secp256k1.publicKey(of: key)?.address else { throw .badKey }
    let call = ValidatorTimelockCall.revertBatches(chain.l2ChainID, newLast: last)
    let timelock = chain.validatorTimelock
    let (nonce, history) = try await asked { () throws(L1Error) in
      try await client.simulate(call, at: timelock, from: account)
      return (
        try await client.transactionCount(of: account, .pending),
        try await client.feeHistory(blocks: 10, percentile: 20)
      )
    }
    let market = FeeMarket(history)
    let (doubled, overflow) = market.baseFee.multipliedReportingOverflow(by: UInt256(2))
    let transaction = SignedTransaction(
      kind: .dynamicFee, chainID: chain.l1ChainID, nonce: nonce, gasLimit: 500_000,
      maxFeePerGas: overflow ? market.baseFee : doubled &+ market.tip, maxPriorityFeePerGas: market.tip, to: timelock,
      value: .zero, input: call.input)
    guard let signed = try? transaction.signed(with: key) else { throw .badKey }
    let hash = signed.hash
    _ = try await asked { () throws(L1Error) in try await client.sendRawTransaction(signed.envelope) }
    while true {
      if let receipt = try await asked({ () throws(L1Error) in try await client.receipt(of: hash) }) {
        guard receipt.succeeded, try await totals().committed <= last else { throw .refused(hash) }
        return hash
      }
      guard await pause() else { throw .waits(hash) }
    }
  }

  private func asked<R>(_ body: () async throws(L1Error) -> R) async throws(Failure) -> R {
    do throws(L1Error) { return try await body() } catch { throw .l1(error) }
  }
}
