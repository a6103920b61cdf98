import L1Client
import L1Contracts
import Primitives

/// Why requests are not taken from L1 just now. The texts are for operators.
enum L1RequestError: Error, Sendable, Equatable {
  case discovery(L1DiscoveryError)
  case l1(L1Error)
  case store(RequestStoreError)
  /// The head of L1 is not known yet.
  case noHead
  /// The request with this id was expected, another came.
  case gap(expected: UInt64, found: UInt64)
  /// L1 counts more requests than it shows.
  case missing(shown: UInt64, counted: UInt64)
  /// L1 counts fewer requests than it did.
  case fewer(known: UInt64, counted: UInt64)
  /// A request's hash is another than L1 says.
  case wrongHash(id: UInt64, claimed: Bytes32, own: Bytes32)
  /// A log that says it is a request and cannot be read as one.
  case unreadable(block: UInt64, ChainEventError)
  /// Answers from different ways of the chain.
  case inconsistent

  /// For metrics.
  enum Kind: String, CaseIterable {
    case unreachable, refused, malformed, discovery, disk, gap, hash, inconsistent
    case timedOut = "timed_out"
  }

  var kind: Kind? {
    switch self {
    case .discovery(.l1(let error)), .l1(let error):
      switch error.kind {
      case .unreachable: .unreachable
      case .timedOut: .timedOut
      case .refused: .refused
      case .malformed: .malformed
      }
    case .discovery: .discovery
    case .store: .disk
    case .noHead: nil
    case .gap, .missing, .fewer: .gap
    case .wrongHash: .hash
    case .unreadable: .malformed
    case .inconsistent: .inconsistent
    }
  }
}

extension L1RequestError: CustomStringConvertible {
  var description: String {
    switch self {
    case .discovery(let error): error.description
    case .l1(let error): error.description
    case .store(let error): error.description
    case .noHead: "the head of L1 is not known yet"
    case .gap(let expected, let found):
      "L1 shows request \(found) where \(expected) is expected: its node may not have all logs"
    case .missing(let shown, let counted):
      "L1 counts \(counted) requests and shows \(shown): its node may not have all logs"
    case .fewer(let known, let counted):
      "L1 counts \(counted) requests where \(known) were known: it was reorganised or reset, or its node is behind"
    case .wrongHash(let id, let claimed, let own):
      "request \(id) of L1 has the hash \(own), and L1 says \(claimed): no request from there on is taken"
    case .unreadable(let block, let error):
      "L1 block \(block) has a request that cannot be read: \(error). No request from there on is taken"
    case .inconsistent: "the answers of L1 do not fit together: it was reorganised, or its nodes are not of one mind"
    }
  }
}
