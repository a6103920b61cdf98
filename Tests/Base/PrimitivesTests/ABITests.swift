import Primitives
import RandomTesting
import Testing

/// The bytes that lines of hexadecimal words spell.
private func words(_ text: String) -> [UInt8] {
  Hex.decode(text.filter { !$0.isWhitespace }) ?? []
}

@Suite("ABI encoding: the examples of the Solidity ABI specification")
struct ABISpecificationTests {
  @Test("baz(uint32,bool) with 69 and true")
  func baz() throws {
    var writer = ABIWriter(selector: 0xcdcd_77c0)
    writer.append(69 as UInt64)
    writer.append(true)
    let expected = words(
      """
      cdcd77c0
      0000000000000000000000000000000000000000000000000000000000000045
      0000000000000000000000000000000000000000000000000000000000000001
      """)
    #expect(writer.encoded == expected)
    var (selector, arguments) = try ABIReader.call(expected)
    #expect(selector == 0xcdcd_77c0)
    #expect(try arguments.read(UInt32.self) == 69)
    #expect(try arguments.readBool())
  }

  @Test("bar(bytes3[2]) with abc and def")
  func bar() throws {
    var writer = ABIWriter(selector: 0xfce3_53f6)
    writer.append(fixedBytes: "abc".utf8)
    writer.append(fixedBytes: "def".utf8)
    let expected = words(
      """
      fce353f6
      6162630000000000000000000000000000000000000000000000000000000000
      6465660000000000000000000000000000000000000000000000000000000000
      """)
    #expect(writer.encoded == expected)
    var (_, arguments) = try ABIReader.call(expected)
    #expect(try arguments.readFixedBytes(3) == Array("abc".utf8))
    #expect(try arguments.readFixedBytes(3) == Array("def".utf8))
  }

  @Test("sam(bytes,bool,uint256[]) with dave, true and [1,2,3]")
  func sam() throws {
    var writer = ABIWriter(selector: 0xa564_3bf2)
    writer.append(bytes: "dave".utf8)
    writer.append(true)
    writer.appendArray([1, 2, 3] as [UInt256]) { $0.append($1) }
    let expected = words(
      """
      a5643bf2
      0000000000000000000000000000000000000000000000000000000000000060
      0000000000000000000000000000000000000000000000000000000000000001
      00000000000000000000000000000000000000000000000000000000000000a0
      0000000000000000000000000000000000000000000000000000000000000004
      6461766500000000000000000000000000000000000000000000000000000000
      0000000000000000000000000000000000000000000000000000000000000003
      0000000000000000000000000000000000000000000000000000000000000001
      0000000000000000000000000000000000000000000000000000000000000002
      0000000000000000000000000000000000000000000000000000000000000003
      """)
    #expect(writer.encoded == expected)
    var (_, arguments) = try ABIReader.call(expected)
    #expect(Array(try arguments.readBytes()) == Array("dave".utf8))
    #expect(try arguments.readBool())
    #expect(
      try arguments.readArray { (item: inout ABIReader) throws(ABIError) in try item.readUInt256() } == [1, 2, 3])
  }

  @Test("f(uint256,uint32[],bytes10,bytes) with 0x123, [0x456, 0x789], 1234567890, Hello, world!")
  func mixed() throws {
    var writer = ABIWriter(selector: 0x8be6_5246)
    writer.append(0x123 as UInt256)
    writer.appendArray([0x456, 0x789] as [UInt64]) { $0.append($1) }
    writer.append(fixedBytes: "1234567890".utf8)
    writer.append(bytes: "Hello, world!".utf8)
    let expected = words(
      """
      8be65246
      0000000000000000000000000000000000000000000000000000000000000123
      0000000000000000000000000000000000000000000000000000000000000080
      3132333435363738393000000000000000000000000000000000000000000000
      00000000000000000000000000000000000000000000000000000000000000e0
      0000000000000000000000000000000000000000000000000000000000000002
      0000000000000000000000000000000000000000000000000000000000000456
      0000000000000000000000000000000000000000000000000000000000000789
      000000000000000000000000000000000000000000000000000000000000000d
      48656c6c6f2c20776f726c642100000000000000000000000000000000000000
      """)
    #expect(writer.encoded == expected)
  }

  @Test("g(uint256[][],string[]) with [[1, 2], [3]] and [one, two, three]")
  func nested() throws {
    var writer = ABIWriter(selector: 0x2289_b18c)
    writer.appendArray([[1, 2], [3]] as [[UInt256]]) { writer, row in
      writer.appendArray(row) { $0.append($1) }
    }
    writer.appendArray(["one", "two", "three"]) { $0.append(string: $1) }
    let expected = words(
      """
      2289b18c
      0000000000000000000000000000000000000000000000000000000000000040
      0000000000000000000000000000000000000000000000000000000000000140
      0000000000000000000000000000000000000000000000000000000000000002
      0000000000000000000000000000000000000000000000000000000000000040
      00000000000000000000000000000000000000000000000000000000000000a0
      0000000000000000000000000000000000000000000000000000000000000002
      0000000000000000000000000000000000000000000000000000000000000001
      0000000000000000000000000000000000000000000000000000000000000002
      0000000000000000000000000000000000000000000000000000000000000001
      0000000000000000000000000000000000000000000000000000000000000003
      0000000000000000000000000000000000000000000000000000000000000003
      0000000000000000000000000000000000000000000000000000000000000060
      00000000000000000000000000000000000000000000000000000000000000a0
      00000000000000000000000000000000000000000000000000000000000000e0
      0000000000000000000000000000000000000000000000000000000000000003
      6f6e650000000000000000000000000000000000000000000000000000000000
      0000000000000000000000000000000000000000000000000000000000000003
      74776f0000000000000000000000000000000000000000000000000000000000
      0000000000000000000000000000000000000000000000000000000000000005
      7468726565000000000000000000000000000000000000000000000000000000
      """)
    #expect(writer.encoded == expected)
    var (_, arguments) = try ABIReader.call(expected)
    let rows = try arguments.readArray { (row: inout ABIReader) throws(ABIError) in
      try row.readArray { (item: inout ABIReader) throws(ABIError) in try item.readUInt256() }
    }
    #expect(rows == [[1, 2], [3]])
    let names = try arguments.readArray { (item: inout ABIReader) throws(ABIError) in try item.readString() }
    #expect(names == ["one", "two", "three"])
  }
}

@Suite("ABI encoding: laws and refusals")
struct ABITests {
  @Test("Tuples, static and dynamic, nest")
  func tuples() throws {
    // (uint64 a, (address b, string c) d, (bool e, bytes32 f) g, (int64, bytes)[] h)
    var writer = ABIWriter()
    writer.append(7 as UInt64)
    writer.appendTuple {
      $0.append(Address(0xaa))
      $0.append(string: "häll")
    }
    writer.append(true)
    writer.append(Bytes32(99 as UInt256))
    writer.appendArray([-1, 0, .min, .max] as [Int64]) { writer, number in
      writer.appendTuple {
        $0.append(signed: number)
        $0.append(bytes: [UInt8](repeating: 5, count: 33))
      }
    }
    var reader = ABIReader(writer.encoded)
    #expect(try reader.read(UInt64.self) == 7)
    var inner = try reader.readTuple()
    #expect(try inner.readAddress() == Address(0xaa))
    #expect(try inner.readString() == "häll")
    #expect(try reader.readBool())
    #expect(try reader.readBytes32() == Bytes32(99 as UInt256))
    let pairs = try reader.readArray { (item: inout ABIReader) throws(ABIError) -> Int64 in
      var tuple = try item.readTuple()
      let number = try tuple.readInt64()
      guard try tuple.readBytes().count == 33 else { throw .truncated }
      return number
    }
    #expect(pairs == [-1, 0, .min, .max])
  }

  @Test("Every strict prefix is refused", arguments: [0, 1, 31, 32, 33])
  func truncation(count: Int) throws {
    var writer = ABIWriter(selector: 1)
    writer.append(bytes: [UInt8](repeating: 1, count: count))
    writer.appendArray([1, 2] as [UInt256]) { $0.append($1) }
    func read(_ bytes: [UInt8]) throws(ABIError) {
      var (_, reader) = try ABIReader.call(bytes)
      _ = try reader.readBytes()
      _ = try reader.readArray { (item: inout ABIReader) throws(ABIError) in try item.readUInt256() }
    }
    try read(writer.encoded)
    for length in 0..<writer.encoded.count {
      #expect(throws: ABIError.truncated) { try read(Array(writer.encoded.prefix(length))) }
    }
  }

  @Test("Values that exceed their type are refused")
  func widths() {
    func expect<T>(
      _ error: ABIError, _ number: UInt256, _ read: (inout ABIReader) throws(ABIError) -> T,
      sourceLocation: SourceLocation = #_sourceLocation
    ) {
      var reader = ABIReader(number.bytes)
      #expect(throws: error, sourceLocation: sourceLocation) { try read(&reader) }
    }
    expect(.outOfRange(bits: 8), 256) { (r: inout ABIReader) throws(ABIError) in try r.read(UInt8.self) }
    expect(.outOfRange(bits: 64), .one << 64) { (r: inout ABIReader) throws(ABIError) in try r.read(UInt64.self) }
    expect(.outOfRange(bits: 128), .one << 128) { (r: inout ABIReader) throws(ABIError) in try r.read(UInt128.self) }
    expect(.outOfRange(bits: 48), .one << 48) { (r: inout ABIReader) throws(ABIError) in try r.readUInt256(bits: 48) }
    expect(.outOfRange(bits: 160), .one << 160) { (r: inout ABIReader) throws(ABIError) in try r.readAddress() }
    expect(.outOfRange(bits: 1), 2) { (r: inout ABIReader) throws(ABIError) in try r.readBool() }
    expect(.outOfRange(bits: 64), .one << 63) { (r: inout ABIReader) throws(ABIError) in try r.readInt64() }
    expect(.outOfRange(bits: 64), UInt256.max &- (.one << 63)) { (r: inout ABIReader) throws(ABIError) in
      try r.readInt64()
    }
    expect(.outOfRange(bits: 8), 128) { (r: inout ABIReader) throws(ABIError) in try r.readSigned(bits: 8) }
    expect(.dirtyPadding, .one) { (r: inout ABIReader) throws(ABIError) in try r.readFixedBytes(31) }
  }

  @Test("The extremes of signed types are read", arguments: [8, 24, 64, 128, 256])
  func signedExtremes(bits: Int) throws {
    let largest = (UInt256.one << UInt64(bits - 1)) &- .one
    for number in [largest, ~largest, .zero, .max] {
      var reader = ABIReader(number.bytes)
      #expect(try reader.readSigned(bits: bits) == number)
    }
  }

  @Test("A string must be UTF-8")
  func utf8() {
    var writer = ABIWriter()
    writer.append(bytes: [0xff, 0xfe])
    var reader = ABIReader(writer.encoded)
    #expect(throws: ABIError.invalidUTF8) { try reader.readString() }
  }

  @Test("Enormous lengths and offsets are refused before anything is allocated")
  func enormous() {
    for number in [UInt256.max, .one << 64, UInt256(UInt64.max), UInt256(UInt64(Int.max)), 1 << 40] as [UInt256] {
      let asOffset = number.bytes + [UInt8](repeating: 0, count: 64)
      let asLength = UInt256(32).bytes + number.bytes + [UInt8](repeating: 0, count: 64)
      for bytes in [asOffset, asLength] {
        #expect(throws: ABIError.truncated) {
          var reader = ABIReader(bytes)
          _ = try reader.readBytes()
        }
        #expect(throws: ABIError.truncated) {
          var reader = ABIReader(bytes)
          _ = try reader.readArray()
        }
      }
      #expect(throws: ABIError.truncated) {
        var reader = ABIReader(asOffset)
        _ = try reader.readTuple()
      }
    }
  }

  @Test("Mutated encodings never trap")
  func mutations() throws {
    var writer = ABIWriter()
    writer.append(5 as UInt64)
    writer.append(string: "some text of more than thirty-two bytes")
    writer.appendArray([[1, 2], [3]] as [[UInt256]]) { writer, row in writer.appendArray(row) { $0.append($1) } }
    writer.appendTuple { $0.append(bytes: [1]) }
    let valid = writer.encoded
    var generator = SplitMix64(seed: 21)
    for _ in 0..<20_000 {
      var bytes = valid
      for _ in 0...generator.next() % 3 {
        bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: generator.next() >> 40)
      }
      bytes.removeLast(Int(generator.next() % 64))
      var reader = ABIReader(bytes)
      _ = try? reader.read(UInt64.self)
      _ = try? reader.readString()
      let rows = try? reader.readArray { (row: inout ABIReader) throws(ABIError) in
        try row.readArray { (item: inout ABIReader) throws(ABIError) in try item.readUInt256() }
      }
      #expect((rows ?? []).count < bytes.count / 32)
      if var tuple = try? reader.readTuple() { _ = try? tuple.readBytes() }
      _ = RevertReason(output: bytes)
    }
  }

  @Test("Revert reasons: the message of require, the code of a panic, and anything else")
  func revertReasons() {
    // require(false, "Not enough Ether provided.") from the Solidity documentation.
    let output = words(
      """
      08c379a0
      0000000000000000000000000000000000000000000000000000000000000020
      000000000000000000000000000000000000000000000000000000000000001a
      4e6f7420656e6f7567682045746865722070726f76696465642e000000000000
      """)
    let reason = RevertReason(output: output)
    #expect(reason == .error("Not enough Ether provided."))
    #expect(reason.output == output)
    #expect(reason.message == "Not enough Ether provided.")
    #expect(RevertReason(output: RevertReason.panic(0x11).output) == .panic(0x11))
    #expect(RevertReason.panic(0x11).message == "arithmetic underflow or overflow")
    #expect(RevertReason.panic(0x99).message == "unknown panic code: 0x99")
    #expect(RevertReason(output: []) == .empty)
    #expect(RevertReason(output: [1, 2, 3, 4, 5]) == .other([1, 2, 3, 4, 5]))
    #expect(RevertReason(output: [1]) == .other([1]))
    #expect(RevertReason(output: Array(output.prefix(40))) == .other(Array(output.prefix(40))))
    #expect(RevertReason.empty.message == nil)
  }
}
