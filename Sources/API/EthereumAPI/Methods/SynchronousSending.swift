// Sending a transaction and waiting for its receipt (EIP-7966).

import Concurrency
import JSON
import JSONRPC
import Primitives
import Transactions

extension EthereumAPI {
  func addSynchronousSending(to table: inout MethodTable) {
    table.addDeferred(
      "eth_sendRawTransactionSync", .pooled,
      "Takes a signed transaction into the mempool and answers once it is in a block (EIP-7966).",
      parameters: [.required("bytes", "data"), .optional("timeout", "quantity, in milliseconds")], result: "receipt",
      refusals: [
        .init(4, "it is in no block after the timeout; the hash as data"),
        .init(
          5, "its turn cannot come: a nonce is missing, funds are, or the transaction of an earlier nonce was refused"),
        .init(-32_000, "the transaction is refused, at once or after it was executed, with the reason"),
        .init(-32_603, "the state, and with it the sender, cannot be read"),
      ],
      differences:
        "A transaction whose turn has not come may still get it: code 5 for a gap comes at the timeout. Not to be used in a "
        + "batch. A timeout beyond the option's maximum is that."
    ) { [self] (parameters, context, reply) throws(RPCError) in
      let envelope = try parameters.required("bytes", as: HexData.self).bytes
      let milliseconds = try parameters.optional("timeout", as: UInt64.self) ?? 0
      let longest = configuration.maxSyncTimeout.nanoseconds / 1_000_000
      let timeout = milliseconds == 0 ? configuration.syncTimeout.nanoseconds / 1_000_000 : min(milliseconds, longest)
      let hash: Bytes32
      do throws(SubmissionError) {
        hash = try submitter.submit(envelope: envelope)
      } catch {
        switch error {
        case .refused(let reason): throw .refused(reason)
        case .failed(let reason): throw faults.internalError(reason)
        }
      }
      try wait(for: hash, milliseconds: timeout, context.cancellation, reply)
    }
  }

  private func wait(
    for hash: Bytes32, milliseconds: UInt64, _ cancellation: Cancellation, _ reply: DeferredReply
  ) throws(RPCError) {
    // It may be in a block already, and is then found there instead.
    var transaction = submitter.transaction(hash: hash)
    if transaction == nil { transaction = try included(hash)?.transaction }
    let deadline = MonotonicClock.nanoseconds + milliseconds * 1_000_000
    var nonce: UInt64 = 0
    if case .signed(let signed)? = transaction?.transaction { nonce = signed.nonce }
    let isWaiting = waiters.wait(
      for: hash, from: transaction?.sender ?? .zero, nonce: nonce, until: deadline, unless: cancellation
    ) { [self] outcome in
      reply.complete { (writer) throws(RPCError) in
        switch outcome {
        case .receipt(let receipt): writer.receipt(receipt)
        case .refused(let reason): throw .refused(reason)
        case .blocked(let reason): throw .notReady(reason, hash)
        case .timedOut: throw timeout(of: hash, milliseconds)
        }
      }
    }
    guard isWaiting else { throw .busy(.queue) }
    // What happened before anybody waited for it.
    let receipt = try faults.reading { () throws(ChainReadError) in try chain.receipt(hash: hash) }
    if let receipt {
      waiters.end(hash, .receipt(receipt))
    } else {
      switch submitter.standing(of: hash) {
      case .refused(let reason): waiters.end(hash, .refused(reason))
      case .blocked(let reason): waiters.end(hash, .blocked(reason))
      case .executable, .parked, .unknown: break
      }
    }
  }

  private func timeout(of hash: Bytes32, _ milliseconds: UInt64) -> RPCError {
    if case .parked = submitter.standing(of: hash) {
      return .notReady("a nonce before it is missing, or funds for all transactions up to it", hash)
    }
    return RPCError(
      code: 4, message: "The transaction was added to the mempool but wasn't processed in \(milliseconds) ms.",
      data: .bytes(hash.bytes))
  }
}

extension RPCError {
  /// EIP-7966's answer for a transaction whose turn does not come.
  fileprivate static func notReady(_ reason: String, _ hash: Bytes32) -> RPCError {
    RPCError(
      code: 5, message: "The transaction was added to the mempool but cannot be processed: \(reason)",
      data: .bytes(hash.bytes))
  }
}
