import Primitives
import Transactions

/// Why a transaction was not taken, in the words that the client gets.
public struct SubmissionRefusal: Error, Sendable, Equatable {
  public var message: String
  /// −32000, geth's code for what it does not take, unless the fault is the node's.
  public var code: Int

  public init(_ message: String, code: Int = -32_000) {
    self.message = message
    self.code = code
  }
}

/// The mempool as the API sees it.
public protocol TransactionSubmitter: Sendable {
  /// Decodes, recovers the sender, and takes the transaction in; its hash. Called on worker threads, several at once, so
  /// that signatures are recovered in parallel.
  func submit(envelope: [UInt8]) throws(SubmissionRefusal) -> Bytes32

  /// The nonce after the sender's executable transactions, given the nonce of the account in the newest state.
  func pendingNonce(of sender: Address, accountNonce: UInt64) -> UInt64

  /// A transaction that waits.
  func transaction(hash: Bytes32) -> RecoveredTransaction?

  /// How many transactions can be executed, and how many wait for something.
  var counts: (pending: Int, queued: Int) { get }
}
