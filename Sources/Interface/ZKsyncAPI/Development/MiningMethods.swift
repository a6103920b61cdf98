// When blocks are made, and making them.

import EthereumAPI
import JSON
import JSONRPC
import Primitives
import Sequencer

extension DevelopmentMethods {
  private static let maxBlocks: UInt64 = 1_000_000
  private static let maxInterval: UInt64 = 86_400 * 365

  func addMiningMethods(to table: inout MethodTable) {
    table.add(
      ["evm_mine"], .heavy,
      "Makes a block now, or several, of what waits; an empty one where nothing does. For development, as all `evm_`, `anvil_` "
        + "and `hardhat_` methods (`development_methods_enabled`).",
      parameters: [.optional("options", "timestamp of the first block, or an object of timestamp and blocks")],
      result: "\"0x0\""
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let options = try parameters.optional("options", as: MineOptions.self) ?? MineOptions()
      if let timestamp = options.timestamp { try setNext(timestamp) }
      try mine(options.blocks, spacing: nil, context)
      writer.string("0x0" as StaticString)
    }
    table.add(
      ["anvil_mine", "hardhat_mine"], .heavy, "Makes blocks, as `evm_mine` does.",
      parameters: [.optional("count", "quantity"), .optional("interval", "seconds between two")], result: "null"
    ) { [self] (parameters, context, writer) throws(RPCError) in
      let count = try parameters.optional("count", as: UInt64.self) ?? 1
      let spacing = try parameters.optional("interval", as: UInt64.self)
      try mine(count, spacing: spacing, context)
      writer.null()
    }
    table.add(
      ["anvil_setAutomine", "evm_setAutomine"], .pooled,
      "Turns on or off that a block is made as soon as something waits. Off, blocks come from `evm_mine` alone; deposits of L1 "
        + "wait for it too.",
      parameters: [.required("enable", "boolean")], result: "null"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let isOn = try parameters.required("enable", as: Bool.self)
      if isOn { control.mode = .automatic } else if control.mode == .automatic { control.mode = .manual }
      writer.null()
    }
    table.add(
      ["anvil_getAutomine", "hardhat_getAutomine"], .inline, "Whether a block is made as soon as something waits.",
      result: "boolean"
    ) { [self] (_, _, writer) throws(RPCError) in writer.boolean(control.mode == .automatic) }
    table.add(
      ["anvil_setIntervalMining", "evm_setIntervalMining"], .pooled,
      "Makes a block after each such time, whatever waits; with 0, none but on demand.",
      parameters: [.required("seconds", "quantity, in seconds as with anvil; Hardhat's are milliseconds")],
      result: "null"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let seconds = try parameters.required("seconds", as: UInt64.self)
      guard seconds <= Self.maxInterval else { throw .invalidParameters("an interval of at most a year is expected") }
      control.mode = seconds == 0 ? .manual : .interval(.seconds(Int64(seconds)))
      writer.null()
    }
    table.add(
      "anvil_getIntervalMining", .inline, "The time between two blocks, where it is fixed.", result: "seconds or null"
    ) { [self] (_, _, writer) throws(RPCError) in
      if case .interval(let interval) = control.mode {
        writer.number(interval.components.seconds)
      } else {
        writer.null()
      }
    }
  }

  private func mine(_ count: UInt64, spacing: UInt64?, _ context: RPCContext) throws(RPCError) {
    guard count <= Self.maxBlocks else { throw .refused("at most \(Self.maxBlocks) blocks can be mined at once") }
    guard count > 0 else { return }
    var order = BlockOrder()
    order.count = count
    if let spacing {
      guard spacing <= Self.maxInterval else { throw .refused("blocks can be a year apart at most") }
      // All of them: L1 is to take the last one, too.
      try admit(control.clock.now + (count - 1) * spacing)
      order.spacing = spacing
    }
    try make(order, context)
  }
}
