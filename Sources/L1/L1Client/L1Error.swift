import JSONRPC

/// Why a call of L1 has no result.
public enum L1Error: Error, Sendable {
  /// No connection to any of the nodes, or it broke before the answer. The text never has a URL's path or credentials.
  case unreachable(String)
  /// No answer in time: whether the call had an effect is not known.
  case timedOut
  /// The node answered with an error object.
  case refused(RPCError)
  /// An answer that is not what the method answers, and what is wrong with it.
  case malformed(String)
}
