import Airbender
import FRIProofTesting
import StorageTesting
import Testing
import ThreadTesting
import VerificationKeys

@Suite("Images that have no key")
struct UnprovableImageTests {
  private static func bytes(_ words: [UInt32]) -> [UInt8] {
    words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) } }
  }

  @Test("The exit sequence is found where it is, and must be alone")
  func exits() throws {
    let code = [UInt32](repeating: 0x13, count: 5)
    #expect(try ExitSequence.finalPC(of: code + ExitSequence.words + [0]) == 4 * (5 + 16))
    #expect(throws: VerificationKeyError.noExit) { try ExitSequence.finalPC(of: code + ExitSequence.words.dropLast()) }
    #expect(throws: VerificationKeyError.severalExits(2)) {
      try ExitSequence.finalPC(of: ExitSequence.words + code + ExitSequence.words)
    }
    // The last loads of zksync-os' guests: lw s9, 0x3c(s10), and the loop.
    #expect(ExitSequence.words.suffix(2) == [0x03cd_2c83, 0x0000_006f])
  }

  @Test("Sizes that no image has", arguments: [0, 1, 4098, 1 << 21 + 4])
  func sizes(count: Int) {
    #expect(throws: VerificationKeyError.imageSize(count)) {
      try VerificationKey(image: [UInt8](repeating: 0, count: count), machine: .standard, threads: 1)
    }
  }

  @Test("An image that does not end")
  func endless() {
    #expect(throws: VerificationKeyError.noExit) {
      try VerificationKey(image: Self.bytes([0x13, 0x6f]), machine: .recursion, threads: 1)
    }
  }
}

@Suite("Keys of published images")
struct PublishedKeyTests {
  /// The key is that of `tools/verifier/universal.reduced.vk.json` in zksync-airbender v0.3.3.
  @Test("The recursion program of v0.3.3", .enabled(if: ProofFiles.hasRecursionImage, "RECURSION_IMAGE is not set"))
  func recursion() async throws {
    let image = try #require(try ProofFiles.recursionImage())
    // It takes seconds and 260 MB.
    let key = try await onOwnThread { try VerificationKey(image: image, machine: .recursion, threads: 2) }
    #expect(key.finalPC == 0x1b_f7c4)
    let words: [UInt32] = [
      72_745_303, 1_506_611_631, 1_846_034_279, 3_618_029_582, 1_424_046_133, 796_512_958, 1_693_277_517, 559_469_650,
    ]
    #expect(key.digest.bytes == words.flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } })
  }
}
