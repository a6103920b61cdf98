import Primitives
import Transactions

/// Why a transaction was not taken, in the words that the client gets.
public enum SubmissionError: Error, Sendable, Equatable {
  /// The transaction is at fault, or there is no room for it.
  case refused(String)
  /// The node is at fault: what it needs to know of the sender cannot be read.
  case failed(String)
}

/// The mempool as the API sees it.
public protocol TransactionSubmitter: Sendable {
  /// Decodes, recovers the sender, and takes the transaction in; its hash. Called on worker threads, several at once, so
  /// that signatures are recovered in parallel.
  func submit(envelope: [UInt8]) throws(SubmissionError) -> Bytes32

  /// The nonce after the sender's executable transactions; the account's where none waits.
  func pendingNonce(of sender: Address) throws(ChainReadError) -> UInt64

  /// A transaction that waits.
  func transaction(hash: Bytes32) -> RecoveredTransaction?

  /// How many transactions can be executed, and how many wait for something.
  var counts: (pending: Int, queued: Int) { get }
}
