import ArgumentParser
import Cryptography
import L1Contracts
import Primitives

/// The accounts whose keys everybody knows.
struct AccountOptions: ParsableArguments {
  static let defaultMnemonic = "test test test test test test test test test test test junk"

  @Option(name: .shortAndLong, help: "How many accounts there are.")
  var accounts: UInt16 = 10

  @Option(help: "Ether that each of them has.")
  var balance: UInt64 = 10_000

  @Option(name: .shortAndLong, help: "The words from which their keys follow.")
  var mnemonic = AccountOptions.defaultMnemonic

  @Option(help: "Path of the keys without the last number (BIP-32).")
  var derivationPath = "m/44'/60'/0'/0/"

  func check() throws {
    guard HDWallet(phrase: mnemonic)?.key(at: derivationPath + "0") != nil else {
      throw ValidationError("--derivation-path '\(derivationPath)' is no path such as m/44'/60'/0'/0/")
    }
  }

  /// The accounts in their order.
  var all: [DevelopmentAccount] {
    guard let wallet = HDWallet(phrase: mnemonic) else { return [] }
    return (0..<accounts).compactMap { wallet.key(at: derivationPath + "\($0)").flatMap { DevelopmentAccount($0) } }
  }

  /// Wei of each.
  var wei: UInt256 { UInt256(balance) &* 1_000_000_000_000_000_000 }
}
