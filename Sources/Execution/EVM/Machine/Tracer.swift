// What an observer of an execution sees.

import Primitives

/// An observer of an execution.
///
/// The machine is specialised for its tracer: with ``NoTracer`` none of these calls exists. With
/// ``observesSteps`` the machine runs one instruction at a time, in the reference interpreter.
/// `world` gives free reads of the state as it is at that moment.
public protocol Tracer {
  /// Whether anything is observed.
  static var isActive: Bool { get }
  /// Whether every instruction is observed.
  static var observesSteps: Bool { get }
  /// Whether it is told what instructions reach in the state. Code runs as fast as it does untraced.
  static var observesAccesses: Bool { get }
  /// Whether the execution is to end before its next instruction, as one that is cancelled. Asked where steps are observed,
  /// and with each access where those are.
  var stops: Bool { get }

  /// An instruction is about to run.
  mutating func willStep(_ frame: FrameView, world: some WorldReader)
  /// An instruction has run (for calls and creates: its callee has ended), or ended or halted its frame.
  mutating func didStep(_ frame: FrameView, halt: Halt?, world: some WorldReader)
  /// An instruction is about to reach an account or a slot. One that cannot be carried out (it lacks words on the stack, or
  /// gas for its memory) reaches nothing; one that a static call may not do does, as geth has it.
  mutating func willAccess(_ access: StateAccess, world: some WorldReader)
  /// A call, creation or selfdestruct begins; the frame's first instruction follows unless it ends at once.
  mutating func enter(_ event: FrameEvent, world: some WorldReader)
  /// The frame entered last and not yet left ends.
  mutating func leave(_ end: FrameEnd, world: some WorldReader)
  /// A log is emitted by the frame entered last.
  mutating func log(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer)
}

extension Tracer {
  @inlinable public var stops: Bool { false }
  @inlinable public static var observesAccesses: Bool { false }
  @inlinable public mutating func willAccess(_ access: StateAccess, world: some WorldReader) {}
}

/// What an instruction reaches in the state.
@frozen public enum StateAccess: Sendable, Equatable {
  /// SLOAD, SSTORE: a slot of the account that runs.
  case slot(Address, UInt256)
  /// The operand of BALANCE, of EXTCODE…, of a call, or of SELFDESTRUCT.
  case account(Address)
}

/// The kinds of frame that tracers tell apart.
@frozen public enum FrameKind: String, Sendable {
  /// CALL, and the outermost frame of a transaction that calls.
  case call = "CALL"
  /// CALLCODE.
  case callCode = "CALLCODE"
  /// DELEGATECALL.
  case delegateCall = "DELEGATECALL"
  /// STATICCALL.
  case staticCall = "STATICCALL"
  /// CREATE.
  case create = "CREATE"
  /// CREATE2.
  case create2 = "CREATE2"
  /// SELFDESTRUCT, which opens no frame but moves value.
  case selfDestruct = "SELFDESTRUCT"

  @inlinable init(_ kind: CallKind) {
    switch kind {
    case .call: self = .call
    case .callCode: self = .callCode
    case .delegateCall: self = .delegateCall
    case .staticCall: self = .staticCall
    }
  }
}

/// The beginning of a frame.
@frozen public struct FrameEvent {
  /// What opens the frame.
  public var kind: FrameKind
  /// The account that calls, creates or destroys itself.
  public var from: Address
  /// The account whose code runs, the new contract, or the beneficiary.
  public var to: Address
  /// The value operand; `nil` where the kind has none.
  public var value: UInt256?
  /// Calldata or init code, valid during the call only.
  public var input: UnsafeRawBufferPointer
  /// Gas given to the frame.
  public var gas: Int64
  /// 0 for the outermost frame.
  public var depth: Int
  /// Gas that stays with the frame that opens this one, for the time being.
  public var callerGas: Int64

  /// The beginning of a frame, as the machine reports it.
  @inlinable public init(
    kind: FrameKind, from: Address, to: Address, value: UInt256?, input: UnsafeRawBufferPointer, gas: Int64,
    depth: Int, callerGas: Int64 = 0
  ) {
    self.kind = kind
    self.from = from
    self.to = to
    self.value = value
    self.input = input
    self.gas = gas
    self.depth = depth
    self.callerGas = callerGas
  }
}

/// The end of a frame.
@frozen public struct FrameEnd {
  /// How it ends.
  public var status: FrameStatus
  /// Gas that the frame and those below it used.
  public var gasUsed: Int64
  /// Output, revert data or deployed code, valid during the call only.
  public var output: UnsafeRawBufferPointer

  /// The end of a frame, as the machine reports it.
  @inlinable public init(status: FrameStatus, gasUsed: Int64, output: UnsafeRawBufferPointer) {
    self.status = status
    self.gasUsed = gasUsed
    self.output = output
  }
}

/// A read-only view of the running frame.
@frozen public struct FrameView {
  @usableFromInline let frame: UnsafeMutablePointer<Frame>

  @inlinable init(_ frame: UnsafeMutablePointer<Frame>) { self.frame = frame }

  /// Offset of the instruction that is next.
  @inlinable public var programCounter: Int { frame.pointee.pc - frame.pointee.codeBase }
  /// The instruction byte that is next.
  @inlinable public var opcode: UInt8 { frame.pointee.pc.pointee }
  /// Whole gas left.
  @inlinable public var gas: Int64 { frame.pointee.meter.gas }
  /// Native left.
  @inlinable public var native: UInt64 { frame.pointee.meter.native }
  /// The stack, bottom first.
  @inlinable public var stack: UnsafeBufferPointer<UInt256> {
    UnsafeBufferPointer(start: frame.pointee.stackBase, count: frame.pointee.sp - frame.pointee.stackBase)
  }
  /// Memory in use.
  @inlinable public var memory: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: frame.pointee.memory, count: frame.pointee.memorySize)
  }
  /// What the last call handed back.
  @inlinable public var returnData: UnsafeRawBufferPointer { frame.pointee.returnData.bytes }
  /// The account whose storage the code changes.
  @inlinable public var address: Address { frame.pointee.address }
  /// The account that called.
  @inlinable public var caller: Address { frame.pointee.caller }
  /// 0 for the outermost frame.
  @inlinable public var depth: Int { frame.pointee.depth }
  /// Whether the code is init code.
  @inlinable public var isConstructor: Bool { frame.pointee.isConstructor }
  /// The code that runs.
  @inlinable public var code: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: frame.pointee.codeBase, count: frame.pointee.codeCount)
  }
}

/// No observer: all calls vanish.
@frozen public struct NoTracer: Tracer {
  /// The only one.
  @inlinable public init() {}
  @inlinable public static var isActive: Bool { false }
  @inlinable public static var observesSteps: Bool { false }
  @inlinable public mutating func willStep(_ frame: FrameView, world: some WorldReader) {}
  @inlinable public mutating func didStep(_ frame: FrameView, halt: Halt?, world: some WorldReader) {}
  @inlinable public mutating func enter(_ event: FrameEvent, world: some WorldReader) {}
  @inlinable public mutating func leave(_ end: FrameEnd, world: some WorldReader) {}
  @inlinable public mutating func log(_ address: Address, topics: Topics, data: UnsafeRawBufferPointer) {}
}
