// What an instruction is about to reach, for tracers that are told.

import Primitives

extension Frame {
  /// What the instruction that the interpreter has just prepared reaches in the state; `nil` if nothing.
  @inlinable
  func access(at exit: Exit) -> StateAccess? {
    switch exit {
    case .loadStorage, .storeStorage: .slot(address, sp[-1])
    case .balance, .codeSize, .codeHash, .selfDestruct: .account(Address(truncating: sp[-1]))
    case .codeCopy, .call, .callCode, .delegateCall, .staticCall: .account(Address(truncating: operands.target))
    case .halted: refusedAccess
    default: nil
    }
  }

  /// What an instruction would have reached that a static call may not carry out. Its operands are where they were, but for
  /// a call's.
  @inlinable
  var refusedAccess: StateAccess? {
    switch (halt, Opcode(byte: pc[-1])) {
    case (.stateChangeInStaticContext, .sstore): .slot(address, sp[-1])
    case (.stateChangeInStaticContext, .selfdestruct): .account(Address(truncating: sp[-1]))
    case (.valueInStaticContext, .call): .account(Address(truncating: operands.target))
    default: nil
    }
  }
}
