import NIOCore

/// The reply to a message, on its way to the client.
public struct RPCReply: Sendable {
  /// JSON.
  public let text: ByteBuffer
  /// To be kept until the client has taken the reply, or has gone; `nil` where the reply is one of those that the memory
  /// budget counts.
  public let claim: (any Sendable)?
}
