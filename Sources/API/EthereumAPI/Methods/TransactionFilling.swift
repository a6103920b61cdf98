// Transactions that a client describes and somebody else signs.

import JSON
import JSONRPC
import Primitives
import Transactions

extension EthereumAPI {
  func addFillingMethods(to table: inout MethodTable) {
    table.add(
      "eth_fillTransaction", .heavy,
      "The unsigned transaction that a request describes, with nonce, gas, fees and chain id filled in.",
      parameters: [.required("request", "transaction request")],
      result: "object with `raw`, the envelope with a signature of zeros, and `tx`, the transaction",
      refusals: [
        .init(3, "execution reverted, where gas is to be estimated"), .init(-32_000, "the call can never be valid"),
      ]
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let value = try parameters.required("request", as: JSONValue.self)
      let (transaction, _) = try fill(value, chainID: configuration.chainID, defaultSender: .zero, context)
      writer.beginObject()
      writer.key("raw")
      writer.data(transaction.envelope)
      writer.key("tx")
      writer.unsignedTransaction(transaction)
      writer.endObject()
    }
  }

  /// The unsigned transaction that a request describes, with what it leaves open filled in: the nonce after those that
  /// wait, the gas that an estimate asks for, and fees that the next blocks will take. For a node that signs.
  ///
  /// - Parameter defaultSender: who sends where the request does not say.
  package func fill(
    _ value: JSONValue, chainID: UInt64, defaultSender: Address?, _ context: RPCContext
  ) throws(RPCError) -> (transaction: SignedTransaction, sender: Address) {
    var request: TransactionRequest
    do throws(InvalidParameter) { request = try TransactionRequest(parameter: value) } catch {
      throw .invalidParameters("invalid argument 0: \(error.reason)")
    }
    guard let sender = request.from ?? defaultSender else {
      throw .invalidParameters("the transaction names no sender")
    }
    request.from = sender
    try request.checkKind(allowsAuthorizations: configuration.allowsAuthorizations)
    if let given = request.chainID, given != chainID {
      throw .invalidParameters("chainId does not match node's (have=\(given), want=\(chainID))")
    }
    if request.gasPrice != nil, request.maxFeePerGas != nil || request.maxPriorityFeePerGas != nil {
      throw .refused("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified")
    }
    if let cap = request.maxFeePerGas, let tip = request.maxPriorityFeePerGas, cap < tip {
      throw .refused("maxFeePerGas (\(cap)) < maxPriorityFeePerGas (\(tip))")
    }
    var nonce = request.nonce ?? 0
    if request.nonce == nil {
      nonce = try faults.reading { () throws(ChainReadError) in try submitter.pendingNonce(of: sender) }
    }
    let baseFee = UInt256(chain.nextBaseFee)
    let tip =
      request.gasPrice ?? request.maxPriorityFeePerGas
      ?? min(UInt256(configuration.suggestedTip), request.maxFeePerGas ?? .max)
    let cap = request.gasPrice ?? request.maxFeePerGas ?? baseFee &* 2 &+ tip
    let kind = request.kind
    let gas: UInt64
    if let given = request.gas {
      gas = given
    } else {
      // Fees are not looked at: whether the sender can pay is found where the transaction is taken in.
      (request.gasPrice, request.maxFeePerGas, request.maxPriorityFeePerGas) = (nil, nil, nil)
      gas = try estimateGas(request, at: .latest, SimulationOverrides(), context)
    }
    let transaction = SignedTransaction(
      kind: kind, chainID: chainID, nonce: nonce, gasLimit: gas, maxFeePerGas: cap, maxPriorityFeePerGas: tip,
      to: request.to, value: request.value ?? .zero, input: request.input, accessList: request.accessList,
      authorizations: request.authorizations ?? [])
    return (transaction, sender)
  }
}
