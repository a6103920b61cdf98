// Batches, each of one block, and how far they are on L1.

import ChainStorage
import EthereumAPI
import JSON
import JSONRPC
import Primitives
import Telemetry
import Transactions
import ZKsyncOS

extension ZKsyncAPI {
  func addBatchMethods(to table: inout MethodTable) {
    let settlement = settlement
    table.add(
      "zks_L1BatchNumber", .inline, "The number of the newest batch that the node has made.", result: "quantity"
    ) {
      (_, _, writer) in writer.quantity(settlement.madeBatch)
    }
    table.add(
      "zks_getL1BatchBlockRange", .inline, "The first and the last block of a batch, which are the same.",
      parameters: [.required("l1BatchNumber", "number")],
      result: "array of two quantities, or null where there is no such batch"
    ) { (parameters, _, writer) throws(RPCError) in
      let number = try parameters.required("l1BatchNumber", as: UInt64.self)
      guard number <= settlement.madeBatch else { return writer.null() }
      writer.beginArray()
      writer.quantity(number)
      writer.quantity(number)
      writer.endArray()
    }
    table.add(
      "zks_getL1BatchDetails", .pooled, "A batch, and the transactions that settled it on L1.",
      parameters: [.required("l1BatchNumber", "number")], result: "batch, or null where there is no such batch",
      refusals: [.init(-32_603, "the batch cannot be read")],
      differences: "`rootHash` is the root of the state tree, null where the tree no longer has it."
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let number = try parameters.required("l1BatchNumber", as: UInt64.self)
      guard number <= settlement.madeBatch, let block = try summary(ofBlock: number) else { return writer.null() }
      writer.beginObject()
      try writeDetails(block, root: try? prover.commitment(after: number).root, to: &writer)
      writer.endObject()
    }
    table.add(
      "zks_getBlockDetails", .pooled, "A block, its batch, and the transactions that settled that on L1.",
      parameters: [.required("blockNumber", "number")], result: "block, or null where there is no such block",
      refusals: [.init(-32_603, "the block cannot be read")],
      differences:
        "`rootHash` is the hash of the block. Until there is a batch its number is the one that it will have."
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let number = try parameters.required("blockNumber", as: UInt64.self)
      guard let block = try summary(ofBlock: number) else { return writer.null() }
      writer.beginObject()
      try writeDetails(block, root: block.header.hash, to: &writer)
      writer.key("l1BatchNumber")
      writer.number(number)
      writer.key("operatorAddress")
      writer.data(block.header.header.beneficiary)
      writer.key("protocolVersion")
      writer.string("Version28" as StaticString)
      writer.endObject()
    }
  }

  private struct BlockSummary {
    let header: SealedHeader
    let requests: Int
    let transactions: Int
  }

  private func summary(ofBlock number: UInt64) throws(RPCError) -> BlockSummary? {
    guard let header = try blocks.header(of: .number(number)) else { return nil }
    let transactions =
      try blocks.faults.reading { () throws(ChainReadError) in
        try blocks.chain.transactions(ofBlock: number)
      } ?? []
    let requests = transactions.count { if case .request = $0.transaction { true } else { false } }
    return BlockSummary(header: header, requests: requests, transactions: transactions.count - requests)
  }

  /// What blocks and batches have in common.
  private func writeDetails(_ block: BlockSummary, root: Bytes32?, to writer: inout JSONWriter) throws(RPCError) {
    let number = block.header.number
    let progress = try blocks.faults.reading { () throws(ChainReadError) in
      try settlement.settlement(ofBatch: number)
    }
    writer.key("number")
    writer.number(number)
    writer.key("timestamp")
    writer.number(block.header.header.timestamp)
    writer.key("l1TxCount")
    writer.number(block.requests)
    writer.key("l2TxCount")
    writer.number(block.transactions)
    writer.key("rootHash")
    if let root { writer.data(root) } else { writer.null() }
    writer.key("status")
    writer.string((number <= settlement.executedBatch ? "verified" : "sealed") as StaticString)
    let chainID = settlement.l1ChainID
    writer.stage(("commitTxHash", "committedAt", "commitChainId"), progress.committed, chainID)
    writer.stage(("proveTxHash", "provenAt", "proveChainId"), progress.proved, chainID)
    writer.stage(("executeTxHash", "executedAt", "executeChainId"), progress.executed, chainID)
    writer.key("l1GasPrice")
    writer.number(settlement.l1GasPrice?.saturatedUInt64 ?? 0)
    writer.key("l2FairGasPrice")
    writer.number(block.header.header.baseFeePerGas)
    writer.key("fairPubdataPrice")
    writer.number(try pubdataPrice(inBlock: number).saturatedUInt64)
    writer.key("baseSystemContractsHashes")
    writer.systemContracts()
  }

  /// Wei per byte of pubdata that L2 transactions of a block pay.
  func pubdataPrice(inBlock number: UInt64) throws(RPCError) -> UInt256 {
    guard let context = try context(ofBlock: number) else { return .zero }
    let (price, overflow) = context.gasPerPubdata.multipliedReportingOverflow(by: context.baseFee)
    return overflow ? .max : price
  }

  /// `nil` for block 0, which has none, and blocks that are not there.
  func context(ofBlock number: UInt64) throws(RPCError) -> BlockContext? {
    guard number <= blocks.chain.head.number else { return nil }
    return try reading { () throws(StorageError) in try storage.log.context(number) }
  }
}

extension JSONWriter {
  /// A stage of a batch on L1: three keys, which are null until it is reached.
  fileprivate mutating func stage(
    _ keys: (transaction: String, time: String, chain: String), _ reference: SettlementReference?, _ chainID: UInt64?
  ) {
    key(keys.transaction)
    if let reference { data(reference.transaction) } else { null() }
    key(keys.time)
    if let reference { time(reference.timestamp) } else { null() }
    key(keys.chain)
    if reference != nil, let chainID { number(chainID) } else { null() }
  }

  /// Seconds since 1970 as ISO 8601; null beyond the year 9999.
  mutating func time(_ seconds: UInt64) {
    guard seconds < 253_402_300_800 else { return null() }
    string(Timestamp(seconds: Int(seconds)).description)
  }

  /// What stands where Era has the code of its system: there is none here.
  mutating func systemContracts() {
    beginObject()
    key("bootloader")
    data(Bytes32.zero)
    key("default_aa")
    data(Bytes32.zero)
    key("evm_emulator")
    null()
    endObject()
  }
}
