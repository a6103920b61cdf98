// What differs between plain Ethereum and ZKsync OS inside the interpreter, known at compile time.

/// A rule set of the virtual machine.
///
/// The two conforming types are ``EthereumRules`` and ``ZKsyncRules``. Static members are constants that the optimizer
/// folds, so a rule that a set does not have costs nothing in it; what varies with the revision is data in ``table``.
public protocol RuleSet: Sendable {
  /// Whether the native resource exists. Then charges precede the stack check, operand-dependent instructions charge
  /// their whole cost after taking their operands, and SHL and SHR use 32 bits of the shift amount, as ZKsync OS does.
  static var metersNative: Bool { get }
  /// Bytes of memory that all frames of a transaction share.
  static var sharedMemory: Int { get }

  /// Instruction facts of the revision.
  var table: UnsafePointer<InstructionTable> { get }
  /// Native charged when a frame starts, for the analysis of `count` bytes of code.
  func analysisNative(count: Int, isConstructor: Bool) -> UInt64

  /// Runs a frame until it ends or needs the host. For the machine only.
  static func run(_ frame: UnsafeMutablePointer<Frame>) -> Exit
  /// Runs one instruction of a frame. For the machine only.
  static func step(_ frame: UnsafeMutablePointer<Frame>) -> Exit
}
