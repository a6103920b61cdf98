// What the chain and the node are: answered from memory.

import Cryptography
import JSON
import JSONRPC
import Primitives
import Transactions

extension EthereumAPI {
  func addChainMethods(to table: inout MethodTable) {
    let chain = self.chain
    let configuration = self.configuration
    configuration.addIdentity(to: &table)
    table.add(
      "net_listening", .inline,
      "Whether the node listens for others: always true, as clients expect of a node that works.", result: "boolean"
    ) { (_, _, writer) in writer.boolean(true) }
    table.add("net_peerCount", .inline, "The number of peers: always zero, the node has none.", result: "quantity") {
      (_, _, writer) in writer.quantity(UInt64(0))
    }
    table.add(
      "web3_sha3", .pooled, "Keccak-256 of the data.", parameters: [.required("data", "data")], result: "32 bytes"
    ) { (parameters, _, writer) throws(RPCError) in
      writer.data(Keccak256.hash(try parameters.required("data", as: HexData.self).bytes))
    }
    table.add(
      "admin_nodeInfo", .pooled, "What the node is, and which chain it has.",
      result: "object in geth's form; the node has no peers, and so no address for them"
    ) { [self] (_, _, writer) throws(RPCError) in
      let genesis = try blocks.header(number: 0)?.hash ?? .zero
      writer.beginObject()
      for (name, text) in [("id", ""), ("name", configuration.clientVersion), ("enode", ""), ("ip", "")] {
        writer.key(name)
        writer.string(text)
      }
      writer.key("ports")
      writer.beginObject()
      writer.endObject()
      writer.key("listenAddr")
      writer.string("")
      writer.key("protocols")
      writer.beginObject()
      writer.key("eth")
      writer.beginObject()
      writer.key("network")
      writer.number(configuration.chainID)
      writer.key("difficulty")
      writer.number(0)
      writer.key("genesis")
      writer.data(genesis)
      writer.key("head")
      writer.data(chain.head.hash)
      writer.endObject()
      writer.endObject()
      writer.endObject()
    }
    if let version = configuration.protocolVersion {
      table.add(
        "eth_protocolVersion", .inline, "The version of the protocol, as the reference node names it.", result: "string"
      ) { (_, _, writer) in writer.string(version) }
    }
    table.add(
      "eth_syncing", .inline, "Whether the node makes blocks again that it has on disk, after a crash or a repair.",
      result: "false, or `startingBlock`, `currentBlock` and `highestBlock`",
      differences:
        "While it does, all methods but this one, eth_chainId, net_version and web3_clientVersion are answered "
        + "with an error that says how far it is."
    ) { (_, _, writer) in writer.boolean(false) }
    table.add("eth_accounts", .inline, "The accounts that the node signs for: none.", result: "empty array") {
      (_, _, writer) in
      writer.beginArray()
      writer.endArray()
    }
    table.add("eth_blockNumber", .inline, "The number of the newest block.", result: "quantity") { (_, _, writer) in
      writer.quantity(chain.head.number)
    }
    table.add("eth_baseFee", .inline, "The base fee of the next block, in wei per gas.", result: "quantity") {
      (_, _, writer) in writer.quantity(chain.nextBaseFee)
    }
    let tip = configuration.suggestedTip
    table.add(
      "eth_gasPrice", .inline,
      "The base fee of the next block\(tip == 0 ? "" : " and the tip that is suggested"), in wei.", result: "quantity",
      differences: tip == 0
        ? "No tip is suggested on top: transactions are ordered by tip, but a block has room for all." : ""
    ) { (_, _, writer) in writer.quantity(UInt256(chain.nextBaseFee) &+ UInt256(tip)) }
    table.add(
      "eth_maxPriorityFeePerGas", .inline,
      tip == 0 ? "The tip that a transaction needs, in wei: zero." : "The tip that is suggested, in wei.",
      result: "quantity"
    ) { (_, _, writer) in writer.quantity(tip) }
    table.add(
      "eth_feeHistory", .heavy,
      "Base fees, how full the blocks were, and the tips paid, of up to 1,024 blocks and the one after them.",
      parameters: [
        .required("blockCount", "quantity"), .required("newestBlock", "block"),
        .optional("rewardPercentiles", "array of strictly ascending numbers from 0 to 100"),
      ], result: "fee history", refusals: [.init(-32_000, "request beyond head block")],
      differences: "The reference answers with a constant history."
        + (optional.blobPricing == nil ? " There is no blob fee here." : "")
    ) { [self] (parameters, context, writer) throws(RPCError) in
      try feeHistory(&parameters, context, &writer)
    }
  }

  func addBlobMethods(to table: inout MethodTable) {
    let pricing = optional.blobPricing
    table.add(
      "eth_blobBaseFee", .inline, "The price of blob gas in the next block, in wei.", result: "quantity",
      differences: pricing == nil ? "Always one, which is what BLOBBASEFEE gives: the chain has no blobs." : ""
    ) { (_, _, writer) in writer.quantity(pricing?.nextBlobBaseFee ?? .one) }
  }

  /// Base fees, how full the blocks were, and what was paid on top, of some blocks and the one after them.
  private func feeHistory(
    _ parameters: inout Parameters, _ context: RPCContext, _ writer: inout JSONWriter
  ) throws(RPCError) {
    let asked = try parameters.required("blockCount", as: UInt64.self)
    guard let newest = try blocks.number(of: try parameters.required("newestBlock")) else {
      throw .refused("request beyond head block")
    }
    let percentiles = try parameters.optional("rewardPercentiles", as: Percentiles.self)?.values ?? []
    let count = min(asked, configuration.maxFeeHistoryBlocks, newest + 1)
    let oldest = newest + 1 - count
    var baseFees: [UInt64] = []
    var ratios: [Double] = []
    var blobFees: [UInt256] = []
    var blobRatios: [Double] = []
    var rewards: [[UInt256]] = []
    if count > 0 {
      for number in oldest...newest {
        try context.checkCancellation()
        guard let block = try blocks.header(number: number) else { throw .refused("block not found") }
        let header = block.header
        baseFees.append(header.baseFeePerGas)
        ratios.append(header.gasLimit == 0 ? 0 : Double(block.gasUsed) / Double(header.gasLimit))
        if let pricing = optional.blobPricing {
          blobFees.append(pricing.blobBaseFee(of: header) ?? .zero)
          let most = pricing.maxBlobGas(of: header)
          blobRatios.append(most == 0 ? 0 : Double(header.blobGasUsed ?? 0) / Double(most))
        }
        if !percentiles.isEmpty { rewards.append(try tips(ofBlock: number, header.baseFeePerGas, percentiles)) }
      }
      let following = try blocks.header(number: newest + 1)?.header
      baseFees.append(following?.baseFeePerGas ?? chain.nextBaseFee)
      if let pricing = optional.blobPricing {
        blobFees.append(following.map { pricing.blobBaseFee(of: $0) ?? .zero } ?? pricing.nextBlobBaseFee)
      }
    }
    writer.beginObject()
    writer.key("oldestBlock")
    writer.quantity(count == 0 ? 0 : oldest)
    writer.key("baseFeePerGas")
    writer.beginArray()
    for fee in baseFees { writer.quantity(fee) }
    writer.endArray()
    writer.key("gasUsedRatio")
    writer.beginArray()
    for ratio in ratios { writer.number(ratio) }
    writer.endArray()
    if optional.blobPricing != nil {
      writer.key("baseFeePerBlobGas")
      writer.beginArray()
      for fee in blobFees { writer.quantity(fee) }
      writer.endArray()
      writer.key("blobGasUsedRatio")
      writer.beginArray()
      for ratio in blobRatios { writer.number(ratio) }
      writer.endArray()
    }
    if !percentiles.isEmpty {
      writer.key("reward")
      writer.beginArray()
      for block in rewards {
        writer.beginArray()
        for reward in block { writer.quantity(reward) }
        writer.endArray()
      }
      writer.endArray()
    }
    writer.endObject()
  }

  /// The tips of a block at each percentile, the transactions weighed by the gas they used.
  private func tips(ofBlock number: UInt64, _ baseFee: UInt64, _ percentiles: [Double]) throws(RPCError) -> [UInt256] {
    let receipts = try faults.reading { () throws(ChainReadError) in try chain.receipts(ofBlock: number) } ?? []
    let tips = receipts.map { receipt in
      let price = receipt.effectiveGasPrice, base = UInt256(baseFee)
      return (tip: price > base ? price &- base : .zero, gas: receipt.receipt.gasUsed)
    }
    .sorted { $0.tip < $1.tip }
    guard let last = tips.last else { return percentiles.map { _ in .zero } }
    let total = tips.reduce(0.0) { $0 + Double($1.gas) }
    return percentiles.map { percentile in
      var sum = 0.0
      for (tip, gas) in tips {
        sum += Double(gas)
        if sum >= total * percentile / 100 { return tip }
      }
      return last.tip
    }
  }
}

/// Ascending numbers from 0 to 100.
private struct Percentiles: RPCParameter {
  let values: [Double]

  init(parameter value: JSONValue) throws(InvalidParameter) {
    guard let elements = value.elements(atMost: 101), elements.count <= 100 else {
      throw InvalidParameter("expected at most 100 percentiles")
    }
    var values: [Double] = []
    for element in elements {
      guard let number = element.double, number >= 0, number <= 100 else {
        throw InvalidParameter("percentiles are numbers from 0 to 100")
      }
      if let last = values.last, number <= last {
        throw InvalidParameter("percentiles must ascend: \(number) follows \(last)")
      }
      values.append(number)
    }
    self.values = values
  }
}
