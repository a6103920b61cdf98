import Cryptography
import Primitives
import RandomTesting
import Testing

/// P, k, k·P and P + k·P.
private struct Multiple: Sendable {
  let point: String
  let scalar: String
  let product: String
  let sum: String
}

// Everything below was computed with py-ecc's `optimized_bn128`, from seeded random scalars.

private let multiples = [
  Multiple(
    point: "099819923d7f84f99c58cd5c50eff6ef0afa2681023c0f52c9c59fd436fa5e76"
      + "0cfbac0c15c625ab8c7c27fa1b9fd1350df0cd488e6a6aa3a3f8a75d0130bd8a",
    scalar: "0000000000000000000000000000000000000000000000000000000000000002",
    product: "1348ca4093df1865ecb73d80a226e823f014fb2db3a4a78bed422a79b3184f55"
      + "131b29e6fdc7b618d2e287a7b814a8e3dba5e4e2ae9aed110cc2f0c359a3be58",
    sum: "26e5133cdc35ecfe913a7859c62788f5cdae3747c4ad6e8e20a4a93bf2c69944"
      + "059618d96cdc074a2ca758353e31b214f9cb8426ae1c0487fb5ef36f78d3e3e6"),
  Multiple(
    point: "00e1df1783ab0c20395d17bd805811483a633215a3134342d4c2003e81835063"
      + "18c3ba1002cc810e50699a5d99d65b2b8d6f492621906822d7142cd73ec699dc",
    scalar: "0000000000000000000000000000000000000000000000000000000000000003",
    product: "0b09330ef5c14f0c2753c02c76cadef538e44fbf84b7f682789c0a6e93e66980"
      + "12705490ece9da6e0203d8b55cbe62bb1b24aba2b32d01db82ade06de51e8bdd",
    sum: "2913bb6e9fd7a19ab79a376b2bc513a9c45462086301b3841709736a6618f970"
      + "2d699ebd426a7a0c78068665589f367f3c0b87748cc28ce0adb0868f92eaca54"),
  Multiple(
    point: "2863d874b32380f9e7de3cec3b7a636df1b11f227da3bd726f8f25fff45fe310"
      + "0db291088466fa41b84332cfd7c6354b27c2a3ec946e0feaa47a0964104b6f8b",
    scalar: "d23f0824128b2f330c5c7fd0a6a3a4506513270e269e0d37f2a74de452e6b438",
    product: "114ae494bc8154ea88234f38ba3fd46680386c8f091abfaa5029270259a8e1c1"
      + "1b83b0e84acf727eca0bad7ac37c9f8c10d46e39261af44d50d2aa67c15b941f",
    sum: "2e7afc35182be21020976710c5277623cfbd4a925d77ed8241742f6534398ad6"
      + "2ed4371215e9397b337210522d6832da871a641f8d4ff36e8378883d5d5216d2"),
  Multiple(
    point: "19745118a513bfbd1c6a03cc501935c21b4122a4a2928d15b27a41e6e47b2e8a"
      + "1cf452efbd47c2a727d0781b219244486341de9c5d693fd07f75c45a92444774",
    scalar: "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000000",
    product: "19745118a513bfbd1c6a03cc501935c21b4122a4a2928d15b27a41e6e47b2e8a"
      + "136ffb8323e9dd82907fcd9b5fef1415343f8bf50b088abcbcaac7bc4638b5d3",
    sum: "0000000000000000000000000000000000000000000000000000000000000000"
      + "0000000000000000000000000000000000000000000000000000000000000000"),
]

/// e(aG₁, bG₂) · e(−abG₁, G₂) = 1.
private let bilinearPair =
  "2b357af8cb1aa6ae67694dc23976556dd020c6479174e29b5e5a57d38ccb096f125e0b752d913930ca53fdddda65773a"
  + "749105ffd4518351d4f7d72154969941199546c73daad71b7bf7e6023ab057cebc9aefc3837ea5f9e09291fc994184af"
  + "1f7bb6fc896f2d8f7caaebd59559302fbf7e0fbb798e15219fb3b877f82856090d00466b6f496c600a3372f7b45750b8"
  + "16682f75c075ab99728f2f1dc86e789e195e8c360ffd9c93393a74d1fdf1b75bbb9510f1b2a682171eba4c37704ad453"
  + "28cd9d665ee78991c2162a4ed70bc62b3bbb18c081912b22b373e44437c4d203278b806c85b013ebee96e8edb994c59d"
  + "6bb44b163b9d9bbcfe42be9a9f80e0e7198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
  + "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed090689d0585ff075ec9e99ad690c3395"
  + "bc4b313370b38ef355acdadcd122975b12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"

/// The same with ab + 1 for ab, whose product is not one.
private let unequalPair =
  "2b357af8cb1aa6ae67694dc23976556dd020c6479174e29b5e5a57d38ccb096f125e0b752d913930ca53fdddda65773a"
  + "749105ffd4518351d4f7d72154969941199546c73daad71b7bf7e6023ab057cebc9aefc3837ea5f9e09291fc994184af"
  + "1f7bb6fc896f2d8f7caaebd59559302fbf7e0fbb798e15219fb3b877f82856090d00466b6f496c600a3372f7b45750b8"
  + "16682f75c075ab99728f2f1dc86e789e195e8c360ffd9c93393a74d1fdf1b75bbb9510f1b2a682171eba4c37704ad453"
  + "2c6552f0109d9c605165a6bf2ab4996f69fb7d5a6928105116bfc07d462501330955acdb940b826cde24a2d87860fb92"
  + "2ac96cbdb2939e9be37ab7823d7abcc9198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
  + "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed090689d0585ff075ec9e99ad690c3395"
  + "bc4b313370b38ef355acdadcd122975b12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"

/// e(aG₁, bG₂) · e(cG₁, aG₂) · e(−a(b + c)G₁, G₂) = 1.
private let triple =
  "2b357af8cb1aa6ae67694dc23976556dd020c6479174e29b5e5a57d38ccb096f125e0b752d913930ca53fdddda65773a"
  + "749105ffd4518351d4f7d72154969941199546c73daad71b7bf7e6023ab057cebc9aefc3837ea5f9e09291fc994184af"
  + "1f7bb6fc896f2d8f7caaebd59559302fbf7e0fbb798e15219fb3b877f82856090d00466b6f496c600a3372f7b45750b8"
  + "16682f75c075ab99728f2f1dc86e789e195e8c360ffd9c93393a74d1fdf1b75bbb9510f1b2a682171eba4c37704ad453"
  + "2876e6bd8b1676271a268ed94e06754e7167bd6aebaf779b18ed8319f6deb5410c1b2631a2e8ab893ab74e80e14fec41"
  + "16f6dd536cc949e9d986b652044884732f5c34388907ffa46c815660ad2f14d171c265a1376bd9fd843210a875795f9d"
  + "296976c8c7307e8b2c3173aa97fedf830a04b3cf9bdf466b6b1af5c6ccb0b1300312bce10ef6413870b9a10c79a32070"
  + "7b3637be896d81ec9e65b5dcca64456b1f75cf35817b9060815635e01c0878db784f71745eff624cdc1d17cfe7b439fa"
  + "0744d0943dd46e3b6023ae579bbca01df0fe535a19bd56fc45044816bffac92a09098bd69034f678b73ed799cc7b2740"
  + "1ad1b5a54c7a59f2351ec2c1bcf13a3b198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
  + "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed090689d0585ff075ec9e99ad690c3395"
  + "bc4b313370b38ef355acdadcd122975b12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"

/// Points of the twist that are not in the subgroup of order r: three of full order, one whose order divides the cofactor,
/// the sum of that and a point of the subgroup, and one of the smallest order.
private let outsideSubgroup = [
  "000000000000000000000000000000000000000000000000000000000000000100000000000000000000000000000000"
    + "000000000000000000000000000000022b76c179599bb92a963dac85546a005a777f7c13f6a7b75d5918b6b5808f5fde"
    + "101f7278419308b95099eca02dcee0c5381f4d26d1d62313f057167f064101ce",
  "000000000000000000000000000000000000000000000000000000000000000100000000000000000000000000000000"
    + "0000000000000000000000000000000316f36623ff7c6a394eb9190bb391072c1e41899e5fd5bf84d7132ea39ab5ab0c"
    + "18317863a822ced60b87aca78e89515cb87f54f50c1600e4512dc35743fa5543",
  "000000000000000000000000000000000000000000000000000000000000000100000000000000000000000000000000"
    + "000000000000000000000000000000042ad2c9383d8bdabe86bb6884f007a452191a7cab23442363c36e30c2ae62ef3e"
    + "269a1a6eb8412c8096e7a79ffd87746fb121bb38e308ba0f3590da864f033a6c",
  "0b1e8600342d3a97681540e161c5c086b68a04599b003f1be1c855f931c9c498"
    + "213cf1efa4d0709e1c5c03e8b420c47a03156eda94b150ebd1fcebeabda03f05"
    + "2ebc597e16b5a53c724136dd8726660b1c7a7c3fa3bd37a9c976c44441eb72ed"
    + "2f3e95d20352f508ff44bdfc17a3f1c52c3ec664fc7b65130f6b79bd671b8c04",
  "06c0b2b8d888506e5be2df06256fe1f2d64d2ca86dc581362b3d3a09157e5286"
    + "1968a84b32c88bf08cd02859c5ec718bda35bef96bf3886168cc6880778c6ce6"
    + "14b7785c3ccd184f6650d21fdcc949e17d3a4bdbb10743662ce26b9572bfab3b"
    + "0e08238b0db0893eec229a8ac976581d81ad389f013ec8a0b5a33a8f05e569d5",
  "1caab387f13802741dbd00bd71c8dd0d3932255c88da408667a81f15d9b1b3f5"
    + "0eaa544fe8b893ce62d5fb88778880e540f8cd32a4e4c5a8d47a6fa1095c8268"
    + "1550d9fd55c092151a14d8a06d896a05b785d74143aba35c5b3f7869feb5497e"
    + "106fc36a849b18ce10fc36f3ed94503948923d451c97e29e7c2fea49874e0739",
]

private let generator1 = UInt256(1).bytes + UInt256(2).bytes
private let generator2 =
  "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c21800deef121f1e76426a00665e5c4479"
  + "674322d4f75edadd46debd5cd992f6ed090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"
  + "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"

private let p: UInt256 = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47
private let r: UInt256 = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001
private let infinity1 = [UInt8](repeating: 0, count: 64)
private let infinity2 = [UInt8](repeating: 0, count: 128)

private func add(_ a: [UInt8], _ b: [UInt8]) throws -> [UInt8] {
  try a.withUnsafeBytes { a in try b.withUnsafeBytes { try BN254.add(a, $0) } }
}

private func multiply(_ a: [UInt8], _ k: UInt256) throws -> [UInt8] {
  try a.withUnsafeBytes { try BN254.multiply($0, by: k) }
}

private func check(_ input: [UInt8]) throws -> Bool { try input.withUnsafeBytes { try BN254.pairingCheck($0) } }

private func negated(_ point: [UInt8]) throws -> [UInt8] { try multiply(point, r &- 1) }

@Suite("BN254: addition and multiplication (EIP-196)")
struct BN254CurveTests {
  @Test("Multiples and sums are those of py-ecc", arguments: multiples)
  private func knownMultiples(multiple: Multiple) throws {
    let point = try #require(Hex.decode(multiple.point))
    let scalar = UInt256(try #require(Bytes32(hex: multiple.scalar)))
    let product = try multiply(point, scalar)
    #expect(Hex.encode(product) == "0x" + multiple.product)
    #expect(try Hex.encode(add(point, product)) == "0x" + multiple.sum)
  }

  @Test("The laws of a group, with infinity as zero")
  func groupLaws() throws {
    var random = SplitMix64(seed: 1)
    for _ in 0..<20 {
      let a = random.word(), b = random.word()
      let pa = try multiply(generator1, a), pb = try multiply(generator1, b)
      let sum = try add(pa, pb)
      #expect(try add(pb, pa) == sum)
      #expect(try add(sum, pa) == add(pa, add(pa, pb)))
      #expect(try add(pa, infinity1) == pa)
      #expect(try add(infinity1, pa) == pa)
      #expect(try add(pa, negated(pa)) == infinity1)
      #expect(try add(pa, pa) == multiply(pa, 2))
      #expect(try multiply(pa, b) == multiply(pb, a))
    }
  }

  @Test("Scalars of 0, r, above r and of all ones")
  func scalars() throws {
    #expect(try multiply(generator1, 0) == infinity1)
    #expect(try multiply(generator1, r) == infinity1)
    #expect(try multiply(generator1, 1) == generator1)
    #expect(try multiply(generator1, r &+ 1) == generator1)
    #expect(try multiply(infinity1, .max) == infinity1)
    #expect(try add(infinity1, infinity1) == infinity1)
    // 2^256 − 1 is (2^255 − 1) doubled, plus one.
    let half = try multiply(generator1, .max >> 1)
    #expect(try multiply(generator1, .max) == add(add(half, half), generator1))
  }

  @Test("Points off the curve, coordinates from p on, and other lengths are refused")
  func invalidPoints() throws {
    let offCurve = UInt256(1).bytes + UInt256(3).bytes
    let unreduced = (p &+ 1).bytes + UInt256(2).bytes
    #expect(throws: BN254.InvalidInput.notOnCurve) { try add(offCurve, generator1) }
    #expect(throws: BN254.InvalidInput.notOnCurve) { try add(generator1, offCurve) }
    #expect(throws: BN254.InvalidInput.notOnCurve) { try multiply(offCurve, 1) }
    #expect(throws: BN254.InvalidInput.notOnCurve) { try multiply(UInt256(0).bytes + UInt256(1).bytes, 1) }
    #expect(throws: BN254.InvalidInput.coordinateNotReduced) { try add(unreduced, generator1) }
    #expect(throws: BN254.InvalidInput.coordinateNotReduced) { try multiply(p.bytes + p.bytes, 0) }
    #expect(throws: BN254.InvalidInput.coordinateNotReduced) { try multiply(UInt256.max.bytes + UInt256.max.bytes, 0) }
    #expect(throws: BN254.InvalidInput.length(63)) { try multiply([UInt8](repeating: 0, count: 63), 1) }
    #expect(throws: BN254.InvalidInput.length(0)) { try multiply([], 1) }
  }
}

@Suite("BN254: the pairing check (EIP-197)")
struct BN254PairingTests {
  let g2: [UInt8]
  init() throws { g2 = try #require(Hex.decode(generator2)) }

  @Test("The pairing is linear in both arguments: py-ecc's products of one")
  func bilinear() throws {
    #expect(try check(#require(Hex.decode(bilinearPair))))
    #expect(try check(#require(Hex.decode(triple))))
  }

  @Test("Products other than one are seen")
  func unequal() throws {
    #expect(try !check(#require(Hex.decode(unequalPair))))
    #expect(try !check(generator1 + g2))
    #expect(try !check(generator1 + g2 + generator1 + g2))
  }

  @Test("The order of the pairs does not matter, and a pair and its opposite cancel")
  func products() throws {
    let pairs = try #require(Hex.decode(triple))
    #expect(try check(Array(pairs[192..<384] + pairs[384...] + pairs[..<192])))
    var random = SplitMix64(seed: 2)
    for _ in 0..<3 {
      let a = try multiply(generator1, random.word()), b = try multiply(generator1, random.word())
      let opposite = try negated(add(a, b))
      #expect(try check(a + g2 + b + g2 + opposite + g2))
      #expect(try !check(a + g2 + b + g2 + negated(opposite) + g2))
    }
  }

  @Test("No pairs, and pairs with infinity on either side, multiply to one")
  func infinity() throws {
    #expect(try check([]))
    #expect(try check(infinity1 + infinity2))
    #expect(try check(infinity1 + g2))
    #expect(try check(generator1 + infinity2))
    #expect(try !check(generator1 + infinity2 + generator1 + g2))
    #expect(try check(infinity1 + g2 + #require(Hex.decode(bilinearPair))))
  }

  @Test("Points of the twist outside the subgroup are refused", arguments: outsideSubgroup)
  func subgroup(point: String) throws {
    let point = try #require(Hex.decode(point))
    #expect(throws: BN254.InvalidInput.notInSubgroup) { try check(generator1 + point) }
    #expect(throws: BN254.InvalidInput.notInSubgroup) { try check(infinity1 + point) }
  }

  @Test("Bad coordinates, points off the curve and other lengths are refused")
  func invalidInput() throws {
    var swapped = g2
    swapped.swapAt(31, 63)
    #expect(throws: BN254.InvalidInput.notOnCurve) { try check(generator1 + swapped) }
    #expect(throws: BN254.InvalidInput.notOnCurve) { try check(UInt256(1).bytes + UInt256(1).bytes + g2) }
    #expect(throws: BN254.InvalidInput.notOnCurve) { try check(UInt256(1).bytes + UInt256(1).bytes + infinity2) }
    #expect(throws: BN254.InvalidInput.coordinateNotReduced) { try check(generator1 + p.bytes + g2[32...]) }
    #expect(throws: BN254.InvalidInput.coordinateNotReduced) { try check(generator1 + g2[..<96] + p.bytes) }
    for length in [1, 64, 191, 193, 383] {
      #expect(throws: BN254.InvalidInput.length(length)) { try check([UInt8](repeating: 0, count: length)) }
    }
  }

  @Test("Random bytes never stop the program")
  func garbage() {
    var random = SplitMix64(seed: 3)
    for _ in 0..<200 {
      let bytes = random.bytes(192 * Int.random(in: 1...2, using: &random))
      #expect(throws: BN254.InvalidInput.self) { try check(bytes) }
      // The first byte of each coordinate is cleared, so that most are below p.
      var reduced = bytes
      for index in stride(from: 0, to: reduced.count, by: 32) { reduced[index] = 0 }
      #expect(throws: BN254.InvalidInput.notOnCurve) { try check(reduced) }
    }
  }
}
