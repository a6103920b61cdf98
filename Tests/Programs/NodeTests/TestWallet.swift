import Cryptography
import Primitives
import Testing
import Transactions

/// An account that signs and counts its own nonces.
struct TestWallet {
  private let key: Secp256k1.PrivateKey
  let address: Address
  var nonce: UInt64

  /// The account that a local chain gives funds.
  static func rich(nonce: UInt64 = 0) throws -> TestWallet {
    let key = try #require(
      Secp256k1.PrivateKey(hex: "0x7726827caac94a7f9e1b160f7ea819f172f7b6f9d2a97f992c38edeab82d4110"))
    return TestWallet(
      key: key, address: try #require(Secp256k1.publicKey(of: key)).address, nonce: nonce)
  }

  mutating func sign(
    to: Address?, value: UInt256 = .zero, input: [UInt8] = [], gas: UInt64 = 21_000
  ) throws -> SignedTransaction {
    defer { nonce += 1 }
    return try SignedTransaction(
      kind: .dynamicFee, chainID: 270, nonce: nonce, gasLimit: gas, maxFeePerGas: 10_000, maxPriorityFeePerGas: .zero,
      to: to, value: value, input: input
    ).signed(with: key)
  }

  /// The same as typed data (type 0x71).
  mutating func signTyped(
    to: Address, value: UInt256 = .zero, input: [UInt8] = [], gas: UInt64 = 100_000
  ) throws -> SignedTransaction {
    defer { nonce += 1 }
    return try SignedTransaction(
      kind: .typedData, chainID: 270, nonce: nonce, gasLimit: gas, maxFeePerGas: 10_000, maxPriorityFeePerGas: .zero,
      to: to, value: value, input: input, gasPerPubdataLimit: 50_000, claimedSender: address
    ).signed(with: key)
  }
}
