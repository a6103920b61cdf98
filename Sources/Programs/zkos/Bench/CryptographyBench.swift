import ArgumentParser
import Cryptography
import Primitives

/// `zkos bench crypto`: the primitives that decide about speed.
struct CryptographyBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "crypto", abstract: "Hashes, signatures, pairings: time per operation.")

  @Flag(help: "Print one JSON object for each case.")
  var json = false

  func run() throws {
    hashes()
    try signatures()
    try curves()
  }

  private func hashes() {
    let block = [UInt8](repeating: 0x5a, count: 4_096)
    for length in [32, 64, 4_096] {
      let message = Array(block[..<length])
      let count = length > 1_000 ? 200 : 5_000
      let time = ThreadTime.median(count: count) { for _ in 0..<count { consume(Keccak256.hash(message)) } }
      Measurement(name: "keccak256 \(length) B", nanoseconds: time).print(json: json)
    }
    let sha256 = ThreadTime.median(count: 200) { for _ in 0..<200 { consume(SHA256.hash(block)) } }
    Measurement(name: "sha256 4096 B", nanoseconds: sha256).print(json: json)
    let ripemd160 = ThreadTime.median(count: 200) { for _ in 0..<200 { consume(RIPEMD160.hash(block)) } }
    Measurement(name: "ripemd160 4096 B", nanoseconds: ripemd160).print(json: json)
    let pairs = [UInt8](repeating: 0x33, count: 64 * 1_024)
    let single = ThreadTime.median(count: 1_024) {
      pairs.withUnsafeBytes { bytes in
        for index in 0..<1_024 {
          consume(Blake2s256.hash(UnsafeRawBufferPointer(rebasing: bytes[64 * index..<64 * index + 64])))
        }
      }
    }
    Measurement(name: "blake2s 64 B, one by one", nanoseconds: single).print(json: json)
    var digests = [UInt8](repeating: 0, count: 32 * 1_024)
    let batched = ThreadTime.median(count: 1_024) {
      pairs.withUnsafeBytes { input in
        digests.withUnsafeMutableBytes { output in
          Blake2s256.hashPairs(input, count: 1_024, into: output)
        }
      }
    }
    Measurement(name: "blake2s 64 B, in batches", nanoseconds: batched, ratio: ("one by one", batched / single))
      .print(json: json)
  }

  private func signatures() throws {
    guard let key = Secp256k1.PrivateKey(hex: String(repeating: "17", count: 32)),
      let signature = Secp256k1.sign(Keccak256.hash([1]), with: key)
    else { throw ValidationError("libsecp256k1 does not sign") }
    let hash = Keccak256.hash([1])
    let recovery = ThreadTime.median(count: 200) {
      for _ in 0..<200 { consume(Secp256k1.recoverAddress(hash, signature)) }
    }
    Measurement(name: "secp256k1 recover", nanoseconds: recovery).print(json: json)
    let signing = ThreadTime.median(count: 200) { for _ in 0..<200 { consume(Secp256k1.sign(hash, with: key)) } }
    Measurement(name: "secp256k1 sign", nanoseconds: signing, ratio: ("recover", signing / recovery)).print(json: json)
  }

  private func curves() throws {
    // The generator of G1 added to itself; e(P, Q) · e(−P, Q) = 1 with the generators.
    let g1 = UInt256.one.bytes + UInt256(2).bytes
    let sum = ThreadTime.median(count: 200) {
      g1.withUnsafeBytes { point in
        for _ in 0..<200 { consume(try? BN254.add(point, point)) }
      }
    }
    Measurement(name: "bn254 add", nanoseconds: sum).print(json: json)
    let product = ThreadTime.median(count: 50) {
      g1.withUnsafeBytes { point in
        for _ in 0..<50 { consume(try? BN254.multiply(point, by: .max)) }
      }
    }
    Measurement(name: "bn254 multiply", nanoseconds: product).print(json: json)
    let modulus = (0..<256).map { UInt8(truncatingIfNeeded: $0 &* 7 | 1) }
    let base = (0..<256).map { UInt8(truncatingIfNeeded: $0 &* 11) }
    let exponent = [UInt8](repeating: 0xff, count: 32)
    let power = ThreadTime.median(count: 10) {
      for _ in 0..<10 { consume(ModExp.power(base: base, exponent: exponent, modulus: modulus)) }
    }
    Measurement(name: "modexp 2048 bits, exponent 256 bits", nanoseconds: power).print(json: json)
  }
}
