import Airbender

/// Whoever knows the answers to a guest's questions.
public protocol OracleAnswers {
  /// Appends the words of the answer, without their count.
  mutating func answer(_ query: OracleQuery, into answer: inout WordStream) throws(ProverInputError)
}

/// The host's end of CSR 0x7C0: collects the words of a question, hands it on, plays the answer back, and records every
/// word that the guest reads. The recording is the prover input.
///
/// A question is an id, a count and that many words; an answer is a count and that many words. Every written word drops
/// what is left of the previous answer. Source: zksync-os `oracle_provider/src/lib.rs`.
public struct OracleChannel<Answers: OracleAnswers>: NonDeterminismSource {
  /// One question as it was asked.
  public struct Asked: Sendable {
    public let query: OracleQuery
    /// Where its answer begins in the recording.
    public let position: Int
  }

  private enum State {
    case idle
    case waitingForCount(id: UInt32)
    case collecting(id: UInt32, remaining: Int)
  }

  public private(set) var answers: Answers
  /// Every word read so far.
  public private(set) var recording: [UInt32] = []
  /// Every question so far, text excepted.
  public private(set) var asked: [Asked] = []
  /// What the guest printed, as bytes of UTF-8.
  public private(set) var text: [UInt8] = []
  /// Why the last read found nothing.
  public private(set) var failure: ProverInputError?

  private var state = State.idle
  private var parameters: [UInt32] = []
  private var isConnected = true
  private var hasPendingCount = false
  private var response = WordStream()
  private var position = 0

  /// More parameters than any question has; text is cut into pieces far below.
  private static var parameterLimit: Int { 1 << 20 }

  public init(_ answers: Answers) { self.answers = answers }

  public mutating func read() -> UInt32? {
    let word: UInt32
    if failure != nil {
      return nil
    } else if !isConnected {
      word = 0
    } else if hasPendingCount {
      hasPendingCount = false
      word = UInt32(response.count)
    } else if position < response.count {
      word = response.words[position]
      position += 1
    } else {
      return nil
    }
    recording.append(word)
    return word
  }

  public mutating func write(_ word: UInt32) {
    hasPendingCount = false
    response.removeAll()
    position = 0
    switch state {
    case .idle:
      guard isConnected || word == QueryKind.text.rawValue else { return }
      state = .waitingForCount(id: word)
    case .waitingForCount(let id):
      guard word <= Self.parameterLimit else {
        failure = .malformedQuery(id: id, "\(word) parameters")
        state = .idle
        return
      }
      parameters.removeAll(keepingCapacity: true)
      state = .collecting(id: id, remaining: Int(word))
      if word == 0 { complete(id) }
    case .collecting(let id, let remaining):
      parameters.append(word)
      state = .collecting(id: id, remaining: remaining - 1)
      if remaining == 1 { complete(id) }
    }
  }

  private mutating func complete(_ id: UInt32) {
    state = .idle
    guard let kind = QueryKind(rawValue: id) else {
      failure = .unknownQuery(id: id)
      return
    }
    if kind == .text {
      print()
      return
    }
    let query = OracleQuery(kind, parameters)
    asked.append(Asked(query: query, position: recording.count))
    if kind == .disconnect {
      isConnected = false
      return
    }
    do {
      try answers.answer(query, into: &response)
      hasPendingCount = true
    } catch {
      failure = error
    }
  }

  /// Takes a fragment of text: its length in bytes, then its words.
  private mutating func print() {
    guard let length = parameters.first else { return }
    let bytes = parameters.dropFirst().flatMap { word in
      [UInt8(truncatingIfNeeded: word), UInt8(word >> 8 & 0xFF), UInt8(word >> 16 & 0xFF), UInt8(word >> 24)]
    }
    text += bytes.prefix(Int(length))
  }
}
