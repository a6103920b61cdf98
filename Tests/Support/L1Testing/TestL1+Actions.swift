// What tests do to it, past its hook.

import Batches
import JSON
import L1Client
import L1Contracts
import Primitives
import Transactions

extension TestL1 {
  /// Mines blocks at once.
  public func mine(_ blocks: UInt64 = 1) async throws(L1Error) {
    try await perform("anvil_mine", "[\(blocks)]")
  }

  /// The number of the newest block.
  public func head() async throws(L1Error) -> UInt64 { try await perform("eth_blockNumber").quantity64 ?? 0 }

  /// Whether each transaction is mined as it comes.
  public func setAutomine(_ isOn: Bool) async throws(L1Error) {
    try await perform("anvil_setAutomine", "[\(isOn)]")
  }

  /// Replaces the newest blocks by as many others.
  ///
  /// - Parameter keepsTransactions: whether those of the dropped blocks are in the new ones, though not in the same; else
  ///   they are gone.
  public func reorganise(depth: Int, keepsTransactions: Bool) async throws(L1Error) {
    try await perform("anvil_reorg", #"[{"depth":\#(depth),"keep":\#(keepsTransactions)}]"#)
  }

  /// Signs a transaction of a development account, with the nonce after those that wait, and sends it; its hash.
  @discardableResult
  public func send(
    to: Address, value: UInt256 = .zero, input: [UInt8] = [], from sender: DevelopmentAccount, gas: UInt64 = 2_000_000,
    maxFee: UInt256 = 100_000_000_000, tip: UInt256 = 1_000_000_000
  ) async throws -> Bytes32 {
    let nonce = try await perform("eth_getTransactionCount", #"["\#(sender.address)","pending"]"#).quantity64 ?? 0
    let transaction = SignedTransaction(
      kind: .dynamicFee, chainID: Self.chainID, nonce: nonce, gasLimit: gas, maxFeePerGas: maxFee,
      maxPriorityFeePerGas: tip, to: to, value: value, input: input)
    let envelope = Hex.encode(try transaction.signed(with: sender.key).envelope)
    guard let hash = try await perform("eth_sendRawTransaction", #"["\#(envelope)"]"#).bytes32 else {
      throw L1Error.malformed("no hash")
    }
    return hash
  }

  /// Sends a deposit through the bridgehub; the hash of the transaction on L1. Enough for the L2 gas comes with it. It pays
  /// the same for gas in whichever block it is, on which the price on L2 depends, and with it the hash there.
  @discardableResult
  public func deposit(
    _ amount: UInt64, to recipient: Address, from sender: DevelopmentAccount = DevelopmentAccount.wellKnown[0],
    input: [UInt8] = []
  ) async throws -> Bytes32 {
    let mint = UInt256(amount) &+ UInt256(5_000_000_000_000_000)
    return try await send(
      to: L1Genesis.bridgehub, value: mint,
      input: BridgehubCall.requestL2TransactionDirect(
        Self.l2ChainID, mintValue: mint, to: recipient, value: UInt256(amount), input: input, gasLimit: 1_000_000
      ).input, from: sender, maxFee: 10_000_000_000, tip: 10_000_000_000)
  }

  /// The requests that stand on L1 now, in their order.
  public var requests: [L1Request] {
    get async throws {
      let unhooked = L1Client(Unhooked(l1: self))
      let head = try await unhooked.block(.latest)?.number ?? 0
      let logs = try await unhooked.logs(of: try deployment.chain, topics: [ChainEvent.requestTopic], 0...head)
      return try logs.compactMap {
        guard case .request(let request, _)? = try ChainEvent($0.log) else { return nil }
        return request
      }
    }
  }
}

/// The same L1 past the hook.
private struct Unhooked: L1Transport {
  let l1: TestL1

  func call(_ method: String, _ parameters: (inout JSONWriter) -> Void) async throws(L1Error) -> JSONValue {
    var writer = JSONWriter()
    writer.beginArray()
    parameters(&writer)
    writer.endArray()
    return try await l1.perform(method, String(decoding: writer.bytes, as: UTF8.self))
  }
}
