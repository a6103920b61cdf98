import Cryptography
import Primitives
import Testing

@Suite("The compression function of BLAKE2b")
struct Blake2bCompressionTests {
  /// The state of BLAKE2b-512 before its first block, as in the examples of EIP-152.
  static let start =
    "48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d182e6ad7f520e511f6c3e2b8c68059b"
    + "6bbd41fbabd9831f79217e1319cde05b"

  func compress(
    _ state: String, _ message: [UInt8], total: (UInt64, UInt64), isLast: Bool, rounds: UInt32
  ) throws -> String {
    var state = try #require(Hex.decode(state))
    let block = message + [UInt8](repeating: 0, count: 128 - message.count)
    state.withUnsafeMutableBytes { state in
      block.withUnsafeBytes {
        Blake2bCompression.compress(
          state: state.baseAddress.unsafelyUnwrapped, block: $0.baseAddress.unsafelyUnwrapped, total: total,
          isLast: isLast, rounds: rounds)
      }
    }
    return String(Hex.encode(state).dropFirst(2))
  }

  @Test(
    "The examples 4 to 7 of EIP-152: no round, BLAKE2b(\"abc\"), not the last block, one round",
    arguments: [
      (
        UInt32(0), true,
        "08c9bcf367e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d282e6ad7f520e511f6c3e2b8c68059b"
          + "9442be0454267ce079217e1319cde05b"
      ),
      (
        12, true,
        "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc95"
          + "18d38aa8dbf1925ab92386edd4009923"
      ),
      (
        12, false,
        "75ab69d3190a562c51aef8d88f1c2775876944407270c42c9844252c26d2875298743e7f6d5ea2f2d3e8d226039cd31b"
          + "4e426ac4f2d3d666a610c2116fde4735"
      ),
      (
        1, true,
        "b63a380cb2897d521994a85234ee2c181b5f844d2c624c002677e9703449d2fba551b3a8333bcdf5f2f7e08993d53923"
          + "de3d64fcc68c034e717b9293fed7a421"
      ),
    ])
  func examples(rounds: UInt32, isLast: Bool, result: String) throws {
    #expect(try compress(Self.start, Array("abc".utf8), total: (3, 0), isLast: isLast, rounds: rounds) == result)
  }

  @Test("Both words of the counter and every round of the schedule matter")
  func sensitivity() throws {
    let message = Array("abc".utf8)
    var results = Set<String>()
    for rounds in 1...21 {
      results.insert(try compress(Self.start, message, total: (3, 0), isLast: true, rounds: UInt32(rounds)))
    }
    for bit in 0..<64 {
      results.insert(try compress(Self.start, message, total: (1 << bit, 0), isLast: true, rounds: 12))
      results.insert(try compress(Self.start, message, total: (0, 1 << bit), isLast: true, rounds: 12))
    }
    #expect(results.count == 21 + 128)
  }
}
