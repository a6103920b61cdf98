// Transactions and blocks, as clients of ZKsync look at them.

import ChainStorage
import Concurrency
import EthereumAPI
import JSON
import JSONRPC
import Primitives
import Transactions
import ZKsyncOS

extension ZKsyncAPI {
  func addDetailMethods(to table: inout MethodTable) {
    table.add(
      "zks_getTransactionDetails", .pooled, "How far a transaction is, on L2 and on L1.",
      parameters: [.required("hash", "32 bytes")], result: "transaction, or null where there is none",
      refusals: [.init(-32_603, "the transaction cannot be read")],
      differences:
        "`status` is `pending`, `included`, `verified` once its batch is executed on L1, or `failed` where it reverted. "
        + "`receivedAt` of a transaction in a block is the time of the block."
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let hash = try parameters.required("hash", as: Bytes32.self)
      guard try writeIncluded(hash, to: &writer) == false else { return }
      if let waiting = mempool.transaction(hash) { return writeWaiting(waiting, to: &writer) }
      // It may have gone from the mempool into a block between the two questions.
      if try writeIncluded(hash, to: &writer) == false { writer.null() }
    }
    table.add(
      "zks_getBlockMetadataByNumber", .pooled, "What a block was made with besides its header.",
      parameters: [.required("blockNumber", "number")],
      result:
        "object with `pubdata_price_per_byte`, `native_price` and `execution_version`, or null where there is none",
      refusals: [.init(-32_603, "the block cannot be read")],
      differences: "`execution_version` is the last number of the protocol version: 4 for 0.0.4, 5 for 0.0.5."
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let number = try parameters.required("blockNumber", as: UInt64.self)
      guard let context = try context(ofBlock: number) else { return writer.null() }
      writer.beginObject()
      writer.key("pubdata_price_per_byte")
      writer.quantity(try pubdataPrice(inBlock: number))
      writer.key("native_price")
      writer.quantity(context.nativePrice)
      writer.key("execution_version")
      writer.number(context.protocolVersion.rawValue)
      writer.endObject()
    }
    table.add(
      "zks_getGenesis", .pooled, "What the chain began with: nothing, as its accounts come from L1.",
      result: "object with empty `initial_contracts`, `additional_storage` and preimages, and `genesis_root`",
      refusals: [.init(-32_603, "the state tree cannot be read")]
    ) { [self] (_, _, writer) throws(RPCError) in
      let root: Bytes32
      do throws(StateProofError) { root = try prover.commitment(after: 0).root } catch {
        throw blocks.faults.internalError("the state tree has no root of block 0: \(error)")
      }
      writer.beginObject()
      writer.key("initial_contracts")
      writer.beginArray()
      writer.endArray()
      writer.key("additional_storage")
      writer.beginObject()
      writer.endObject()
      for name in ["additional_storage_raw", "additional_preimages"] {
        writer.key(name)
        writer.beginArray()
        writer.endArray()
      }
      writer.key("genesis_root")
      writer.data(root)
      writer.endObject()
    }
  }

  /// Whether the transaction is in a block.
  private func writeIncluded(_ hash: Bytes32, to writer: inout JSONWriter) throws(RPCError) -> Bool {
    let chain = blocks.chain
    guard
      let transaction = try blocks.faults.reading({ () throws(ChainReadError) in try chain.transaction(hash: hash) }),
      let receipt = try blocks.faults.reading({ () throws(ChainReadError) in try chain.receipt(hash: hash) })
    else { return false }
    let number = receipt.blockNumber
    let progress = try blocks.faults.reading { () throws(ChainReadError) in
      try settlement.settlement(ofBatch: number)
    }
    let status: StaticString =
      !receipt.receipt.succeeded ? "failed" : number <= settlement.executedBatch ? "verified" : "included"
    let (fee, overflow) = receipt.effectiveGasPrice.multipliedReportingOverflow(by: UInt256(receipt.receipt.gasUsed))
    write(
      transaction.transaction, status: status, fee: overflow ? .max : fee, receivedAt: receipt.blockTimestamp, progress,
      to: &writer)
    return true
  }

  private func writeWaiting(_ transaction: RecoveredTransaction, to writer: inout JSONWriter) {
    write(
      transaction, status: "pending", fee: .zero, receivedAt: CalendarClock.nanoseconds / 1_000_000_000,
      BatchSettlement(), to: &writer)
  }

  private func write(
    _ transaction: RecoveredTransaction, status: StaticString, fee: UInt256, receivedAt: UInt64,
    _ progress: BatchSettlement, to writer: inout JSONWriter
  ) {
    let isRequest: Bool
    let gasPerPubdata: UInt32
    switch transaction.transaction {
    case .request(let request): (isRequest, gasPerPubdata) = (true, request.gasPerPubdataLimit)
    case .signed(let signed):
      isRequest = false
      gasPerPubdata =
        signed.kind == .typedData ? signed.gasPerPubdataLimit : VMTransaction.defaultGasPerPubdataLimit
    }
    writer.beginObject()
    writer.key("isL1Originated")
    writer.boolean(isRequest)
    writer.key("status")
    writer.string(status)
    writer.key("fee")
    writer.quantity(fee)
    writer.key("gasPerPubdata")
    writer.quantity(UInt64(gasPerPubdata))
    writer.key("initiatorAddress")
    writer.data(transaction.sender)
    writer.key("receivedAt")
    writer.time(receivedAt)
    for (name, reference) in [
      ("ethCommitTxHash", progress.committed), ("ethProveTxHash", progress.proved),
      ("ethExecuteTxHash", progress.executed),
    ] {
      writer.key(name)
      if let reference { writer.data(reference.transaction) } else { writer.null() }
    }
    writer.endObject()
  }
}
