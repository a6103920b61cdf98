import Cryptography
import Primitives
import Testing

@Suite("Hash functions")
struct HashTests {
  @Test("Keccak-256 of published messages")
  func keccak() {
    let cases: [(String, String)] = [
      ("", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
      ("abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
      (
        "The quick brown fox jumps over the lazy dog",
        "4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15"
      ),
    ]
    for (message, digest) in cases { #expect(Keccak256.hash(Array(message.utf8)).description == "0x" + digest) }
  }

  @Test("BLAKE2s-256 of published messages (RFC 7693, appendix B)")
  func blake2s() {
    #expect(
      Blake2s256.hash(Array("abc".utf8)).description
        == "0x508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982")
    #expect(
      Blake2s256.hash([]).description == "0x69217a3079908094e11121d042354a7c1f55b6482ca1a51e1b250dfd1ed0eef9")
  }

  @Test("Pieces hash like the whole, wherever the message is cut")
  func incremental() {
    let message = (0..<500).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    for length in [0, 1, 7, 8, 63, 64, 65, 127, 128, 135, 136, 137, 271, 272, 273, 500] {
      let whole = Array(message[..<length])
      for cut in stride(from: 0, through: length, by: 13) {
        var keccak = Keccak256()
        keccak.update(Array(whole[..<cut]))
        keccak.update(Array(whole[cut...]))
        #expect(keccak.finalize() == Keccak256.hash(whole))
        var blake = Blake2s256()
        blake.update(Array(whole[..<cut]))
        blake.update(Array(whole[cut...]))
        #expect(blake.finalize() == Blake2s256.hash(whole))
      }
    }
  }
}
