import Airbender
import Primitives

/// Reads a program proof and collects the words of the verifier's input, whose order is another one.
struct ProofFlattener {
  private var reader: ProofReader
  private(set) var words: [UInt32] = []
  private(set) var mainProofs = 0
  private(set) var delegationProofs = 0
  private(set) var claim = ProvedStatement(publicInput: .zero, chain: .zero)
  /// Parts of one query set, in the order of the input; kept, so that not every query allocates.
  private var leaves = Segments()
  private var paths = Segments()

  /// The delegation of BLAKE2s rounds, the only one of the recursion machine.
  private static let blake2s = UInt32(CSR.blake2sRound)
  private static let registers = 32
  /// Timestamps have two halves of so many bits.
  private static let timestampBits: UInt64 = 19

  init(_ reader: ProofReader, byteCount: Int) {
    self.reader = reader
    // In the short encoding most words take five bytes, and there are no more words than bytes.
    words.reserveCapacity(byteCount / 4)
  }

  // MARK: The whole

  mutating func readProgramProof() throws(ProofFormatError) {
    // Registers come first in the input and last in the file.
    words.append(contentsOf: repeatElement(0, count: 3 * Self.registers))
    mainProofs = try reader.count(of: .mainProofs, within: 1...FlattenedProof.maxProofs)
    words.append(UInt32(mainProofs))
    for _ in 0..<mainProofs { try readProof(isMain: true) }
    try readDelegations()
    let registers = try readRegisters()
    let endParameters = try readHash()
    let preimage = try readPreimage()
    if try reader.option() { _ = try readHash() }
    guard reader.remaining == 0 else { throw reader.error(.surplus(reader.remaining)) }
    claim = ProvedStatement(words: registers[10..<26])
    // The verifier adds the program that was proved last to the chain, unless it is the one at its end already.
    if preimage[8...] != endParameters[...] {
      claim.chain = ProgramChain.extend(claim.chain, with: PublicInputRegisters.bytes(endParameters))
    }
  }

  private mutating func readDelegations() throws(ProofFormatError) {
    let types = try reader.count(of: .delegationTypes, within: 0...1)
    if types == 1 {
      let start = reader.position
      let type = try reader.word()
      guard type == Self.blake2s else { throw reader.error(.delegationType(type), at: start) }
      delegationProofs = try reader.count(of: .delegationProofs, within: 0...FlattenedProof.maxProofs)
    }
    words.append(UInt32(delegationProofs))
    for _ in 0..<delegationProofs { try readProof(isMain: false) }
  }

  private mutating func readRegisters() throws(ProofFormatError) -> [UInt32] {
    _ = try reader.count(of: .registers, within: Self.registers...Self.registers)
    var values: [UInt32] = []
    for index in 0..<Self.registers {
      let value = try reader.word()
      let start = reader.position
      let timestamp = try reader.long()
      guard timestamp >> (2 * Self.timestampBits) == 0 else { throw reader.error(.timestamp(timestamp), at: start) }
      values.append(value)
      words[3 * index] = value
      words[3 * index + 1] = UInt32(timestamp & (1 << Self.timestampBits - 1))
      words[3 * index + 2] = UInt32(timestamp >> Self.timestampBits)
    }
    return values
  }

  private mutating func readHash() throws(ProofFormatError) -> [UInt32] {
    var hash: [UInt32] = []
    for _ in 0..<8 { hash.append(try reader.word()) }
    return hash
  }

  private mutating func readPreimage() throws(ProofFormatError) -> [UInt32] {
    let start = reader.position
    guard try reader.option() else { throw reader.error(.noPreimage, at: start) }
    let preimage = try readHash() + readHash()
    words += preimage
    return preimage
  }

  // MARK: One proof

  /// The file has the challenges first, then the public inputs and the commitments; the input begins with what numbers
  /// the proof, which stands at the end of the file.
  private mutating func readProof(isMain: Bool) throws(ProofFormatError) {
    let start = words.count
    words += [0, 0]
    var challenges: [UInt32] = []
    try reader.elements(28, into: &challenges)
    if try reader.option() { try reader.elements(16, into: &challenges) }
    var boundary: [UInt32] = []
    try reader.elements(12, into: &boundary)
    if isMain { challenges += boundary }
    try reader.elements(into: &words)
    var witnessAndMemory: [UInt32] = []
    try reader.caps(into: &witnessAndMemory)
    try reader.caps(into: &witnessAndMemory)
    // The setup.
    try reader.caps(into: &words)
    words += challenges
    words += witnessAndMemory
    // The second stage, and the accumulators of memory and delegations.
    try reader.caps(into: &words)
    try reader.elements(4, into: &words)
    if try reader.option() { try reader.elements(4, into: &words) }
    // The quotient, evaluations, the combined polynomial and its foldings.
    try reader.caps(into: &words)
    try reader.quartics(into: &words)
    try reader.caps(into: &words)
    for _ in 0..<(try reader.count(words: 1)) { try reader.caps(into: &words) }
    for _ in 0..<(try reader.count(words: 1)) { try reader.quartics(into: &words) }
    try reader.quartics(into: &words)
    let nonce = words.count
    words += [0, 0]
    for _ in 0..<(try reader.count(words: 6)) { try readQuerySet() }
    let work = try reader.long()
    words[nonce] = UInt32(truncatingIfNeeded: work)
    words[nonce + 1] = UInt32(work >> 32)
    words[start] = UInt32(try reader.short())
    words[start + 1] = UInt32(try reader.short())
  }

  // MARK: One query set

  /// What the verifier opens at one place of all commitments. In the file: witness, memory, setup, stage 2, quotient,
  /// first folding, further foldings; in the input setup comes first, and all leaves before all paths.
  private mutating func readQuerySet() throws(ProofFormatError) {
    leaves.clear()
    paths.clear()
    let start = reader.position
    var index: UInt32?
    for part in 0..<6 {
      let found = try readQuery()
      // The first folding names its place in another domain.
      guard part == 5 || found == index ?? found else { throw reader.error(.queryIndices, at: start) }
      index = index ?? found
    }
    for _ in 0..<(try reader.count(words: 4)) { _ = try readQuery() }
    words.append(index ?? 0)
    leaves.append(to: &words, first: 2)
    paths.append(to: &words, first: 2)
  }

  /// Gives the place; the place in the tree is not part of the input.
  private mutating func readQuery() throws(ProofFormatError) -> UInt32 {
    let index = try reader.word()
    _ = try reader.word()
    try reader.elements(into: &leaves.words)
    leaves.end()
    try reader.hashes(into: &paths.words)
    paths.end()
    return index
  }
}

/// Pieces of words, one after the other.
private struct Segments {
  var words: [UInt32] = []
  private var ends: [Int] = []

  mutating func clear() {
    words.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
  }

  /// Ends a piece.
  mutating func end() { ends.append(words.count) }

  /// Appends the piece `first` and then all others.
  func append(to target: inout [UInt32], first: Int) {
    guard first > 0, first < ends.count else { return }
    target += words[ends[first - 1]..<ends[first]]
    target += words[..<ends[first - 1]]
    target += words[ends[first]...]
  }
}
