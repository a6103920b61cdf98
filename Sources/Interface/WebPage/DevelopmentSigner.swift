import Concurrency
import EthereumAPI
import JSON
import JSONRPC
import L1Contracts
import Primitives
import Synchronization
import Transactions

/// Signs transactions of accounts whose keys everybody knows, for the buttons of the page on a development chain: the
/// methods `eth_accounts` and `eth_sendTransaction`, which a node for real chains does not have.
public final class DevelopmentSigner: Sendable {
  private let accounts: [DevelopmentAccount]
  private let chainID: UInt64
  private let submitter: any TransactionSubmitter
  /// Wei per gas of the next block.
  private let baseFee: @Sendable () -> UInt64
  /// One transaction at a time: each takes the nonce after the one before.
  private let turn = Mutex(())

  /// - Parameters:
  ///   - accounts: for whom it signs.
  ///   - submitter: takes the transactions in.
  ///   - baseFee: wei per gas of the next block.
  public init(
    _ accounts: [DevelopmentAccount], chainID: UInt64, submitter: any TransactionSubmitter,
    baseFee: @escaping @Sendable () -> UInt64
  ) {
    self.accounts = accounts
    self.chainID = chainID
    self.submitter = submitter
    self.baseFee = baseFee
  }

  /// The methods, for a service of their own.
  public var methods: MethodTable {
    var table = MethodTable()
    table.add("eth_accounts", .inline, "The accounts that are signed for.", result: "array of addresses") {
      [accounts] (_, _, writer) throws(RPCError) in
      writer.beginArray()
      for account in accounts { writer.data(account.address) }
      writer.endArray()
    }
    table.add(
      "eth_sendTransaction", .pooled, "Signs a transaction and sends it.",
      parameters: [.required("request", "object of `from`, `to`, `value`, `data` and `gas`")],
      result: "32 bytes, the hash"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      guard let request = parameters.next("request") else {
        throw .invalidParameters("missing value for required argument 0")
      }
      writer.data(try send(request))
    }
    return table
  }

  private func send(_ request: JSONValue) throws(RPCError) -> Bytes32 {
    guard let account = accounts.first(where: { $0.address == request["from"]?.address }) else {
      throw .refused("unknown account")
    }
    guard let gas = request["gas"]?.quantity64 else { throw .invalidParameters("gas is missing") }
    var to: Address?
    if let receiver = request["to"], !receiver.isNull {
      guard let address = receiver.address else { throw .invalidParameters("to is no address") }
      to = address
    }
    let value: UInt256, input: [UInt8]
    if let field = request["value"] {
      guard let quantity = field.quantity else { throw .invalidParameters("value is no quantity") }
      value = quantity
    } else {
      value = .zero
    }
    if let field = request["data"] {
      guard let data = field.data else { throw .invalidParameters("data is no data") }
      input = data
    } else {
      input = []
    }
    let fee = UInt256(baseFee()) &* 2
    return try turn.withLock { _ throws(RPCError) in
      do {
        let nonce = try submitter.pendingNonce(of: account.address)
        let transaction = SignedTransaction(
          kind: .dynamicFee, chainID: chainID, nonce: nonce, gasLimit: gas, maxFeePerGas: fee,
          maxPriorityFeePerGas: .zero,
          to: to, value: value, input: input)
        return try submitter.submit(envelope: try transaction.signed(with: account.key).envelope)
      } catch SubmissionError.refused(let reason) {
        throw RPCError.refused(reason)
      } catch {
        throw RPCError.internalError("\(error)")
      }
    }
  }
}
