import Primitives
import StateTree

/// What the load test drives: one of the layouts.
protocol BenchmarkedTree {
  /// Applies a block durably, and collects the proofs of its keys if told to.
  func apply(version: UInt64, writes: [(key: Bytes32, value: Bytes32)], proving: Bool) throws -> BenchmarkedBlock
  /// Sizes, where the layout knows them.
  func statistics() throws -> StateTree.Statistics?
}

struct BenchmarkedBlock {
  var commitment: StateCommitment
  var timings: ApplyTimings
  var proofs = 0
}

/// Our own layout.
struct InPlaceTree: BenchmarkedTree {
  let tree: StateTree

  func apply(version: UInt64, writes: [(key: Bytes32, value: Bytes32)], proving: Bool) throws -> BenchmarkedBlock {
    guard proving else {
      let commitment = try tree.apply(version: version, writes: writes)
      return BenchmarkedBlock(commitment: commitment, timings: tree.lastTimings)
    }
    let (commitment, witness) = try tree.apply(version: version, writes: writes, witnessing: [])
    return BenchmarkedBlock(commitment: commitment, timings: tree.lastTimings, proofs: witness.proofs.count)
  }

  func statistics() throws -> StateTree.Statistics? { try tree.stats() }
}

extension RadixTree: BenchmarkedTree {
  func apply(version: UInt64, writes: [(key: Bytes32, value: Bytes32)], proving: Bool) throws -> BenchmarkedBlock {
    guard !proving else { throw RadixTreeError.noProofs }
    let (commitment, timings) = try apply(version: version, writes: writes)
    return BenchmarkedBlock(commitment: commitment, timings: timings)
  }

  func statistics() -> StateTree.Statistics? { nil }
}
