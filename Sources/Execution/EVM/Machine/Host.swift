// What the machine asks of the world around it.

import Primitives

/// Free reads of the state, for tracers: nothing is charged, warmed or recorded.
public protocol WorldReader {
  /// The balance in wei.
  func peekBalance(_ address: Address) -> UInt256
  /// The nonce, 0 for an account that does not exist.
  func peekNonce(_ address: Address) -> UInt64
  /// The code, empty for an account without.
  func peekCode(_ address: Address) -> [UInt8]
  /// The value of a slot as it is now.
  func peekStorage(_ address: Address, _ key: UInt256) -> UInt256
  /// EIP-3529 refund collected so far; always 0 where refunds do not exist.
  var refund: Int64 { get }
}

extension WorldReader {
  @inlinable public var refund: Int64 { 0 }
}

/// The owner of everything outside the frames: accounts, storage, logs, checkpoints, and the prices of reaching them.
///
/// The machine has charged an instruction's static cost from its rule set's table, checked the stack and the static
/// context, popped the operands and grown memory *before* it asks; the host charges the rest to `meter` and throws what
/// its charge threw. A thrown halt ends the frame (or, when fatal, the execution). All methods are dispatched statically.
///
/// Storage keys and values are numbers; their 32-byte form is big-endian.
public protocol Host: WorldReader {
  /// A point to which state can return. Plain data: the machine keeps one per open frame.
  associatedtype Checkpoint

  // MARK: Accounts

  /// BALANCE.
  mutating func balance(_ address: Address, meter: inout Meter) throws(Halt) -> UInt256
  /// SELFBALANCE; its whole cost is static.
  mutating func selfBalance(_ address: Address) throws(Halt) -> UInt256
  /// EXTCODESIZE.
  mutating func codeSize(_ address: Address, meter: inout Meter) throws(Halt) -> Int
  /// EXTCODEHASH: 0 for an empty or absent account.
  mutating func codeHash(_ address: Address, meter: inout Meter) throws(Halt) -> UInt256
  /// EXTCODECOPY: the account access only; the copy is charged by the machine. `nil` for no code.
  mutating func code(_ address: Address, meter: inout Meter) throws(Halt) -> Code?
  /// BLOCKHASH of one of the 256 blocks before the current one (the machine has checked the range).
  mutating func blockHash(_ number: UInt64) -> UInt256

  // MARK: Storage

  /// SLOAD.
  mutating func loadStorage(_ address: Address, _ key: UInt256, meter: inout Meter) throws(Halt) -> UInt256
  /// SSTORE, after the static and the 2,300-gas checks.
  mutating func storeStorage(
    _ address: Address, _ key: UInt256, _ value: UInt256, meter: inout Meter
  ) throws(Halt)
  /// TLOAD; its whole cost is static.
  mutating func loadTransient(_ address: Address, _ key: UInt256) -> UInt256
  /// TSTORE; its whole cost is static.
  mutating func storeTransient(_ address: Address, _ key: UInt256, _ value: UInt256)

  // MARK: Effects

  /// LOG0 … LOG4, fully charged. `data` is only valid during the call.
  mutating func emitLog(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) throws(Halt)
  /// SELFDESTRUCT. `isConstructor`: the frame runs init code.
  mutating func selfDestruct(
    _ address: Address, beneficiary: Address, isConstructor: Bool, meter: inout Meter
  ) throws(Halt)

  // MARK: Frames

  /// Decides about a call, see ``CallPreparation``. Charges the account access and surcharges to the caller's `meter`;
  /// a halt thrown here ends the *caller's* frame. `output` is the caller's return data, empty on entry: a call that
  /// finishes at once writes its output there.
  mutating func prepareCall(
    _ request: CallRequest, meter: inout Meter, output: inout ReturnData
  ) throws(Halt) -> CallPreparation<Checkpoint>
  /// Ends a call that ran: keeps the effects since `checkpoint`, or undoes them.
  mutating func finishCall(_ checkpoint: Checkpoint, succeeded: Bool)

  /// A frame below the outermost hands `count` bytes back to its caller. For hosts that bound them; ignored by default.
  /// Only a fatal halt may be thrown.
  mutating func didReturn(count: Int) throws(Halt)

  /// Decides about a creation, see ``CreatePreparation``. A halt thrown here ends the creator's frame.
  mutating func prepareCreate(
    _ request: CreateRequest, meter: inout Meter
  ) throws(Halt) -> CreatePreparation<Checkpoint>
  /// Ends a constructor: on success checks and charges the deposit of `output` as code to the constructor's `meter` and
  /// stores it; otherwise undoes the effects. The machine has already emptied `meter` if the constructor halted; the
  /// host empties it if the deposit fails. Only a fatal halt may be thrown.
  mutating func finishCreate(
    _ checkpoint: Checkpoint, address: Address, status: FrameStatus, output: UnsafeRawBufferPointer,
    meter: inout Meter
  ) throws(Halt) -> CreateCompletion
}

extension Host {
  @inlinable public mutating func didReturn(count: Int) throws(Halt) {}
}
