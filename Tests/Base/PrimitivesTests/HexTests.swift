import Primitives
import Testing

@Suite("Hexadecimal text")
struct HexTests {
  @Test("Bytes survive the round trip, in either case and with or without 0x")
  func roundTrip() {
    let bytes: [UInt8] = [0x00, 0x0f, 0xa5, 0xff]
    #expect(Hex.encode(bytes) == "0x000fa5ff")
    #expect(Hex.encode(bytes, prefix: "") == "000fa5ff")
    #expect(Hex.encode(AnySequence(bytes)) == "0x000fa5ff")
    #expect(Hex.decode("0x000fa5ff") == bytes)
    #expect(Hex.decode("0X000FA5FF") == bytes)
    #expect(Hex.decode("000FA5FF") == bytes)
    #expect(Hex.decode("0x") == [])
    #expect(Hex.decode("") == [])
    #expect(Hex.encode([UInt8]()) == "0x")
  }

  @Test("Every byte has its two digits, at every position and length")
  func everyByte() {
    let alphabet = Array("0123456789abcdef")
    for byte in 0...255 as ClosedRange<UInt8> {
      let digits = String([alphabet[Int(byte >> 4)], alphabet[Int(byte & 15)]])
      for count in 0..<10 {
        let bytes = [UInt8](repeating: byte, count: count)
        let text = String(repeating: digits, count: count)
        #expect(Hex.encode(bytes, prefix: "") == text)
        #expect(Hex.decode(text) == bytes)
        #expect(Hex.decode(text.uppercased()) == bytes)
      }
    }
  }

  @Test("Digits are appended behind what is there")
  func appending() {
    var text = Array("\"0x".utf8)
    [0xde, 0xad, 0xbe, 0xef, 0x01].withUnsafeBufferPointer { (bytes: UnsafeBufferPointer<UInt8>) in
      Hex.append(UnsafeRawBufferPointer(bytes), to: &text)
    }
    #expect(String(decoding: text, as: UTF8.self) == "\"0xdeadbeef01")
  }

  @Test("Slices of a text are read as they are")
  func substrings() {
    #expect(Hex.decode("<0xab>".dropFirst().dropLast()) == [0xab])
  }

  @Test(
    "Odd length and foreign characters are refused",
    arguments: ["0x0", "abc", "0xzz", "0x 1", "g0", "0x-1", "0x0x", "x0", "0", "é", "0x1g", "0xg1", "0x0000000g"])
  func refusals(text: String) {
    #expect(Hex.decode(text) == nil)
  }

  @Test("No character but the 22 digits is one")
  func foreignCharacters() {
    let digits = Set("0123456789abcdefABCDEF".utf8)
    for code in 0...127 as ClosedRange<UInt8> where !digits.contains(code) {
      let character = String(decoding: [code], as: UTF8.self)
      #expect(Hex.decode("00" + character + "0") == nil)
      #expect(Hex.decode("000" + character) == nil)
    }
  }

  @Test("Addresses and 32-byte strings have exactly their number of digits")
  func fixedSizes() {
    let address = String(repeating: "Ab", count: 20), word = String(repeating: "cD", count: 32)
    #expect(Address(hex: address)?.description == "0x" + address.lowercased())
    #expect(Address(hex: "0x" + address)?.bytes == [UInt8](repeating: 0xab, count: 20))
    #expect(Bytes32(hex: word)?.description == "0x" + word.lowercased())
    #expect(Bytes32(hex: "0x" + word)?.bytes == [UInt8](repeating: 0xcd, count: 32))
    for text in ["", "0x", address + "0", String(address.dropLast()), word, "0x" + address.dropLast() + "g"] {
      #expect(Address(hex: text) == nil)
    }
    for text in ["", address, word + "00", String(word.dropLast()), word.dropLast() + "x"] {
      #expect(Bytes32(hex: text) == nil)
    }
  }
}
