// Why a frame stopped abnormally.

/// An exceptional end of a frame: its effects are undone and all its gas is consumed.
///
/// The names follow the yellow paper's exceptional halting conditions and geth's errors. ``outOfNative``,
/// ``internalFailure`` and ``cancelled`` are *fatal*: they end the whole frame stack, not only the frame in which they
/// arise.
@frozen public enum Halt: UInt8, Error, Sendable, Equatable, CaseIterable {
  /// An instruction that costs more than the gas left.
  case outOfGas
  /// An instruction that takes more words than the stack has.
  case stackUnderflow
  /// A word beyond 1,024 on the stack.
  case stackOverflow
  /// A jump to a place that is no JUMPDEST, or one inside push data.
  case invalidJump
  /// A byte to which the revision assigns no instruction.
  case undefinedOpcode
  /// The designated invalid instruction 0xfe (EIP-141).
  case invalidOpcode
  /// SSTORE, TSTORE, LOG, CREATE, CREATE2 or SELFDESTRUCT below a STATICCALL (EIP-214).
  case stateChangeInStaticContext
  /// CALL with a value below a STATICCALL (EIP-214).
  case valueInStaticContext
  /// RETURNDATACOPY beyond the return data (EIP-211).
  case returnDataOutOfBounds
  /// A memory range that ends beyond 2^32 − 32, or beyond the memory that all frames share.
  case memoryLimit
  /// An offset or length that does not fit the machine word of the reference implementation.
  case operandTooLarge
  /// CREATE or CREATE2 with more than 49,152 bytes of init code (EIP-3860).
  case initCodeTooLarge
  /// Deployed code beyond 24,576 bytes (EIP-170).
  case codeTooLarge
  /// Deployed code that begins with 0xef (EIP-3541).
  case invalidDeployedCode
  /// The gas left by a constructor does not pay for the code it returned.
  case codeDepositOutOfGas
  /// The address of a new contract is taken.
  case createCollision
  /// A call or create below 1,024 others.
  case callDepthExceeded
  /// A call or create with more value than the caller owns.
  case insufficientBalance
  /// CREATE by an account whose nonce is 2^64 − 1 (EIP-2681).
  case nonceOverflow
  /// A precompile refused its input or was not given enough gas.
  case precompileFailure
  /// The proving resource of ZKsync OS ran out. Fatal.
  case outOfNative
  /// An invariant of the host does not hold. Fatal.
  case internalFailure
  /// Whoever asked for the execution no longer waits for it. Fatal.
  case cancelled

  /// Whether the whole frame stack ends, and with it the transaction's execution.
  @inlinable public var isFatal: Bool { self == .outOfNative || self == .internalFailure || self == .cancelled }
}
