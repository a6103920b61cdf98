import JSON
import JSONRPC
import L1Contracts
import Primitives

/// L1 as the node asks it: the few methods of Ethereum's JSON-RPC that it needs, typed.
public struct L1Client: Sendable {
  private let transport: any L1Transport

  public init(_ transport: any L1Transport) { self.transport = transport }

  public func chainID() async throws(L1Error) -> UInt64 {
    try Self.number(try await call("eth_chainId"), "a chain id")
  }

  /// The result of any method, which may be `null`. Nodes say in several ways that they do not have one.
  func call(
    _ method: String, _ parameters: (inout JSONWriter) -> Void = { _ in }
  ) async throws(L1Error) -> JSONValue {
    do throws(L1Error) { return try await transport.call(method, parameters) } catch {
      guard case .refused(let refusal) = error, Self.isUnknownMethod(refusal) else { throw error }
      throw .unsupported(method: method)
    }
  }

  /// −32601 by JSON-RPC, −32004 by EIP-1474; some answer −32000 and say it in words.
  private static func isUnknownMethod(_ error: RPCError) -> Bool {
    if error.code == -32_601 || error.code == -32_004 { return true }
    return error.message.contains("does not exist/is not available") || error.message.contains("method not found")
  }

  static func number(_ json: JSONValue, _ what: String) throws(L1Error) -> UInt64 {
    guard let number = json.quantity64 else { throw .malformed("not \(what)") }
    return number
  }
}
