import Cryptography
import Primitives

/// A transaction as typed data (EIP-712) of the domain "zkSync", version "2".
///
/// Source: zksync-os `basic_bootloader/src/bootloader/transaction/mod.rs`; era-contracts `TransactionHelper.sol`.
struct TypedData {
  /// The fields before the dynamic ones: type, sender, recipient, gas limit, gas per pubdata, fee, tip, paymaster, nonce,
  /// value.
  private let words: [UInt256]
  private let data: [UInt8]
  /// Hashes of bytecodes, one after the other.
  private let dependencies: [UInt8]
  private let paymasterInput: [UInt8]

  init(_ transaction: VMTransaction) {
    words = [
      UInt256(UInt64(transaction.type)), UInt256(transaction.from), UInt256(transaction.to),
      UInt256(transaction.gasLimit), UInt256(UInt64(transaction.gasPerPubdataLimit)),
      UInt256(transaction.maxFeePerGas), UInt256(transaction.maxPriorityFeePerGas), UInt256(transaction.paymaster),
      transaction.nonce, transaction.value,
    ]
    data = transaction.data
    dependencies = transaction.factoryDeps.flatMap(\.bytes)
    paymasterInput = transaction.paymasterInput
  }

  /// A typed-data transaction as its sender sees it: without paymaster and dependencies.
  init(_ transaction: SignedTransaction) {
    words = [
      UInt256(UInt64(transaction.kind.rawValue)), UInt256(transaction.claimedSender),
      UInt256(transaction.to ?? .zero), UInt256(transaction.gasLimit),
      UInt256(UInt64(transaction.gasPerPubdataLimit)), transaction.maxFeePerGas, transaction.maxPriorityFeePerGas,
      .zero, UInt256(transaction.nonce), transaction.value,
    ]
    data = transaction.input
    dependencies = []
    paymasterInput = []
  }

  /// What the sender signs.
  func hash(chainID: UInt64) -> Bytes32 {
    var domain = Keccak256()
    for word in Self.domainWords { domain.update(word) }
    domain.update(Bytes32(UInt256(chainID)))

    var structure = Keccak256()
    structure.update(Self.transactionTypeHash)
    for word in words { structure.update(Bytes32(word)) }
    structure.update(Keccak256.hash(data))
    structure.update(Keccak256.hash(dependencies))
    structure.update(Keccak256.hash(paymasterInput))

    var message = Keccak256()
    message.update([0x19, 0x01])
    message.update(domain.finalize())
    message.update(structure.finalize())
    return message.finalize()
  }

  /// Bytes of each message that is hashed on the way, in the order in which the virtual machine charges for them.
  var messageLengths: [Int] { [128, 448, data.count, dependencies.count, paymasterInput.count, 66] }

  /// The hashes of the domain's type, its name and its version.
  private static let domainWords: [Bytes32] = [
    Keccak256.hash(utf8: "EIP712Domain(string name,string version,uint256 chainId)"), Keccak256.hash(utf8: "zkSync"),
    Keccak256.hash(utf8: "2"),
  ]

  private static let transactionTypeHash = Keccak256.hash(
    utf8: "Transaction(uint256 txType,uint256 from,uint256 to,uint256 gasLimit,uint256 gasPerPubdataByteLimit,"
      + "uint256 maxFeePerGas,uint256 maxPriorityFeePerGas,uint256 paymaster,uint256 nonce,uint256 value,bytes data,"
      + "bytes32[] factoryDeps,bytes paymasterInput)")
}
