import Cryptography
import Primitives
import Testing
import Transactions
import ZKsyncOS

/// A chain for tests: one funded key, a context, and short ways to make transactions.
struct Fixture {
  static let chainID: UInt64 = 270
  static let key = Secp256k1.PrivateKey(Bytes32(UInt256(0x1234567)))!
  static let sender = Address(hex: "0xbb39d1a9af4e3fdc9598bd78ac92e2811e2af6ca") ?? .zero
  static let ether: UInt256 = 1_000_000_000_000_000_000

  var state = ReferenceState()
  var context: BlockContext

  init(_ version: ProtocolVersion = .current, balance: UInt256 = Fixture.ether) {
    context = BlockContext(
      protocolVersion: version, chainID: Self.chainID, number: 1, timestamp: 42, coinbase: .filled(0xc0))
    state.setAccount(Self.sender, AccountProperties(balance: balance))
  }

  func executor() throws -> BlockExecutor { try BlockExecutor(context: context, state: state) }

  static func unsigned(
    kind: SignedTransaction.Kind = .dynamicFee, nonce: UInt64 = 0, gas: UInt64 = 1_000_000, maxFee: UInt256 = 1000,
    tip: UInt256 = 0, to: Address? = .filled(0x77), value: UInt256 = 0, data: [UInt8] = [],
    accessList: AccessList = AccessList()
  ) -> SignedTransaction {
    SignedTransaction(
      kind: kind, chainID: chainID, nonce: nonce, gasLimit: gas, maxFeePerGas: maxFee, maxPriorityFeePerGas: tip,
      to: to, value: value, input: data, accessList: accessList)
  }

  static func signed(
    kind: SignedTransaction.Kind = .dynamicFee, nonce: UInt64 = 0, gas: UInt64 = 1_000_000, maxFee: UInt256 = 1000,
    tip: UInt256 = 0, to: Address? = .filled(0x77), value: UInt256 = 0, data: [UInt8] = [],
    accessList: AccessList = AccessList()
  ) throws -> RecoveredTransaction {
    let transaction = try unsigned(
      kind: kind, nonce: nonce, gas: gas, maxFee: maxFee, tip: tip, to: to, value: value, data: data,
      accessList: accessList
    ).signed(with: key)
    return try RecoveredTransaction(.signed(transaction))
  }

  static func deposit(
    from: Address = .filled(0x11), to: Address = .filled(0x22), gas: UInt64 = 1_000_000, maxFee: UInt128 = 1000,
    value: UInt256 = 5, minted: UInt256 = 2_000_000_000, data: [UInt8] = [], nonce: UInt64 = 0
  ) -> RecoveredTransaction {
    let request = L1Request(
      kind: .priority, from: from, to: to, gasLimit: gas, gasPerPubdataLimit: 1, maxFeePerGas: maxFee, nonce: nonce,
      value: value, toMint: minted, refundRecipient: .filled(0x33), input: data)
    return RecoveredTransaction(.request(request), sender: from)
  }
}

extension TransactionOutcome {
  var result: TransactionResult? { if case .included(let result) = self { result } else { nil } }
  var rejection: Rejection? { if case .rejected(let reason) = self { reason } else { nil } }
}

extension BlockOutput {
  /// Everything that must be equal between a block and its replay.
  var fingerprint: [Bytes32] {
    [
      blockHash, Keccak256.hash(pubdata), Keccak256.hash(utf8: "\(transactions)"),
      Keccak256.hash(utf8: "\(storageWrites)"), Keccak256.hash(utf8: "\(publishedPreimages)"),
      Keccak256.hash(utf8: "\(accesses)"), Keccak256.hash(utf8: "\(touchedSlots)"),
      Keccak256.hash(utf8: "\(l2ToL1Logs)"), Keccak256.hash(utf8: "\(accountDiffs)"),
    ]
  }
}

/// Assembles code from opcodes and pushed words.
enum Assembly {
  static func push(_ value: UInt64) -> [UInt8] {
    let bytes = value == 0 ? [0] : UInt256(value).minimalBytes
    return [0x5f + UInt8(bytes.count)] + bytes
  }

  /// Code that deploys `code`.
  static func deployer(of code: [UInt8]) -> [UInt8] {
    // PUSH2 length, DUP1, PUSH1 offset, PUSH1 0, CODECOPY, PUSH1 0, RETURN
    [0x61, UInt8(code.count >> 8), UInt8(code.count & 0xff), 0x80, 0x60, 0x0c, 0x60, 0x00, 0x39, 0x60, 0x00, 0xf3]
      + code
  }
}
