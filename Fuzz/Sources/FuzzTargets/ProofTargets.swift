import FRIProofs
import Glibc

/// Proofs that strangers send: their form, and their argument.
enum ProofTargets {
  /// The first byte names the encoding, or leaves it to the reader; the rest is the proof.
  static func read(_ input: UnsafeRawBufferPointer) {
    guard let choice = input.first else { return }
    let bytes = Array(input.dropFirst())
    let encoding: ProofEncoding? = [.bincode1, .bincode2, nil][Int(choice % 3)]
    do throws(ProofFormatError) {
      let proof = try FlattenedProof(bytes, encoding: encoding)
      promise(proof.words.count <= bytes.count + 3 * 32, "a proof has no more words than bytes, but for the registers")
      promise((1...FlattenedProof.maxProofs).contains(proof.mainProofs), "a proof has main proofs")
      promise(isRefused(bytes + [0], proof.encoding), "a byte too many")
      promise(isRefused(bytes.dropLast(), proof.encoding), "a byte too few")
    } catch {
      promise(error.position <= bytes.count, "a mistake is inside")
      _ = error.description
    }
  }

  private static func isRefused(_ bytes: [UInt8], _ encoding: ProofEncoding) -> Bool {
    (try? FlattenedProof(bytes, encoding: encoding)) == nil
  }

  private struct Honest {
    let bytes: [UInt8]
    let words: [UInt32]
    let verifier: ProofImageVerifier
  }

  /// A real proof that holds, where the environment names one.
  private static let honest: Honest? = {
    guard let image = getenv("PROOF_VERIFIER_IMAGE"), let folder = getenv("FRI_PROOFS"),
      let bytes = contents("\(String(cString: folder))/block-1.bincode1"), let code = contents(String(cString: image)),
      let verifier = try? ProofImageVerifier(image: code), let proof = try? FlattenedProof(bytes)
    else { return nil }
    promise((try? verifier.verify(proof)) != nil, "the real proof holds")
    return Honest(bytes: bytes, words: proof.words, verifier: verifier)
  }()

  /// Changes a real proof: four bytes say where, one what is changed there, as often as there are five bytes. What the
  /// verifier still takes is the same argument: the change was in a part that says nothing.
  static func verify(_ input: UnsafeRawBufferPointer) {
    guard let honest else { return }
    var bytes = honest.bytes
    for offset in stride(from: 0, to: input.count - 4, by: 5) {
      let place = UInt32(littleEndian: input.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
      bytes[Int(place) % bytes.count] ^= input[offset + 4]
    }
    guard let proof = try? FlattenedProof(bytes), (try? honest.verifier.verify(proof)) != nil else { return }
    promise(proof.words == honest.words, "only what was proved is taken")
  }

  private static func contents(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { return bytes }
      bytes += chunk[..<count]
    }
  }
}
