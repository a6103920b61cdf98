import JSON
import Primitives
import Testing

@Suite("JSON values")
struct JSONValueTests {
  func value(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

  @Test("Kinds and scalars")
  func scalars() throws {
    #expect(try value("null").isNull)
    #expect(try value(" true ").boolean == true)
    #expect(try value("1").boolean == nil)
    #expect(try value("18446744073709551615").unsignedInteger == .max)
    #expect(try value("18446744073709551616").unsignedInteger == nil)
    #expect(try value("-1").unsignedInteger == nil)
    #expect(try value("1.0").unsignedInteger == nil)
    #expect(try value("-7").integer == -7)
    #expect(try value("2.5e1").double == 25)
    #expect(try value("1e999").double == nil)
    #expect(try value(#""a\u00e9\ud83d\ude00\n\/""#).string == "aé😀\n/")
    #expect(try value("7").string == nil)
  }

  @Test("Containers are walked in order, nested ones whole")
  func containers() throws {
    let object = try value(#"{"a": [1, [2, {"x": "]"}], "3"], "b": {"c": false}, "a\n": 4, "b": 5}"#)
    #expect(object["a"]?.elements?.map(\.kind) == [.number, .array, .string])
    #expect(object["a"]?.elements?[1].elements?[1]["x"]?.string == "]")
    #expect(object["b"]?.unsignedInteger == 5, "the last of two equal names counts")
    #expect(object["missing"] == nil)
    #expect(object["a\n"]?.unsignedInteger == 4)
    #expect(object.members?.map(\.name) == ["a", "b", "a\n", "b"])
    #expect(object.elements == nil)
    #expect(try value("[]").elements?.isEmpty == true)
    #expect(try value("{}").members?.isEmpty == true)
    #expect(try value("[]")["a"] == nil)
  }

  @Test("Walking stops where the caller has enough, or fails")
  func walking() throws {
    struct Enough: Error {}
    let array = try value("[1,2,3,4]")
    #expect(array.elements(atMost: 2)?.map(\.unsignedInteger) == [1, 2])
    #expect(array.elements(atMost: 9)?.count == 4)
    var seen = 0
    #expect(throws: Enough.self) {
      try array.forEachElement { (element) throws(Enough) in
        seen += 1
        if element.unsignedInteger == 3 { throw Enough() }
      }
    }
    #expect(seen == 3)
    seen = 0
    let object = try value(#"{"a":1,"b":2,"c":3}"#)
    #expect(throws: Enough.self) {
      try object.forEachMember { (name, _) throws(Enough) in
        seen += 1
        if name == "b" { throw Enough() }
      }
    }
    #expect(seen == 2)
    array.forEachMember { _, _ in seen = 9 }
    #expect(seen == 2)
  }

  @Test(
    "Quantities",
    arguments: [
      ("0x0", 0), ("0x1", 1), ("0xfF", 255), ("0X10", 16), ("0x", 0), ("0x00", 0), ("0x01", 1), ("0x000000ff", 255),
      ("0x00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", UInt256.max),
      ("0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", UInt256.max),
    ] as [(String, UInt256)])
  func quantities(_ text: String, _ number: UInt256) throws {
    #expect(try value("\"\(text)\"").readQuantity() == number)
  }

  @Test("What nodes answer has digits, and no zeros before them")
  func answeredQuantities() throws {
    for text in ["0x", "0x00", "0x01", "0x0000", "0", "x0", ""] {
      #expect(try value("\"\(text)\"").quantity == nil, "\(text)")
    }
    for (text, number) in [("0x0", 0), ("0x1", 1), ("0x10", 16), ("0xfF", 255)] as [(String, UInt256)] {
      #expect(try value("\"\(text)\"").quantity == number)
    }
  }

  @Test(
    "What is no quantity",
    arguments: [
      ("\"\"", HexFault.missingPrefix), ("\"x1\"", .missingPrefix), ("\"1\"", .missingPrefix),
      ("\"0xg\"", .badDigit(offset: 2)), ("\"0x1 \"", .badDigit(offset: 3)), ("1", .noString(.number)),
      ("null", .noString(.null)), ("\"0x-1\"", .badDigit(offset: 2)),
      ("\"0x10000000000000000000000000000000000000000000000000000000000000000\"", .tooLarge(bits: 256)),
      ("\"0x1000000000000000000000000000000000000000000000000000000000000000z\"", .badDigit(offset: 66)),
      ("\"0x10000000000000000000000000000000000000000000000000000000000000000z\"", .badDigit(offset: 67)),
    ] as [(String, HexFault)])
  func noQuantities(_ text: String, _ fault: HexFault) throws {
    #expect(try value(text).quantity == nil)
    #expect(throws: fault) { try value(text).readQuantity() }
  }

  @Test("A fault says in words what is wrong")
  func faults() throws {
    func words<R>(_ body: () throws(HexFault) -> R) -> String {
      do throws(HexFault) { _ = try body() } catch { return "\(error)" }
      return ""
    }
    let text = try value(#""0x10000000000000000""#)
    #expect(words { () throws(HexFault) in try text.readQuantity(bits: 64) } == "hex number > 64 bits")
    #expect(words { () throws(HexFault) in try text.readAddress() } == "hex string has length 17, want 40")
    #expect(words { () throws(HexFault) in try text.readData() } == "hex string of odd length")
    let bare = try value(#""12""#), number = try value("12"), odd = try value(#""0x1g""#)
    #expect(words { () throws(HexFault) in try bare.readData() } == "hex string without 0x prefix")
    #expect(words { () throws(HexFault) in try number.readData() } == "expected a hexadecimal string, found number")
    #expect(words { () throws(HexFault) in try odd.readData() } == "invalid hex string: no digit at position 3")
    #expect(words { () throws(HexFault) in try odd.readBytes32() } == "invalid hex string: no digit at position 3")
  }

  @Test("Data, hashes and addresses have their lengths")
  func data() throws {
    #expect(try value(#""0x""#).data == [])
    #expect(try value(#""0x00fFa1""#).data == [0, 0xff, 0xa1])
    #expect(try value(#""0x\u0030\u0031""#).data == [1])
    for text in [#""0x0""#, #""00""#, #""0x0g""#, #""""#, "12", #""0xg0""#] { #expect(try value(text).data == nil) }
    let digits = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
    #expect(try value("\"0x\(digits)\"").bytes32 == Bytes32(hex: digits))
    #expect(try value("\"0x\(digits.dropLast(2))\"").bytes32 == nil)
    #expect(try value("\"\(digits)\"").bytes32 == nil)
    #expect(try value("\"0x\(digits.prefix(40).uppercased())\"").address == Address(hex: digits.prefix(40)))
    #expect(try value("\"0x\(digits.prefix(39))\"").address == nil)
    #expect(try value("\"0x\(digits.prefix(39))z\"").address == nil)
  }
}
