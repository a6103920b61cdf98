// The hard forks that changed the virtual machine, oldest first.

/// An Ethereum hard fork, as far as the virtual machine can tell it from its neighbours.
///
/// Revisions are ordered: `revision >= .berlin` reads "Berlin's rules apply".
@frozen public enum Revision: UInt8, Sendable, Comparable, CaseIterable {
  case frontier
  case homestead
  /// EIP-150: gas repricing and the 63/64 rule.
  case tangerineWhistle
  /// EIP-155, 158, 160, 161, 170.
  case spuriousDragon
  case byzantium
  case constantinople
  /// Constantinople without EIP-1283; called "ConstantinopleFix" in the state tests.
  case petersburg
  case istanbul
  case berlin
  case london
  case paris
  case shanghai
  case cancun

  @inlinable public static func < (a: Revision, b: Revision) -> Bool { a.rawValue < b.rawValue }

  /// The revision with the name used by `ethereum/tests` ("ConstantinopleFix", "Paris", "Merge", …), `nil` if unknown.
  public init?(testName: String) {
    switch testName {
    case "Frontier": self = .frontier
    case "Homestead": self = .homestead
    case "EIP150": self = .tangerineWhistle
    case "EIP158": self = .spuriousDragon
    case "Byzantium": self = .byzantium
    case "Constantinople": self = .constantinople
    case "ConstantinopleFix", "Petersburg": self = .petersburg
    case "Istanbul": self = .istanbul
    case "Berlin": self = .berlin
    case "London": self = .london
    case "Paris", "Merge": self = .paris
    case "Shanghai": self = .shanghai
    case "Cancun": self = .cancun
    default: return nil
    }
  }
}
