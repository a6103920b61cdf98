// Transactions and receipts: sending them in, and finding them again.

import Concurrency
import JSON
import JSONRPC
import Primitives
import Transactions

extension EthereumAPI {
  func addTransactionMethods(to table: inout MethodTable) {
    table.add(
      "eth_sendRawTransaction", .pooled, "Takes a signed transaction into the mempool.",
      parameters: [.required("bytes", "data")], result: "32 bytes, the hash",
      refusals: [
        .init(-32_000, "the transaction is refused, in the words of geth: nonce too low, already known, …"),
        .init(-32_603, "the state, and with it the sender, cannot be read"),
      ], differences: "Blob transactions (EIP-4844) and authorizations (EIP-7702) are not supported."
    ) { [self] (parameters, _, writer) throws(RPCError) in
      var stopwatch = Stopwatch()
      defer { metrics.sendRawTransaction.observe(nanoseconds: stopwatch.lap()) }
      let envelope = try parameters.required("bytes", as: HexData.self).bytes
      writer.data(try submit(envelope))
    }
    table.add(
      "eth_getTransactionByHash", .pooled, "A transaction, in a block or waiting for one.",
      parameters: [.required("hash", "32 bytes")], result: "transaction, or null where there is none"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let hash = try parameters.required("hash", as: Bytes32.self)
      if let located = try included(hash) { return writer.transaction(located) }
      if let waiting = submitter.transaction(hash: hash) { return writer.pendingTransaction(waiting) }
      // It may have gone from the mempool into a block between the two questions.
      if let located = try included(hash) { return writer.transaction(located) }
      writer.null()
    }
    table.add(
      "eth_getRawTransactionByHash", .pooled, "The envelope of a transaction, in a block or waiting for one.",
      parameters: [.required("hash", "32 bytes")], result: "data, or null where there is none"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let hash = try parameters.required("hash", as: Bytes32.self)
      guard let transaction = try included(hash)?.transaction ?? submitter.transaction(hash: hash) else {
        return writer.null()
      }
      writer.data(transaction.transaction.envelope)
    }
    table.add(
      "eth_getTransactionReceipt", .pooled, "What became of a transaction.",
      parameters: [.required("hash", "32 bytes")], result: "receipt, or null while there is none", isWhole: true,
      immediate: { [self] (parameters, _, writer) throws(RPCError) in
        let hash = try parameters.required("hash", as: Bytes32.self)
        guard let receipt = chain.residentReceipt(hash: hash), receipt.isShort else { return false }
        writer.receipt(receipt)
        return true
      }
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let hash = try parameters.required("hash", as: Bytes32.self)
      guard let receipt = try faults.reading({ () throws(ChainReadError) in try chain.receipt(hash: hash) }) else {
        return writer.null()
      }
      writer.receipt(receipt)
    }
    for naming in BlockNaming.allCases {
      table.add(
        "eth_getTransactionByBlock\(naming.rawValue)AndIndex", .pooled, "A transaction of the block \(naming.phrase).",
        parameters: [naming.parameter, .required("index", "quantity")],
        result: "transaction, or null where there is none"
      ) { [self] (parameters, _, writer) throws(RPCError) in
        guard let located = try indexed(naming, &parameters) else { return writer.null() }
        writer.transaction(located)
      }
    }
    for naming in BlockNaming.allCases {
      table.add(
        "eth_getRawTransactionByBlock\(naming.rawValue)AndIndex", .pooled,
        "The envelope of a transaction of the block \(naming.phrase).",
        parameters: [naming.parameter, .required("index", "quantity")], result: "data, or null where there is none"
      ) { [self] (parameters, _, writer) throws(RPCError) in
        guard let located = try indexed(naming, &parameters) else { return writer.null() }
        writer.data(located.transaction.transaction.envelope)
      }
    }
    let orWaits = optional.pool == nil ? "" : " or that waits with it"
    table.add(
      "eth_getTransactionBySenderAndNonce", .pooled,
      "The transaction of a block in which a sender used a nonce\(orWaits).",
      parameters: [.required("address", "address"), .required("nonce", "quantity")],
      result: "transaction, or null where there is none", differences: "geth has no such method."
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let sender = try parameters.required("address", as: Address.self)
      let nonce = try parameters.required("nonce", as: UInt64.self)
      // It may go from the mempool into a block between the two questions, and then is in both; never in neither.
      let waiting = waiting(from: sender, nonce: nonce)
      let hash = try faults.reading { () throws(ChainReadError) in
        try chain.transactionHash(sender: sender, nonce: nonce)
      }
      if let hash, let located = try included(hash) { return writer.transaction(located) }
      if let waiting { return writer.pendingTransaction(waiting) }
      writer.null()
    }
  }

  /// Takes a signed transaction into the mempool; its hash.
  public func submit(_ envelope: [UInt8]) throws(RPCError) -> Bytes32 {
    do throws(SubmissionError) {
      return try submitter.submit(envelope: envelope)
    } catch {
      switch error {
      case .refused(let reason): throw .refused(reason)
      case .failed(let reason): throw faults.internalError(reason)
      }
    }
  }

  private func waiting(from sender: Address, nonce: UInt64) -> RecoveredTransaction? {
    guard let content = optional.pool?.content(of: sender) else { return nil }
    return (content.pending + content.queued).first { $0.sender == sender && $0.nonce == nonce }
  }

  func included(_ hash: Bytes32) throws(RPCError) -> LocatedTransaction? {
    try faults.reading { () throws(ChainReadError) in try chain.transaction(hash: hash) }
  }

  /// The transaction at an index of a block.
  private func indexed(_ naming: BlockNaming, _ parameters: inout Parameters) throws(RPCError) -> LocatedTransaction? {
    let id = try naming.block(&parameters)
    let index = try parameters.required("index", as: UInt64.self)
    guard let block = try named(id) else { return nil }
    if let pending = block.pending {
      guard index < pending.transactions.count else { return nil }
      return LocatedTransaction(
        transaction: pending.transactions[Int(index)], blockHash: block.header.hash, blockNumber: block.header.number,
        blockTimestamp: block.header.header.timestamp, index: Int(index), baseFee: block.header.header.baseFeePerGas)
    }
    let hashes = try transactionHashes(of: block)
    return index < hashes.count ? try included(hashes[Int(index)]) : nil
  }
}

extension LocatedReceipt {
  /// Whether writing it takes a moment only.
  fileprivate var isShort: Bool {
    receipt.logs.count <= 16 && receipt.logs.reduce(0) { $0 + $1.data.count } <= 8_192 && messages.messages.count <= 16
  }
}
