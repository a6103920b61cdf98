import Cryptography
import Primitives

// Precompiles, on inputs that do their whole work, and on such as fail late.

extension Shape {
  static var precompiles: [Shape] {
    precompileInputs.map { name, address, input in
      Shape(name) { world in
        // Few calls where one costs much; the run stays far below the machine's limit.
        try world.run(
          ShapeCode.loop(
            setup: ShapeCode.loadCalldata,
            ShapeCode.call(Address(UInt64(address)), by: 0xfa, input: (0, input.count), output: (0, 64)),
            gas: 300_000), gas: 900_000, input)
      }
    }
  }

  /// Name, address, input.
  static var precompileInputs: [(String, Int, [UInt8])] {
    let text = (0..<65_536).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) }
    let pair = g1 + g2
    let opposite = UInt256.one.bytes + (fieldModulus &- UInt256(2)).bytes
    var cases: [(String, Int, [UInt8])] = [
      ("ecrecover", 1, recovery), ("ecrecover of a bad signature", 1, [UInt8](repeating: 1, count: 128)),
      ("ecrecover of nothing", 1, []),
    ]
    for (address, name) in [(2, "sha256"), (3, "ripemd160"), (4, "identity")] {
      for size in [0, 32, 55, 56, 64, 1_024, 16_384, 65_536] {
        cases.append(("\(name) of \(size) B", address, Array(text[..<size])))
      }
    }
    for (size, exponent) in [
      (1, 1), (32, 3), (32, 32), (64, 32), (128, 3), (128, 16), (256, 3), (512, 1), (4_096, 1), (4_096, 0),
    ] {
      cases.append(("modexp of \(size) B, exponent of \(exponent) B", 5, power(size, exponent)))
      cases.append(("modexp of \(size) B, even, exponent of \(exponent) B", 5, power(size, exponent, isEven: true)))
    }
    for (base, exponent, modulus) in [
      (4_096, [1], 4_096), (4_096, [2], 4_096), (4_096, [3], 4_096), (1_024, [1], 1_024), (256, [1], 256),
      (33, [1], 33),
      (4_096, [1], 1), (1, [1], 4_096), (4_096, [255], 1), (1, [255], 4_096), (4_096, [3], 32), (40, [1], 40),
      (64, [3], 64),
      (4_096, [UInt8](repeating: 0, count: 4_096), 4_096),
    ] as [(Int, [UInt8], Int)] {
      cases.append(
        (
          "modexp \(base) ^ \(exponent[0])×\(exponent.count) mod \(modulus)", 5,
          lengths(base, exponent.count, modulus)
            + [UInt8](repeating: 0xff, count: base) + exponent + [UInt8](repeating: 0xf1, count: modulus)
        ))
    }
    cases += [
      (
        "modexp without modulus", 5,
        UInt256(32).bytes + UInt256(32).bytes + UInt256.zero.bytes + [UInt8](repeating: 255, count: 64)
      ),
      ("modexp of nothing", 5, []),
      (
        "modexp by one", 5,
        UInt256(64).bytes + UInt256(32).bytes + UInt256(1).bytes + [UInt8](repeating: 255, count: 97)
      ),
      ("bn254 add", 6, g1 + opposite), ("bn254 add, doubling", 6, g1 + g1), ("bn254 add of zeros", 6, []),
      ("bn254 add of no point", 6, UInt256.one.bytes + UInt256.one.bytes + g1),
      ("bn254 multiply", 7, g1 + UInt256.max.bytes), ("bn254 multiply by 2^255", 7, g1 + (UInt256.one << 255).bytes),
      ("bn254 multiply by 0", 7, g1), ("bn254 pairing of nothing", 8, []), ("bn254 pairing, 1 pair", 8, pair),
      ("bn254 pairing, 2 pairs", 8, pair + opposite + g2),
      ("bn254 pairing, 6 pairs", 8, pair + pair + pair + pair + pair + pair),
      ("bn254 pairing of zeros", 8, [UInt8](repeating: 0, count: 192 * 4)),
      ("bn254 pairing of no point", 8, pair + UInt256.one.bytes + UInt256.one.bytes + g2),
      ("bn254 pairing of a wrong length", 8, Array(pair.dropLast())),
      ("blake2f", 9, [0, 0, 0, 12] + Array(text[..<208]) + [1]), ("blake2f of a wrong length", 9, [0]),
      ("point evaluation", 10, Array(text[..<192])), ("point evaluation of 193 B", 10, Array(text[..<193])),
      ("P-256 verify", 0x100, signatureP256),
    ]
    return cases
  }

  private static var recovery: [UInt8] {
    let hash = Keccak256.hash([1])
    guard let key = Secp256k1.PrivateKey(Bytes32(UInt256(0x1717_1717_1717))),
      let signature = Secp256k1.sign(hash, with: key)
    else { return [] }
    return hash.bytes + UInt256(27 + UInt64(signature.yParity)).bytes + signature.r.bytes + signature.s.bytes
  }

  private static func lengths(_ base: Int, _ exponent: Int, _ modulus: Int) -> [UInt8] {
    [base, exponent, modulus].flatMap { UInt256(UInt64($0)).bytes }
  }

  private static func power(_ size: Int, _ exponent: Int, isEven: Bool = false) -> [UInt8] {
    var modulus = [UInt8](repeating: 0xff, count: size)
    if isEven { modulus[size - 1] = 0xfe }
    return lengths(size, exponent, size)
      + (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 11 &+ 0x80) } + [UInt8](repeating: 0xff, count: exponent)
      + modulus
  }

  private static var fieldModulus: UInt256 { 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47 }

  private static var g1: [UInt8] { UInt256.one.bytes + UInt256(2).bytes }

  /// The generator of G2 of EIP-197, imaginary parts first.
  private static var g2: [UInt8] {
    hex(
      """
      198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2\
      1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed\
      090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b\
      12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa
      """)
  }

  /// Digest, r, s, x, y of the example of EIP-7212; no version has that precompile.
  private static var signatureP256: [UInt8] {
    hex(
      """
      bb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca605023\
      2ba3a8be6b94d5ec80a6d9d1190a436effe50d85a1eee859b8cc6af9bd5c2e18\
      4cd60b855d442f5b3c7b11eb6c4e0ae7525fe710fab9aa7c77a67f79e6fadd76\
      2927b10512bae3eddcfe467828128bad2903269919f7086069c8c4df6c732838\
      c7787964eaac00e5921fb1498a60f4606766b3d9685001558d1a974e7341513e
      """)
  }

  private static func hex(_ text: String) -> [UInt8] { Hex.decode(text) ?? [] }
}
