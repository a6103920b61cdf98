// Transactions that a client describes and somebody else signs.

import JSON
import JSONRPC
import Primitives
import Transactions

extension EthereumAPI {
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
    var nonce = request.nonce ?? 0
    if request.nonce == nil {
      nonce = try faults.reading { () throws(ChainReadError) in try submitter.pendingNonce(of: sender) }
    }
    let baseFee = UInt256(chain.nextBaseFee)
    let tip =
      request.gasPrice ?? request.maxPriorityFeePerGas
      ?? min(UInt256(configuration.suggestedTip), request.maxFeePerGas ?? .max)
    let cap = request.gasPrice ?? request.maxFeePerGas ?? baseFee &* 2 &+ tip
    var kind = SignedTransaction.Kind.dynamicFee
    if request.gasPrice != nil { kind = request.accessList.isEmpty ? .legacy : .accessList }
    if request.authorizations != nil { kind = .setCode }
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
