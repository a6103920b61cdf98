import Cryptography
import Primitives
import ZKsyncOS

import StateTree

/// Computes what a prover input proves, from its words alone.
///
/// It does what the guest does: executes the transactions in the words over the state in the words, checks every value
/// that it was given against the root in the words, and computes the root after the block. Nothing of the node's own
/// execution, state or tree is used, so that a mistake in any of them shows up here rather than at a prover.
public enum StreamVerifier {
  /// What a run over the words comes to.
  public struct Result: Hashable, Sendable {
    public var context: BlockContext
    public var blockHash: Bytes32
    /// The commitments to the state before and after the block.
    public var before: Bytes32
    public var after: Bytes32
    /// See `BatchCommitment.publicInput(before:after:)`.
    public var publicInput: Bytes32
  }

  /// - Parameters:
  ///   - version: decides about the guest that will read the words.
  ///   - engine: what the thread keeps from block to block.
  public static func run(
    _ words: [UInt32], version: ProtocolVersion, engine: ExecutionEngine = ExecutionEngine()
  ) throws(StreamFault) -> Result {
    let reader = StreamReader(words)
    let context = try reader.context(version)
    let output = try execute(reader, context, engine)

    try reader.expect(length: 22)
    let start = reader.position
    let before = StateCommitment(root: try reader.bytes32(), leafCount: try reader.number())
    guard before.leafCount >= 2, before.leafCount < 1 << 62 else { throw .value(at: start) }
    _ = try reader.bytes(words: 12)
    var witness = WitnessVerifier(reader, before: before)
    let after = try witness.check(output)
    try reader.expect(length: 0)
    guard reader.remaining == 0 else { throw .trailingWords(reader.remaining) }

    return Result(
      context: context, blockHash: output.blockHash, before: before.hash, after: after.hash,
      publicInput: BatchCommitment(output, context: context).publicInput(before: before.hash, after: after.hash))
  }

  /// Throws unless the words prove `publicInput`.
  public static func check(
    _ words: [UInt32], version: ProtocolVersion, publicInput: Bytes32, engine: ExecutionEngine = ExecutionEngine()
  ) throws(StreamFault) {
    let implied = try run(words, version: version, engine: engine).publicInput
    guard implied == publicInput else { throw .publicInput(expected: publicInput, implied: implied) }
  }

  private static func execute(
    _ reader: StreamReader, _ context: BlockContext, _ engine: ExecutionEngine
  ) throws(StreamFault) -> BlockOutput {
    let state = StreamedState(reader)
    do throws(BlockError) {
      var executor = try BlockExecutor(context: context, state: state, engine: engine)
      var index = 0
      while true {
        let encoded: [UInt8]?
        do throws(StreamFault) { encoded = try transaction(reader) } catch { throw state.note(error) }
        guard let encoded else { break }
        if case .rejected(let reason) = try executor.execute(encoded: encoded) {
          throw state.note(.transactionRejected(index: index, reason))
        }
        index += 1
      }
      return try executor.seal()
    } catch {
      throw state.fault ?? .execution(error)
    }
  }

  /// The next transaction; `nil` after the last.
  private static func transaction(_ reader: StreamReader) throws(StreamFault) -> [UInt8]? {
    try reader.expect(length: 2)
    let start = reader.position
    let size = try reader.number()
    guard size > 0 else { return nil }
    guard size <= UInt64(reader.remaining) * 4 else { throw .ended(at: start) }
    let words = (Int(size) + 7) / 8 * 2
    try reader.expect(length: words)
    return Array(try reader.bytes(words: words).prefix(Int(size)))
  }
}

/// The state as the words tell it: every question is answered by the next answer.
private final class StreamedState: StateView {
  private let reader: StreamReader
  /// The first thing that was wrong.
  private(set) var fault: StreamFault?

  init(_ reader: StreamReader) { self.reader = reader }

  /// Keeps the reason for an error that cannot carry it.
  func note(_ fault: StreamFault) -> BlockError {
    if self.fault == nil { self.fault = fault }
    return .storage(StateReadError(fault.description))
  }

  private func reading<T>(_ body: () throws(StreamFault) -> T) throws(StateReadError) -> T {
    do throws(StreamFault) { return try body() } catch {
      _ = note(error)
      throw StateReadError(error.description)
    }
  }

  func slot(_ flatKey: Bytes32) throws(StateReadError) -> Bytes32? {
    try reading { () throws(StreamFault) in
      try reader.expect(length: 10)
      let isNew = try reader.boolean()
      let start = reader.position
      let value = try reader.bytes32()
      guard !isNew || value.isZero else { throw .value(at: start) }
      return isNew ? nil : value
    }
  }

  func preimage(_ hash: Bytes32) throws(StateReadError) -> [UInt8]? {
    try reading { () throws(StreamFault) in
      let padded = try reader.bytes(words: try reader.length())
      // Answers are padded to eight bytes; only one of the possible lengths has the hash.
      for padding in 0..<min(8, padded.count + 1) where padded.suffix(padding).allSatisfy({ $0 == 0 }) {
        let bytes = Array(padded.dropLast(padding))
        if Blake2s256.hash(bytes) == hash { return bytes }
      }
      throw .preimage(hash)
    }
  }
}
