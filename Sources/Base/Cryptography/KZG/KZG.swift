import Primitives

/// KZG polynomial commitments over BLS12-381 as blobs use them (EIP-4844): the precompile at 0x0a.
public enum KZG {
  /// The versioned hash of a commitment: its SHA-256 digest with 0x01, the version, as first byte.
  public static func versionedHash(of commitment: UnsafeRawBufferPointer) -> Bytes32 {
    var hash = SHA256.hash(commitment).bytes
    hash[0] = 0x01
    return hash.withUnsafeBytes { Bytes32(loading: $0.baseAddress.unsafelyUnwrapped) }
  }

  /// Whether `proof` shows that the polynomial of `commitment` has the value `y` at `z`: `verify_kzg_proof` of the
  /// consensus specifications.
  ///
  /// - Parameters:
  ///   - commitment: a compressed point of G1, 48 bytes.
  ///   - z: below `order`.
  ///   - y: below `order`.
  ///   - proof: a compressed point of G1, 48 bytes.
  /// - Returns: `false` also where a point is no point of the subgroup in its one encoding, or a number is too large.
  public static func verify(
    commitment: UnsafeRawBufferPointer, z: UInt256, y: UInt256, proof: UnsafeRawBufferPointer
  ) -> Bool {
    guard z < order, y < order, let c = BLS12381.G1Point(compressed: commitment),
      let w = BLS12381.G1Point(compressed: proof), let setup
    else { return false }
    // e(C − y·G₁ + z·W, −G₂) · e(W, τ·G₂) = 1: all scalars are on the side where they are cheap.
    let multiples = JacobianPoint.sum([(order &- y, setup.g1.point), (z, w.point)])
    return BLS12381.pairingCheck([(BLS12381.G1Point(c.point + multiples), setup.negatedG2), (w, setup.tauG2)])
  }

  /// The order of the group, `BLS_MODULUS`: field elements of blobs are below it.
  public static var order: UInt256 { BLS12381.order }

  /// What verification needs of the setup; never `nil`, as these encodings are constants that a test reads.
  private static let setup: Setup? = Setup()

  private struct Setup: Sendable {
    let g1: BLS12381.G1Point
    let negatedG2: BLS12381.G2Point
    let tauG2: BLS12381.G2Point

    init?() {
      guard let g1 = Hex.decode(generatorG1).flatMap({ BLS12381.G1Point(compressed: $0) }),
        let g2 = Hex.decode(generatorG2).flatMap({ BLS12381.G2Point(compressed: $0) }),
        let tauG2 = Hex.decode(tauTimesG2).flatMap({ BLS12381.G2Point(compressed: $0) })
      else { return nil }
      (self.g1, negatedG2, self.tauG2) = (g1, -g2, tauG2)
    }
  }
}

/// The generators that the curve's specification fixes, compressed.
private let generatorG1 =
  "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
private let generatorG2 =
  "93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e"
  + "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8"

/// τ·G₂ for the secret τ of Ethereum's ceremony of 2023 (KZG Summoning Ceremony, github.com/ethereum/kzg-ceremony): the
/// second G2 point of the `trusted_setup.txt` that every client ships. Nobody knows τ.
private let tauTimesG2 =
  "b5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f3499f72"
  + "185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2"
