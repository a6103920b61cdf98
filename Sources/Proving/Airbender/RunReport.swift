/// How a run ended.
public enum StopReason: Equatable, Sendable {
  /// The guest jumped to itself: the regular end.
  case halted
  /// The guest gave up on purpose (CSR 0xC00).
  case guestAbort
  /// More cycles than allowed.
  case cycleLimit
  /// Not an instruction of this machine, or code outside the image.
  case badInstruction(UInt32)
  /// A register that the machine does not have.
  case unknownCSR(UInt16)
  case badAccess(Access, address: UInt32, reason: AccessFault)
  case badDelegation(DelegationFault)
  /// The guest asked for a word and the host had none.
  case inputExhausted

  public enum Access: String, Sendable { case load, store, fetch }
}

/// What is wrong with an address.
public enum AccessFault: String, Sendable {
  case misaligned = "misaligned"
  case outOfRange = "out of range"
  case readOnly = "in the read-only region"
}

/// What is wrong with the registers of a delegated computation.
public enum DelegationFault: String, Sendable {
  case operandNotZero = "the source register of the CSR access is not zero"
  case stateAddress = "x10 is not an aligned address in RAM"
  case operandAddress = "x11 is not an aligned address in RAM"
  case sameAddress = "x10 and x11 are equal"
  case control = "the control register names no single operation"
}

/// What a run did, and how it ended.
public struct RunReport: Equatable, Sendable {
  public var stop: StopReason
  /// Address of the last instruction: the one that halted or failed.
  public var pc: UInt32
  /// x0 … x31 at the end.
  public var registers: [UInt32]
  /// Instructions executed, the last one included.
  public var cycles: UInt64
  /// Delegated BLAKE2s rounds.
  public var blake2sRounds: UInt64
  /// Delegated 256-bit operations.
  public var bigIntegerOperations: UInt64
  /// Words the guest read from the host.
  public var wordsRead: UInt64
  /// Words the guest wrote to the host.
  public var wordsWritten: UInt64

  /// x10 … x17: the public input, as a guest leaves it.
  public var output: [UInt32] { Array(registers[10..<18]) }
}

extension StopReason: CustomStringConvertible {
  public var description: String {
    switch self {
    case .halted: "halted"
    case .guestAbort: "the guest aborted"
    case .cycleLimit: "cycle limit reached"
    case .badInstruction(let word): "bad instruction \(hexadecimal(word))"
    case .unknownCSR(let number): "unknown CSR \(hexadecimal(UInt32(number), digits: 3))"
    case .badAccess(let access, let address, let reason):
      "\(access.rawValue) at \(hexadecimal(address)) \(reason.rawValue)"
    case .badDelegation(let fault): "bad delegation: \(fault.rawValue)"
    case .inputExhausted: "the guest asked for more input than there is"
    }
  }
}

extension RunReport: CustomStringConvertible {
  public var description: String {
    "\(stop) at pc \(hexadecimal(pc)) after \(cycles) cycles, \(blake2sRounds) BLAKE2s rounds, "
      + "\(bigIntegerOperations) 256-bit operations, \(wordsRead) words read, \(wordsWritten) written"
  }
}

/// `0x` and at least `digits` lower-case digits.
func hexadecimal(_ value: UInt32, digits: Int = 8) -> String {
  let text = String(value, radix: 16)
  return "0x" + String(repeating: "0", count: max(0, digits - text.count)) + text
}
