// What the reader accepts and refuses, in the manner of the well-known JSON parsing test suite: `y` cases must be read,
// `n` cases refused.

import JSON
import RandomTesting
import Testing

@Suite("JSON reader")
struct JSONReaderTests {
  static func check(_ text: [UInt8], depth: Int = JSONReader.defaultMaxDepth) -> JSONError? {
    do throws(JSONError) {
      _ = try JSONValue(parsing: text, maxDepth: depth)
      return nil
    } catch {
      return error
    }
  }

  static func check(_ text: String) -> JSONError? { check(Array(text.utf8)) }

  @Test(
    "Well-formed texts are read",
    arguments: [
      "null", "true", "false", "0", "-0", "1", "-12", "0.5", "1e5", "1E+5", "1e-5", "-1.25e10", "123456789012345678901",
      "\"\"", "\"a\"", "[]", "{}", "[[]]", "[1,2]", " [ 1 , 2 ] ", "\t\r\n{ \"a\" : 1 }\n", "{\"a\":{\"b\":[null]}}",
      "{\"a\":1,\"a\":2}", "{\"\":0}", #""\"\\\/\b\f\n\r\t""#, #""\u0041""#, #""\u00e9\uFFFF""#, #""\uD834\uDD1E""#,
      #""\u0000""#, "\"é€😀\"", "\"\u{7f}\"", "\"12345678\"", "\"1234567é\"", "[1,[2,[3,{\"x\":[]}]]]",
      #"[{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"to":"0x00"},"latest"]}]"#,
    ])
  func accepts(_ text: String) { #expect(Self.check(text) == nil) }

  @Test(
    "Malformed texts are refused",
    arguments: [
      "", " ", "nul", "nulll", "True", "truee", "01", "-", "-01", "+1", "1.", ".5", "1e", "1e+", "1.e5", "0x10", "NaN",
      "Infinity", "-Infinity", "1 2", "[", "]", "{", "}", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1,,2]", "{\"a\"",
      "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{\"a\" 1}", "{\"a\",1}", "{a:1}", "{'a':1}", "{1:1}", "{,}",
      "[}", "{]", "\"", "\"a", "\"\\", "\"\\u", "\"\\u12", "\"\\u12\"", #""\x""#, #""\u12g4""#, #""\'""#, "\"\n\"",
      "\"\t\"", "\"\u{0}\"", "// x\n1", "/* */1", "1 //", "[1]]", "{}}", "\u{feff}1", "[\"a\u{1f}b\"]", "\"1234567\n\"",
    ])
  func refuses(_ text: String) { #expect(Self.check(text) != nil) }

  @Test(
    "A surrogate needs its other half",
    arguments: [#"\uD800"#, #"\uDC00"#, #"\uD800\u0041"#, #"\uD800x"#, #"\uD800\n"#])
  func loneSurrogates(_ escape: String) { #expect(Self.check("\"ab\(escape)\"") == .loneSurrogate(offset: 3)) }

  @Test(
    "Bytes that are not UTF-8 are refused",
    arguments: [
      [0x80], [0xbf], [0xc0, 0x80], [0xc1, 0xbf], [0xc3], [0xc3, 0x28], [0xe0, 0x80, 0x80], [0xe0, 0x9f, 0xbf],
      [0xe2, 0x82], [0xe2, 0x28, 0xa1], [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xf0, 0x80, 0x80, 0x80],
      [0xf0, 0x8f, 0xbf, 0xbf], [0xf0, 0x9f, 0x98], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xfe], [0xff],
    ] as [[UInt8]])
  func invalidUTF8(_ bytes: [UInt8]) {
    for padding in 0..<9 {
      let text = [0x22] + [UInt8](repeating: 0x61, count: padding) + bytes + [0x22]
      #expect(Self.check(text) == .invalidUTF8(offset: 1 + padding))
      #expect(Self.check(Array(text.dropLast())) != nil)
    }
  }

  @Test("Every code point survives, and only as its shortest form")
  func everyScalar() throws {
    for value in stride(from: UInt32(0x20), to: 0x11_0000, by: 97) {
      guard let scalar = Unicode.Scalar(value), scalar != "\"", scalar != "\\" else { continue }
      let text = Array("\"\(Character(scalar))\"".utf8)
      #expect(try JSONValue(parsing: text).string == String(Character(scalar)))
    }
  }

  @Test("Depth is limited, whatever the containers are")
  func depth() {
    for limit in [1, 2, 64, 128] {
      for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        func nested(_ depth: Int) -> [UInt8] {
          let core = open == "[" ? "" : "1"
          return Array((String(repeating: open, count: depth) + core + String(repeating: close, count: depth)).utf8)
        }
        #expect(Self.check(nested(limit), depth: limit) == nil)
        #expect(Self.check(nested(limit + 1), depth: limit) == .tooDeep(offset: open.utf8.count * limit))
      }
    }
    #expect(Self.check([UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)) == .tooDeep(offset: 128))
  }

  @Test("Containers side by side do not count as deep")
  func breadth() {
    #expect(Self.check("[" + String(repeating: "[],", count: 1_000) + "{}]") == nil)
  }

  @Test("Errors tell where")
  func offsets() {
    #expect(Self.check("[1,x]") == .unexpectedByte(UInt8(ascii: "x"), offset: 3))
    #expect(Self.check("[1,2") == .unexpectedEnd(offset: 4))
    #expect(Self.check("[1] 2") == .trailingBytes(offset: 4))
    #expect(Self.check("[007]") == .malformedNumber(offset: 1))
    #expect(Self.check("\"abcdefgh\u{1}\"") == .controlCharacter(offset: 9))
    #expect(Self.check(#"["\q"]"#) == .malformedEscape(offset: 2))
    #expect("\(JSONError.unexpectedByte(UInt8(ascii: "x"), offset: 3))" == "unexpected 'x' at byte 3")
  }

  @Test("Every prefix of a text is refused")
  func prefixes() {
    let text = Array(
      #"{"a":[1.5e3,-2,true,false,null,"xé\n\uD834\uDD1E"],"b":{"c":{}},"long key here":"0x0123456789"}"#.utf8)
    #expect(Self.check(text) == nil)
    for length in 0..<text.count { #expect(Self.check(Array(text[..<length])) != nil) }
  }

  @Test("Pulling gives what is there, and says what is not")
  func pulling() throws {
    let text = Array(#"{"name":"x","list":[1,2],"flag":true,"none":null}"#.utf8)
    try text.withReader { (reader) throws(JSONError) in
      try reader.beginObject()
      let first = try reader.nextKey()
      #expect(first.map { reader.equals($0, "name") } == true)
      #expect(first.map { reader.equals($0, "nam") } == false)
      let name = try reader.readString()
      #expect(reader.string(of: name) == "x")
      _ = try reader.nextKey()
      try reader.beginArray()
      var count = 0
      while try reader.nextElement() {
        #expect(try reader.skipValue().count == 1)
        count += 1
      }
      #expect(count == 2)
      _ = try reader.nextKey()
      #expect(try reader.readBoolean())
      _ = try reader.nextKey()
      #expect(throws: JSONError.wrongKind(expected: .string, found: .null, offset: 44)) { try reader.readString() }
      try reader.readNull()
      #expect(try reader.nextKey() == nil)
      try reader.finish()
    }
  }

  @Test("Random bytes and mutated texts never trap")
  func garbage() {
    var random = SplitMix64(seed: 7)
    let alphabet = Array(#"{}[]",:\u0123456789abcdefDd8truefalsn.-+eE "#.utf8) + [0xc3, 0xa9, 0xf0, 0x9f, 0x00, 0x1f]
    let seed = Array(#"{"a":[1.5e3,{"b":"\uD834\uDD1E\n"},[],"é"],"c":null}"#.utf8)
    var accepted = 0
    for round in 0..<40_000 {
      var text: [UInt8]
      if round.isMultiple(of: 2) {
        text = (0..<Int(random.next() % 40)).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
      } else {
        text = seed
        for _ in 0...random.next() % 3 { text[Int(random.next() % UInt64(text.count))] = UInt8(random.next() & 255) }
      }
      if Self.check(text) == nil {
        accepted += 1
        // What is accepted is valid UTF-8 as the standard library sees it too.
        #expect(String(validating: text, as: UTF8.self) != nil)
      }
    }
    #expect(accepted > 100)
  }
}
