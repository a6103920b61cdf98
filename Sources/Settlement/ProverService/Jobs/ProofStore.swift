import Batches
import Primitives
import ProverInput
import RocksDB
import Synchronization

/// A proof as it is kept: the bytes that the prover sent, or a stand-in.
public struct StoredProof: Hashable, Sendable {
  /// What is known of a proof. The raw value is the byte in the store.
  public enum Kind: UInt8, Sendable, CaseIterable {
    /// Sent by a prover and read, but never verified. Versions that had no verifier wrote this byte for every proof.
    case friUnverified = 0
    /// Made by a ``FakeProverPool``; proves nothing.
    case fake = 1
    /// Sent by a prover; its argument and its program were verified.
    case fri = 2

    /// What provers, operators and metrics read: `fri`, `fri_unverified` or `fake_fri`.
    public var name: String {
      switch self {
      case .friUnverified: "fri_unverified"
      case .fake: "fake_fri"
      case .fri: "fri"
      }
    }
  }

  public var kind: Kind
  public var bytes: [UInt8]

  public init(kind: Kind, bytes: [UInt8]) {
    self.kind = kind
    self.bytes = bytes
  }
}

/// Batches, the prover inputs of those that have no proof, and proofs; by number.
///
/// Everything that settlement needs after a restart is here, so that no block has to be executed again for its proof. A
/// batch and its prover input are written together, and so are a proof and what becomes of the input: a batch has either
/// an input that waits for a prover, or a proof.
///
/// The value of a proof is the format, the byte of its kind, and the bytes that came. A proof that nobody has verified yet
/// may be a forgery. Its input is kept aside, so that the batch can be proved again (``reopen(_:)``), within a bound in
/// bytes: the oldest go first.
public final class ProofStore: Sendable {
  /// The first byte of every stored value.
  private static let format: UInt8 = 1

  private let database: Database
  private let batches: Column
  private let inputs: Column
  private let proofs: Column
  /// Inputs of batches whose proof nobody has verified, and the bytes of each.
  private let kept: Column
  private let keptSizes: Column
  private let marks: Column
  private let maxKeptBytes: Int
  /// The last batch whose proof was let go of.
  private let pruned = Atomic<UInt64>(0)

  /// Opens or creates the store in the directory `path`.
  ///
  /// - Parameters:
  ///   - maxKeptBytes: of inputs whose batch has a proof that nobody has verified.
  ///   - readOnly: looks at it beside a node that has it open.
  public init(path: String, maxKeptBytes: Int = 10 << 30, readOnly: Bool = false) throws(ProofStoreError) {
    self.maxKeptBytes = maxKeptBytes
    var inputOptions = ColumnOptions("inputs")
    inputOptions.bloomBitsPerKey = 0
    inputOptions.blockBytes = 64 << 10
    var keptOptions = inputOptions
    keptOptions.name = "kept"
    let columns = [
      ColumnOptions("batches"), inputOptions, ColumnOptions("proofs"), keptOptions, ColumnOptions("kept_sizes"),
      ColumnOptions("marks"),
    ]
    var options = DatabaseOptions()
    options.blockCacheBytes = 8 << 20
    if readOnly {
      options.readOnly = true
      options.createIfMissing = false
    }
    let opened = try performing { () throws(RocksDBError) in
      try Database(path: path, columns: columns, options: options)
    }
    database = opened
    batches = try performing { () throws(RocksDBError) in try opened.column("batches") }
    inputs = try performing { () throws(RocksDBError) in try opened.column("inputs") }
    proofs = try performing { () throws(RocksDBError) in try opened.column("proofs") }
    kept = try performing { () throws(RocksDBError) in try opened.column("kept") }
    keptSizes = try performing { () throws(RocksDBError) in try opened.column("kept_sizes") }
    marks = try performing { () throws(RocksDBError) in try opened.column("marks") }
    pruned.store(try mark(Self.prunedThroughKey).rawValue, ordering: .relaxed)
  }

  /// Writes a copy that can be opened on its own into the folder `path`, which does not exist.
  public func checkpoint(to path: String) throws(ProofStoreError) {
    try performing { () throws(RocksDBError) in try database.checkpoint(to: path) }
  }

  // MARK: Batches

  /// The newest batch; `nil` in a new store.
  public func lastBatch() throws(ProofStoreError) -> Batch? {
    let cursor = batches.cursor()
    guard try performing({ () throws(RocksDBError) in try cursor.seekToLast() }),
      let number = cursor.withKey({ Self.number($0) })
    else { return nil }
    return try batch(number)
  }

  public func batch(_ number: BatchNumber) throws(ProofStoreError) -> Batch? {
    guard let value = try value(batches, "batches", number) else { return nil }
    guard let batch = Batch(decoding: value), batch.number == number else {
      throw .corrupt(column: "batches", number: number)
    }
    return batch
  }

  /// Adds the next batch with its prover input, and returns once both are on the device.
  func append(_ batch: Batch, input: ProverInput) throws(ProofStoreError) {
    guard batch.hasStoredForm else { throw .unsupportedBlocks(batch: batch.number, blocks: batch.blocks) }
    let write = WriteBatch()
    write.put(batches, Self.key(batch.number), [Self.format] + batch.encoded)
    var value = [Self.format]
    value += input.bytes
    write.put(inputs, Self.key(batch.number), value)
    try performing { () throws(RocksDBError) in try database.write(write, sync: true) }
  }

  /// The batches of a chain that has no block after `block`: how many there are beyond, and of those the first and how many
  /// have a proof. `nil` where there are none.
  public func batches(after block: UInt64) throws(ProofStoreError) -> (
    first: BatchNumber, last: BatchNumber, proved: Int
  )? {
    var found: (first: BatchNumber, last: BatchNumber, proved: Int)?
    var number = try lastBatch()?.number
    while let next = number, let batch = try batch(next), batch.blocks.upperBound > block {
      let proved = try kind(next) == nil ? 0 : 1
      found = (next, found?.last ?? next, (found?.proved ?? 0) + proved)
      number = next > .genesis ? BatchNumber(next.rawValue - 1) : nil
    }
    return found
  }

  /// Forgets a batch and all later ones, with their inputs and proofs. No ``ProofJobs`` uses the store meanwhile.
  public func remove(from first: BatchNumber) throws(ProofStoreError) {
    let write = WriteBatch()
    for column in [batches, inputs, proofs, kept, keptSizes] {
      write.deleteRange(column, from: Self.key(first), to: Self.key(BatchNumber(.max)))
    }
    if try checkedThrough() >= first { putChecked(through: BatchNumber(first.rawValue &- 1), in: write) }
    // They are looked at again, which takes little.
    write.delete(marks, Self.sizeCheckKey)
    try performing { () throws(RocksDBError) in try database.write(write, sync: true) }
  }

  // MARK: What L1 takes

  /// How far batches were looked at for what L1 does not take, and the first that was found so.
  public struct SizeCheck: Hashable, Sendable {
    public var through = BatchNumber.genesis
    /// Zero where there is none.
    public var firstTooLarge = BatchNumber.genesis

    public init() {}
  }

  private static let sizeCheckKey = Array("size_check".utf8)

  /// The mark of ``record(_:)``; that of a new store where there is none, or one that is not understood.
  public func sizeCheck() throws(ProofStoreError) -> SizeCheck {
    var check = SizeCheck()
    let stored = try performing { () throws(RocksDBError) in try marks.value(Self.sizeCheckKey) }
    guard let stored, stored.first == Self.format else { return check }
    var reader = ByteReader(stored.dropFirst())
    guard let through: UInt64 = reader.littleEndian(), let first: UInt64 = reader.littleEndian() else { return check }
    check.through = BatchNumber(through)
    check.firstTooLarge = BatchNumber(first)
    return check
  }

  public func record(_ check: SizeCheck) throws(ProofStoreError) {
    var value = [Self.format]
    value.append(littleEndian: check.through.rawValue)
    value.append(littleEndian: check.firstTooLarge.rawValue)
    let write = WriteBatch()
    write.put(marks, Self.sizeCheckKey, value)
    // What is lost is looked at again.
    try performing { () throws(RocksDBError) in try database.write(write, sync: false) }
  }

  // MARK: Prover inputs

  /// Batches without proof, ascending.
  public func unproved() throws(ProofStoreError) -> [BatchNumber] { try numbers(inputs) }

  /// The prover input of a batch without proof, as little-endian bytes.
  public func input(_ number: BatchNumber) throws(ProofStoreError) -> [UInt8]? {
    try value(inputs, "inputs", number).map { Array($0) }
  }

  // MARK: Proofs

  /// Takes a proof, and returns once it is on the device. The batch waits for a prover no longer. The input of a proof that
  /// nobody has verified is kept aside, as the proof may be worth nothing; a fake is not made from anything.
  func accept(_ proof: StoredProof, for number: BatchNumber) throws(ProofStoreError) {
    let write = WriteBatch()
    write.put(proofs, Self.key(number), [Self.format, proof.kind.rawValue] + proof.bytes)
    if proof.kind == .friUnverified {
      if let input = try value(inputs, "inputs", number) {
        write.put(kept, Self.key(number), [Self.format] + input)
        write.put(keptSizes, Self.key(number), withUnsafeBytes(of: UInt64(input.count).bigEndian) { Array($0) })
        try dropKept(beyond: maxKeptBytes - input.count, in: write)
      }
      if try checkedThrough() >= number { putChecked(through: BatchNumber(number.rawValue &- 1), in: write) }
    }
    write.delete(inputs, Self.key(number))
    try performing { () throws(RocksDBError) in try database.write(write, sync: true) }
  }

  /// Removes the oldest kept inputs until the others have at most so many bytes.
  private func dropKept(beyond limit: Int, in write: WriteBatch) throws(ProofStoreError) {
    var sizes: [(number: BatchNumber, bytes: Int)] = []
    let cursor = keptSizes.cursor()
    var more = try performing { () throws(RocksDBError) in try cursor.seekToFirst() }
    while more {
      guard let number = cursor.withKey({ Self.number($0) }),
        let bytes = cursor.withValue({ UInt64(bigEndianBytes: $0) })
      else { throw .corrupt(column: "kept_sizes", number: sizes.last?.number.next ?? .genesis) }
      sizes.append((number, Int(clamping: bytes)))
      more = try performing { () throws(RocksDBError) in try cursor.next() }
    }
    var total = sizes.reduce(0) { $0 + $1.bytes }
    for entry in sizes where total > limit {
      write.delete(kept, Self.key(entry.number))
      write.delete(keptSizes, Self.key(entry.number))
      total -= entry.bytes
    }
  }

  /// Notes that the unverified proof of a batch was verified, and lets go of its input; false where there is none.
  func markVerified(_ number: BatchNumber) throws(ProofStoreError) -> Bool {
    guard let proof = try proof(number), proof.kind == .friUnverified else { return false }
    let write = WriteBatch()
    write.put(proofs, Self.key(number), [Self.format, StoredProof.Kind.fri.rawValue] + proof.bytes)
    for column in [kept, keptSizes] { write.delete(column, Self.key(number)) }
    try performing { () throws(RocksDBError) in try database.write(write, sync: true) }
    return true
  }

  /// Puts the proof of a batch away and lets the batch wait for a prover again; false where its input is not kept. No
  /// ``ProofJobs`` uses the store meanwhile.
  public func reopen(_ number: BatchNumber) throws(ProofStoreError) -> Bool {
    guard let input = try value(kept, "kept", number) else { return false }
    let write = WriteBatch()
    write.put(inputs, Self.key(number), [Self.format] + input)
    for column in [kept, keptSizes, proofs] { write.delete(column, Self.key(number)) }
    try performing { () throws(RocksDBError) in try database.write(write, sync: true) }
    return true
  }

  /// The proof of a batch; `nil` where there is none, or it was let go of.
  public func proof(_ number: BatchNumber) throws(ProofStoreError) -> StoredProof? {
    guard number > prunedThrough, let value = try value(proofs, "proofs", number) else { return nil }
    guard let kind = value.first.flatMap({ StoredProof.Kind(rawValue: $0) }) else {
      throw .corrupt(column: "proofs", number: number)
    }
    return StoredProof(kind: kind, bytes: Array(value.dropFirst()))
  }

  /// The kind of a batch's proof, without copying it; `nil` where there is none.
  public func kind(_ number: BatchNumber) throws(ProofStoreError) -> StoredProof.Kind? {
    let key = Self.key(number)
    let found = try performing { () throws(RocksDBError) in
      try key.span.bytes.withUnsafeBytes { (key: UnsafeRawBufferPointer) throws(RocksDBError) in
        try proofs.read(key) { Self.kind($0) }
      }
    }
    guard let found else { return nil }
    guard let kind = found else { throw .corrupt(column: "proofs", number: number) }
    return kind
  }

  /// The kind in a value of the column of proofs.
  private static func kind(_ value: UnsafeRawBufferPointer) -> StoredProof.Kind? {
    value.count > 1 ? StoredProof.Kind(rawValue: value[1]) : nil
  }

  // MARK: Proofs that wait for a verifier

  private static let checkedThroughKey = Array("checked_through".utf8)

  /// No batch up to this one has a proof that a verifier should look at.
  func checkedThrough() throws(ProofStoreError) -> BatchNumber {
    try mark(Self.checkedThroughKey)
  }

  private func mark(_ key: [UInt8]) throws(ProofStoreError) -> BatchNumber {
    let stored = try performing { () throws(RocksDBError) in try marks.value(key) }
    guard let stored, stored.first == Self.format else { return .genesis }
    var reader = ByteReader(stored.dropFirst())
    guard let number: UInt64 = reader.littleEndian() else { return .genesis }
    return BatchNumber(number)
  }

  /// Notes how far proofs were looked at. What is lost is looked at again.
  func recordChecked(through number: BatchNumber) throws(ProofStoreError) {
    let write = WriteBatch()
    putChecked(through: number, in: write)
    try performing { () throws(RocksDBError) in try database.write(write, sync: false) }
  }

  private func putChecked(through number: BatchNumber, in write: WriteBatch) {
    put(Self.checkedThroughKey, number, in: write)
  }

  private func put(_ key: [UInt8], _ number: BatchNumber, in write: WriteBatch) {
    var value = [Self.format]
    value.append(littleEndian: number.rawValue)
    write.put(marks, key, value)
  }

  // MARK: Letting go

  private static let prunedThroughKey = Array("pruned_through".utf8)

  /// The last batch whose proof was let go of; 0 where all are kept.
  public var prunedThrough: BatchNumber { BatchNumber(pruned.load(ordering: .acquiring)) }

  /// Lets go of proofs that nobody needs any more: of the batches that L1 has executed for good, but for the newest of them.
  /// What kind of proof each had stays known. A few at a time; cut short, it goes on from there.
  ///
  /// - Parameters:
  ///   - block: the last block that is final on L1.
  ///   - kept: of how many of the newest batches up to there the proofs stay.
  ///   - count: the most that are let go of at once.
  /// - Returns: how many were.
  public func prune(finalThrough block: UInt64, keeping kept: UInt64, atMost count: Int) throws(ProofStoreError) -> Int
  {
    let first = prunedThrough.next
    guard let edge = try batch(BatchNumber(first.rawValue &+ kept)), edge.blocks.upperBound <= block else { return 0 }
    let write = WriteBatch()
    var last = BatchNumber.genesis, dropped = 0
    var number = first
    while dropped < count, let edge = try batch(BatchNumber(number.rawValue &+ kept)), edge.blocks.upperBound <= block,
      let kind = try kind(number)
    {
      write.put(proofs, Self.key(number), [Self.format, kind.rawValue])
      for column in [self.kept, keptSizes] { write.delete(column, Self.key(number)) }
      last = number
      dropped += 1
      number = number.next
    }
    guard dropped > 0 else { return 0 }
    put(Self.prunedThroughKey, last, in: write)
    // Nobody may find half of one.
    pruned.store(last.rawValue, ordering: .releasing)
    do throws(ProofStoreError) {
      try performing { () throws(RocksDBError) in try database.write(write, sync: true) }
    } catch {
      pruned.store(first.rawValue - 1, ordering: .releasing)
      throw error
    }
    return dropped
  }

  /// The smallest number from `number` on whose proof nobody has verified.
  func firstUnverified(from number: BatchNumber) throws(ProofStoreError) -> BatchNumber? {
    let cursor = proofs.cursor()
    let first = max(number, prunedThrough.next)
    var more = try performing { () throws(RocksDBError) in try cursor.seek(Self.key(first)) }
    while more {
      guard let found = cursor.withKey({ Self.number($0) }), let kind = cursor.withValue({ Self.kind($0) }) else {
        throw .corrupt(column: "proofs", number: number)
      }
      if kind == .friUnverified { return found }
      more = try performing { () throws(RocksDBError) in try cursor.next() }
    }
    return nil
  }

  /// All batches that have a proof, ascending, with the proof's kind.
  public func proved() throws(ProofStoreError) -> [(number: BatchNumber, kind: StoredProof.Kind)] {
    var found: [(BatchNumber, StoredProof.Kind)] = []
    let cursor = proofs.cursor()
    var more = try performing { () throws(RocksDBError) in try cursor.seekToFirst() }
    while more {
      guard let number = cursor.withKey({ Self.number($0) }),
        let kind = cursor.withValue({ Self.kind($0) })
      else { throw .corrupt(column: "proofs", number: found.last?.0.next ?? .genesis) }
      found.append((number, kind))
      more = try performing { () throws(RocksDBError) in try cursor.next() }
    }
    return found
  }

  // MARK: Keys and values

  /// Big-endian, so that the order of keys is that of numbers.
  private static func key(_ number: BatchNumber) -> [UInt8] {
    withUnsafeBytes(of: number.rawValue.bigEndian) { Array($0) }
  }

  private static func number(_ key: UnsafeRawBufferPointer) -> BatchNumber? {
    UInt64(bigEndianBytes: key).map(BatchNumber.init(rawValue:))
  }

  private func numbers(_ column: Column) throws(ProofStoreError) -> [BatchNumber] {
    var found: [BatchNumber] = []
    let cursor = column.cursor()
    var more = try performing { () throws(RocksDBError) in try cursor.seekToFirst() }
    while more {
      if let number = cursor.withKey({ Self.number($0) }) { found.append(number) }
      more = try performing { () throws(RocksDBError) in try cursor.next() }
    }
    return found
  }

  /// What follows the format byte.
  private func value(_ column: Column, _ name: String, _ number: BatchNumber) throws(ProofStoreError) -> ArraySlice<
    UInt8
  >? {
    guard let value = try performing({ () throws(RocksDBError) in try column.value(Self.key(number)) }) else {
      return nil
    }
    guard let format = value.first else { throw .corrupt(column: name, number: number) }
    guard format == Self.format else { throw .unknownFormat(column: name, version: format) }
    return value.dropFirst()
  }
}

/// Runs database operations and gives their error the type of this module.
@inline(__always)
private func performing<T>(_ body: () throws(RocksDBError) -> T) throws(ProofStoreError) -> T {
  do throws(RocksDBError) { return try body() } catch {
    if case .inUse(let path) = error { throw .inUse(path: path) }
    throw .database(error)
  }
}
