// What the chain says of itself, and beginning anew.

import JSON
import JSONRPC
import Primitives

extension DevelopmentMethods {
  func addNodeMethods(to table: inout MethodTable) {
    table.add("anvil_nodeInfo", .pooled, "What the chain is made with, and where it is.", result: "object") {
      [self] (_, _, writer) throws(RPCError) in
      let head = chain.head, settings = chain.settings
      writer.beginObject()
      writer.key("currentBlockNumber")
      writer.quantity(head.number)
      writer.key("currentBlockTimestamp")
      writer.number(head.header.timestamp)
      writer.key("currentBlockHash")
      writer.data(head.hash)
      writer.key("hardFork")
      writer.string(chain.identity.hardfork.rawValue)
      writer.key("transactionOrder")
      writer.string("fees")
      writer.key("environment")
      writer.beginObject()
      writer.key("baseFee")
      writer.quantity(chain.nextBaseFee)
      writer.key("chainId")
      writer.number(settings.chainID)
      writer.key("gasLimit")
      writer.quantity(settings.gasLimit)
      writer.key("gasPrice")
      writer.quantity(chain.nextBaseFee)
      writer.endObject()
      writer.key("forkConfig")
      writer.beginObject()
      writer.key("forkUrl")
      writer.null()
      writer.key("forkBlockNumber")
      writer.null()
      writer.key("forkRetryBackoff")
      writer.null()
      writer.endObject()
      writer.endObject()
    }
    table.add(
      ["anvil_metadata", "hardhat_metadata"], .pooled, "Which chain this is.",
      result: "object: `instanceId` stays what it is for as long as the chain lives"
    ) { [self] (_, _, writer) throws(RPCError) in
      let head = chain.head
      writer.beginObject()
      writer.key("clientVersion")
      writer.string(clientVersion)
      writer.key("chainId")
      writer.number(chain.settings.chainID)
      writer.key("instanceId")
      writer.data(chain.identity.instance)
      writer.key("latestBlockNumber")
      writer.number(head.number)
      writer.key("latestBlockHash")
      writer.data(head.hash)
      writer.key("forkedNetwork")
      writer.null()
      writer.key("snapshots")
      writer.beginObject()
      for snapshot in chain.snapshots {
        writer.key("0x" + String(snapshot.id, radix: 16))
        writer.beginArray()
        writer.number(snapshot.number)
        writer.data(snapshot.hash)
        writer.endArray()
      }
      writer.endObject()
      writer.endObject()
    }
    table.add(
      ["anvil_reset", "hardhat_reset"], .heavy,
      "Goes back to the first block, with the state that the chain began with.",
      parameters: [.optional("options", "forking is not supported")], result: "null"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      if let options = parameters.next("options"), options["forking"].map({ !$0.isNull }) == true {
        throw .refused("forking another chain is not supported")
      }
      try changing { () throws(ChainError) in try chain.reset() }
      writer.null()
    }
    // In place of those that give what the chain began with.
    table.add("eth_chainId", .inline, "The id that signatures name.", result: "quantity") {
      [self] (_, _, writer) throws(RPCError) in writer.quantity(chain.settings.chainID)
    }
    table.add("net_version", .inline, "The id that signatures name, as decimal text.", result: "string") {
      [self] (_, _, writer) throws(RPCError) in writer.string(chain.settings.chainID.description)
    }
  }
}
