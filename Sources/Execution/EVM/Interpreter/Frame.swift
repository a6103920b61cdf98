// One activation of code: registers, memory, context and the buffers that the next activation at its depth reuses.

import Primitives
import Synchronization

/// Operands of an instruction that the interpreter took from the stack, checked and paid for, for the machine to use.
@frozen public struct PendingOperands {
  /// Memory range in: call input, init code, log data, or destination of EXTCODECOPY.
  @usableFromInline var offset = 0
  @usableFromInline var count = 0
  /// Memory range for a call's output.
  @usableFromInline var outputOffset = 0
  @usableFromInline var outputCount = 0
  /// Gas operand, saturated.
  @usableFromInline var gas: UInt64 = 0
  /// The address operand.
  @usableFromInline var target = UInt256.zero
  @usableFromInline var value = UInt256.zero
  /// Salt of CREATE2, or source offset of EXTCODECOPY.
  @usableFromInline var extra = UInt256.zero
}

/// One activation of code.
///
/// A frame lives in the machine's pool at a fixed address and is reused: its stack, memory and return buffer stay
/// allocated. The interpreter keeps `pc`, `sp`, gas and native in locals and stores them here whenever it leaves.
/// Tracers read it through ``FrameView``.
@frozen public struct Frame {
  /// The next instruction.
  @usableFromInline var pc: UnsafePointer<UInt8>
  /// The next free stack slot. The stack begins at a multiple of 64 KiB, so the low 16 bits are the height in bytes.
  @usableFromInline var sp: UnsafeMutablePointer<UInt256>
  @usableFromInline var meter: Meter

  @usableFromInline var table: UnsafePointer<InstructionTable>
  @usableFromInline var environment: UnsafeMutablePointer<ExecutionEnvironment>
  @usableFromInline var code: Unmanaged<Code>
  @usableFromInline var codeBase: UnsafePointer<UInt8>
  @usableFromInline var codeCount: Int
  /// See ``Code/destinations``.
  @usableFromInline var destinations: UnsafePointer<Atomic<UInt8>>

  // The translation of the code, see ``Tiers``.
  /// Where the block interpreter goes on; `nil` while the reference interpreter runs the frame.
  @usableFromInline var resumption: UnsafePointer<BlockEntry>?
  /// The translation, if the code has one, and what the block interpreter reads of it.
  @usableFromInline var translation: Unmanaged<Translation>?
  @usableFromInline var numbers: UnsafePointer<Atomic<Int16>>
  @usableFromInline var segments: UnsafePointer<UnsafeMutablePointer<BlockEntry>>
  /// The machine's workspace.
  @usableFromInline let translator: UnsafeMutablePointer<Translator>

  @usableFromInline var memory: UnsafeMutablePointer<UInt8>
  /// Bytes in use, a multiple of 32.
  @usableFromInline var memorySize: Int
  @usableFromInline var memoryCapacity: Int
  /// Gas already paid for ``memorySize``.
  @usableFromInline var memoryGas: Int64
  /// What the frames above this one left of the shared memory.
  @usableFromInline var memoryLimit: Int

  @usableFromInline var input: UnsafePointer<UInt8>
  @usableFromInline var inputCount: Int
  @usableFromInline var address: Address
  @usableFromInline var caller: Address
  @usableFromInline var value: UInt256
  @usableFromInline var isStatic: Bool
  @usableFromInline var isConstructor: Bool
  @usableFromInline var depth: Int

  @usableFromInline var returnData: ReturnData
  @usableFromInline var operands: PendingOperands
  /// Why the interpreter returned ``Exit/halted``.
  @usableFromInline var halt: Halt

  @usableFromInline let stackBase: UnsafeMutablePointer<UInt256>
}

/// Why the interpreter left its loop.
@frozen public enum Exit: UInt8, Sendable {
  /// The frame is over.
  case stopped, returned, reverted, halted
  /// One instruction was carried out (single steps only).
  case stepped
  /// The reference interpreter came to a hot jump destination, or the block interpreter cannot go on; the machine never
  /// sees these.
  case hot, cold
  /// The host is needed to read an account; operands are checked and paid for.
  case balance, selfBalance, codeSize, codeCopy, codeHash, blockHash
  /// The host is needed to reach a slot.
  case loadStorage, storeStorage, loadTransient, storeTransient
  /// The host is needed for an effect.
  case log, selfDestruct
  /// The host decides whether another frame opens.
  case call, callCode, delegateCall, staticCall, create, create2
}
