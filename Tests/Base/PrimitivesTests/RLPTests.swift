import Primitives
import RandomTesting
import Testing

@Suite("RLP")
struct RLPTests {
  @Test("Examples of the Ethereum documentation")
  func published() throws {
    #expect(RLP.encode(Array("dog".utf8)) == [0x83] + Array("dog".utf8))
    #expect(
      RLP.encodeList([RLP.encode(Array("cat".utf8)), RLP.encode(Array("dog".utf8))])
        == [0xc8, 0x83] + Array("cat".utf8) + [0x83] + Array("dog".utf8))
    #expect(RLP.encode([UInt8]()) == [0x80])
    #expect(RLP.encodeList([]) == [0xc0])
    #expect(RLP.encode(UInt64(0)) == [0x80])
    #expect(RLP.encode([0x00]) == [0x00])
    #expect(RLP.encode(UInt64(15)) == [0x0f])
    #expect(RLP.encode(UInt64(1024)) == [0x82, 0x04, 0x00])
    let sentence = Array("Lorem ipsum dolor sit amet, consectetur adipisicing elit".utf8)
    #expect(RLP.encode(sentence) == [0xb8, 0x38] + sentence)
  }

  @Test("Strings of every length class survive the round trip", arguments: [0, 1, 2, 55, 56, 57, 255, 256, 70_000])
  func roundTrip(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 + 200) }
    var reader = RLPReader(RLP.encode(bytes))
    #expect(Array(try reader.readBytes()) == bytes)
    try reader.finish()
    var items = try RLPReader.list(RLP.encodeList([RLP.encode(bytes), RLP.encode(UInt256.max)]))
    #expect(Array(try items.readBytes()) == bytes)
    #expect(try items.readUInt256() == .max)
    #expect(items.isAtEnd)
  }

  @Test("Nested lists open one after the other")
  func nesting() throws {
    // The set-theoretic three of the documentation: [ [], [[]], [ [], [[]] ] ].
    let encoded: [UInt8] = [0xc7, 0xc0, 0xc1, 0xc0, 0xc3, 0xc0, 0xc1, 0xc0]
    var items = try RLPReader.list(encoded)
    #expect(try items.readList().isAtEnd)
    var second = try items.readList()
    #expect(try second.readList().isAtEnd)
    try second.finish()
    #expect(items.isAtList)
    var last = try items.readList()
    #expect(try last.readList().isAtEnd)
    try items.finish()
  }

  @Test(
    "What is not canonical is refused",
    arguments: [
      ([0x81, 0x01], RLPError.notCanonical), ([0xb8, 0x01, 0x80], .notCanonical), ([0xb9, 0x00, 0x38], .notCanonical),
      ([0x83, 0x01], .truncated), ([0xb8], .truncated),
      ([0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], .truncated),
      ([], .truncated), ([0xc0], .expectedString),
    ] as [([UInt8], RLPError)])
  func refusals(bytes: [UInt8], error: RLPError) {
    #expect(throws: error) {
      var reader = RLPReader(bytes)
      _ = try reader.readBytes()
    }
  }

  @Test("Numbers have no leading zeros and fit; fixed sizes are exact")
  func numbers() {
    #expect(throws: RLPError.leadingZeros) {
      var reader = RLPReader([0x82, 0x00, 0x01])
      _ = try reader.readUInt256()
    }
    #expect(throws: RLPError.leadingZeros) {
      var reader = RLPReader([0x00])
      _ = try reader.readUInt64()
    }
    #expect(throws: RLPError.badLength) {
      var reader = RLPReader(RLP.encode([UInt8](repeating: 1, count: 33)))
      _ = try reader.readUInt256()
    }
    #expect(throws: RLPError.badLength) {
      var reader = RLPReader(RLP.encode(UInt256.max))
      _ = try reader.readUInt64()
    }
    #expect(throws: RLPError.badLength) {
      var reader = RLPReader(RLP.encode([UInt8](repeating: 1, count: 19)))
      _ = try reader.readAddress()
    }
    #expect(throws: RLPError.trailingBytes) { _ = try RLPReader.list([0xc0, 0x00]) }
    #expect(throws: RLPError.expectedList) { _ = try RLPReader.list([0x80]) }
  }

  @Test("Garbage never traps")
  func garbage() {
    var generator = SplitMix64(seed: 5)
    for _ in 0..<20_000 {
      let bytes = (0..<Int(generator.next() % 40)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
      var pending = [RLPReader(bytes)]
      var steps = 0
      while var reader = pending.popLast(), steps < 200 {
        steps += 1
        guard !reader.isAtEnd else { continue }
        if reader.isAtList {
          if let inner = try? reader.readList() { pending += [reader, inner] }
        } else if (try? reader.readBytes()) != nil {
          pending.append(reader)
        }
      }
    }
  }
}
