import FRIProofs

/// A plain value of a serialized program proof, and what it is part of.
package struct ProofToken: Hashable, Sendable {
  /// How it is written.
  package enum Kind: Sendable { case element, word, short, long, count, option }

  /// What it says.
  package enum Part: Sendable {
    case mainProofs, delegationTypes, delegationType, delegationProofs
    case challenges, hasDelegationChallenges, delegationChallenges, boundary, publicInputs
    case witnessCaps, memoryCaps, setupCaps, stage2Caps, memoryAccumulator
    case hasDelegationAccumulator, delegationAccumulator, quotientCaps, evaluations, deepCaps, foldingCaps, lastLeaves
    case monomials, querySets, queryIndex, treeIndex, leaf, path, foldings, nonce, sequence, type
    case registers, registerValue, registerTime, endParameters, hasPreimage, preimage, hasChainHash, chainHash
  }

  package var kind: Kind
  package var part: Part
  /// Of which proof, counted over main and delegation proofs; -1 outside.
  package var proof: Int
  package var value: UInt64
}

/// A program proof as the values that its bytes hold, in their order: written in either encoding, changed in one place.
package struct ProofTokens: Sendable {
  package var tokens: [ProofToken] = []
  private var proof = -1
  private var nextProof = 0

  /// Builds a proof by asking for each value.
  package init(_ value: (ProofToken.Kind, ProofToken.Part) -> UInt64) {
    programProof(value)
  }

  /// A proof that proves nothing, with lists of a few entries: every field has another value.
  package static func sample(mainProofs: UInt64 = 2, delegationProofs: UInt64 = 1) -> ProofTokens {
    var next: UInt64 = 1000
    return ProofTokens { kind, part in
      switch (kind, part) {
      case (_, .mainProofs): return mainProofs
      case (_, .delegationTypes): return 1
      case (_, .delegationType): return 1991
      case (_, .delegationProofs): return delegationProofs
      case (_, .registers): return 32
      // The same place in all parts of a query set.
      case (_, .queryIndex): return 77
      case (.count, _): return 2
      case (.option, _): return 1
      default:
        next += 70_001
        switch kind {
        case .short: return next % 60_000
        case .long: return part == .registerTime ? next % (1 << 38) : next << 24
        default: return next % 0x7FFF_FFFF
        }
      }
    }
  }

  /// Reads bincode 1; `nil` where the bytes are something else.
  package init?(bincode1 bytes: [UInt8]) {
    var position = 0
    var isWhole = true
    self.init { kind, _ in
      let size = Self.width(kind)
      guard isWhole, position + size <= bytes.count else {
        isWhole = false
        return 0
      }
      defer { position += size }
      return bytes[position..<position + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    guard isWhole, position == bytes.count else { return nil }
  }

  // MARK: The schema

  private mutating func add(
    _ kind: ProofToken.Kind, _ part: ProofToken.Part, _ value: (ProofToken.Kind, ProofToken.Part) -> UInt64
  ) -> Int {
    let value = value(kind, part)
    tokens.append(ProofToken(kind: kind, part: part, proof: proof, value: value))
    return Int(clamping: value)
  }

  private mutating func programProof(_ value: (ProofToken.Kind, ProofToken.Part) -> UInt64) {
    func several(_ count: Int, _ kind: ProofToken.Kind, _ part: ProofToken.Part, _ to: inout ProofTokens) {
      for _ in 0..<count { _ = to.add(kind, part, value) }
    }
    for _ in 0..<add(.count, .mainProofs, value) { oneProof(value) }
    for _ in 0..<add(.count, .delegationTypes, value) {
      _ = add(.word, .delegationType, value)
      for _ in 0..<add(.count, .delegationProofs, value) { oneProof(value) }
    }
    proof = -1
    for _ in 0..<add(.count, .registers, value) {
      _ = add(.word, .registerValue, value)
      _ = add(.long, .registerTime, value)
    }
    several(8, .word, .endParameters, &self)
    if add(.option, .hasPreimage, value) == 1 { several(16, .word, .preimage, &self) }
    if add(.option, .hasChainHash, value) == 1 { several(8, .word, .chainHash, &self) }
  }

  private mutating func oneProof(_ value: (ProofToken.Kind, ProofToken.Part) -> UInt64) {
    func several(_ count: Int, _ kind: ProofToken.Kind, _ part: ProofToken.Part, _ to: inout ProofTokens) {
      for _ in 0..<count { _ = to.add(kind, part, value) }
    }
    func list(_ width: Int, _ kind: ProofToken.Kind, _ part: ProofToken.Part, _ to: inout ProofTokens) {
      for _ in 0..<to.add(.count, part, value) { several(width, kind, part, &to) }
    }
    func caps(_ part: ProofToken.Part, _ to: inout ProofTokens) {
      for _ in 0..<to.add(.count, part, value) { list(8, .word, part, &to) }
    }
    func query(_ to: inout ProofTokens) {
      _ = to.add(.word, .queryIndex, value)
      _ = to.add(.word, .treeIndex, value)
      list(1, .element, .leaf, &to)
      list(8, .word, .path, &to)
    }
    proof = nextProof
    nextProof += 1
    several(28, .element, .challenges, &self)
    if add(.option, .hasDelegationChallenges, value) == 1 { several(16, .element, .delegationChallenges, &self) }
    several(12, .element, .boundary, &self)
    list(1, .element, .publicInputs, &self)
    for part in [ProofToken.Part.witnessCaps, .memoryCaps, .setupCaps, .stage2Caps] { caps(part, &self) }
    several(4, .element, .memoryAccumulator, &self)
    if add(.option, .hasDelegationAccumulator, value) == 1 { several(4, .element, .delegationAccumulator, &self) }
    caps(.quotientCaps, &self)
    list(4, .element, .evaluations, &self)
    caps(.deepCaps, &self)
    for _ in 0..<add(.count, .foldingCaps, value) { caps(.foldingCaps, &self) }
    for _ in 0..<add(.count, .lastLeaves, value) { list(4, .element, .lastLeaves, &self) }
    list(4, .element, .monomials, &self)
    for _ in 0..<add(.count, .querySets, value) {
      for _ in 0..<6 { query(&self) }
      for _ in 0..<add(.count, .foldings, value) { query(&self) }
    }
    _ = add(.long, .nonce, value)
    _ = add(.short, .sequence, value)
    _ = add(.short, .type, value)
    proof = -1
  }

  // MARK: Writing

  private static func width(_ kind: ProofToken.Kind) -> Int {
    switch kind {
    case .option: 1
    case .short: 2
    case .element, .word: 4
    case .long, .count: 8
    }
  }

  /// The bytes of one value.
  package static func bytes(_ token: ProofToken, _ encoding: ProofEncoding) -> [UInt8] {
    func fixed(_ width: Int) -> [UInt8] { (0..<width).map { UInt8(truncatingIfNeeded: token.value >> (8 * $0)) } }
    if encoding == .bincode1 || token.kind == .option { return fixed(width(token.kind)) }
    switch token.value {
    case ..<251: return fixed(1)
    case ..<(1 << 16): return [251] + fixed(2)
    case ..<(1 << 32): return [252] + fixed(4)
    default: return [253] + fixed(8)
    }
  }

  /// The proof in an encoding.
  package func encoded(_ encoding: ProofEncoding) -> [UInt8] { tokens.flatMap { Self.bytes($0, encoding) } }

  /// Where the bytes of value `index` begin.
  package func offset(of index: Int, _ encoding: ProofEncoding) -> Int {
    tokens[..<index].reduce(0) { $0 + Self.bytes($1, encoding).count }
  }
}
