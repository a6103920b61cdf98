import ArgumentParser
import Cryptography
import Primitives
import Transactions

/// An account that signs and counts its own nonces.
struct Wallet: Sendable {
  let key: Secp256k1.PrivateKey
  let address: Address
  var nonce: UInt64 = 0

  init?(_ key: Secp256k1.PrivateKey) {
    guard let address = Secp256k1.publicKey(of: key)?.address else { return nil }
    self.key = key
    self.address = address
  }

  /// A wallet of the load test: its key is the hash of its number, so that a second run finds its money again.
  init(seed: Int) throws {
    let digest = Keccak256.hash(Array("zkos loadtest wallet \(seed)".utf8))
    guard let key = Secp256k1.PrivateKey(digest), let wallet = Wallet(key) else {
      throw ValidationError("wallet \(seed) has no key")
    }
    self = wallet
  }

  /// Signs the next transaction.
  mutating func sign(
    _ chain: ChainFacts, gas: UInt64, to: Address?, value: UInt256 = .zero, input: [UInt8] = []
  ) throws -> SignedTransaction {
    let transaction = SignedTransaction(
      kind: .dynamicFee, chainID: chain.chainID, nonce: nonce, gasLimit: gas, maxFeePerGas: chain.gasPrice &* 2,
      maxPriorityFeePerGas: .zero, to: to, value: value, input: input)
    nonce += 1
    return try transaction.signed(with: key)
  }
}
