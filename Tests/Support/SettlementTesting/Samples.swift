// What the suites of settlement share: clocks that stand still, batches, and proofs that claim something.

import Batches
import Concurrency
import FRIProofs
import Primitives
import ProverInput
import ProverService
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

/// A program proof that is none: it can be read, claims `publicInput` and a program, and has nothing to show for it.
/// `serial` tells one from another.
package func claimedProof(
  _ publicInput: Bytes32, of program: Bytes32? = ProgramChain.known(of: .current).first?.hash, serial: UInt64 = 0
) -> [UInt8] {
  func bytes(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
  let none = bytes(0 as UInt64)
  var proof = bytes(1 as UInt64)
  // Challenges, of delegations none, boundary values, no public input; commitments: witness, memory, setup, stage 2.
  proof += [UInt8](repeating: 0, count: 28 * 4) + [0] + [UInt8](repeating: 0, count: 12 * 4) + none
  proof += none + none + none + none
  // Accumulators, commitments, evaluations, foldings, last leaves, monomials, queries; nonce and numbers.
  proof += [UInt8](repeating: 0, count: 16) + [0] + none + none + none + none + none + none + none
  proof += bytes(serial) + [0, 0, 0, 0]
  // No delegation; registers; what was proved last, which is the second half of the preimage; no hash of the chain.
  proof += none + bytes(32 as UInt64)
  let claim = publicInput.bytes + (program ?? .zero).bytes
  for register in 0..<32 {
    let isClaim = (10..<26).contains(register)
    let start = (register - 10) * 4
    proof += (isClaim ? Array(claim[start..<start + 4]) : [0, 0, 0, 0]) + bytes(UInt64(register))
  }
  proof += [UInt8](repeating: 5, count: 32) + [1] + [UInt8](repeating: 5, count: 64) + [0]
  return proof
}

/// A verifier that does what a test wants.
package struct ScriptedVerifier: ProofVerifier {
  package var isConclusive: Bool
  private let decide: @Sendable ([UInt8], Batch, Cancellation) throws(ProofFault) -> Void

  package init(
    isConclusive: Bool = true,
    _ decide: @escaping @Sendable ([UInt8], Batch, Cancellation) throws(ProofFault) -> Void = { _, _, _ in }
  ) {
    self.isConclusive = isConclusive
    self.decide = decide
  }

  package func verify(_ proof: [UInt8], of batch: Batch, _ cancellation: Cancellation) throws(ProofFault) {
    try decide(proof, batch, cancellation)
  }
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
