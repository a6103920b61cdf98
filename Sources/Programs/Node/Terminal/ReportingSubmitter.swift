import Cryptography
import EthereumAPI
import Primitives
import Transactions

/// Takes transactions in as another does, and tells of those that are refused at once.
struct ReportingSubmitter<Base: TransactionSubmitter>: TransactionSubmitter {
  let base: Base
  let terminal: Terminal

  func submit(envelope: [UInt8]) throws(SubmissionError) -> Bytes32 {
    do throws(SubmissionError) {
      return try base.submit(envelope: envelope)
    } catch {
      terminal.refusal("L2", transaction: Keccak256.hash(envelope).description, reason: error.reason)
      throw error
    }
  }

  func pendingNonce(of sender: Address) throws(ChainReadError) -> UInt64 { try base.pendingNonce(of: sender) }

  func transaction(hash: Bytes32) -> RecoveredTransaction? { base.transaction(hash: hash) }

  func standing(of hash: Bytes32) -> SubmissionStanding { base.standing(of: hash) }

  var counts: (pending: Int, queued: Int) { base.counts }
}

extension SubmissionError {
  fileprivate var reason: String {
    switch self {
    case .refused(let reason), .failed(let reason): reason
    }
  }
}
