// What the suites of settlement share: clocks that stand still, batches, and proofs that claim something.

import Batches
import Concurrency
import Primitives
import ProverInput
import Synchronization
import ZKsyncOS

package func word(_ hex: String) -> Bytes32 { Bytes32(hex: hex.hasPrefix("0x") ? hex : "0x" + hex) ?? .zero }

/// A clock that moves when it is told to.
package final class ManualClock: Sendable {
  package init() {}

  private let time = Atomic<UInt64>(1_000_000_000_000)

  package var now: @Sendable () -> UInt64 { { self.time.load(ordering: .sequentiallyConsistent) } }

  package func advance(seconds: Double) { time.add(UInt64(seconds * 1e9), ordering: .sequentiallyConsistent) }
}

/// Something that happens once.
package final class Flag: Sendable {
  package init() {}

  private let state = Atomic<Bool>(false)

  package var isSet: Bool { state.load(ordering: .sequentiallyConsistent) }

  package func set() { state.store(true, ordering: .sequentiallyConsistent) }
}

/// Runs what blocks on a thread of its own: the few threads of the concurrency library must stay free.
package func onThread(_ body: @escaping @Sendable () -> Void) -> (thread: ServiceThread, isDone: Flag) {
  let flag = Flag()
  let thread = ServiceThread {
    body()
    flag.set()
  }
  return (thread, flag)
}

/// Collects what is reported from any thread.
package final class Recorder<Element: Sendable>: Sendable {
  package init() {}

  private let list = Mutex<[Element]>([])

  package var record: @Sendable (Element) -> Void { { element in self.list.withLock { $0.append(element) } } }

  package var all: [Element] { list.withLock { $0 } }
}

/// A program proof with the frame of a real one: `proofs` opaque proofs, registers that claim `publicInput`.
package func claimedProof(
  _ publicInput: Bytes32, proofs: UInt64 = 1, hasPreimage: Bool = true, hasHash: Bool = true, registers: UInt64 = 32
) -> [UInt8] {
  func bytes(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
  var proof = bytes(proofs)
  proof += (0..<777).map { UInt8(truncatingIfNeeded: $0 &* 7) }
  proof += bytes(0 as UInt64)
  proof += bytes(registers)
  for register in 0..<32 {
    let isResult = (10..<18).contains(register)
    let value = isResult ? Array(publicInput.bytes[(register - 10) * 4..<(register - 9) * 4]) : [0, 0, 0, 0]
    proof += value + bytes(UInt64(register))
  }
  proof += [UInt8](repeating: 5, count: 32)
  proof += hasPreimage ? [1] + [UInt8](repeating: 6, count: 64) : [0]
  proof += hasHash ? [1] + [UInt8](repeating: 7, count: 32) : [0]
  return proof
}

/// A batch that differs from others by its number only.
package func sampleBatch(_ number: UInt64) -> Batch {
  let output = BatchCommitment(
    chainID: 270, firstTimestamp: 100 + number, lastTimestamp: 100 + number,
    dataAvailability: BatchCommitment.dataAvailability(pubdata: [UInt8(truncatingIfNeeded: number)]),
    l1TransactionCount: 0, l1RollingHash: BatchCommitment.emptyRollingHash, logsRoot: .zero)
  let commit = CommitBatchInfo(
    output, number: BatchNumber(number), stateCommitment: Bytes32(UInt256(number)),
    pubdata: [UInt8(truncatingIfNeeded: number)])
  let previous = StoredBatchInfo(
    batchNumber: BatchNumber(number - 1), stateCommitment: Bytes32(UInt256(number - 1)), l1TransactionCount: 0,
    priorityOperationsHash: .zero, l2LogsRoot: .zero, commitment: .zero)
  return Batch(previous: previous, commit: commit, blocks: number...number, protocolVersion: .current)
}

package func sampleInput(_ number: UInt64) -> ProverInput {
  ProverInput(words: [UInt32(truncatingIfNeeded: number), 0x0403_0201, .max])
}
