import JSONRPC
import Primitives

extension RPCError {
  /// The error of a call that reverted with `output`, in the words of geth: code 3, the reason in the message where it can
  /// be read, the output as data.
  public static func reverted(_ output: [UInt8]) -> RPCError {
    let message = RevertReason(output: output).message.map { "execution reverted: \($0)" } ?? "execution reverted"
    return RPCError(code: 3, message: message, data: .bytes(output))
  }
}
