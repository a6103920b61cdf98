// What passes between the machine and its host when a frame calls, creates or ends.

import Primitives

/// The instruction that asks for a call.
@frozen public enum CallKind: UInt8, Sendable {
  /// The opcode of that name.
  case call, callCode, delegateCall, staticCall
}

/// A call that a frame asks for. Everything the opcode itself costs is already charged (memory growth included); the
/// account access, the value surcharges and the split of the gas are the host's (``Host/prepareCall(_:meter:output:)``).
@frozen public struct CallRequest {
  /// The opcode that asks.
  public var kind: CallKind
  /// The gas operand, saturated to 64 bits.
  public var gas: UInt64
  /// The account whose code runs.
  public var codeAddress: Address
  /// The account that executes the instruction; value is taken from it.
  public var executor: Address
  /// ADDRESS in the callee: the account whose storage it changes, and to which value goes.
  public var address: Address
  /// CALLER in the callee.
  public var caller: Address
  /// CALLVALUE in the callee: the operand, or for DELEGATECALL the inherited value, which does not move.
  public var value: UInt256
  /// Calldata. It aliases the memory of the calling frame, which stands still until the call ends.
  public var input: UnsafeRawBufferPointer
  /// Whether the callee may not change state: STATICCALL, or below one.
  public var isStatic: Bool
  /// Nesting of the callee; the transaction's own frame is 0. More than 1,024 must not run.
  public var depth: Int

  /// A request, as the machine makes it.
  @inlinable public init(
    kind: CallKind, gas: UInt64, codeAddress: Address, executor: Address, address: Address, caller: Address,
    value: UInt256, input: UnsafeRawBufferPointer, isStatic: Bool, depth: Int
  ) {
    self.kind = kind
    self.gas = gas
    self.codeAddress = codeAddress
    self.executor = executor
    self.address = address
    self.caller = caller
    self.value = value
    self.input = input
    self.isStatic = isStatic
    self.depth = depth
  }

  /// Whether value moves: a CALL, or a CALLCODE (to the executor itself), with a value that is not zero.
  @inlinable public var transfersValue: Bool {
    (kind == .call || kind == .callCode) && !value.isZero
  }
}

/// What the host decided about a call.
@frozen public enum CallPreparation<Checkpoint> {
  /// Run `code` with `meter`, which is already taken from the caller's. The host has opened `checkpoint` and moved the
  /// value; the machine ends it with ``Host/finishCall(_:succeeded:)`` and returns the rest of `meter` to the caller.
  case run(code: Code, meter: Meter, checkpoint: Checkpoint)
  /// The call is over: an account without code, a precompile or system hook, or a refusal (depth, balance). The host
  /// has settled state and returned the gas; `output` holds the return data. The rest is for tracers only.
  case finished(status: FrameStatus, gasProvided: Int64, gasUsed: Int64)
}

/// A contract creation that a frame asks for. The opcode's cost, memory growth and init code words are already charged.
@frozen public struct CreateRequest {
  /// `nil` for CREATE.
  public var salt: UInt256?
  /// The creating account.
  public var creator: Address
  /// Wei that the new contract is given.
  public var value: UInt256
  /// Init code, aliasing the memory of the creating frame.
  public var initCode: UnsafeRawBufferPointer
  /// Nesting of the constructor's frame. More than 1,024 must not run.
  public var depth: Int

  /// A request, as the machine makes it.
  @inlinable public init(
    salt: UInt256?, creator: Address, value: UInt256, initCode: UnsafeRawBufferPointer, depth: Int
  ) {
    self.salt = salt
    self.creator = creator
    self.value = value
    self.initCode = initCode
    self.depth = depth
  }
}

/// What the host decided about a creation.
@frozen public enum CreatePreparation<Checkpoint> {
  /// Run the init code as `address` with `meter`, which is already taken from the creator's.
  case run(address: Address, meter: Meter, checkpoint: Checkpoint)
  /// Nothing runs: 0 is pushed and the return data is empty. The host has settled the creator's meter.
  case refused(reason: Halt)
}

/// The end of a constructor, as the host decided it.
@frozen public enum CreateCompletion: Sendable, Equatable {
  /// The code is in place and the checkpoint kept.
  case deployed
  /// Rolled back: 0 is pushed. `keepsOutput` says whether the creator sees the constructor's output as return data.
  /// `reason` is `nil` when the constructor itself reverted.
  case failed(reason: Halt?, keepsOutput: Bool)
}

/// How a frame ended.
@frozen public enum FrameStatus: Sendable, Equatable {
  /// STOP, or the end of the code.
  case stopped
  /// RETURN.
  case returned
  /// SELFDESTRUCT, which ends a frame without output.
  case selfDestructed
  /// REVERT: effects undone, remaining gas kept, output kept.
  case reverted
  /// Exceptional halt: effects undone, gas consumed, no output.
  case halted(Halt)

  /// Whether the effects of the frame stay.
  @inlinable public var succeeded: Bool {
    switch self {
    case .stopped, .returned, .selfDestructed: true
    case .reverted, .halted: false
    }
  }

  /// Why the frame stopped abnormally, if it did.
  @inlinable public var halt: Halt? {
    if case .halted(let halt) = self { halt } else { nil }
  }

  /// The halt that ends the whole frame stack, if this is one.
  @inlinable public var fatal: Halt? {
    if case .halted(let halt) = self, halt.isFatal { halt } else { nil }
  }
}

/// The topics of a log, none to four.
@frozen public struct Topics: Sendable, Equatable {
  /// How many there are, 0 … 4.
  public var count: Int
  @usableFromInline var storage: InlineArray<4, Bytes32>

  /// No topic.
  @inlinable public init() {
    count = 0
    storage = .init(repeating: .zero)
  }

  /// Appends a topic; the machine never appends a fifth.
  @inlinable public mutating func append(_ topic: Bytes32) {
    storage[count] = topic
    count &+= 1
  }

  /// The topic at an index below ``count``.
  @inlinable public subscript(index: Int) -> Bytes32 { storage[index] }

  /// The topics in order.
  @inlinable public var array: [Bytes32] { (0..<count).map { storage[$0] } }

  public static func == (a: Topics, b: Topics) -> Bool { a.array == b.array }
}

/// A frame that runs on behalf of a transaction or an `eth_call`: the outermost frame of an execution.
@frozen public struct Message: Sendable {
  /// ADDRESS: the account whose storage the code changes.
  public var address: Address
  /// CALLER.
  public var caller: Address
  /// CALLVALUE; already moved.
  public var value: UInt256
  /// Calldata, empty for a constructor.
  public var input: [UInt8]
  /// Whether state may not change.
  public var isStatic: Bool
  /// Whether the code is init code.
  public var isConstructor: Bool

  /// A message; without a value, calldata or restrictions unless they are given.
  @inlinable public init(
    address: Address, caller: Address, value: UInt256 = .zero, input: [UInt8] = [], isStatic: Bool = false,
    isConstructor: Bool = false
  ) {
    self.address = address
    self.caller = caller
    self.value = value
    self.input = input
    self.isStatic = isStatic
    self.isConstructor = isConstructor
  }
}

/// The end of an execution.
@frozen public struct ExecutionResult: Sendable, Equatable {
  /// How the outermost frame ended.
  public var status: FrameStatus
  /// What RETURN or REVERT handed back, else empty.
  public var output: [UInt8]
  /// All bytes that frames and finished calls handed back during the execution, those of finished calls (precompiles,
  /// system hooks) twice. The reference implementation of ZKsync OS keeps them to the end and aborts beyond 2^27
  /// bytes, so a block must not contain a transaction that reaches this.
  public var returnedBytes: Int

  /// A result, as the machine makes it.
  @inlinable public init(status: FrameStatus, output: [UInt8], returnedBytes: Int = 0) {
    self.status = status
    self.output = output
    self.returnedBytes = returnedBytes
  }
}
