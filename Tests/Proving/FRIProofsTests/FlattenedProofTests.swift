// The reader of program proofs, on a small proof that proves nothing: what it takes, and everything that it does not.

import FRIProofTesting
import FRIProofs
import Primitives
import Testing

private let modulus: UInt64 = 1 << 31 - 1

@Suite("Program proofs")
struct FlattenedProofTests {
  private static let sample = ProofTokens.sample()

  /// The reason and the place of what is wrong with `bytes`.
  private static func refusal(_ bytes: [UInt8], _ encoding: ProofEncoding) -> ProofFormatError? {
    do throws(ProofFormatError) {
      _ = try FlattenedProof(bytes, encoding: encoding)
      return nil
    } catch { return error }
  }

  /// The sample with other values at some places.
  private static func changed(_ changes: [Int: UInt64], _ encoding: ProofEncoding) -> [UInt8] {
    var proof = sample
    for (index, value) in changes { proof.tokens[index].value = value }
    return proof.encoded(encoding)
  }

  private static func indices(_ isMeant: (ProofToken) -> Bool) -> [Int] {
    sample.tokens.indices.filter { isMeant(sample.tokens[$0]) }
  }

  // MARK: What is read

  @Test("both encodings give the same words, and are told apart", arguments: ProofEncoding.allCases)
  func roundTrip(_ encoding: ProofEncoding) throws {
    let bytes = Self.sample.encoded(encoding)
    let proof = try FlattenedProof(bytes)
    #expect(proof.encoding == encoding)
    #expect(proof.mainProofs == 2 && proof.delegationProofs == 1)
    #expect(try proof.words == FlattenedProof(Self.sample.encoded(.bincode1), encoding: .bincode1).words)
    #expect(ProofTokens(bincode1: Self.sample.encoded(.bincode1))?.tokens == Self.sample.tokens)
    // The wrong encoding, by name.
    let other: ProofEncoding = encoding == .bincode1 ? .bincode2 : .bincode1
    #expect(Self.refusal(bytes, other) != nil)
  }

  /// The order in which a verifier reads, in other words: every value of a part, taken from the list by name.
  private static func expectedWords() -> [UInt32] {
    let tokens = sample.tokens
    func words(_ proof: Int, _ part: ProofToken.Part) -> [UInt32] {
      tokens.filter { $0.proof == proof && $0.part == part && $0.kind != .count && $0.kind != .option }
        .map { UInt32($0.value) }
    }
    func proof(_ number: Int, isMain: Bool) -> [UInt32] {
      var result = words(number, .sequence) + words(number, .type) + words(number, .publicInputs)
      result += words(number, .setupCaps) + words(number, .challenges) + words(number, .delegationChallenges)
      if isMain { result += words(number, .boundary) }
      let parts: [ProofToken.Part] = [
        .witnessCaps, .memoryCaps, .stage2Caps, .memoryAccumulator, .delegationAccumulator, .quotientCaps, .evaluations,
        .deepCaps, .foldingCaps, .lastLeaves, .monomials,
      ]
      for part in parts { result += words(number, part) }
      let nonce = tokens.first { $0.proof == number && $0.part == .nonce }?.value ?? 0
      result += [UInt32(truncatingIfNeeded: nonce), UInt32(nonce >> 32)]
      // Two sets of eight queries, each with two leaf elements and two hashes: setup is third in the file, first here.
      let leaves = words(number, .leaf), paths = words(number, .path)
      for set in 0..<2 {
        result.append(77)
        let order = [2, 0, 1, 3, 4, 5, 6, 7].map { 8 * set + $0 }
        for query in order { result += leaves[2 * query..<2 * query + 2] }
        for query in order { result += paths[16 * query..<16 * query + 16] }
      }
      return result
    }
    let values = words(-1, .registerValue)
    let times = tokens.filter { $0.part == .registerTime }.map(\.value)
    var result: [UInt32] = []
    for (value, time) in zip(values, times) { result += [value, UInt32(time % (1 << 19)), UInt32(time >> 19)] }
    result += [2] + proof(0, isMain: true) + proof(1, isMain: true) + [1] + proof(2, isMain: false)
    return result + words(-1, .preimage)
  }

  @Test("the words have the verifier's order")
  func order() throws {
    #expect(try FlattenedProof(Self.sample.encoded(.bincode2)).words == Self.expectedWords())
  }

  @Test("what a proof claims: its registers, and the chain with the last program, which counts once")
  func claims() throws {
    let proof = try FlattenedProof(Self.sample.encoded(.bincode1))
    let registers = Self.sample.tokens.filter { $0.part == .registerValue }.map { UInt32($0.value) }
    func bytes(_ words: some Sequence<UInt32>) throws -> Bytes32 {
      try #require(Bytes32(words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }))
    }
    #expect(try proof.claim.publicInput == bytes(registers[10..<18]))
    let end = Self.sample.tokens.filter { $0.part == .endParameters }.map(\.value)
    let before = try bytes(registers[18..<26])
    #expect(try proof.claim.chain == ProgramChain.extend(before, with: bytes(end.map { UInt32($0) })))
    // The same program once more.
    let preimage = Self.indices { $0.part == .preimage }
    let again = Dictionary(uniqueKeysWithValues: zip(preimage.suffix(8), end))
    #expect(try FlattenedProof(Self.changed(again, .bincode1)).claim.chain == before)
  }

  @Test("what may be missing: challenges and accumulators of delegations, delegations, the chain's hash")
  func optionalParts() throws {
    let full = try FlattenedProof(Self.sample.encoded(.bincode1)).words.count
    for (flag, part, words) in [
      (ProofToken.Part.hasDelegationChallenges, ProofToken.Part.delegationChallenges, 16),
      (.hasDelegationAccumulator, .delegationAccumulator, 4),
    ] {
      var proof = Self.sample
      proof.tokens.removeAll { $0.part == part && $0.proof == 0 }
      let index = try #require(proof.tokens.firstIndex { $0.part == flag && $0.proof == 0 })
      proof.tokens[index].value = 0
      #expect(try FlattenedProof(proof.encoded(.bincode2)).words.count == full - words)
    }
    var proof = Self.sample
    proof.tokens.removeAll { $0.part == .chainHash || $0.part == .delegationType || $0.proof == 2 }
    proof.tokens.removeAll { $0.part == .delegationProofs }
    for part in [ProofToken.Part.hasChainHash, .delegationTypes] {
      let index = try #require(proof.tokens.firstIndex { $0.part == part })
      proof.tokens[index].value = 0
    }
    let without = try FlattenedProof(proof.encoded(.bincode1))
    #expect(without.delegationProofs == 0)
    // The count of none is there.
    #expect(without.words[without.words.count - 17] == 0)
  }

  // MARK: What is refused

  @Test("every beginning of a proof", arguments: ProofEncoding.allCases)
  func truncation(_ encoding: ProofEncoding) throws {
    let bytes = ProofTokens.sample(mainProofs: 1).encoded(encoding)
    #expect(Self.refusal(bytes, encoding) == nil)
    for count in 0..<bytes.count {
      let refusal = Self.refusal(Array(bytes[..<count]), encoding)
      switch refusal?.reason {
      case .truncated, .count(.elements, _): continue
      default: Issue.record("\(count) bytes of \(bytes.count): \(String(describing: refusal))")
      }
    }
  }

  @Test("bytes after a proof", arguments: ProofEncoding.allCases)
  func surplus(_ encoding: ProofEncoding) {
    let bytes = Self.sample.encoded(encoding)
    #expect(
      Self.refusal(bytes + [0, 0, 0], encoding) == ProofFormatError(position: bytes.count, reason: .surplus(3)))
  }

  @Test("elements of the field that are not reduced, wherever they are", arguments: ProofEncoding.allCases)
  func elements(_ encoding: ProofEncoding) {
    for index in Self.indices({ $0.kind == .element }) {
      let value = [modulus + 1, Self.sample.tokens[index].value + modulus, UInt64(UInt32.max)][index % 3]
      let expected = ProofFormatError(
        position: Self.sample.offset(of: index, encoding), reason: .element(UInt32(value)))
      #expect(Self.refusal(Self.changed([index: value], encoding), encoding) == expected)
    }
  }

  @Test("zero has two forms, which provers both write, and the verifier reads one", arguments: ProofEncoding.allCases)
  func zero(_ encoding: ProofEncoding) throws {
    let elements = Self.indices { $0.kind == .element }
    func words(_ zero: UInt64) throws -> [UInt32] {
      let changes = Dictionary(uniqueKeysWithValues: elements.map { ($0, zero) })
      return try FlattenedProof(Self.changed(changes, encoding), encoding: encoding).words
    }
    #expect(try words(0) == words(modulus))
  }

  @Test("words of hashes and registers may have any value")
  func words() throws {
    let changes = Dictionary(
      uniqueKeysWithValues: Self.indices { $0.part == .path && $0.kind == .word }.map { ($0, UInt64(UInt32.max)) })
    #expect(try FlattenedProof(Self.changed(changes, .bincode2)).words.contains(.max))
  }

  @Test("tags of optional parts other than 0 and 1", arguments: ProofEncoding.allCases)
  func tags(_ encoding: ProofEncoding) {
    for index in Self.indices({ $0.kind == .option }) {
      for value in [2, 251, 255] as [UInt64] {
        let expected = ProofFormatError(
          position: Self.sample.offset(of: index, encoding), reason: .tag(UInt8(value)))
        #expect(Self.refusal(Self.changed([index: value], encoding), encoding) == expected)
      }
    }
  }

  @Test("counts that the bytes cannot hold, wherever they are", arguments: ProofEncoding.allCases)
  func counts(_ encoding: ProofEncoding) {
    for index in Self.indices({ $0.kind == .count }) {
      for value in [UInt64(UInt32.max), 1 << 63, .max] {
        let refusal = Self.refusal(Self.changed([index: value], encoding), encoding)
        #expect(refusal?.position == Self.sample.offset(of: index, encoding))
        guard case .count(_, value) = refusal?.reason else {
          Issue.record("\(Self.sample.tokens[index]): \(String(describing: refusal))")
          continue
        }
      }
    }
  }

  @Test("numbers of proofs, delegations and registers")
  func numbers() throws {
    func refusal(_ part: ProofToken.Part, _ value: UInt64) throws -> ProofFormatError.Reason? {
      let index = try #require(Self.indices { $0.part == part }.first)
      return Self.refusal(Self.changed([index: value], .bincode1), .bincode1)?.reason
    }
    for count in [0, 9] as [UInt64] { #expect(try refusal(.mainProofs, count) == .count(.mainProofs, count)) }
    #expect(try refusal(.delegationProofs, 9) == .count(.delegationProofs, 9))
    #expect(try refusal(.delegationTypes, 2) == .count(.delegationTypes, 2))
    #expect(try refusal(.delegationType, 1994) == .delegationType(1994))
    for count in [31, 33] as [UInt64] { #expect(try refusal(.registers, count) == .count(.registers, count)) }
    #expect(try refusal(.registerTime, 1 << 38) == .timestamp(1 << 38))
    #expect(Self.refusal(ProofTokens.sample(mainProofs: 8, delegationProofs: 8).encoded(.bincode2), .bincode2) == nil)
  }

  @Test("a query whose parts are about different places")
  func queryIndices() {
    let indices = Self.indices { $0.part == .queryIndex }
    // The first folding and the further ones count their places themselves.
    for (number, index) in indices.enumerated() {
      let refusal = Self.refusal(Self.changed([index: 78], .bincode1), .bincode1)
      #expect((refusal?.reason == .queryIndices) == (number % 8 < 5))
    }
  }

  @Test("no preimage of the chain")
  func preimage() throws {
    var proof = Self.sample
    proof.tokens.removeAll { $0.part == .preimage }
    let index = try #require(proof.tokens.firstIndex { $0.part == .hasPreimage })
    proof.tokens[index].value = 0
    let expected = ProofFormatError(position: proof.offset(of: index, .bincode1), reason: .noPreimage)
    #expect(Self.refusal(proof.encoded(.bincode1), .bincode1) == expected)
  }

  @Test("integers of the short encoding in a longer form than they need, or wider than their field")
  func integers() throws {
    func replaced(_ index: Int, by bytes: [UInt8]) -> ProofFormatError? {
      let start = Self.sample.offset(of: index, .bincode2)
      var proof = Self.sample.encoded(.bincode2)
      proof.replaceSubrange(start..<start + ProofTokens.bytes(Self.sample.tokens[index], .bincode2).count, with: bytes)
      let refusal = Self.refusal(proof, .bincode2)
      #expect(refusal?.position == start)
      return refusal
    }
    let long: [[UInt8]] = [
      [251, 250, 0], [251, 0, 0], [252, 255, 255, 0, 0], [253, 255, 255, 255, 255, 0, 0, 0, 0],
      [254] + [UInt8](repeating: 1, count: 16), [255],
    ]
    for index in Self.indices({ $0.kind != .option }) where index % 7 == 0 {
      #expect(replaced(index, by: long[index / 7 % long.count])?.reason == .integer)
    }
    let word = try #require(Self.indices { $0.kind == .word }.first)
    #expect(replaced(word, by: [253, 0, 0, 0, 0, 1, 0, 0, 0])?.reason == .integer)
    let short = try #require(Self.indices { $0.kind == .short }.first)
    #expect(replaced(short, by: [252, 0, 0, 1, 0])?.reason == .integer)
  }

  @Test("nothing, and noise", arguments: ProofEncoding.allCases)
  func noise(_ encoding: ProofEncoding) {
    for bytes in [[], [0], [1], [UInt8](repeating: 0, count: 64), [UInt8](repeating: 0xFF, count: 4096)] as [[UInt8]] {
      #expect(throws: ProofFormatError.self) { try FlattenedProof(bytes, encoding: encoding) }
      #expect(throws: ProofFormatError.self) { try FlattenedProof(bytes) }
    }
  }

  @Test("refusals read well")
  func descriptions() {
    #expect(
      "\(ProofFormatError(position: 8, reason: .count(.mainProofs, 9)))" == "9 main proofs at byte 8")
    #expect("\(ProofFormatError(position: 3, reason: .truncated))" == "the proof ends too early at byte 3")
  }
}
