import Batches
import Cryptography
import L1Settlement
import Primitives
import Synchronization
import ZKsyncOS

/// Batches that follow from one another and say nothing true: L1 looks at no more than that when they are committed.
///
/// The first has the request that the contracts begin with.
final class BenchBatches: BatchSource {
  private let batches: [Batch]
  private let request: Bytes32
  /// So many of them are there yet.
  private let made: Atomic<Int>

  /// - Parameters:
  ///   - time: of all blocks, seconds since 1970.
  ///   - pubdata: bytes in each.
  init(count: Int, made: Int, request: Bytes32, time: UInt64, pubdata: Int) {
    var batches: [Batch] = []
    batches.reserveCapacity(count)
    let bytes = [UInt8](repeating: 0xa5, count: pubdata)
    var previous = Self.before
    for number in 1...UInt64(max(1, count)) {
      let requests = number == 1 ? [request] : []
      let output = BatchCommitment(
        chainID: 270, firstTimestamp: time, lastTimestamp: time,
        dataAvailability: BatchCommitment.dataAvailability(pubdata: bytes), l1TransactionCount: UInt64(requests.count),
        l1RollingHash: requests.reduce(BatchCommitment.emptyRollingHash) { Keccak256.hash($0, $1) },
        logsRoot: Bytes32(UInt256(number)))
      let batch = Batch(
        previous: previous,
        commit: CommitBatchInfo(
          output, number: BatchNumber(number), stateCommitment: Bytes32(UInt256(number)), pubdata: bytes),
        blocks: number...number, protocolVersion: .current)
      batches.append(batch)
      previous = batch.stored
    }
    self.batches = batches
    self.request = request
    self.made = Atomic(made)
  }

  /// Makes the rest of them.
  func makeAll() { made.store(batches.count, ordering: .relaxed) }

  /// The batch before the first.
  static let before = StoredBatchInfo.ofEmptyChain
  var genesis: StoredBatchInfo { Self.before }

  func lastBatch() -> BatchNumber { BatchNumber(UInt64(made.load(ordering: .relaxed))) }

  func batch(_ number: BatchNumber) -> Batch? {
    guard number > .genesis, number <= lastBatch() else { return nil }
    return batches[Int(number.rawValue) - 1]
  }

  func mayGoToL1(_: Batch) -> Bool { true }

  func isProved(_ number: BatchNumber) -> Bool { batch(number) != nil }

  func requestHashes(of batch: Batch) -> [Bytes32] { batch.number == 1 ? [request] : [] }
}
