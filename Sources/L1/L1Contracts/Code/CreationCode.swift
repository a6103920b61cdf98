import Primitives

/// The code that creates a contract of `contracts/`, without the arguments of its constructor.
struct CreationCode: Sendable {
  /// Hexadecimal digits, without `0x`.
  let hex: String

  /// The input of the creating transaction: the code, then the ABI encoding of the arguments.
  func initCode(_ arguments: (inout ABIWriter) -> Void = { _ in }) -> [UInt8] {
    var writer = ABIWriter()
    arguments(&writer)
    return (Hex.decode(hex) ?? []) + writer.encoded
  }
}
