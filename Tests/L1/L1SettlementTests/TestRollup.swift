import Batches
import Cryptography
import L1Settlement
import Primitives
import Synchronization
import Transactions
import ZKsyncOS

/// A chain that makes batches when it is told to, each of one block.
final class TestRollup: BatchSource {
  private struct State {
    var batches: [Batch] = []
    var requests: [[Bytes32]] = []
    var proved: UInt64 = 0
    var requestReads = 0
  }

  private let state = Mutex(State())
  /// Seconds since 1970, of each block.
  private let timestamp: UInt64

  init(timestamp: UInt64 = 1_800_000_000) { self.timestamp = timestamp }

  /// What every chain begins with.
  static let forcedDeposit =
    Bytes32(hex: "0xa1e697d08d5bd4ae1fd8f354190352c4c192431427b26768939da54f63aaf672") ?? .zero

  var genesis: StoredBatchInfo { .ofEmptyChain }

  var count: UInt64 { state.withLock { UInt64($0.batches.count) } }

  func lastBatch() -> BatchNumber { BatchNumber(count) }

  func batch(_ number: BatchNumber) -> Batch? {
    state.withLock { state in
      let index = Int(number.rawValue) - 1
      return state.batches.indices.contains(index) ? state.batches[index] : nil
    }
  }

  func mayGoToL1(_: Batch) -> Bool { true }

  func isProved(_ number: BatchNumber) -> Bool { state.withLock { number.rawValue <= $0.proved } }

  func requestHashes(of batch: Batch) -> [Bytes32] {
    state.withLock { state in
      state.requestReads += 1
      return state.requests[Int(batch.number.rawValue) - 1]
    }
  }

  /// How often the requests of a batch were asked for.
  var requestReads: Int { state.withLock { $0.requestReads } }

  /// Makes a batch with requests and some pubdata.
  func make(requests: [Bytes32] = [], salt: UInt64 = 0) {
    state.withLock { state in
      let number = UInt64(state.batches.count) + 1
      let pubdata = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: Int(number % 7) * 40)
      let output = BatchCommitment(
        chainID: 270, firstTimestamp: timestamp, lastTimestamp: timestamp,
        dataAvailability: BatchCommitment.dataAvailability(pubdata: pubdata),
        l1TransactionCount: UInt64(requests.count),
        l1RollingHash: requests.reduce(BatchCommitment.emptyRollingHash) { Keccak256.hash($0, $1) },
        logsRoot: Bytes32(UInt256(number)))
      let batch = Batch(
        previous: state.batches.last?.stored ?? genesis,
        commit: CommitBatchInfo(
          output, number: BatchNumber(number),
          stateCommitment: Keccak256.hash(Bytes32(UInt256(number &+ salt << 32)).bytes),
          pubdata: pubdata),
        blocks: number...number, protocolVersion: .current)
      state.batches.append(batch)
      state.requests.append(requests)
    }
  }

  /// Makes batches without requests, after the first, which has the forced deposit.
  func make(_ count: Int) { for _ in 0..<count { make(requests: self.count == 0 ? [Self.forcedDeposit] : []) } }

  func prove(through number: UInt64 = .max) { state.withLock { $0.proved = max($0.proved, number) } }
}
