import ChainStorage
import Primitives
import RandomTesting
import Replication
import StateTree
import Testing

@Suite struct FrameTests {
  static let frames: [FeedFrame] = [
    .hello(FeedHello(chainID: 270, genesisHash: Bytes32(1 as UInt256))),
    .record(RawRecord(number: 1, hash: Bytes32(2 as UInt256), value: [])),
    .record(RawRecord(number: .max, hash: Bytes32(3 as UInt256), value: [UInt8](repeating: 7, count: 3_000))),
    .position(FeedPosition(head: 9)),
    .position(FeedPosition(head: 9, safe: 8)),
    .position(
      FeedPosition(
        head: 9, safe: 8, finalized: 7,
        state: CommittedState(block: 6, commitment: StateCommitment(root: Bytes32(5 as UInt256), leafCount: 4)))),
  ]

  @Test(arguments: [1, 2, 3, 7, 100, 4_096, 100_000])
  func comeOutAsTheyWentInHoweverTheBytesAreCut(size: Int) throws {
    let bytes = Self.frames.flatMap { $0.encode() }
    var decoder = FeedDecoder(), decoded: [FeedFrame] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      decoder.append(bytes[start..<min(start + size, bytes.count)])
      while let frame = try decoder.next() { decoded.append(frame) }
    }
    #expect(decoded == Self.frames)
    #expect(try decoder.next() == nil)
  }

  @Test(arguments: frames)
  func areRefusedWhenAnyBitIsFlipped(frame: FeedFrame) {
    let bytes = frame.encode()
    for bit in 0..<min(bytes.count, 200) * 8 {
      var damaged = bytes
      damaged[bit / 8] ^= 1 << (bit % 8)
      var decoder = FeedDecoder()
      decoder.append(damaged)
      // A length that has grown asks for more bytes, which then do not fit the checksum.
      decoder.append([UInt8](repeating: 0, count: 1 << 16))
      do {
        let decoded = try decoder.next()
        #expect(decoded == nil, "bit \(bit) of a frame may be flipped")
      } catch {}
    }
  }

  @Test func ofForeignersAreTypedErrors() {
    var random = SplitMix64(seed: 5)
    for _ in 0..<2_000 {
      var decoder = FeedDecoder()
      decoder.append(
        (0..<Int.random(in: 1...64, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) })
      _ = try? decoder.next()
    }
    // As an HTTP server answers.
    var decoder = FeedDecoder()
    decoder.append("<html>404</html>".utf8)
    #expect(throws: FeedFault.self) { try decoder.next() }
    #expect(throws: FeedFault.unknownVersion(2)) {
      try FeedFrame(decoding: [1, 2, 0, 0, 0] + [UInt8](repeating: 0, count: 40))
    }
    #expect(throws: FeedFault.malformed("kind 9")) { try FeedFrame(decoding: [9]) }
  }
}
