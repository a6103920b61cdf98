// The words that geth's tracers use for instructions and failures.

import EVM

extension Halt {
  /// The error text of geth's tracers.
  public var gethMessage: String {
    switch self {
    case .outOfGas, .memoryLimit, .operandTooLarge, .precompileFailure: "out of gas"
    case .stackUnderflow: "stack underflow"
    case .stackOverflow: "stack limit reached 1024 (1023)"
    case .invalidJump: "invalid jump destination"
    case .undefinedOpcode: "invalid opcode"
    case .invalidOpcode: "invalid opcode: INVALID"
    case .stateChangeInStaticContext, .valueInStaticContext: "write protection"
    case .returnDataOutOfBounds: "return data out of bounds"
    case .initCodeTooLarge: "max initcode size exceeded"
    case .codeTooLarge: "max code size exceeded"
    case .invalidDeployedCode: "invalid code: must not begin with 0xef"
    case .codeDepositOutOfGas: "contract creation code storage out of gas"
    case .createCollision: "contract address collision"
    case .callDepthExceeded: "max call depth exceeded"
    case .insufficientBalance: "insufficient balance for transfer"
    case .nonceOverflow: "nonce uint64 overflow"
    case .outOfNative: "out of native resources"
    case .internalFailure: "internal failure"
    case .cancelled: "execution aborted"
    }
  }
}

extension FrameStatus {
  /// The error text of geth's tracers; `nil` for a success.
  public var gethMessage: String? {
    switch self {
    case .stopped, .returned, .selfDestructed: nil
    case .reverted: "execution reverted"
    case .halted(let halt): halt.gethMessage
    }
  }
}

extension Opcode {
  /// The name in listings and traces, such as `PUSH1`; geth's words for bytes without a meaning.
  public var mnemonic: String { Opcode.mnemonics[Int(rawValue)] }

  private static let mnemonics = allCases.map { opcode in
    opcode.isAssigned ? "\(opcode)".uppercased() : "opcode 0x\(String(opcode.rawValue, radix: 16)) not defined"
  }
}
