/// Why a call of ``JSONRPCClient`` has no result. No text has anything of the URL but scheme, host and port.
public enum RPCClientError: Error, Sendable {
  /// The server answered with an error object.
  case refused(RPCError)
  /// No connection, or it broke before the answer.
  case disconnected(String)
  /// No answer in time.
  case timedOut
  /// The task that called was cancelled.
  case cancelled
  /// As many calls wait as may.
  case tooManyWaiting
  /// An answer that is no JSON-RPC response, and what is wrong with it.
  case malformed(String)
  /// An answer with an HTTP status other than 200.
  case status(UInt)
  /// The address is no URL of a scheme that the client knows.
  case badAddress
  /// TLS cannot be set up: certificates that cannot be read.
  case badCertificates(String)
}
