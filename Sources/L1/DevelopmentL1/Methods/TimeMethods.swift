// The time of the chain.

import JSON
import JSONRPC
import Primitives

extension DevelopmentMethods {
  func addTimeMethods(to table: inout MethodTable) {
    table.add(
      ["evm_increaseTime", "anvil_increaseTime"], .pooled, "Lets the time of later blocks jump.",
      parameters: [.required("seconds", "quantity")],
      result: "number, the seconds by which the chain's time differs from the system's"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let seconds = try parameters.required("seconds", as: UInt64.self)
      writer.number(try changing { () throws(ChainError) in try chain.increaseTime(by: seconds) })
    }
    table.add(
      ["evm_setNextBlockTimestamp", "anvil_setNextBlockTimestamp"], .pooled,
      "Sets the time of the next block, from which it goes on.", parameters: [.required("timestamp", "quantity")],
      result: "null"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let timestamp = try parameters.required("timestamp", as: UInt64.self)
      try changing { () throws(ChainError) in try chain.setNextTimestamp(timestamp) }
      writer.null()
    }
    table.add(
      ["evm_setTime", "anvil_setTime"], .pooled, "Sets the chain's clock.",
      parameters: [.required("timestamp", "quantity, seconds; milliseconds where it is too large for seconds")],
      result: "number, the seconds by which it moved"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let given = try parameters.required("timestamp", as: UInt64.self)
      // Ganache took milliseconds. A number of them is beyond any date that somebody means in seconds.
      let timestamp = given > 1_000_000_000_000 ? given / 1_000 : given
      writer.number(try changing { () throws(ChainError) in try chain.setTime(timestamp) })
    }
    table.add(
      ["anvil_setBlockTimestampInterval", "evm_setBlockTimestampInterval"], .pooled,
      "Lets each block be so many seconds later than the one before.", parameters: [.required("seconds", "quantity")],
      result: "null"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let seconds = try parameters.required("seconds", as: UInt64.self)
      guard seconds <= BlockClock.latest else { throw .invalidParameters("the interval is too long") }
      try changing { () throws(ChainError) in
        try chain.change { (settings, _) throws(ChainError) in settings.clock.interval = seconds }
      }
      writer.null()
    }
    table.add(
      ["anvil_removeBlockTimestampInterval", "evm_removeBlockTimestampInterval"], .pooled,
      "Ends what `anvil_setBlockTimestampInterval` began.", result: "boolean, whether there was something to end"
    ) { [self] (_, _, writer) throws(RPCError) in
      writer.boolean(
        try changing { () throws(ChainError) in
          try chain.change { (settings, _) throws(ChainError) in
            defer { settings.clock.interval = nil }
            return settings.clock.interval != nil
          }
        })
    }
  }
}
