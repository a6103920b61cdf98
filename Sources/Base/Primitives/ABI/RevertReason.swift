/// What the output of a reverted call says.
///
/// Source: Solidity documentation, "Panic via assert and Error via require".
public enum RevertReason: Sendable, Equatable {
  /// No output: `revert()` without a reason, or a failure of the machine.
  case empty
  /// `Error(string)`: the message of `require` or `revert`. Bytes that are no UTF-8 are shown as U+FFFD.
  case error(String)
  /// `Panic(uint256)`: the code of a failed check that the compiler made.
  case panic(UInt256)
  /// Anything else; the first four bytes are usually the selector of a custom error.
  case other([UInt8])

  /// keccak256("Error(string)"), first four bytes.
  public static let errorSelector: UInt32 = 0x08c3_79a0
  /// keccak256("Panic(uint256)"), first four bytes.
  public static let panicSelector: UInt32 = 0x4e48_7b71

  /// Reads the output of a reverted call; never fails, as a contract may revert with any bytes.
  public init(output: [UInt8]) {
    self = output.isEmpty ? .empty : .other(output)
    guard case (let selector, var arguments)? = try? ABIReader.call(output) else { return }
    switch selector {
    case Self.errorSelector:
      if let text = try? arguments.readBytes() { self = .error(String(decoding: text, as: UTF8.self)) }
    case Self.panicSelector:
      if let code = try? arguments.readUInt256() { self = .panic(code) }
    default:
      return
    }
  }

  /// The output that a contract with this reason reverts with.
  public var output: [UInt8] {
    switch self {
    case .empty:
      return []
    case .error(let message):
      var writer = ABIWriter(selector: Self.errorSelector)
      writer.append(string: message)
      return writer.encoded
    case .panic(let code):
      var writer = ABIWriter(selector: Self.panicSelector)
      writer.append(code)
      return writer.encoded
    case .other(let bytes):
      return bytes
    }
  }

  /// The text for a person, `nil` where the output has none.
  public var message: String? {
    switch self {
    case .empty, .other: nil
    case .error(let message): message
    case .panic(let code): Self.message(ofPanic: code)
    }
  }

  private static func message(ofPanic code: UInt256) -> String {
    switch code {
    case 0x00: "generic panic"
    case 0x01: "assert(false)"
    case 0x11: "arithmetic underflow or overflow"
    case 0x12: "division or modulo by zero"
    case 0x21: "enum overflow"
    case 0x22: "invalid encoded storage byte array accessed"
    case 0x31: "out-of-bounds array access; popping on an empty array"
    case 0x32: "out-of-bounds access of an array or bytesN"
    case 0x41: "out of memory"
    case 0x51: "uninitialized function"
    default: "unknown panic code: \(code.hex)"
    }
  }
}
