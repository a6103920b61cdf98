// The conversation with a guest, word by word.

import Airbender
import Primitives
import ProverInput
import Testing

/// Answers every question with its own parameters, doubled; refuses previous-index questions.
private struct Echo: OracleAnswers {
  mutating func answer(_ query: OracleQuery, into answer: inout WordStream) throws(ProverInputError) {
    guard query.kind != .previousIndex else { throw .missingPreimage(.zero) }
    for word in query.parameters { answer.append(UInt64(word) * 2) }
  }
}

@Suite("Oracle channel")
struct OracleChannelTests {
  private static func ask(_ channel: inout OracleChannel<Echo>, _ id: UInt32, _ parameters: [UInt32]) {
    channel.write(id)
    channel.write(UInt32(parameters.count))
    for word in parameters { channel.write(word) }
  }

  @Test("count, then words, all recorded")
  func answers() {
    var channel = OracleChannel(Echo())
    Self.ask(&channel, 7, [5, 0x9000_0000])
    #expect((0..<5).map { _ in channel.read() } == [4, 10, 0, 0x2000_0000, 1])
    #expect(channel.read() == nil)
    #expect(channel.recording == [4, 10, 0, 0x2000_0000, 1])
    #expect(channel.asked.map(\.query) == [OracleQuery(.proof, [5, 0x9000_0000])])
    #expect(channel.asked.first?.position == 0)
  }

  @Test("an answer without words is a zero")
  func emptyAnswer() {
    var channel = OracleChannel(Echo())
    Self.ask(&channel, 0, [])
    #expect(channel.read() == 0)
    #expect(channel.read() == nil)
  }

  @Test("a new question drops what is left of the old answer")
  func interrupted() {
    var channel = OracleChannel(Echo())
    Self.ask(&channel, 7, [1, 2])
    #expect(channel.read() == 4)
    #expect(channel.read() == 2)
    Self.ask(&channel, 7, [3, 4])
    #expect(channel.read() == 4)
    #expect(channel.read() == 6)
    Self.ask(&channel, 7, [3, 4])
    channel.write(0)
    #expect(channel.read() == nil)
  }

  @Test("after the disconnect every read is zero and only text is taken")
  func disconnect() {
    var channel = OracleChannel(Echo())
    Self.ask(&channel, 6, [])
    #expect(channel.read() == 0)
    channel.write(7)
    #expect(channel.read() == 0)
    Self.ask(&channel, 0xFFFF_FFFF, [2, 0x6968])
    #expect(channel.read() == 0)
    #expect(channel.text == Array("hi".utf8))
    #expect(channel.recording == [0, 0, 0])
    #expect(channel.asked.map(\.query.kind) == [.disconnect])
  }

  @Test("text is cut to its length and is no question")
  func text() {
    var channel = OracleChannel(Echo())
    Self.ask(&channel, 0xFFFF_FFFF, [5, 0x6C6C_6568, 0x0000_006F])
    Self.ask(&channel, 0xFFFF_FFFF, [1, 0x2121_2121])
    #expect(channel.text == Array("hello!".utf8))
    #expect(channel.asked.isEmpty && channel.recording.isEmpty)
  }

  @Test("unknown questions, absurd counts and refused answers end the reading")
  func failures() throws {
    var unknown = OracleChannel(Echo())
    Self.ask(&unknown, 0x100, [])
    #expect(unknown.read() == nil)
    #expect(unknown.failure?.description == "the guest asked an unknown query, 256")
    var absurd = OracleChannel(Echo())
    absurd.write(7)
    absurd.write(.max)
    #expect(absurd.read() == nil)
    #expect(absurd.failure?.description.contains("4294967295 parameters") == true)
    var refused = OracleChannel(Echo())
    Self.ask(&refused, 8, [])
    #expect(refused.read() == nil)
    #expect(refused.failure != nil)
  }

  @Test("serialization of every type")
  func serialization() throws {
    var stream = WordStream()
    stream.append(true)
    stream.append(0x1122_3344_5566_7788 as UInt64)
    stream.append(1000 as UInt256)
    stream.append(Bytes32(1 as UInt256))
    stream.append(Address(0x8003))
    #expect(
      stream.words == [1, 0, 0x5566_7788, 0x1122_3344, 1000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0100_0000]
        + [0x8003, 0, 0, 0, 0, 0])
    for count in [0, 1, 4, 5, 8, 9, 124] {
      var bytes = WordStream()
      bytes.append(bytes: (0..<count).map { UInt8($0 + 1) })
      #expect(bytes.count == WordStream.count(ofBytes: count) && bytes.count % 2 == 0)
      let flat = bytes.words.flatMap { word in [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> $0) } }
      #expect(flat.prefix(count).elementsEqual((0..<count).map { UInt8($0 + 1) }))
      #expect(flat.dropFirst(count).allSatisfy { $0 == 0 })
    }
  }

  @Test("prover input as bytes and back")
  func bytes() {
    let input = ProverInput(words: [1, 0xA0B0_C0D0])
    #expect(input.bytes == [1, 0, 0, 0, 0xD0, 0xC0, 0xB0, 0xA0])
    #expect(ProverInput(bytes: input.bytes) == input)
    #expect(ProverInput(bytes: [1, 2, 3]) == nil)
  }
}
