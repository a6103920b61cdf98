// The time of the chain, which goes forward only: no block is earlier than the one before, and L1 takes none that is much
// later than its own time.

import JSON
import JSONRPC
import Primitives
import Sequencer

extension DevelopmentMethods {
  func addTimeMethods(to table: inout MethodTable) {
    table.add(
      ["anvil_increaseTime", "evm_increaseTime"], .pooled,
      "Lets the time of later blocks jump. The time of the node's own L1 goes along, so that the blocks settle; another L1 "
        + "takes blocks of up to an hour ahead of it, and the rest is refused.",
      parameters: [.required("seconds", "quantity")],
      result: "number, the seconds by which the chain's time is ahead of the system's"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      let seconds = try parameters.required("seconds", as: UInt64.self)
      guard seconds <= MovableClock.latest else { throw Self.endOfTime }
      let timestamp = control.clock.now + seconds
      try admit(timestamp)
      writer.number(control.clock.move(to: timestamp))
    }
    table.add(
      ["anvil_setNextBlockTimestamp", "evm_setNextBlockTimestamp"], .pooled,
      "Sets the time of the next block, from which it goes on, where that is ahead: the newest block's or later.",
      parameters: [.required("timestamp", "quantity, seconds since 1970")], result: "null"
    ) { [self] (parameters, _, writer) throws(RPCError) in
      try setNext(try parameters.required("timestamp", as: UInt64.self))
      writer.null()
    }
  }

  private static let endOfTime = RPCError.refused("timestamps end at \(MovableClock.latest)")

  func setNext(_ timestamp: UInt64) throws(RPCError) {
    let last = sequencer.tipTimestamp
    guard timestamp >= last else {
      throw .refused("Timestamp error: \(timestamp) is lower than previous block's timestamp \(last)")
    }
    try admit(timestamp)
    control.clock.setNext(timestamp)
  }

  /// Lets blocks be of this time, or says why they cannot.
  func admit(_ timestamp: UInt64) throws(RPCError) {
    guard timestamp <= MovableClock.latest else { throw Self.endOfTime }
    try admitTime(timestamp)
  }
}
