import Primitives

/// Where a block, and what is in it, stands in what a rollup tells its L1.
public enum BatchPlace: Sendable, Equatable {
  /// The chain settles nowhere: clients are told nothing of batches.
  case notRollup
  /// No batch has the block yet.
  case notBatched
  /// The batch with this number has the block, and no other: a transaction's index is the same in both.
  case batch(UInt64)
}

/// What a transaction tells L1: a message of a contract, or that a transaction that L1 requested is done.
public struct L1Message: Sendable, Equatable {
  /// As the log names its transaction.
  public var transactionNumber: UInt64
  /// The L1 messenger or the bootloader.
  public var sender: Address
  /// The message's sender, left-padded, or the hash of the L1 transaction.
  public var key: Bytes32
  /// Keccak-256 of the message, or 1 for success and 0 for failure.
  public var value: Bytes32

  public init(transactionNumber: UInt64, sender: Address, key: Bytes32, value: Bytes32) {
    self.transactionNumber = transactionNumber
    self.sender = sender
    self.key = key
    self.value = value
  }
}

/// The messages to L1 of one transaction.
public struct L1Messages: Sendable, Equatable {
  /// How many the block has before them: where the first stands among the leaves of the batch.
  public var firstIndex: Int
  public var messages: [L1Message]

  /// None.
  public init() {
    firstIndex = 0
    messages = []
  }

  public init(firstIndex: Int, messages: [L1Message]) {
    self.firstIndex = firstIndex
    self.messages = messages
  }
}
