import Cryptography
import Primitives

/// A transaction as the virtual machine reads it: one flat record for all types.
///
/// Source: zksync-os `docs/bootloader/transaction_format.md`. The encoded form is what the prover input carries, so its
/// bytes decide about the proof.
public struct VMTransaction: Sendable, Equatable {
  /// 0x00 legacy, 0x01 EIP-2930, 0x02 EIP-1559, 0x71 EIP-712, 0xfe upgrade, 0xff L1 priority.
  public var type: UInt8
  public var from: Address
  public var to: Address
  public var gasLimit: UInt64
  public var gasPerPubdataLimit: UInt32
  public var maxFeePerGas: UInt128
  public var maxPriorityFeePerGas: UInt128
  public var paymaster: Address
  public var nonce: UInt256
  public var value: UInt256
  /// L2: [0] not zero = the chain id is signed (legacy), [1] not zero = contract creation. L1: [0] = wei minted,
  /// [1] = refund recipient.
  public var reserved: InlineArray<4, UInt256>
  public var data: [UInt8]
  /// r ‖ s ‖ v with v = 27 or 28; empty for L1 transactions.
  public var signature: [UInt8]
  public var factoryDeps: [Bytes32]
  public var paymasterInput: [UInt8]
  /// The ABI-encoded access list, or empty.
  public var reservedDynamic: [UInt8]

  public init(
    type: UInt8, from: Address, to: Address, gasLimit: UInt64, gasPerPubdataLimit: UInt32, maxFeePerGas: UInt128,
    maxPriorityFeePerGas: UInt128, paymaster: Address = .zero, nonce: UInt256, value: UInt256,
    reserved: InlineArray<4, UInt256> = .init(repeating: .zero), data: [UInt8] = [], signature: [UInt8] = [],
    factoryDeps: [Bytes32] = [], paymasterInput: [UInt8] = [], reservedDynamic: [UInt8] = []
  ) {
    self.type = type
    self.from = from
    self.to = to
    self.gasLimit = gasLimit
    self.gasPerPubdataLimit = gasPerPubdataLimit
    self.maxFeePerGas = maxFeePerGas
    self.maxPriorityFeePerGas = maxPriorityFeePerGas
    self.paymaster = paymaster
    self.nonce = nonce
    self.value = value
    self.reserved = reserved
    self.data = data
    self.signature = signature
    self.factoryDeps = factoryDeps
    self.paymasterInput = paymasterInput
    self.reservedDynamic = reservedDynamic
  }

  /// Whether L1 requested it.
  public var isL1: Bool { type >= 0xfe }

  public static func == (a: VMTransaction, b: VMTransaction) -> Bool { a.encoded == b.encoded }
}

extension VMTransaction {
  /// The form of an L1 transaction whose hash L1 knows.
  public init(_ request: L1Request) {
    self.init(
      type: request.kind.rawValue, from: request.from, to: request.to, gasLimit: request.gasLimit,
      gasPerPubdataLimit: request.gasPerPubdataLimit, maxFeePerGas: request.maxFeePerGas,
      maxPriorityFeePerGas: request.maxPriorityFeePerGas, nonce: UInt256(request.nonce), value: request.value,
      reserved: [request.toMint, UInt256(request.refundRecipient), .zero, .zero], data: request.input,
      factoryDeps: request.factoryDeps)
  }

  /// Gas per pubdata byte that the node writes into L2 transactions; the virtual machine does not look at it.
  public static let defaultGasPerPubdataLimit: UInt32 = 50_000

  /// The form of a signed transaction. Fees that exceed 128 bits, blob and set-code transactions have none.
  public init(_ signed: SignedTransaction, sender: Address) throws(TransactionError) {
    guard signed.kind.existsOnZKsyncOS else { throw .unsupportedType(signed.kind.rawValue) }
    guard let maxFee = UInt128(exactly: signed.maxFeePerGas) else { throw .invalidField("maxFeePerGas") }
    guard let maxPriorityFee = UInt128(exactly: signed.maxPriorityFeePerGas) else {
      throw .invalidField("maxPriorityFeePerGas")
    }
    let isProtected = signed.kind == .legacy && signed.chainID != nil
    self.init(
      type: signed.kind.rawValue, from: sender, to: signed.to ?? .zero, gasLimit: signed.gasLimit,
      gasPerPubdataLimit: signed.kind == .typedData ? signed.gasPerPubdataLimit : Self.defaultGasPerPubdataLimit,
      maxFeePerGas: maxFee, maxPriorityFeePerGas: maxPriorityFee,
      nonce: UInt256(signed.nonce), value: signed.value,
      reserved: [isProtected ? .one : .zero, signed.to == nil ? .one : .zero, .zero, .zero], data: signed.input,
      signature: signed.signature.bytes,
      reservedDynamic: signed.accessList.encodedForVM)
  }

  /// The form of any transaction whose sender is known.
  public init(_ recovered: RecoveredTransaction) throws(TransactionError) {
    switch recovered.transaction {
    case .request(let request): self.init(request)
    case .signed(let signed): try self.init(signed, sender: recovered.sender)
    }
  }
}
