// The hard forks that changed the virtual machine, oldest first.

/// An Ethereum hard fork, as far as the virtual machine can tell it from its neighbours.
///
/// Revisions are ordered: `revision >= .berlin` reads "Berlin's rules apply".
@frozen public enum Revision: UInt8, Sendable, Comparable, CaseIterable {
  /// The first rules (July 2015).
  case frontier
  /// EIP-2, 7.
  case homestead
  /// EIP-150: gas repricing and the 63/64 rule.
  case tangerineWhistle
  /// EIP-155, 158, 160, 161, 170.
  case spuriousDragon
  /// EIP-140, 196, 197, 198, 211, 214.
  case byzantium
  /// EIP-145, 1014, 1052, 1283.
  case constantinople
  /// Constantinople without EIP-1283; called "ConstantinopleFix" in the state tests.
  case petersburg
  /// EIP-152, 1108, 1344, 1884, 2028, 2200.
  case istanbul
  /// EIP-2565, 2929, 2930.
  case berlin
  /// EIP-1559, 3198, 3529, 3541.
  case london
  /// EIP-3675, 4399: the merge.
  case paris
  /// EIP-3651, 3855, 3860.
  case shanghai
  /// EIP-1153, 4844, 5656, 6780, 7516.
  case cancun
  /// EIP-2537, 2935, 7623, 7691, 7702.
  case prague

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
    case "Prague": self = .prague
    default: return nil
    }
  }
}
