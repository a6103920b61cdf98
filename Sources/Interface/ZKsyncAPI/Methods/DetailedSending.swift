// Sending a transaction, and hearing at once what it is going to do.

import EthereumAPI
import JSON
import JSONRPC
import Primitives
import Transactions
import ZKsyncOS

extension ZKsyncAPI {
  func addDetailedSending(to table: inout MethodTable) {
    table.add(
      "zks_sendRawTransactionWithDetailedOutput", .heavy,
      "Takes a signed transaction into the mempool, and tells what it would do on top of the newest block.",
      parameters: [.required("bytes", "data")],
      result: "object with `transactionHash`, `storageLogs` and `events`",
      refusals: [
        .init(-32_000, "the transaction is refused, in the words of geth: nonce too low, already known, …"),
        .init(-32_603, "the state cannot be read"),
      ],
      differences:
        "`storageLogs` are the slots of contracts that change, not balances and nonces. Both lists are empty where the "
        + "transaction would fail, or has to wait for others."
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let envelope = try parameters.required("bytes", as: HexData.self).bytes
      let hash = try ethereum.submit(envelope)
      // It is in, whatever comes of trying it.
      let outcome = try? trial(envelope, context)
      let succeeded = outcome?.succeeded == true
      writer.beginObject()
      writer.key("transactionHash")
      writer.data(hash)
      writer.key("storageLogs")
      writer.beginArray()
      if succeeded { for write in outcome?.storageWrites ?? [] { writer.storageLog(write) } }
      writer.endArray()
      writer.key("events")
      writer.beginArray()
      if succeeded {
        for (index, log) in (outcome?.logs ?? []).enumerated() { writer.futureLog(log, at: index, of: hash) }
      }
      writer.endArray()
      writer.endObject()
    }
  }

  private func trial(_ envelope: [UInt8], _ context: RPCContext) throws -> Simulation.Result {
    let recovered = try RecoveredTransaction(try Transaction(envelope: envelope))
    let transaction = try VMTransaction(recovered)
    return try simulator.outcome(
      of: transaction, after: blocks.chain.head.number, cancellation: context.cancellation)
  }
}

extension JSONWriter {
  fileprivate mutating func storageLog(_ write: StorageWrite) {
    beginObject()
    key("address")
    data(write.address)
    key("key")
    data(write.key)
    key("writtenValue")
    data(write.value)
    endObject()
  }

  /// A log that is in no block yet.
  fileprivate mutating func futureLog(_ log: Log, at index: Int, of transaction: Bytes32) {
    beginObject()
    key("address")
    data(log.address)
    key("topics")
    beginArray()
    for topic in log.topics { data(topic) }
    endArray()
    key("data")
    data(log.data)
    for name in ["blockHash", "blockNumber", "l1BatchNumber"] {
      key(name)
      null()
    }
    key("transactionHash")
    data(transaction)
    for name in ["transactionIndex", "logIndex", "transactionLogIndex"] {
      key(name)
      quantity(name == "transactionIndex" ? 0 : index)
    }
    key("removed")
    boolean(false)
    endObject()
  }
}
