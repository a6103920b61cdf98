import Primitives
import Transactions

/// Why a transaction was not taken, in the words that the client gets.
public enum SubmissionError: Error, Sendable, Equatable {
  /// The transaction is at fault, or there is no room for it.
  case refused(String)
  /// The node is at fault: what it needs to know of the sender cannot be read.
  case failed(String)
}

/// What is known of a transaction that was submitted.
public enum SubmissionStanding: Sendable, Equatable {
  /// It can be executed.
  case executable
  /// It waits for an earlier nonce or for funds.
  case parked
  /// An earlier transaction of its sender was refused; the words say which, and why.
  case blocked(String)
  /// It has left the mempool without a block, for this reason.
  case refused(String)
  case unknown
}

/// A transaction that has left the mempool without a block.
public struct RefusedTransaction: Sendable, Equatable {
  public var hash: Bytes32
  public var sender: Address
  public var nonce: UInt64
  public var reason: String
  /// What those are told that wait behind it; `nil` where their turn may still come.
  public var reasonForLaterNonces: String?

  public init(hash: Bytes32, sender: Address, nonce: UInt64, reason: String, reasonForLaterNonces: String?) {
    self.hash = hash
    self.sender = sender
    self.nonce = nonce
    self.reason = reason
    self.reasonForLaterNonces = reasonForLaterNonces
  }
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

  /// What is known of a transaction that was submitted.
  func standing(of hash: Bytes32) -> SubmissionStanding

  /// How many transactions can be executed, and how many wait for something.
  var counts: (pending: Int, queued: Int) { get }
}
