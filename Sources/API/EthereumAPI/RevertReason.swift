import JSONRPC
import Primitives

/// What a contract says when it reverts, in the words of geth.
enum RevertReason {
  /// The error of a call that reverted with `output`: code 3, the reason in the message where it can be read, the output
  /// as data.
  static func error(_ output: [UInt8]) -> RPCError {
    let message = decode(output).map { "execution reverted: \($0)" } ?? "execution reverted"
    return RPCError(code: 3, message: message, data: .bytes(output))
  }

  /// The text of Solidity's `Error(string)`, the meaning of its `Panic(uint256)`; `nil` for anything else.
  static func decode(_ output: [UInt8]) -> String? {
    guard output.count >= 36 else { return nil }
    let arguments = output.dropFirst(4)
    switch Array(output.prefix(4)) {
    case [0x08, 0xc3, 0x79, 0xa0]: return text(arguments)
    case [0x4e, 0x48, 0x7b, 0x71]:
      guard let code = UInt256(bigEndianBytes: arguments.prefix(32)) else { return nil }
      return panics[code.saturatedUInt64] ?? "unknown panic code: \(code.hex)"
    default: return nil
    }
  }

  private static func text(_ arguments: ArraySlice<UInt8>) -> String? {
    func word(at offset: Int) -> Int? {
      guard offset >= 0, offset <= arguments.count - 32 else { return nil }
      let bytes = arguments.dropFirst(offset).prefix(32)
      return UInt256(bigEndianBytes: bytes).flatMap { UInt64(exactly: $0) }.flatMap { Int(exactly: $0) }
    }
    guard let offset = word(at: 0), let length = word(at: offset), length <= arguments.count - offset - 32 else {
      return nil
    }
    return String(validating: arguments.dropFirst(offset + 32).prefix(length), as: UTF8.self)
  }

  /// Source: Solidity documentation, "Panic via assert and Error via require"; words of geth's `accounts/abi`.
  private static let panics: [UInt64: String] = [
    0x00: "generic panic", 0x01: "assert(false)", 0x11: "arithmetic underflow or overflow",
    0x12: "division or modulo by zero", 0x21: "enum overflow", 0x22: "invalid encoded storage byte array accessed",
    0x31: "out-of-bounds array access; popping on an empty array", 0x32: "out-of-bounds access of an array or bytesN",
    0x41: "out of memory", 0x51: "uninitialized function",
  ]
}
