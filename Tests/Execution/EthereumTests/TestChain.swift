import Cryptography
import EVM
import EVMTesting
import Ethereum
import Primitives
import Transactions

/// Accounts, contracts and the block after genesis, for tests of the transition.
struct TestChain {
  static let key = Secp256k1.PrivateKey(Bytes32(UInt256(0x4e79)))!
  static let rich = Secp256k1.publicKey(of: key)!.address
  static let bob = Address(0xb0b)
  static let gasPrice: UInt256 = 2_000_000_000

  var accounts: [Address: Account] = [
    rich: Account(balance: 1_000_000_000_000_000_000_000)
  ]
  var rules = ChainRules(chainID: 31_337, revision: .prague)
  var fields = BlockFields(timestamp: 100, coinbase: Address(0xc0b), gasLimit: 30_000_000, baseFee: 1_000_000_000)

  var parent: BlockHeader {
    BlockHeader(
      parentHash: .zero, stateRoot: StateTrie(accounts: accounts).root, number: 6, gasLimit: 30_000_000, timestamp: 99,
      baseFeePerGas: 1_000_000_000)
  }

  /// The block after ``parent``.
  func builder() -> BlockBuilder {
    BlockBuilder(
      parent: parent, state: StateTrie(accounts: accounts), fields: fields, rules: rules, blockHash: { _ in .zero })
  }

  /// A transition outside of blocks.
  func transition() -> EthereumTransition {
    EthereumTransition(
      world: WorldState(base: StateTrie(accounts: accounts)), revision: rules.revision,
      block: BlockBuilder.environment(number: 7, fields: fields, chainID: rules.chainID, blockHash: { _ in .zero }),
      options: rules.options)
  }

  func transaction(
    _ kind: SignedTransaction.Kind = .dynamicFee, nonce: UInt64 = 0, gas: UInt64 = 200_000, to: Address? = bob,
    value: UInt256 = .zero, input: [UInt8] = []
  ) -> SignedTransaction {
    SignedTransaction(
      kind: kind, chainID: rules.chainID, nonce: nonce, gasLimit: gas, maxFeePerGas: Self.gasPrice,
      maxPriorityFeePerGas: Self.gasPrice, to: to, value: value, input: input)
  }

  /// An authorization that ``key`` signs.
  static func authorization(
    _ address: Address, nonce: UInt64, chainID: UInt256 = 0, by key: Secp256k1.PrivateKey = key
  ) -> Authorization {
    var item = Authorization(chainID: chainID, address: address, nonce: nonce, yParity: 0, r: .zero, s: .zero)
    let signature = Secp256k1.sign(item.signingHash, with: key)!
    item.yParity = signature.yParity
    item.r = UInt256(signature.r)
    item.s = UInt256(signature.s)
    return item
  }
}
