import EVM

/// The rules that a development chain follows from its first block on.
public enum Hardfork: String, Sendable, CaseIterable {
  case cancun
  case prague

  var revision: Revision {
    switch self {
    case .cancun: .cancun
    case .prague: .prague
    }
  }
}
