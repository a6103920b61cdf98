import Cryptography
import JSON
import Primitives
import ProverInput

/// What a real guest read and computed for one block of a random chain. Recorded once, it holds the native path to the
/// guest where there is no image.
public struct GuestAnswer: Hashable, Sendable {
  public var seed: UInt64
  public var block: UInt64
  /// Words that the guest read.
  public var wordCount: Int
  /// SHA-256 of those words as little-endian bytes.
  public var streamHash: Bytes32
  /// x10 … x17 as bytes.
  public var publicInput: Bytes32
  public var cycles: UInt64
  public var blake2sRounds: UInt64
  public var bigIntegerOperations: UInt64
  /// What a logging guest says about the candidates that the block refused; empty strings from another guest.
  public var refusals: [String]

  init(_ summary: RandomChain.BlockSummary, _ run: GuestRun, _ verdicts: [GuestVerdict]) {
    seed = summary.seed
    block = summary.number
    wordCount = run.words.count
    streamHash = Self.hash(run.words)
    publicInput = run.publicInput
    cycles = run.report.cycles
    blake2sRounds = run.report.blake2sRounds
    bigIntegerOperations = run.report.bigIntegerOperations
    refusals = verdicts.map(\.text)
  }

  public static func hash(_ words: [UInt32]) -> Bytes32 { SHA256.hash(ProverInput(words: words).bytes) }
}

extension GuestAnswer {
  /// A JSON array with one object a line.
  public static func encode(_ answers: [GuestAnswer]) -> String {
    let lines = answers.map { answer in
      "{\"seed\": \(answer.seed), \"block\": \(answer.block), \"words\": \(answer.wordCount), "
        + "\"stream\": \"\(answer.streamHash)\", \"publicInput\": \"\(answer.publicInput)\", "
        + "\"cycles\": \(answer.cycles), \"blake2s\": \(answer.blake2sRounds), "
        + "\"bigInteger\": \(answer.bigIntegerOperations), "
        + "\"refusals\": [\(answer.refusals.map { "\"\($0)\"" }.joined(separator: ", "))]}"
    }
    return "[\n" + lines.joined(separator: ",\n") + "\n]\n"
  }

  /// Reads ``encode(_:)``; `nil` for anything else.
  public static func decode(_ text: [UInt8]) -> [GuestAnswer]? {
    guard let elements = (try? JSONValue(parsing: text))?.elements else { return nil }
    var answers: [GuestAnswer] = []
    for element in elements {
      guard let answer = GuestAnswer(element) else { return nil }
      answers.append(answer)
    }
    return answers
  }

  private init?(_ value: JSONValue) {
    guard let seed = value["seed"]?.unsignedInteger, let block = value["block"]?.unsignedInteger,
      let words = value["words"]?.unsignedInteger, let cycles = value["cycles"]?.unsignedInteger,
      let blake2s = value["blake2s"]?.unsignedInteger, let bigInteger = value["bigInteger"]?.unsignedInteger,
      let stream = value["stream"]?.string.flatMap({ Bytes32(hex: $0) }),
      let publicInput = value["publicInput"]?.string.flatMap({ Bytes32(hex: $0) }),
      let refusals = value["refusals"]?.elements
    else { return nil }
    self.seed = seed
    self.block = block
    wordCount = Int(words)
    streamHash = stream
    self.publicInput = publicInput
    self.cycles = cycles
    blake2sRounds = blake2s
    bigIntegerOperations = bigInteger
    self.refusals = refusals.compactMap(\.string)
  }
}
