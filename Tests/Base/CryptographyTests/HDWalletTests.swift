import Cryptography
import Primitives
import Testing

@Suite("Wallets of a phrase")
struct HDWalletTests {
  private static let junk = "test test test test test test test test test test test junk"

  /// The accounts that development chains give out, by eth-account's `Account.from_mnemonic`.
  @Test(arguments: [
    (
      0, "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
      "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
    ),
    (
      1, "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
      "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"
    ),
    (
      9, "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720",
      "2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6"
    ),
    (
      10, "0xBcd4042DE499D14e55001CcbB24a551F3b954096",
      "f214f2b2cd398c806f84e317254e0f0b801d0643303237d97a22a48e01628897"
    ),
  ]) func theWellKnownAccounts(index: Int, address: String, key: String) throws {
    let wallet = try #require(HDWallet(phrase: Self.junk))
    let found = try #require(wallet.key(at: "m/44'/60'/0'/0/\(index)"))
    #expect(found == Secp256k1.PrivateKey(hex: key))
    #expect(Secp256k1.publicKey(of: found)?.address.checksummed == address)
  }

  @Test func aPassphraseMakesAnotherWallet() throws {
    let phrase = String(repeating: "abandon ", count: 11) + "about"
    let wallet = try #require(HDWallet(phrase: phrase, passphrase: "TREZOR"))
    #expect(
      wallet.key(at: "m/44'/60'/0'/0/0")
        == Secp256k1.PrivateKey(hex: "62f1d86b246c81bdd8f6c166d56896a4a5e1eddbcaebe06480e5c0bc74c28224"))
    #expect(HDWallet(phrase: phrase)?.key(at: "m/44'/60'/0'/0/0") != wallet.key(at: "m/44'/60'/0'/0/0"))
  }

  @Test func spacesBetweenWordsDoNotMatter() {
    let spread = "  " + Self.junk.split(separator: " ").joined(separator: " \n ") + " "
    #expect(HDWallet(phrase: spread)?.key(at: "m") == HDWallet(phrase: Self.junk)?.key(at: "m"))
  }

  /// Test vector 1 of BIP-32.
  @Test(arguments: [
    ("m/0'", "edb2e14f9ee77d26dd93b4ecede8d16ed408ce149b6cd80b0715a2d911a0afea"),
    ("m/0'/1/2'/2/1000000000", "471b76e389e528d6de6d816857e012c5455051cad6660850e58372a6c3e6e7c8"),
  ]) func childrenOfASeed(path: String, key: String) throws {
    let wallet = try #require(HDWallet(seed: [UInt8](0..<16)))
    #expect(wallet.key(at: path) == Secp256k1.PrivateKey(hex: key))
  }

  @Test(arguments: ["", "44'/60'", "m/", "m//1", "m/x", "m/-1", "m/+1", "m/2147483648", "m/1''", "m/'"])
  func whatIsNoPath(path: String) {
    #expect(HDWallet(phrase: Self.junk)?.key(at: path) == nil)
  }
}
