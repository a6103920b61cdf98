import Primitives
import Transactions

/// What became of a transaction offered to a block.
public enum TransactionOutcome: Sendable {
  /// In the block; it succeeded or reverted.
  case included(TransactionResult)
  /// Not in the block, which is as if the transaction had never been offered.
  case rejected(Rejection)
  /// Not in the block either: it would take more of this than the limits leave. Another block may have room for it.
  case exceeded(BlockResource)
}

/// Why a transaction cannot be in this block.
public enum Rejection: Error, Hashable, Sendable {
  /// The virtual machine calls it invalid.
  case invalid(InvalidTransaction)
  /// It would abort or mislead the proving run.
  case hazard(Hazard)
}

extension Rejection: CustomStringConvertible {
  public var description: String {
    switch self {
    case .invalid(let reason): reason.description
    case .hazard(let hazard): hazard.description
    }
  }
}

/// The result of one included transaction.
public struct TransactionResult: Sendable, Equatable {
  /// The hash that the rolling hash of the header covers. For L2 transactions it is *not* Ethereum's hash: r, s precede
  /// v, which is 27 or 28.
  public var bootloaderHash: Bytes32
  public var succeeded: Bool
  /// Gas; a refund never reduces it.
  public var gasUsed: UInt64
  /// Wei per gas that the sender paid.
  public var gasPrice: UInt256
  /// Native from the first charge to the end of execution, pubdata excluded.
  public var nativeUsed: UInt64
  /// Bytes of pubdata attributed to the transaction.
  public var pubdataUsed: UInt64
  /// Return data of a call, or revert data.
  public var output: [UInt8]
  /// Where a successful deployment put its contract.
  public var createdAddress: Address?
  public var logs: [Log]
  public var l2ToL1Logs: [L2ToL1Log]
}

/// A log that L1 can prove: a message of a contract, or the result of a transaction that L1 requested.
public struct L2ToL1Log: Sendable, Hashable {
  /// Position of the transaction among the included ones; 16 bits survive in the encoding.
  public var transactionNumber: UInt32
  /// The L1 messenger or the bootloader.
  public var sender: Address
  /// The message's sender, left-padded, or the hash of the L1 transaction.
  public var key: Bytes32
  /// Keccak-256 of the message, or 1 for success and 0 for failure.
  public var value: Bytes32
  /// The message's bytes; nil for the result of an L1 transaction.
  public var message: [UInt8]?

  public init(
    transactionNumber: UInt32, sender: Address, key: Bytes32, value: Bytes32, message: [UInt8]? = nil
  ) {
    self.transactionNumber = transactionNumber
    self.sender = sender
    self.key = key
    self.value = value
    self.message = message
  }

  /// Length of the encoding.
  public static let encodedLength = 88

  /// shard 0 ‖ is-service 1 ‖ transaction number ‖ sender ‖ key ‖ value; 88 bytes, the preimage of a leaf.
  public var encoded: [UInt8] {
    var bytes: [UInt8] = [0, 1]
    bytes.reserveCapacity(Self.encodedLength)
    bytes.append(bigEndian: UInt16(truncatingIfNeeded: transactionNumber))
    bytes.append(contentsOf: sender.bytes)
    bytes.append(key)
    bytes.append(value)
    return bytes
  }
}
