import JSON
import Primitives
import Testing

@Suite("JSON writer")
struct JSONWriterTests {
  func written(_ body: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter(capacity: 1)
    body(&writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  @Test("Commas stand between members and nowhere else")
  func commas() {
    let text = written { writer in
      writer.beginObject()
      writer.key("a")
      writer.beginArray()
      writer.null()
      writer.boolean(true)
      writer.number(-5)
      writer.beginObject()
      writer.endObject()
      writer.beginArray()
      writer.endArray()
      writer.endArray()
      writer.key("b")
      writer.string("x" as StaticString)
      writer.key("c\"" as String)
      writer.raw("[1]")
      writer.endObject()
    }
    #expect(text == #"{"a":[null,true,-5,{},[]],"b":"x","c\"":[1]}"#)
  }

  @Test("Strings are escaped so that a reader gets them back")
  func escapes() throws {
    let nasty = "\"\\/\u{0}\u{1f}\n\r\té😀\u{7f}" + String(repeating: "plain ", count: 50)
    let text = written { $0.string(nasty) }
    #expect(text.hasPrefix(#""\"\\/\u0000\u001f\n\r\té"#))
    #expect(try JSONValue(parsing: Array(text.utf8)).string == nasty)
  }

  @Test("Quantities are minimal")
  func quantities() throws {
    for (number, text) in [(0, "0x0"), (1, "0x1"), (16, "0x10"), (255, "0xff"), (UInt64.max, "0xffffffffffffffff")] {
      #expect(written { $0.quantity(number) } == "\"\(text)\"")
    }
    for shift in 0..<256 {
      let number = UInt256.one << UInt64(shift)
      let text = written { $0.quantity(number) }
      #expect(text == "\"\(number.hex)\"")
      #expect(try JSONValue(parsing: Array(text.utf8)).quantity == number)
    }
  }

  @Test("Data of every length keeps every byte")
  func data() throws {
    for length in 0..<70 {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 9) }
      let text = written { $0.data(bytes) }
      #expect(text == "\"\(Hex.encode(bytes))\"")
      #expect(try JSONValue(parsing: Array(text.utf8)).data == bytes)
    }
    #expect(written { $0.data(Address(0xabc)) } == "\"0x0000000000000000000000000000000000000abc\"")
  }

  @Test("A text that breaks off is closed, what was drained of it included")
  func closing() {
    var writer = JSONWriter(notesNesting: true)
    writer.beginObject()
    let start = writer.mark
    writer.key("list")
    writer.beginArray()
    writer.beginObject()
    writer.endObject()
    var text: [UInt8] = []
    writer.drain { text += $0 }
    writer.beginObject()
    writer.key("next")
    let isNamed = writer.endsWithKey
    #expect(isNamed)
    writer.closeContainers(to: start)
    writer.key("more")
    writer.string("a:")
    let isNamedAgain = writer.endsWithKey
    #expect(!isNamedAgain)
    writer.endObject()
    text += writer.bytes
    #expect(String(decoding: text, as: UTF8.self) == #"{"list":[{},{"next":null}],"more":"a:"}"#)
  }

  @Test("Truncating forgets, commas included")
  func truncation() {
    let text = written { writer in
      writer.beginArray()
      let mark = writer.mark
      writer.string("gone")
      writer.beginObject()
      writer.key("half")
      #expect(writer.count(since: mark) == 15)
      writer.truncate(to: mark)
      writer.number(1)
      writer.endArray()
    }
    #expect(text == "[1]")
  }
}
