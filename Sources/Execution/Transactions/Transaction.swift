import Primitives

/// A transaction of a ZKsync OS chain, from either layer.
public enum Transaction: Sendable, Equatable {
  /// Signed by its sender, submitted over JSON-RPC.
  case signed(SignedTransaction)
  /// Requested on L1: a priority operation or a protocol upgrade.
  case request(L1Request)

  /// Decodes an EIP-2718 envelope: a typed one by its first byte, a legacy one by being a list.
  public init(envelope: some Collection<UInt8>) throws(TransactionError) {
    guard let first = envelope.first else { throw .empty }
    if first == L1Request.priorityEnvelopeType || first == L1Request.upgradeEnvelopeType {
      self = .request(try L1Request(envelope: Array(envelope)))
    } else {
      self = .signed(try SignedTransaction(envelope: Array(envelope)))
    }
  }

  /// The EIP-2718 envelope, which ``init(envelope:)`` reads.
  public var envelope: [UInt8] {
    switch self {
    case .signed(let transaction): transaction.envelope
    case .request(let transaction): transaction.envelope
    }
  }

  /// The hash under which clients know the transaction.
  public var hash: Bytes32 {
    switch self {
    case .signed(let transaction): transaction.hash
    case .request(let transaction): transaction.hash
    }
  }
}

/// A transaction with what costs time to compute: its sender, recovered from the signature, and its hash.
public struct RecoveredTransaction: Sendable, Equatable {
  public let transaction: Transaction
  public let sender: Address
  public let hash: Bytes32

  /// Recovers the sender: fifty microseconds for an L2 transaction, nothing for an L1 transaction, which names it.
  public init(_ transaction: Transaction) throws(TransactionError) {
    switch transaction {
    case .signed(let signed): sender = try signed.recoverSender()
    case .request(let request): sender = request.from
    }
    self.transaction = transaction
    hash = transaction.hash
  }

  /// A transaction whose sender is already known, for records that were written after recovery.
  public init(_ transaction: Transaction, sender: Address) {
    self.transaction = transaction
    self.sender = sender
    hash = transaction.hash
  }

  /// The account nonce that it uses, or the priority id of an L1 transaction.
  public var nonce: UInt64 {
    switch transaction {
    case .signed(let signed): signed.nonce
    case .request(let request): request.nonce
    }
  }
}

extension Transaction {
  /// Bytes in the list of transactions of a block: a legacy transaction is a list itself, one with a type is a string.
  public var bytesInBlock: Int {
    let envelope = envelope
    // The prefix of a string is as long as that of a list.
    return envelope.first ?? 0 >= 0xc0 ? envelope.count : RLP.listLength(count: envelope.count)
  }
}
