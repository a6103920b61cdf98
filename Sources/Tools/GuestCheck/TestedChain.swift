import Glibc
import Primitives
import ProverInput
import StateTree
import ZKsyncOS

/// A chain with its state and its tree, whose blocks are each made twice and must come out the same.
final class TestedChain {
  private(set) var state: MemoryState
  private let tree: StateTree
  private let directory: String

  /// A block as execution left it.
  struct Block {
    var output: BlockOutput
    var request: ProverInputGenerator.Request
    var refused: [RefusedCandidate]
    /// What the included transactions came to, and what the block amounts to.
    var results: [TransactionResult]
    var totals: BlockTotals
  }

  /// - Parameters:
  ///   - leaves: of the first tree, in order; the slots of `state`.
  ///   - temporaryDirectory: where a folder is made for the tree, which is removed in the end.
  init(
    state: MemoryState, leaves: [(key: Bytes32, value: Bytes32)],
    temporaryDirectory: String
  ) throws {
    self.state = state
    var template = Array((temporaryDirectory + "/random-chain-" + String(repeating: "X", count: 6)).utf8CString)
    guard mkdtemp(&template) != nil else { throw Disagreement("no temporary directory") }
    directory = template.withUnsafeBufferPointer { String(cString: $0.baseAddress.unsafelyUnwrapped) }
    tree = try StateTree.open(directory: directory, genesis: leaves)
  }

  deinit {
    guard let handle = opendir(directory) else { return }
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      unlink(directory + "/" + name)
    }
    closedir(handle)
    rmdir(directory)
  }

  /// Builds a block from candidates, then builds it again from those included and expects the same; extends the tree and
  /// the state.
  ///
  /// - Parameters:
  ///   - next: the next candidate; nil ends the block. It is told how many were included.
  ///   - outcome: is told what became of it.
  func block(
    _ context: BlockContext, next: (Int) -> Candidate?, outcome: (Candidate, TransactionOutcome) -> Void
  ) throws -> Block {
    var executor = try BlockExecutor(context: context, state: state)
    var included: [Candidate] = []
    var refused: [RefusedCandidate] = []
    var results: [TransactionResult] = []
    while let candidate = next(included.count) {
      let offered = try candidate.offer(to: &executor)
      switch offered {
      case .included(let result):
        included.append(candidate)
        results.append(result)
      case .rejected(let reason):
        refused.append(
          RefusedCandidate(position: included.count, encoded: try candidate.encoded(), reason: reason))
      case .exceeded(let resource): throw Disagreement("a limit of \(resource) was exceeded that there is not")
      }
      outcome(candidate, offered)
    }
    let totals = executor.totals
    let output = try executor.seal()
    guard totals.pubdata == output.pubdata.count else {
      throw Disagreement("the pubdata was counted as \(totals.pubdata) bytes and has \(output.pubdata.count)")
    }

    var replay = try BlockExecutor(context: context, state: state)
    for (transaction, result) in zip(included, results) {
      var observer = EventObserver()
      guard case .included(let again) = try transaction.offer(to: &replay, tracer: &observer) else {
        throw Disagreement("the replay rejects a transaction that was included")
      }
      guard again == result else { throw Disagreement("the replay's result differs") }
      try observer.expect(result, isL1: try transaction.isL1)
    }
    guard results.reduce(0, { $0 + $1.gasUsed }) == totals.gasUsed else { throw Disagreement("the gas differs") }
    guard replay.totals == totals else { throw Disagreement("the replay's totals differ") }
    let again = try replay.seal()
    guard again.accesses == output.accesses else { throw Disagreement("the replay's accesses differ") }
    guard again.pubdata == output.pubdata else { throw Disagreement("the replay's pubdata differs") }
    guard again.touchedSlots == output.touchedSlots else { throw Disagreement("the replay's slots differ") }
    let request = try extend(output, try included.map { try $0.encoded() }, context)
    state.apply(output)
    return Block(output: output, request: request, refused: refused, results: results, totals: totals)
  }

  /// Applies the block to the tree and collects what proving it takes.
  private func extend(
    _ output: BlockOutput, _ encoded: [[UInt8]], _ context: BlockContext
  ) throws -> ProverInputGenerator.Request {
    let latest = try tree.view(at: tree.lastVersion)
    let reads = output.touchedSlots.filter { $0.initial == $0.current }.map(\.flatKey)
    let (after, witness) = try tree.apply(
      version: tree.lastVersion + 1, writes: output.storageWrites.map { ($0.flatKey, $0.value) }, witnessing: reads)
    let publicInput = BatchCommitment(output, context: context)
      .publicInput(before: latest.commitment.hash, after: after.hash)
    return ProverInputGenerator.Request(
      block: ProvingBlock(context: context, transactions: encoded, before: latest.commitment),
      accesses: output.accesses, witness: witness, tree: latest, state: state, publicInput: publicInput)
  }
}

/// Two parts of the path that do not agree.
struct Disagreement: Error, CustomStringConvertible {
  let reason: String
  var description: String { reason }
  init(_ reason: String) { self.reason = reason }
}
