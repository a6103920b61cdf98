import JSONRPC
import Primitives
import Transactions

/// A transaction of `eth_simulateV1`: what a request describes, with what it leaves open filled in and what makes it
/// impossible refused, with the codes of execution-apis.
struct SimulatedTransaction {
  let transaction: SignedTransaction
  let call: SimulatedCall

  /// What it runs in.
  struct Place {
    var chainID: UInt64
    var allowsAuthorizations: Bool
    /// Whether it has to be valid but for its signature.
    var validates: Bool
    /// Wei per gas.
    var baseFee: UInt64
    /// Of the block, and of what was in it before.
    var gasLimit: UInt64, gasUsed: UInt64
    /// Gas that the request has left.
    var budget: UInt64
    /// Of the sender, by now.
    var nonce: UInt64, balance: UInt256
  }

  init(_ request: TransactionRequest, in place: Place) throws(RPCError) {
    try request.checkKind(allowsAuthorizations: place.allowsAuthorizations)
    if let chainID = request.chainID, chainID != place.chainID {
      throw .refused("chainId does not match node's (have=\(chainID), want=\(place.chainID))")
    }
    let sender = request.from ?? .zero
    let left = place.gasLimit - min(place.gasLimit, place.gasUsed)
    let asked = request.gas ?? left
    guard asked <= left else {
      throw RPCError(
        code: -38_015, message: "block gas limit reached: \(place.gasUsed) of \(place.gasLimit) used, \(asked) wanted")
    }
    let gas = min(asked, place.budget)

    func refusal(_ code: Int, _ reason: String) -> RPCError {
      RPCError(code: code, message: "err: \(reason) (supplied gas \(gas))")
    }
    let nonce = request.nonce ?? place.nonce
    if place.validates {
      let numbers = "address \(sender), tx: \(nonce) state: \(place.nonce)"
      if nonce < place.nonce { throw refusal(-38_010, "nonce too low: \(numbers)") }
      if nonce > place.nonce { throw refusal(-38_011, "nonce too high: \(numbers)") }
      if nonce == .max { throw refusal(-32_603, "nonce has max value: address \(sender), nonce: \(nonce)") }
    }
    if request.gasPrice != nil, request.maxFeePerGas != nil || request.maxPriorityFeePerGas != nil {
      throw .refused("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified")
    }
    let cap = request.gasPrice ?? request.maxFeePerGas ?? .zero
    let tip = request.gasPrice ?? request.maxPriorityFeePerGas ?? .zero
    let baseFee = UInt256(place.baseFee)
    // Without validation a transaction that names no price pays none.
    if place.validates || !cap.isZero || !tip.isZero {
      guard tip <= cap else {
        throw refusal(-32_602, "max priority fee per gas higher than max fee per gas: \(tip) > \(cap)")
      }
      guard cap >= baseFee else {
        throw refusal(
          -38_012,
          "max fee per gas less than block base fee: address \(sender), maxFeePerGas: \(cap), baseFee: \(baseFee)")
      }
    }
    let value = request.value ?? .zero
    let fees = UInt256(gas).multipliedReportingOverflow(by: cap)
    let (most, overflow) = fees.partialValue.addingReportingOverflow(value)
    guard !fees.overflow, !overflow, most <= place.balance else {
      throw refusal(
        -38_014,
        "insufficient funds for gas * price + value: address \(sender) have \(place.balance)"
          + (fees.overflow || overflow ? "" : " want \(most)"))
    }

    transaction = SignedTransaction(
      kind: request.kind, chainID: place.chainID, nonce: nonce, gasLimit: gas, maxFeePerGas: cap,
      maxPriorityFeePerGas: tip, to: request.to, value: value, input: request.input, accessList: request.accessList,
      authorizations: request.authorizations ?? [])
    var call = SimulatedCall()
    call.from = sender
    call.to = request.to
    call.gasLimit = gas
    call.gasPrice = cap.isZero ? .zero : transaction.effectiveGasPrice(baseFee: baseFee)
    call.value = value
    call.input = request.input
    call.accessList = request.accessList
    call.authorizations = request.authorizations ?? []
    // That of the account is taken: the one above is no more than shown.
    self.call = call
  }

  /// Why it cannot run, with the codes of execution-apis.
  func refusal(_ error: SimulationError) -> RPCError? {
    switch error {
    case .intrinsicGasTooLow:
      RPCError(code: -38_013, message: "err: intrinsic gas too low (supplied gas \(call.gasLimit))")
    case .initCodeTooLarge:
      RPCError(
        code: -38_025,
        message: "err: max initcode size exceeded: code size \(call.input.count) (supplied gas \(call.gasLimit))")
    case .nonceOverflow:
      RPCError(code: -32_603, message: "err: nonce has max value: address \(call.from) (supplied gas \(call.gasLimit))")
    default: nil
    }
  }
}
