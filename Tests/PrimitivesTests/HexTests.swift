import Primitives
import Testing

@Suite("Hexadecimal text")
struct HexTests {
  @Test("Bytes survive the round trip, in either case and with or without 0x")
  func roundTrip() {
    let bytes: [UInt8] = [0x00, 0x0f, 0xa5, 0xff]
    #expect(Hex.encode(bytes) == "0x000fa5ff")
    #expect(Hex.encode(bytes, prefix: "") == "000fa5ff")
    #expect(Hex.decode("0x000fa5ff") == bytes)
    #expect(Hex.decode("000FA5FF") == bytes)
    #expect(Hex.decode("0x") == [])
  }

  @Test("Odd length and foreign characters are refused", arguments: ["0x0", "abc", "0xzz", "0x 1", "g0", "0x-1"])
  func refusals(text: String) {
    #expect(Hex.decode(text) == nil)
  }
}
