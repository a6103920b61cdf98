import JSONRPC
import L1Contracts
import Primitives

/// Why a call of L1 has no result.
public enum L1Error: Error, Sendable, Equatable {
  /// No connection to any of the nodes, or it broke before the answer. The text never has a URL's path or credentials.
  case unreachable(String)
  /// No answer in time: whether the call had an effect is not known.
  case timedOut
  /// The node answered with an error object.
  case refused(RPCError)
  /// The node has no such method.
  case unsupported(method: String)
  /// A call of a contract was reverted, with this output.
  case reverted([UInt8])
  /// An answer that is not what the method answers, and what is wrong with it.
  case malformed(String)

  /// What kind of error it is, in one word: for metrics.
  public var kind: Kind {
    switch self {
    case .unreachable: .unreachable
    case .timedOut: .timedOut
    case .refused, .unsupported, .reverted: .refused
    case .malformed: .malformed
    }
  }

  public enum Kind: String, Sendable, CaseIterable {
    case unreachable, refused, malformed
    case timedOut = "timed_out"
  }

  /// Whether another attempt, at the same or another node, may succeed without anything else having changed.
  public var isPassing: Bool {
    switch self {
    case .unreachable, .timedOut: true
    case .refused, .unsupported, .reverted, .malformed: false
    }
  }
}

extension L1Error: CustomStringConvertible {
  /// For operators. What a node said is shortened: it may be anything.
  public var description: String {
    switch self {
    case .unreachable(let reason): "L1 cannot be reached: \(reason)"
    case .timedOut: "L1 does not answer in time"
    case .refused(let error): "L1 refuses: \(error.message.prefix(200)) (\(error.code))"
    case .unsupported(let method): "the node of L1 has no method \(method)"
    case .reverted(let output): "the contract refuses: \(ContractError.describe(output).prefix(400))"
    case .malformed(let reason): "L1 answers what it should not: \(reason)"
    }
  }
}
