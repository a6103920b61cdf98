import Primitives

extension L1Request {
  /// The request in the form of the L1 contracts and of the virtual machine, which are the same.
  ///
  /// Throws `invalidField`, with the field's name, for what a request never has: a priority fee, a paymaster, a signature,
  /// reserved fields beyond the second, a nonce of more than 64 bits, a refund recipient of more than 160; and
  /// `unsupportedType` for a transaction of L2.
  ///
  /// Source: the reference node's `lib/types/src/transaction/l1.rs`.
  public init(_ transaction: VMTransaction) throws(TransactionError) {
    guard let kind = Kind(rawValue: transaction.type) else { throw .unsupportedType(transaction.type) }
    func require(_ condition: Bool, _ field: String) throws(TransactionError) {
      guard condition else { throw .invalidField(field) }
    }
    try require(transaction.maxPriorityFeePerGas == 0, "maxPriorityFeePerGas")
    try require(transaction.paymaster.isZero, "paymaster")
    try require(transaction.reserved[1].bitWidth <= 160, "reserved[1]")
    try require(transaction.reserved[2].isZero, "reserved[2]")
    try require(transaction.reserved[3].isZero, "reserved[3]")
    try require(transaction.signature.isEmpty, "signature")
    try require(transaction.paymasterInput.isEmpty, "paymasterInput")
    try require(transaction.reservedDynamic.isEmpty, "reservedDynamic")
    guard let nonce = UInt64(exactly: transaction.nonce) else { throw .invalidField("nonce") }
    self.init(
      kind: kind, from: transaction.from, to: transaction.to, gasLimit: transaction.gasLimit,
      gasPerPubdataLimit: transaction.gasPerPubdataLimit, maxFeePerGas: transaction.maxFeePerGas, nonce: nonce,
      value: transaction.value, toMint: transaction.reserved[0],
      refundRecipient: Address(truncating: transaction.reserved[1]), input: transaction.data,
      factoryDeps: transaction.factoryDeps)
  }
}
