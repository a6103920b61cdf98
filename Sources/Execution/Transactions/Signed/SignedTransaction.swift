import Cryptography
import Primitives

/// A transaction signed by its sender.
///
/// One record for all types: a legacy or EIP-2930 transaction has its gas price in both fee fields, and what a type
/// does not have is empty.
public struct SignedTransaction: Sendable, Equatable {
  /// The first byte of the EIP-2718 envelope; a legacy transaction has none on the wire.
  public enum Kind: UInt8, Sendable, CaseIterable {
    case legacy = 0x00
    /// EIP-2930.
    case accessList = 0x01
    /// EIP-1559.
    case dynamicFee = 0x02
    /// EIP-4844: executed by plain Ethereum only.
    case blob = 0x03
    /// EIP-7702: executed by plain Ethereum only.
    case setCode = 0x04
    /// Typed data (EIP-712) of the zkSync family: executed by ZKsync OS only.
    case typedData = 0x71

    /// Whether ZKsync OS has transactions of this kind.
    public var existsOnZKsyncOS: Bool { self != .blob && self != .setCode }
  }

  public var kind: Kind
  /// `nil` for a legacy transaction without replay protection (before EIP-155).
  public var chainID: UInt64?
  public var nonce: UInt64
  public var gasLimit: UInt64
  /// Wei per gas; the gas price of a legacy or EIP-2930 transaction.
  public var maxFeePerGas: UInt256
  /// Wei per gas; the gas price of a legacy or EIP-2930 transaction.
  public var maxPriorityFeePerGas: UInt256
  /// `nil` creates a contract.
  public var to: Address?
  /// Wei.
  public var value: UInt256
  /// Calldata, or init code.
  public var input: [UInt8]
  public var accessList: AccessList
  /// Wei per blob gas, of a blob transaction.
  public var maxFeePerBlobGas: UInt256
  /// Versioned hashes of the blobs, of a blob transaction.
  public var blobVersionedHashes: [Bytes32]
  /// Accounts that let code run in their place, of a set-code transaction.
  public var authorizations: [Authorization]
  /// Gas per byte of pubdata that a typed-data transaction allows; nothing looks at it.
  public var gasPerPubdataLimit: UInt32
  /// Whom a typed-data transaction names as its sender, which others do not.
  public var claimedSender: Address
  public var signature: Secp256k1.Signature

  public init(
    kind: Kind, chainID: UInt64?, nonce: UInt64, gasLimit: UInt64, maxFeePerGas: UInt256,
    maxPriorityFeePerGas: UInt256, to: Address?, value: UInt256, input: [UInt8], accessList: AccessList = AccessList(),
    maxFeePerBlobGas: UInt256 = .zero, blobVersionedHashes: [Bytes32] = [],
    authorizations: [Authorization] = [], gasPerPubdataLimit: UInt32 = 0, claimedSender: Address = .zero,
    signature: Secp256k1.Signature = .init(r: .zero, s: .zero, yParity: 0)
  ) {
    self.kind = kind
    self.chainID = chainID
    self.nonce = nonce
    self.gasLimit = gasLimit
    self.maxFeePerGas = maxFeePerGas
    self.maxPriorityFeePerGas = maxPriorityFeePerGas
    self.to = to
    self.value = value
    self.input = input
    self.accessList = accessList
    self.maxFeePerBlobGas = maxFeePerBlobGas
    self.blobVersionedHashes = blobVersionedHashes
    self.authorizations = authorizations
    self.gasPerPubdataLimit = gasPerPubdataLimit
    self.claimedSender = claimedSender
    self.signature = signature
  }

  /// keccak256 of the envelope; of typed data keccak256(what is signed ‖ keccak256(signature)).
  public var hash: Bytes32 {
    guard kind == .typedData else { return Keccak256.hash(envelope) }
    return Keccak256.hash(signingHash, Keccak256.hash(signature.bytes))
  }

  /// What the sender's signature covers (EIP-155, EIP-2930, EIP-1559, EIP-4844, EIP-7702, EIP-712).
  public var signingHash: Bytes32 {
    kind == .typedData ? TypedData(self).hash(chainID: chainID ?? 0) : Keccak256.hash(signingMessage)
  }

  /// The account whose key signed; an `invalidSignature` where r or s is out of range, s is high (EIP-2), or no key fits,
  /// or not that of the sender that the transaction names.
  public func recoverSender() throws(TransactionError) -> Address {
    guard signature.isLowS, let key = Secp256k1.recover(signingHash, signature) else { throw .invalidSignature }
    let sender = key.address
    guard kind != .typedData || sender == claimedSender else { throw .invalidSignature }
    return sender
  }

  /// The transaction with the signature of `key`.
  public func signed(with key: Secp256k1.PrivateKey) throws(TransactionError) -> SignedTransaction {
    guard let signature = Secp256k1.sign(signingHash, with: key) else { throw .invalidSignature }
    var signed = self
    signed.signature = signature
    return signed
  }

  /// What the sender pays per gas in a block with `baseFee`: the base fee and the tip, within the cap.
  public func effectiveGasPrice(baseFee: UInt256) -> UInt256 {
    guard maxFeePerGas > baseFee else { return maxFeePerGas }
    return baseFee &+ min(maxPriorityFeePerGas, maxFeePerGas &- baseFee)
  }
}
