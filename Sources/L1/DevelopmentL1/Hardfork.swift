import EVM
import Ethereum
import EthereumAPI
import Primitives

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

  /// The rules as clients are told them.
  var description: RuleDescription {
    let blobs = BlobSchedule(revision)
    var contracts: [(StaticString, Address)] = [("BEACON_ROOTS_ADDRESS", SystemContracts.beaconRoots)]
    if revision >= .prague { contracts.append(("HISTORY_STORAGE_ADDRESS", SystemContracts.history)) }
    return RuleDescription(
      blobs: .init(target: blobs.target, most: blobs.most, updateFraction: blobs.updateFraction),
      lastPrecompile: revision >= .prague ? 17 : 10,
      systemContracts: contracts)
  }
}
