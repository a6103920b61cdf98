import Compression
import Testing

@Suite("frames of Zstandard")
struct ZstandardTests {
  private func sample(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) } }

  private func decompressed(_ frame: [UInt8], size: Int) throws -> [UInt8] {
    try Zstandard.decompress(frame[...], size: size)
  }

  @Test(arguments: [0, 1, 1_000, 300_000]) func whatIsCompressedComesBack(count: Int) throws {
    let frame = Zstandard.compress(sample(count))
    #expect(try decompressed(frame, size: count) == sample(count))
    #expect(count <= 1_000 || frame.count < count / 2)
  }

  /// What `zstd -3 --no-check -c FILE` of zstd 1.5.4 makes of a file with that line.
  @Test func aFrameOfTheProgramIsRead() throws {
    let frame: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x0e, 0x71, 0x00, 0x00] + Array("a small frame\n".utf8)
    #expect(String(decoding: try decompressed(frame, size: 14), as: UTF8.self) == "a small frame\n")
  }

  @Test func anotherSizeIsRefused() {
    let frame = Zstandard.compress(sample(5_000))
    for size in [0, 4_999, 5_001, 1 << 40] {
      #expect(throws: ZstandardError.otherSize) { try decompressed(frame, size: size) }
    }
  }

  @Test func whatIsNotOneWholeFrameIsRefused() {
    let frame = Zstandard.compress(sample(500))
    for count in 0..<frame.count {
      #expect(throws: ZstandardError.noFrame) { try decompressed(Array(frame.prefix(count)), size: 500) }
    }
    #expect(throws: ZstandardError.noFrame) { try decompressed(frame + [0], size: 500) }
    #expect(throws: ZstandardError.noFrame) { try decompressed(frame + frame, size: 500) }
  }

  /// Without a checksum in the frame, which its user has of his own, a flipped bit may give other bytes; never more of them.
  @Test func aFlippedBitNeverGivesAnotherSize() {
    let frame = Zstandard.compress(sample(300))
    for bit in 0..<frame.count * 8 {
      var damaged = frame
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      if let content = try? decompressed(damaged, size: 300) { #expect(content.count == 300) }
    }
  }
}
