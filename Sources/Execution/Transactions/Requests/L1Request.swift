import Cryptography
import Primitives

/// A transaction that L1 requested: it has no signature, and its fee and value are minted.
///
/// Source: era-contracts `common/Messaging.sol`, `L2CanonicalTransaction`.
public struct L1Request: Sendable, Equatable {
  public enum Kind: UInt8, Sendable {
    /// Protocol upgrade, first transaction of its block.
    case upgrade = 0xfe
    /// A user's request through the mailbox.
    case priority = 0xff
  }

  public var kind: Kind
  public var from: Address
  public var to: Address
  public var gasLimit: UInt64
  public var gasPerPubdataLimit: UInt32
  /// Wei per gas.
  public var maxFeePerGas: UInt128
  /// Wei per gas; zero in every request that the mailbox makes.
  public var maxPriorityFeePerGas: UInt128
  /// The priority id; for an upgrade its protocol version.
  public var nonce: UInt64
  /// Wei moved to `to`.
  public var value: UInt256
  /// Wei minted in all: value, fee, and what is refunded.
  public var toMint: UInt256
  public var refundRecipient: Address
  public var input: [UInt8]
  /// Hashes of bytecodes; hashed with the transaction, otherwise without effect.
  public var factoryDeps: [Bytes32]

  public init(
    kind: Kind, from: Address, to: Address, gasLimit: UInt64, gasPerPubdataLimit: UInt32, maxFeePerGas: UInt128,
    maxPriorityFeePerGas: UInt128 = 0, nonce: UInt64, value: UInt256, toMint: UInt256, refundRecipient: Address,
    input: [UInt8] = [], factoryDeps: [Bytes32] = []
  ) {
    self.kind = kind
    self.from = from
    self.to = to
    self.gasLimit = gasLimit
    self.gasPerPubdataLimit = gasPerPubdataLimit
    self.maxFeePerGas = maxFeePerGas
    self.maxPriorityFeePerGas = maxPriorityFeePerGas
    self.nonce = nonce
    self.value = value
    self.toMint = toMint
    self.refundRecipient = refundRecipient
    self.input = input
    self.factoryDeps = factoryDeps
  }

  /// The canonical hash: keccak256 of the ABI encoding as one dynamic argument, as the mailbox computes it.
  public var hash: Bytes32 {
    var hasher = Keccak256()
    hasher.update(Bytes32(0x20 as UInt256))
    hasher.update(VMTransaction(self).encoded)
    return hasher.finalize()
  }
}
