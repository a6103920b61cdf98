// What L1 believes: proofs that a message of L2 is in an executed batch.

import Batches
import ChainStorage
import EthereumAPI
import JSON
import JSONRPC
import Primitives
import ZKsyncOS

extension ZKsyncAPI {
  func addLogProofMethods(to table: inout MethodTable) {
    let result =
      "object with `id` (the leaf in the batch), `proof`, `root`, `batchNumber` and `gatewayBlockNumber`, or null until "
      + "the batch is executed on L1"
    let refusals: [MethodDocumentation.Refusal] = [
      .init(-32_000, "the transaction has no such log, or the chain has no message root"),
      .init(-32_603, "the block cannot be read, or its logs are not those of the batch"),
    ]
    table.add(
      "zks_getL2ToL1LogProof", .pooled,
      "The proof, for the contracts of L1, of a message that a transaction sent to L1.",
      parameters: [
        .required("hash", "32 bytes"), .optional("index", "quantity, among the messages of the transaction"),
        .optional("target", "\"l1BatchRoot\", or \"messageRoot\""),
      ], result: result, refusals: refusals,
      differences:
        "The chain settles on L1 itself, so that there is no message root and no block of a gateway. `proof` begins with "
        + "the word of metadata that `proveL2MessageInclusion` reads, and ends with a zero word."
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let hash = try parameters.required("hash", as: Bytes32.self)
      let index = try parameters.optional("index", as: UInt64.self) ?? 0
      switch try parameters.optional("target", as: String.self) {
      case nil, "l1BatchRoot": break
      case "messageRoot": throw .refused("the chain settles on L1 itself, which has no message root of it")
      default: throw .invalidParameters("invalid argument 2: expected l1BatchRoot or messageRoot")
      }
      guard let location = try reading({ () throws(StorageError) in try storage.blocks.location(of: hash) }),
        let logs = try executedLogs(ofBlock: location.block)
      else { return writer.null() }
      guard location.index < logs.count, index < logs[location.index].count else {
        throw .refused("the transaction has no log to L1 with index \(index)")
      }
      let before = logs[..<location.index].reduce(0) { $0 + $1.count }
      try write(logs.flatMap { $0 }, before + Int(index), ofBatch: location.block, to: &writer)
    }
    table.add(
      "zks_getL2ToL1MsgProof", .pooled,
      "The same proof, of the message with a sender and a hash in a block.",
      parameters: [
        .required("block", "number"), .required("sender", "address"), .required("message", "32 bytes, keccak256 of it"),
        .optional("position", "quantity, among the same messages of the block"),
      ], result: result, refusals: refusals,
      differences: "Null also where there is no such message."
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let number = try parameters.required("block", as: UInt64.self)
      let sender = try parameters.required("sender", as: Address.self)
      let value = try parameters.required("message", as: Bytes32.self)
      let position = try parameters.optional("position", as: UInt64.self) ?? 0
      guard let logs = try executedLogs(ofBlock: number)?.flatMap({ $0 }) else { return writer.null() }
      let key = Bytes32(UInt256(sender))
      let same = logs.indices.filter {
        logs[$0].sender == Self.messenger && logs[$0].key == key && logs[$0].value == value
      }
      guard position < same.count else { return writer.null() }
      try write(logs, same[Int(position)], ofBatch: number, to: &writer)
    }
  }

  private static let messenger = Address(0x8008)

  /// The logs of each transaction of a block whose batch is executed; `nil` until then.
  private func executedLogs(ofBlock number: UInt64) throws(RPCError) -> [[L2ToL1Log]]? {
    guard number <= settlement.executedBatch else { return nil }
    return try reading { () throws(StorageError) in try storage.blocks.block(number) }?.receipts.map(\.l2ToL1Logs)
  }

  private func write(
    _ logs: [L2ToL1Log], _ index: Int, ofBatch batch: UInt64, to writer: inout JSONWriter
  ) throws(RPCError) {
    guard let proof = L2ToL1LogProof(logs, index: index) else {
      throw .refused("a batch has no place for a log with index \(index)")
    }
    let made = try blocks.faults.reading { () throws(ChainReadError) in try settlement.batch(batch) }
    if let made, made.commit.l2LogsRoot != proof.root {
      throw blocks.faults.internalError("the logs of block \(batch) do not lead to the root of its batch")
    }
    writer.beginObject()
    writer.key("batchNumber")
    writer.number(batch)
    writer.key("id")
    writer.number(index)
    writer.key("proof")
    writer.beginArray()
    for word in proof.words { writer.data(word) }
    writer.endArray()
    writer.key("root")
    writer.data(proof.root)
    writer.key("gatewayBlockNumber")
    writer.null()
    writer.endObject()
  }
}
