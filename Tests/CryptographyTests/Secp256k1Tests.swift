import Cryptography
import Primitives
import Testing

@Suite("secp256k1")
struct Secp256k1Tests {
  let key = Secp256k1.PrivateKey(hex: "7726827caac94a7f9e1b160f7ea819f172f7b6f9d2a97f992c38edeab82d4110")!
  let hash = Keccak256.hash(Array("message".utf8))

  @Test("The account of a key")
  func address() {
    #expect(
      Secp256k1.publicKey(of: key)?.address.description == "0x36615cf349d7f6344891b1e7ca7c72883f5dc049")
  }

  @Test("A signature recovers its key, has a low s, and no other hash or parity recovers it")
  func recovery() throws {
    let signature = try #require(Secp256k1.sign(hash, with: key))
    #expect(signature.isLowS)
    #expect(Secp256k1.recover(hash, signature) == Secp256k1.publicKey(of: key))
    var other = signature
    other.yParity ^= 1
    #expect(Secp256k1.recover(hash, other) != Secp256k1.publicKey(of: key))
    #expect(Secp256k1.recover(Keccak256.hash([]), signature) != Secp256k1.publicKey(of: key))
  }

  @Test("A high s recovers the same key but does not verify")
  func highS() throws {
    let low = try #require(Secp256k1.sign(hash, with: key))
    let high = Secp256k1.Signature(
      r: low.r, s: Bytes32(Secp256k1.order - UInt256(low.s)), yParity: low.yParity ^ 1)
    let publicKey = try #require(Secp256k1.publicKey(of: key))
    #expect(Secp256k1.recover(hash, high) == publicKey)
    #expect(Secp256k1.verify(hash, low, by: publicKey))
    #expect(!Secp256k1.verify(hash, high, by: publicKey))
  }

  @Test("Numbers outside the group are refused")
  func outOfRange() {
    let order = Bytes32(Secp256k1.order)
    #expect(Secp256k1.PrivateKey(.zero) == nil)
    #expect(Secp256k1.PrivateKey(order) == nil)
    #expect(Secp256k1.PrivateKey(hex: "12") == nil)
    for (r, s) in [(Bytes32.zero, hash), (hash, .zero), (order, hash), (hash, order)] {
      #expect(Secp256k1.recover(hash, .init(r: r, s: s, yParity: 0)) == nil)
    }
  }
}
