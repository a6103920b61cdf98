// Transactions and receipts: sending them in, and finding them again.

import JSON
import JSONRPC
import Primitives
import Transactions

extension NodeAPI {
  func addTransactionMethods(to table: inout MethodTable) {
    table.add("eth_sendRawTransaction", .pooled) { [self] (parameters, _, writer) throws(RPCError) in
      let start = ContinuousClock.now
      defer { metrics.responseTime(.sendRawTransaction).observe(ContinuousClock.now - start) }
      let envelope = try parameters.required("bytes", as: HexData.self).bytes
      do throws(SubmissionRefusal) {
        writer.data(try submitter.submit(envelope: envelope))
      } catch {
        throw RPCError(code: error.code, message: error.message)
      }
    }
    table.add("eth_getTransactionByHash", .pooled) { [self] (parameters, _, writer) throws(RPCError) in
      let hash = try parameters.required("hash", as: Bytes32.self)
      if let located = try included(hash) { return writer.transaction(located) }
      if let waiting = submitter.transaction(hash: hash) { return writer.pendingTransaction(waiting) }
      // It may have gone from the mempool into a block between the two questions.
      if let located = try included(hash) { return writer.transaction(located) }
      writer.null()
    }
    table.add("eth_getRawTransactionByHash", .pooled) { [self] (parameters, _, writer) throws(RPCError) in
      let hash = try parameters.required("hash", as: Bytes32.self)
      guard let transaction = try included(hash)?.transaction ?? submitter.transaction(hash: hash) else {
        return writer.null()
      }
      writer.data(transaction.transaction.envelope)
    }
    table.add("eth_getTransactionReceipt", .pooled) { [self] (parameters, _, writer) throws(RPCError) in
      let hash = try parameters.required("hash", as: Bytes32.self)
      guard let receipt = try reading({ () throws(ChainReadError) in try chain.receipt(hash: hash) }) else {
        return writer.null()
      }
      writer.receipt(receipt)
    }
    for name in ["eth_getTransactionByBlockNumberAndIndex", "eth_getTransactionByBlockHashAndIndex"] {
      table.add(name, .pooled) { [self] (parameters, _, writer) throws(RPCError) in
        guard let located = try indexed(name, &parameters) else { return writer.null() }
        writer.transaction(located)
      }
    }
    for name in ["eth_getRawTransactionByBlockNumberAndIndex", "eth_getRawTransactionByBlockHashAndIndex"] {
      table.add(name, .pooled) { [self] (parameters, _, writer) throws(RPCError) in
        guard let located = try indexed(name, &parameters) else { return writer.null() }
        writer.data(located.transaction.transaction.envelope)
      }
    }
    table.add("eth_getTransactionBySenderAndNonce", .pooled) { [self] (parameters, _, writer) throws(RPCError) in
      let sender = try parameters.required("address", as: Address.self)
      let nonce = try parameters.required("nonce", as: UInt64.self)
      let hash = try reading { () throws(ChainReadError) in
        try chain.transactionHash(sender: sender, nonce: nonce)
      }
      guard let hash, let located = try included(hash) else { return writer.null() }
      writer.transaction(located)
    }
  }

  func included(_ hash: Bytes32) throws(RPCError) -> LocatedTransaction? {
    try reading { () throws(ChainReadError) in try chain.transaction(hash: hash) }
  }

  /// The transaction at an index of a block.
  private func indexed(_ method: String, _ parameters: inout Parameters) throws(RPCError) -> LocatedTransaction? {
    let id = try Self.blockParameter(of: method, &parameters)
    let index = try parameters.required("index", as: UInt64.self)
    guard let block = try header(of: id),
      let hashes = try reading({ () throws(ChainReadError) in try chain.transactionHashes(ofBlock: block.number) }),
      index < hashes.count
    else { return nil }
    return try included(hashes[Int(index)])
  }
}
