import EVM
import Transactions

extension IntrinsicGas {
  /// The prices of a revision.
  package init(_ revision: Revision) {
    self =
      switch revision {
      case .shanghai...: .shanghai
      case .istanbul...: .istanbul
      case .homestead...: .homestead
      default: .frontier
      }
  }
}
