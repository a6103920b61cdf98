// When blocks are made, and making them.

import EthereumAPI
import JSON
import JSONRPC
import Primitives

extension DevelopmentMethods {
  func addMiningMethods(to table: inout MethodTable) {
    table.add(
      "evm_mine", .heavy, "Makes a block now, or several.",
      parameters: [.optional("options", "timestamp of the first block, or an object of timestamp and blocks")],
      result: "\"0x0\""
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let options = try parameters.optional("options", as: MineOptions.self) ?? MineOptions()
      try changing { () throws(ChainError) in
        if let timestamp = options.timestamp { try chain.setNextTimestamp(timestamp) }
        try chain.mine(blocks: options.blocks)
      }
      writer.string("0x0")
    }
    table.add(
      ["anvil_mine", "hardhat_mine"], .heavy, "Makes blocks.",
      parameters: [.optional("count", "quantity"), .optional("interval", "seconds between two")], result: "null"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let count = try parameters.optional("count", as: UInt64.self) ?? 1
      let spacing = try parameters.optional("interval", as: UInt64.self)
      try changing { () throws(ChainError) in _ = try chain.mine(blocks: count, spacing: spacing) }
      writer.null()
    }
    table.add(
      ["anvil_setAutomine", "evm_setAutomine"], .heavy, "Turns on or off that each transaction is mined as it comes.",
      parameters: [.required("enable", "boolean")], result: "null"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let isOn = try parameters.required("enable", as: Bool.self)
      miner.mode = isOn ? .automatic : (miner.mode == .automatic ? .manual : miner.mode)
      try changing { () throws(ChainError) in try miner.transactionsCame() }
      writer.null()
    }
    table.add(
      ["anvil_getAutomine", "hardhat_getAutomine"], .inline, "Whether each transaction is mined as it comes.",
      result: "boolean"
    ) { [self] (_, _, writer) throws(RPCError) in writer.boolean(miner.mode.minesTransactions) }
    table.add(
      ["anvil_setIntervalMining", "evm_setIntervalMining"], .inline, "Makes a block after each such time; 0 ends that.",
      parameters: [.required("seconds", "quantity")], result: "null"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let seconds = try parameters.required("seconds", as: UInt64.self)
      guard seconds <= 86_400 * 365 else { throw .invalidParameters("an interval of at most a year is expected") }
      miner.mode = seconds == 0 ? .manual : .interval(.seconds(Int64(seconds)))
      writer.null()
    }
    table.add(
      "anvil_getIntervalMining", .inline, "The time between two blocks, where it is fixed.", result: "seconds or null"
    ) { [self] (_, _, writer) throws(RPCError) in
      if let interval = miner.mode.interval { writer.number(interval.components.seconds) } else { writer.null() }
    }
  }
}
