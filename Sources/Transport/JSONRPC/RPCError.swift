import Concurrency
import JSON

/// An error as a JSON-RPC client sees it. Codes are those that Ethereum clients know from geth; the ones of the transport
/// (−32006 … −32011) are those of jsonrpsee, which the original of this node is built on.
public struct RPCError: Error, Sendable, Equatable {
  /// What goes with the message.
  public enum Detail: Sendable, Equatable {
    /// Written as hexadecimal data.
    case bytes([UInt8])
    case text(String)
    /// When to ask again.
    case retry(owner: String, resource: String, afterMilliseconds: UInt64)
  }

  public var code: Int
  public var message: String
  public var data: Detail?
  /// Whether it is a fault of the node, of which its operator should know.
  private(set) var isFault = false

  public init(code: Int, message: String, data: Detail? = nil) {
    self.code = code
    self.message = message
    self.data = data
  }

  /// The text is not JSON.
  public static func parseError(_ error: JSONError) -> RPCError {
    RPCError(code: -32_700, message: "parse error: \(error)")
  }

  /// The JSON is no request.
  public static func invalidRequest(_ reason: String) -> RPCError {
    RPCError(code: -32_600, message: "invalid request: \(reason)")
  }

  public static func methodNotFound(_ name: String) -> RPCError {
    RPCError(code: -32_601, message: "the method \(name) does not exist/is not available")
  }

  public static func invalidParameters(_ reason: String) -> RPCError { RPCError(code: -32_602, message: reason) }

  /// Something inside failed that the client has no part in.
  public static func internalError(_ message: String) -> RPCError {
    var error = unsupported(message)
    error.isFault = true
    return error
  }

  /// A method that is there in name only. The code is that of the reference node, and of ``internalError(_:)``.
  public static func unsupported(_ reason: String) -> RPCError { RPCError(code: -32_603, message: reason) }

  /// The request was understood and cannot be served: geth's code for whatever has no code of its own.
  public static func refused(_ message: String) -> RPCError { RPCError(code: -32_000, message: message) }

  /// The node cannot answer yet, and will: EIP-1474's code for what is not available.
  ///
  /// - Parameter what: what it is at, for the sentence "the node is …".
  public static func notReady(_ what: String) -> RPCError { RPCError(code: -32_002, message: "the node is \(what)") }

  public static func tooManySubscriptions(_ limit: Int) -> RPCError {
    RPCError(
      code: -32_006, message: "Too many subscriptions on the connection", data: .text("Exceeded max limit of \(limit)"))
  }

  public static func requestTooBig(_ limit: Int) -> RPCError {
    RPCError(code: -32_007, message: "Request is too big", data: .text("Exceeded max limit of \(limit)"))
  }

  public static func responseTooBig(_ limit: Int) -> RPCError {
    RPCError(code: -32_008, message: "Response is too big", data: .text("Exceeded max limit of \(limit)"))
  }

  /// Something is full: EIP-1474's code for an exceeded limit.
  public static func busy(_ reason: BusyReason) -> RPCError {
    RPCError(code: -32_005, message: "server is busy: \(reason.description), try again later")
  }

  /// The client, by its connection or its address, has used what it may: EIP-1474's code for an exceeded limit. The `data`
  /// says when to ask again.
  static func overBudget(_ refusal: RPCAllowance.Refusal) -> RPCError {
    let unit = refusal.resource == .gas ? "gas" : "bytes"
    return RPCError(
      code: -32_005,
      message: "limit exceeded: the \(refusal.owner.rawValue) has used its \(refusal.rate) \(unit) a second, "
        + "try again in \(refusal.retryAfterMilliseconds) ms",
      data: .retry(
        owner: refusal.owner.rawValue, resource: refusal.resource.rawValue,
        afterMilliseconds: refusal.retryAfterMilliseconds))
  }

  /// The method is not for everybody, and what the client has shown does not suffice. The code is that of Besu, the only
  /// node with one for it.
  static func unauthorized(_ credentials: RPCAuthorization.Credentials) -> RPCError {
    let reason =
      switch credentials {
      case .none, .valid: "the method needs a token in the header Authorization: Bearer"
      case .invalid(let fault): fault
      }
    return RPCError(code: -40_100, message: "unauthorized: \(reason)")
  }

  /// Why a call was given up. −32002 and its message are geth's for a request that takes too long; a client that has gone
  /// does not see its own.
  public static func cancelled(_ reason: Cancellation.Reason?) -> RPCError {
    switch reason {
    case .shutdown: busy(.shutdown)
    case .timeLimit, .clientGone, nil: RPCError(code: -32_002, message: "request timed out")
    }
  }

  public static func batchResponseTooBig(_ limit: Int) -> RPCError {
    RPCError(code: -32_011, message: "The batch response was too large", data: .text("Exceeded max limit of \(limit)"))
  }

  func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("code")
    writer.number(code)
    writer.key("message")
    writer.string(message)
    switch data {
    case .bytes(let bytes):
      writer.key("data")
      writer.data(bytes)
    case .text(let text):
      writer.key("data")
      writer.string(text)
    case .retry(let owner, let resource, let milliseconds):
      writer.key("data")
      writer.beginObject()
      writer.key("budget")
      writer.string(resource)
      writer.key("of")
      writer.string(owner)
      writer.key("retryAfterMs")
      writer.number(milliseconds)
      writer.endObject()
    case nil: break
    }
    writer.endObject()
  }
}
