import Compression
import Testing

@Suite("gzip streams")
struct GzipTests {
  @Test(arguments: [0, 1, 63, 1 << 16, (1 << 16) + 1, 300_000])
  func whatIsEncodedComesBack(count: Int) throws {
    let bytes = sample(count)
    #expect(try decoded(encoded(bytes)) == bytes)
  }

  @Test func theSameBytesInOtherPiecesGiveTheSameStream() {
    let bytes = sample(200_000)
    #expect(encoded(bytes, pieces: 1_000) == encoded(bytes, pieces: 200_000))
  }

  @Test(arguments: [1, 7, 4_096]) func inputComesInPiecesOfAnySize(size: Int) throws {
    let bytes = sample(150_000)
    #expect(try decoded(encoded(bytes), pieces: size) == bytes)
  }

  @Test func membersOneAfterTheOtherAreOneText() throws {
    let stream = encoded(sample(70_000)) + encoded([]) + encoded([1, 2, 3])
    #expect(try decoded(stream) == sample(70_000) + [1, 2, 3])
    #expect(try decoded(stream, pieces: 1) == sample(70_000) + [1, 2, 3])
  }

  @Test func anyPrefixIsTruncated() {
    let stream = encoded(sample(500))
    for count in 0..<stream.count {
      #expect(throws: GzipError.truncated) { try decoded(Array(stream.prefix(count))) }
    }
  }

  @Test func aFlippedBitIsFoundOrChangesNothing() {
    let bytes = sample(300)
    let stream = encoded(bytes)
    for bit in 0..<stream.count * 8 {
      var damaged = stream
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      do {
        // The time, the name of the system and the bits that fill the last byte are covered by no checksum.
        #expect(try decoded(damaged) == bytes)
      } catch {
        #expect([.corrupt, .truncated, .trailingBytes].contains(error as? GzipError))
      }
    }
  }

  @Test func aBombStopsAtItsLimit() {
    let stream = encoded([UInt8](repeating: 0, count: 8 << 20))
    #expect(stream.count < 1 << 14)
    #expect(throws: GzipError.tooLarge(limit: 1 << 20)) { try decoded(stream, limit: 1 << 20) }
    #expect(throws: Never.self) { try decoded(stream, limit: 8 << 20) }
  }

  @Test func whatFollowsTheStreamIsNoPartOfIt() {
    #expect(throws: GzipError.trailingBytes) { try decoded(encoded([1]) + [0]) }
    #expect(throws: GzipError.truncated) { try decoded(encoded([1]) + [0x1f]) }
    #expect(throws: GzipError.corrupt) { try decoded(encoded([1]) + [0x1f, 0, 0, 0]) }
    #expect(throws: GzipError.corrupt) { try decoded(Array("neither".utf8)) }
  }

  /// Bytes of which some repeat.
  private func sample(_ count: Int) -> [UInt8] {
    var state: UInt64 = 0x9e37_79b9_7f4a_7c15
    return (0..<count).map { index in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return index % 3 == 0 ? UInt8(truncatingIfNeeded: state >> 56) : 7
    }
  }

  private func encoded(_ bytes: [UInt8], pieces: Int = 1 << 20) -> [UInt8] {
    var encoder = GzipEncoder()
    var stream: [UInt8] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      rest.prefix(pieces).withUnsafeBytes { encoder.encode($0) { stream += $0 } }
      rest = rest.dropFirst(pieces)
    }
    encoder.finish { stream += $0 }
    return stream
  }

  private func decoded(_ stream: [UInt8], pieces: Int = 1 << 20, limit: Int = 1 << 24) throws -> [UInt8] {
    var decoder = GzipDecoder(limit: limit)
    var bytes: [UInt8] = []
    var rest = stream[...]
    while !rest.isEmpty {
      try rest.prefix(pieces).withUnsafeBytes { try decoder.decode($0) { bytes += $0 } }
      rest = rest.dropFirst(pieces)
    }
    try decoder.finish()
    return bytes
  }
}
