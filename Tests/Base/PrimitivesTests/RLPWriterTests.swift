import Primitives
import RandomTesting
import Testing

/// A tree of strings and lists, for tests that follow the definition of RLP.
indirect enum RLPTree: Equatable {
  case string([UInt8])
  case list([RLPTree])

  /// The definition of the yellow paper, appendix B, taken literally: slow and obvious.
  var encoded: [UInt8] {
    switch self {
    case .string(let bytes):
      if bytes.count == 1, bytes[0] < 128 { return bytes }
      return Self.header(bytes.count, 128) + bytes
    case .list(let items):
      let content = items.flatMap(\.encoded)
      return Self.header(content.count, 192) + content
    }
  }

  private static func header(_ count: Int, _ base: Int) -> [UInt8] {
    if count <= 55 { return [UInt8(base + count)] }
    var digits: [UInt8] = []
    var rest = count
    while rest > 0 {
      digits.insert(UInt8(rest % 256), at: 0)
      rest /= 256
    }
    return [UInt8(base + 55 + digits.count)] + digits
  }

  func write(to writer: inout RLPWriter) {
    switch self {
    case .string(let bytes): writer.append(bytes: bytes)
    case .list(let items): writer.appendList { for item in items { item.write(to: &$0) } }
    }
  }

  /// Reads one item; lists deeper than `depth` are refused as too long.
  init(reading reader: inout RLPReader, depth: Int = 64) throws(RLPError) {
    guard reader.isAtList else {
      self = .string(Array(try reader.readBytes()))
      return
    }
    guard depth > 0 else { throw .badLength }
    var items = try reader.readList()
    var trees: [RLPTree] = []
    while !items.isAtEnd { trees.append(try RLPTree(reading: &items, depth: depth - 1)) }
    self = .list(trees)
  }

  /// Reads the one item that `bytes` encode.
  init(decoding bytes: [UInt8]) throws(RLPError) {
    var reader = RLPReader(bytes)
    try self.init(reading: &reader)
    try reader.finish()
  }

  static func random(_ generator: inout SplitMix64, depth: Int) -> RLPTree {
    if depth == 0 || generator.next() % 3 == 0 {
      let lengths: [UInt64] = [0, 1, 1, 2, 20, 32, 55, 56, 60, 300]
      let length = lengths[Int(generator.next() % UInt64(lengths.count))]
      return .string((0..<length).map { _ in UInt8(truncatingIfNeeded: generator.next()) })
    }
    return .list((0..<generator.next() % 6).map { _ in random(&generator, depth: depth - 1) })
  }
}

@Suite("RLP records")
struct RLPWriterTests {
  @Test("Random trees are written as the definition says, and read back")
  func randomTrees() throws {
    var generator = SplitMix64(seed: 77)
    for _ in 0..<1_000 {
      let tree = RLPTree.random(&generator, depth: 5)
      var writer = RLPWriter()
      tree.write(to: &writer)
      #expect(writer.encoded == tree.encoded)
      #expect(try RLPTree(decoding: writer.encoded) == tree)
    }
  }

  @Test("Numbers are written without leading zeros")
  func numbers() throws {
    var numbers: [UInt64] = [0, .max]
    for position in 0..<64 as Range<UInt64> { numbers += [1 << position, (1 << position) &- 1, (1 << position) | 1] }
    for number in numbers {
      let tree = RLPTree.string(UInt256(number).minimalBytes)
      var narrow = RLPWriter(), wide = RLPWriter()
      narrow.append(number)
      wide.append(UInt256(number))
      #expect(narrow.encoded == tree.encoded)
      #expect(wide.encoded == tree.encoded)
      #expect(RLP.encode(number) == tree.encoded)
      var reader = RLPReader(narrow.encoded)
      #expect(try reader.readUInt64() == number)
    }
    for number in interestingNumbers {
      var writer = RLPWriter()
      writer.append(number)
      #expect(writer.encoded == RLPTree.string(number.minimalBytes).encoded)
      var reader = RLPReader(writer.encoded)
      #expect(try reader.readUInt256() == number)
    }
  }

  @Test("Addresses, 32-byte strings and encoded items keep their bytes")
  func fixedSizes() {
    var writer = RLPWriter()
    writer.append(encoded: [0x7f])
    writer.appendList {
      $0.append(Address(1))
      $0.append(Bytes32(2 as UInt256))
      $0.append(encoded: RLP.encodeList([]))
    }
    let list = RLPTree.list([.string(Address(1).bytes), .string(Bytes32(2 as UInt256).bytes), .list([])])
    #expect(writer.encoded == [0x7f] + list.encoded)
  }

  @Test("Five hundred lists within lists are written, and read without recursion")
  func deepNesting() throws {
    var expected: [UInt8] = [0xc0]
    for _ in 0..<500 {
      expected = RLP.encodeList([expected])
    }
    func nest(_ writer: inout RLPWriter, _ depth: Int) {
      writer.appendList { if depth > 0 { nest(&$0, depth - 1) } }
    }
    var writer = RLPWriter()
    nest(&writer, 500)
    #expect(writer.encoded == expected)

    var reader = RLPReader(expected)
    var depth = 0
    while !reader.isAtEnd {
      reader = try reader.readList()
      depth += 1
    }
    #expect(depth == 501)
    #expect(throws: RLPError.badLength) { try RLPTree(decoding: expected) }
  }

  @Test("A byte changed anywhere decodes to itself or not at all")
  func mutations() {
    var generator = SplitMix64(seed: 78)
    for _ in 0..<20_000 {
      var bytes = RLPTree.random(&generator, depth: 3).encoded
      bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: generator.next())
      if let tree = try? RLPTree(decoding: bytes) { #expect(tree.encoded == bytes) }
    }
  }
}
