import Cryptography
import EVM
import Ethereum
import Primitives

extension Workload {
  /// Every precompile of Prague on inputs that do its whole work.
  public static func precompiles() throws(EVMBenchmarkError) -> [Workload] {
    let text = (0..<4_096).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) }
    let pair = try g1Generator + hex(g2Generator)
    let opposite = UInt256.one.bytes + (bn254Modulus &- UInt256(2)).bytes
    let pairs = try pair + opposite + hex(g2Generator)
    return [
      Workload("ecrecover", .ecrecover, try recovery(), calls: 50),
      Workload("sha256 64 B", .sha256, Array(text[..<64]), calls: 2_000),
      Workload("sha256 4096 B", .sha256, text, calls: 500),
      Workload("ripemd160 64 B", .ripemd160, Array(text[..<64]), calls: 2_000),
      Workload("ripemd160 4096 B", .ripemd160, text, calls: 200),
      Workload("identity 64 B", .identity, Array(text[..<64]), calls: 5_000),
      Workload("identity 4096 B", .identity, text, calls: 2_000),
      Workload("modexp 256 b, e = 65537", .modexp, power(32, exponent: [1, 0, 1]), calls: 500),
      Workload("modexp 256 b, e 256 b", .modexp, power(32, exponent: ones(32)), calls: 100),
      Workload("modexp 1024 b, e 1024 b", .modexp, power(128, exponent: ones(128)), calls: 3),
      Workload("modexp 2048 b, e = 65537", .modexp, power(256, exponent: [1, 0, 1]), calls: 50),
      Workload("modexp 2048 b, e 2048 b", .modexp, power(256, exponent: ones(256)), calls: 1),
      Workload("modexp 2048 b, e 256 b, even", .modexp, power(256, exponent: ones(32), isEven: true), calls: 5),
      Workload("bn254 add", .bn254Add, g1Generator + opposite, calls: 500),
      Workload("bn254 add, doubling", .bn254Add, g1Generator + g1Generator, calls: 500),
      Workload("bn254 multiply", .bn254Multiply, g1Generator + (UInt256.max &- UInt256(12_345)).bytes, calls: 50),
      Workload("bn254 pairing, 1 pair", .bn254Pairing, pair, calls: 5),
      Workload("bn254 pairing, 2 pairs", .bn254Pairing, pairs, calls: 5),
      Workload("bn254 pairing, 4 pairs", .bn254Pairing, pairs + pairs, calls: 3),
      Workload("blake2f 12 rounds", .blake2f, blake2(rounds: 12), calls: 2_000),
      Workload("blake2f 1000 rounds", .blake2f, blake2(rounds: 1_000), calls: 50),
      Workload("point evaluation", .pointEvaluation, try evaluation(), calls: 3),
    ] + bls12381()
  }

  /// A contract that calls a precompile again and again with its own calldata.
  private init(_ name: String, _ precompile: Precompile, _ input: [UInt8], calls: UInt64) {
    var assembly = Assembly()
    assembly.emit(.calldatasize)
    assembly.push(0)
    assembly.push(0)
    assembly.emit(.calldatacopy)
    assembly.loop(calls) { body in
      body.push(0)
      body.push(0)
      body.emit(.calldatasize)
      body.push(0)
      body.push(UInt256(UInt64(precompile.rawValue)))
      body.emit(.gas, .staticcall, .iszero)
      // No jump may go to 0: a call that fails ends the run, so that nothing else is measured in its place.
      body.push(0)
      body.emit(.jumpi)
    }
    self.init(
      name: name, revision: .prague, environment: ExecutionEnvironment(),
      world: WorldState(accounts: [Workload.contract: Account(code: assembly.code)]),
      executions: [
        Execution(
          message: Message(address: Workload.contract, caller: Address(0xa11ce), input: input), code: assembly.code,
          gas: 1_000_000_000)
      ], calls: calls)
  }

  /// The precompiles of EIP-2537, on points to which small numbers are mapped.
  private static func bls12381() -> [Workload] {
    func point(_ group: BLS12381.Group, _ number: UInt64) -> [UInt8] {
      let size = group == .g1 ? 64 : 128
      let element = [UInt8](repeating: 0, count: size - 32) + UInt256(number).bytes
      return element.withUnsafeBytes { BLS12381.map(to: group, $0) } ?? []
    }
    func terms(_ group: BLS12381.Group, _ count: UInt64) -> [UInt8] {
      (1...count).flatMap { point(group, $0) + Keccak256.hash(UInt256($0).bytes).bytes }
    }
    let element = [UInt8](repeating: 0, count: 63) + [7]
    let pair = point(.g1, 1) + point(.g2, 1)
    return [
      Workload("bls12381 add G1", .bls12381AddG1, point(.g1, 1) + point(.g1, 2), calls: 500),
      Workload("bls12381 add G2", .bls12381AddG2, point(.g2, 1) + point(.g2, 2), calls: 500),
      Workload("bls12381 multiply G1, 1 term", .bls12381MultiplyG1, terms(.g1, 1), calls: 20),
      Workload("bls12381 multiply G1, 32 terms", .bls12381MultiplyG1, terms(.g1, 32), calls: 2),
      Workload("bls12381 multiply G2, 1 term", .bls12381MultiplyG2, terms(.g2, 1), calls: 20),
      Workload("bls12381 multiply G2, 32 terms", .bls12381MultiplyG2, terms(.g2, 32), calls: 2),
      Workload("bls12381 pairing, 1 pair", .bls12381Pairing, pair, calls: 5),
      Workload("bls12381 pairing, 4 pairs", .bls12381Pairing, pair + pair + pair + pair, calls: 2),
      Workload("bls12381 map to G1", .bls12381MapToG1, element, calls: 20),
      Workload("bls12381 map to G2", .bls12381MapToG2, element + element, calls: 10),
    ]
  }

  private static func recovery() throws(EVMBenchmarkError) -> [UInt8] {
    let hash = Keccak256.hash([1])
    guard let key = Secp256k1.PrivateKey(hex: String(repeating: "17", count: 32)),
      let signature = Secp256k1.sign(hash, with: key)
    else { throw .workload("libsecp256k1 does not sign") }
    return hash.bytes + UInt256(27 + UInt64(signature.yParity)).bytes + signature.r.bytes + signature.s.bytes
  }

  /// Base and modulus of `size` bytes.
  private static func power(_ size: Int, exponent: [UInt8], isEven: Bool = false) -> [UInt8] {
    let base = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 11 &+ 0x80) }
    var modulus = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 | 1) }
    modulus[0] = 0xf3
    if isEven { modulus[size - 1] &= 0xfe }
    let lengths = [size, exponent.count, size].flatMap { UInt256(UInt64($0)).bytes }
    return lengths + base + exponent + modulus
  }

  private static func ones(_ count: Int) -> [UInt8] { [UInt8](repeating: 0xff, count: count) }

  /// Rounds, then state, block, offset and the final flag.
  private static func blake2(rounds: UInt32) -> [UInt8] {
    let words = (0..<208).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 5) }
    return withUnsafeBytes(of: rounds.bigEndian) { Array($0) } + words + [1]
  }

  /// A proof of c-kzg-4844's `verify_kzg_proof` vectors: versioned hash, z, y, commitment, proof.
  private static func evaluation() throws(EVMBenchmarkError) -> [UInt8] {
    try hex(
      """
      0136829b6b3829f8573d0a5be3040dceec7b355fcce1ed5aa00718616b14e357\
      4199fc609422c0bd4e76304a41b3f0f79bd074679176833ec2d0845745863d20\
      5588555798264ea142f0a5cec8e8cce11b472cd9b163c26d956ccd6f4cc4aea4\
      b2bfd2fde9826b0ade745ec75a8971c06e2990d965dbb91a6b9287a1f99cdd1f1f14c2d5088b85d12f7aa0a670cd0420\
      9635455db828dbc755ff5bc01b699294a6003c03c117185288f71e938e2f06904e5b0558e7514687c5ca6fef451fe62d
      """)
  }

  private static var bn254Modulus: UInt256 { 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47 }

  private static var g1Generator: [UInt8] { UInt256.one.bytes + UInt256(2).bytes }

  /// The generator of G2 of EIP-197, imaginary parts first.
  private static var g2Generator: String {
    """
    198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2\
    1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed\
    090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b\
    12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa
    """
  }

  private static func hex(_ text: String) throws(EVMBenchmarkError) -> [UInt8] {
    guard let bytes = Hex.decode(text) else { throw .workload("an input is malformed") }
    return bytes
  }
}
