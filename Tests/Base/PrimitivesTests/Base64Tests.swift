import Primitives
import Testing

@Suite("Base64")
struct Base64Tests {
  func encode(_ text: String) -> String {
    var output: [UInt8] = []
    Base64.append(Array(text.utf8), to: &output)
    return String(decoding: output, as: UTF8.self)
  }

  func decode(_ text: String) throws(Base64.Failure) -> [UInt8] {
    let bytes = Array(text.utf8)
    let result: Result<[UInt8], Base64.Failure> = bytes.withUnsafeBufferPointer { bytes in
      do throws(Base64.Failure) { return .success(try Base64.decode(bytes)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  @Test(
    "The examples of RFC 4648, section 10",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
      ("foobar", "Zm9vYmFy"),
    ])
  func examples(_ plain: String, _ encoded: String) throws {
    #expect(encode(plain) == encoded)
    #expect(try decode(encoded) == Array(plain.utf8))
  }

  @Test("All bytes survive, at every length")
  func roundTrip() throws {
    let bytes = (0..<600).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 / 256) }
    for length in 0..<bytes.count {
      var text: [UInt8] = []
      Base64.append(Array(bytes[..<length]), to: &text)
      #expect(try decode(String(decoding: text, as: UTF8.self)) == Array(bytes[..<length]))
    }
  }

  @Test(
    "What is not base64 is refused with its place",
    arguments: [
      ("Zg", Base64.Failure.padding), ("Zg=", .padding), ("Zm9v=", .padding), ("Zm9v==", .padding),
      ("Z", .length(1)), ("Zm9vY", .length(5)), ("Zm 9", .symbol(0x20, offset: 2)), ("Zm-9", .symbol(0x2d, offset: 2)),
      ("=", .padding), ("====", .symbol(0x3d, offset: 0)), ("Zg==Zg==", .symbol(0x3d, offset: 2)),
      ("Zh==", .lastSymbol(0x68, offset: 1)),
    ] as [(String, Base64.Failure)])
  func refused(_ text: String, _ failure: Base64.Failure) {
    #expect(throws: failure) { try decode(text) }
  }
}
