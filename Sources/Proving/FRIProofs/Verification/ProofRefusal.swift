import Airbender

/// Why a proof that could be read shows nothing.
public enum ProofRefusal: Error, Equatable, Sendable {
  /// The verifier found the argument wrong: it gave up, or wanted more words than the proof has, after so many cycles.
  case invalid(StopReason, cycles: UInt64)
  /// The argument holds, but so many words came after it.
  case surplusWords(Int)
  /// Nobody waits for the answer any more.
  case cancelled
}

extension ProofRefusal: CustomStringConvertible {
  public var description: String {
    switch self {
    case .invalid(.guestAbort, let cycles): "the proof does not hold (refused after \(cycles) cycles)"
    case .invalid(.inputExhausted, let cycles): "the proof is too short (refused after \(cycles) cycles)"
    case .invalid(let stop, let cycles): "the proof does not hold (\(stop) after \(cycles) cycles)"
    case .surplusWords(let count): "the proof has \(count) words too many"
    case .cancelled: "the verification was cancelled"
    }
  }
}
