import Cryptography
import Primitives
import RandomTesting
import Testing

/// One key, one message, and what eth-keys (with coincurve) makes of them.
private struct SigningVector: Sendable {
  let privateKey: UInt256
  let publicKey: String
  let address: String
  let hash: String
  let r: UInt256
  let s: UInt256
  let yParity: UInt8
}

/// Private keys 1, 2, 3 and 0xdeadbeef sign the SHA-256 of "message N"; from eth-keys' `sign_msg_hash`.
private let vectors = [
  SigningVector(
    privateKey: 1,
    publicKey: "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
      + "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8",
    address: "7e5f4552091a69125d5dfcb7b8c2659029395bdf",
    hash: "b526aef1a341cfe6e5c377ed4c222888eeb81f913a107110a867e009c1758f24",
    r: 0xac2edf2a7860586a65b127f586a8cd04d6d4b1aa7665e925f1620614ad0c27ef,
    s: 0x4e923384f3077147e46734a71b250e1fb3d50813d9aab1d2257d376b2744069d, yParity: 0),
  SigningVector(
    privateKey: 2,
    publicKey: "c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"
      + "1ae168fea63dc339a3c58419466ceaeef7f632653266d0e1236431a950cfe52a",
    address: "2b5ad5c4795c026514f8317c7a215e218dccd6cf",
    hash: "84768ddee659efeafdeb972b55143141bc23b6e333c70e8b68d29774ab09a548",
    r: 0xd43a27adb13eaae1a1dc4bdf05ee6bf52797814485be88f6260db58c39ff30cc,
    s: 0x52784d69782cf83675c382ecb9a2290a70a3127d14a1ae8ba2c561b1ee93ee2d, yParity: 0),
  SigningVector(
    privateKey: 3,
    publicKey: "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9"
      + "388f7b0f632de8140fe337e62a37f3566500a99934c2231b6cb9fd7584b8e672",
    address: "6813eb9362372eef6200f3b1dbc3f819671cba69",
    hash: "fb29a8d5309d7c35b180dbd78c63a455a5d1fb45149a3264c08f1aff43524beb",
    r: 0x1aa248a9499812de47e93e45bae494c34ea6123ff3c0eb630c7dcd1e97ff134f,
    s: 0x570d1b06db20e6905f048a2644dd00262490b4bdc8f53d2d47cb5625240df996, yParity: 0),
  SigningVector(
    privateKey: 0xdead_beef,
    publicKey: "76d2fdf1302d1fa9556f4df94ec84cefba6d482e54f47c6c2a238c1baa560f0e"
      + "b754ac7e7a3e09c44184cb451a4f5fb557f32053eb015dffebb655b5cfd54d8a",
    address: "e8a78b476ae1403b7fd39b662545ae608aced7c7",
    hash: "3da43a251808c7d8c7aa2324efaae604c078f734c57209c2d9f32d660279d01c",
    r: 0xadd1ef55b392c4ee11046f4e98cb9e55247f2bbd2e9304e07702ec60c8630a82,
    s: 0x5b67c6d2abc77d602b214e9848fba1164472dc7c4aac2552e02a3c1aaa3d8c69, yParity: 1),
]

@Suite("secp256k1")
struct Secp256k1Tests {
  @Test("Keys, addresses and deterministic signatures are those of eth-keys", arguments: vectors)
  private func knownSignatures(vector: SigningVector) throws {
    let privateKey = try key(vector.privateKey)
    let hash = try #require(Bytes32(hex: vector.hash))
    let publicKey = try #require(Secp256k1.publicKey(of: privateKey))
    #expect(Secp256k1.PublicKey(try #require(Hex.decode("04" + vector.publicKey))) == publicKey)
    #expect(publicKey.address == Address(hex: vector.address))

    let signature = try #require(Secp256k1.sign(hash, with: privateKey))
    #expect(signature == Secp256k1.Signature(r: Bytes32(vector.r), s: Bytes32(vector.s), yParity: vector.yParity))
    #expect(Secp256k1.recover(hash, signature) == publicKey)
    #expect(Secp256k1.recoverAddress(hash, signature) == Address(hex: vector.address))
    #expect(Secp256k1.verify(hash, signature, by: publicKey))
  }

  /// What a private key of that number is.
  private func key(_ number: UInt256) throws -> Secp256k1.PrivateKey {
    try #require(Secp256k1.PrivateKey(Bytes32(number)))
  }

  @Test("The account of a well-known development key")
  func developmentAccount() throws {
    let key = try #require(
      Secp256k1.PrivateKey(hex: "7726827caac94a7f9e1b160f7ea819f172f7b6f9d2a97f992c38edeab82d4110"))
    #expect(
      Secp256k1.publicKey(of: key)?.address.description == "0x36615cf349d7f6344891b1e7ca7c72883f5dc049")
  }

  @Test("The example of the ecrecover precompile in go-ethereum's tests (ecRecover.json, ValidKey)")
  func ecrecover() throws {
    let hash = try #require(Bytes32(hex: "18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c"))
    let signature = Secp256k1.Signature(
      r: Bytes32(0x73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c9aa6a5a75f),
      s: Bytes32(0xeeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7d75a9c4549), yParity: 1)
    #expect(
      Secp256k1.recoverAddress(hash, signature) == Address(hex: "a94f5374fce5edbc8e2a8697c15331677e6ebf0b"))
    #expect(!signature.isLowS)
  }

  @Test("The mirrored signature recovers the same key, but a high s is never verified")
  func highS() throws {
    var random = SplitMix64(seed: 3)
    for _ in 0..<20 {
      let privateKey = try #require(Secp256k1.PrivateKey(random.bytes32())), hash = random.bytes32()
      let publicKey = try #require(Secp256k1.publicKey(of: privateKey))
      let low = try #require(Secp256k1.sign(hash, with: privateKey))
      let high = Secp256k1.Signature(
        r: low.r, s: Bytes32(Secp256k1.order &- UInt256(low.s)), yParity: low.yParity ^ 1)
      #expect(low.isLowS && low.isInRange)
      #expect(!high.isLowS && high.isInRange)
      #expect(Secp256k1.recover(hash, high) == publicKey)
      #expect(!Secp256k1.verify(hash, high, by: publicKey))
    }
  }

  @Test("Another message, another key or a changed signature is not verified")
  func forgeries() throws {
    var random = SplitMix64(seed: 4)
    for _ in 0..<20 {
      let hash = random.bytes32(), privateKey = try #require(Secp256k1.PrivateKey(random.bytes32()))
      let publicKey = try #require(Secp256k1.publicKey(of: privateKey))
      let otherKey = try #require(Secp256k1.PrivateKey(random.bytes32()).flatMap(Secp256k1.publicKey(of:)))
      let signature = try #require(Secp256k1.sign(hash, with: privateKey))
      #expect(!Secp256k1.verify(random.bytes32(), signature, by: publicKey))
      #expect(!Secp256k1.verify(hash, signature, by: otherKey))
      var changed = signature
      changed.yParity ^= 1
      #expect(Secp256k1.recover(hash, changed) != publicKey)
      #expect(!Secp256k1.verify(hash, changed, by: publicKey))
      changed = signature
      changed.r.w0 ^= 1
      #expect(!Secp256k1.verify(hash, changed, by: publicKey))
    }
  }

  @Test("Parts of a signature that are zero or not below n are refused")
  func partsOutOfRange() throws {
    let hash = Bytes32(7), privateKey = try key(9)
    let good = try #require(Secp256k1.sign(hash, with: privateKey))
    let publicKey = try #require(Secp256k1.publicKey(of: privateKey))
    for number in [UInt256.zero, Secp256k1.order, Secp256k1.order &+ 1, .max] {
      let bad = Bytes32(number)
      for signature in [
        Secp256k1.Signature(r: bad, s: good.s, yParity: good.yParity),
        Secp256k1.Signature(r: good.r, s: bad, yParity: good.yParity),
      ] {
        #expect(!signature.isInRange)
        #expect(Secp256k1.recover(hash, signature) == nil)
        #expect(!Secp256k1.verify(hash, signature, by: publicKey))
      }
    }
  }

  @Test("An r that is no x of the curve recovers nothing")
  func noPoint() {
    // 5³ + 7 = 132 is not a square modulo p.
    #expect(Secp256k1.recover(Bytes32(1), Secp256k1.Signature(r: Bytes32(5), s: Bytes32(1), yParity: 0)) == nil)
  }

  @Test("Where the recovered key would be infinity there is none")
  func infinity() throws {
    // With s·R = z·G the key (s·R − z·G)/r vanishes: R = G, s = z.
    let x: UInt256 = 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798
    let signature = Secp256k1.Signature(r: Bytes32(x), s: Bytes32(12), yParity: 0)
    #expect(Secp256k1.recover(Bytes32(12), signature) == nil)
    #expect(Secp256k1.recover(Bytes32(13), signature) != nil)
  }

  @Test("Hashes of zero and above n are hashes too")
  func unusualHashes() throws {
    let privateKey = try key(11)
    for hash in [Bytes32.zero, Bytes32(UInt256.max), Bytes32(Secp256k1.order)] {
      let signature = try #require(Secp256k1.sign(hash, with: privateKey))
      #expect(Secp256k1.recover(hash, signature) == Secp256k1.publicKey(of: privateKey))
    }
  }

  @Test("Private keys are in 1 ..< n, and 64 digits")
  func privateKeyRange() {
    for bad in [UInt256.zero, Secp256k1.order, .max] { #expect(Secp256k1.PrivateKey(Bytes32(bad)) == nil) }
    #expect(Secp256k1.PrivateKey(Bytes32(Secp256k1.order &- 1)).flatMap(Secp256k1.publicKey(of:)) != nil)
    #expect(Secp256k1.PrivateKey(hex: "12") == nil)
    #expect(Secp256k1.PrivateKey(hex: "") == nil)
    #expect(Secp256k1.PrivateKey(hex: String(repeating: "g", count: 64)) == nil)
  }

  @Test("Public keys are read back from both encodings")
  func publicKeyEncodings() throws {
    var random = SplitMix64(seed: 5)
    for _ in 0..<20 {
      let key = try #require(Secp256k1.PrivateKey(random.bytes32()).flatMap(Secp256k1.publicKey(of:)))
      #expect(Secp256k1.PublicKey([4] + key.x.bytes + key.y.bytes) == key)
      #expect(Secp256k1.PublicKey([2 | key.y[31] & 1] + key.x.bytes) == key)
    }
  }

  @Test("What names no point of the curve is no public key")
  func badPublicKeys() throws {
    let key = try #require(Secp256k1.publicKey(of: key(1)))
    let uncompressed = [4] + key.x.bytes + key.y.bytes
    var offCurve = uncompressed
    offCurve[64] ^= 1
    var hybrid = uncompressed
    hybrid[0] = 6
    #expect(Secp256k1.PublicKey(offCurve) == nil)
    #expect(Secp256k1.PublicKey(hybrid) == nil)
    #expect(Secp256k1.PublicKey([2] + UInt256(5).bytes) == nil)
    #expect(Secp256k1.PublicKey([4] + [UInt8](repeating: 0, count: 64)) == nil)
    #expect(Secp256k1.PublicKey([0]) == nil)
    #expect(Secp256k1.PublicKey([]) == nil)
    #expect(Secp256k1.PublicKey(uncompressed + [0]) == nil)
  }

  @Test("Random bytes never stop the program")
  func garbage() {
    var random = SplitMix64(seed: 6)
    for _ in 0..<300 {
      let hash = random.bytes32()
      let signature = Secp256k1.Signature(
        r: random.bytes32(), s: random.bytes32(), yParity: UInt8(truncatingIfNeeded: random.next()))
      if let key = Secp256k1.recover(hash, signature), signature.isLowS {
        #expect(Secp256k1.verify(hash, signature, by: key))
      }
      _ = Secp256k1.PublicKey(random.bytes(Int.random(in: 0...70, using: &random)))
    }
  }
}
