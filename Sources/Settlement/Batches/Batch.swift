import Primitives
import ZKsyncOS

/// A batch on its way to L1: a range of blocks, what they commit to, and the batch before it.
public struct Batch: Hashable, Sendable {
  public var previous: StoredBatchInfo
  public var commit: CommitBatchInfo
  /// Each proof is about one block, in both guests: there is one, so far.
  public var blocks: ClosedRange<UInt64>
  /// The hash of a protocol upgrade in the batch; zero without one.
  public var upgradeHash: Bytes32
  public var protocolVersion: ProtocolVersion

  public init(
    previous: StoredBatchInfo, commit: CommitBatchInfo, blocks: ClosedRange<UInt64>, upgradeHash: Bytes32 = .zero,
    protocolVersion: ProtocolVersion
  ) {
    self.previous = previous
    self.commit = commit
    self.blocks = blocks
    self.upgradeHash = upgradeHash
    self.protocolVersion = protocolVersion
  }

  public var number: BatchNumber { commit.batchNumber }

  /// What L1 remembers once the batch is committed.
  public var stored: StoredBatchInfo {
    StoredBatchInfo(
      batchNumber: commit.batchNumber, stateCommitment: commit.newStateCommitment,
      l1TransactionCount: commit.l1TransactionCount, priorityOperationsHash: commit.priorityOperationsHash,
      l2LogsRoot: commit.l2LogsRoot, commitment: commit.batchOutput(upgradeHash: upgradeHash).hash)
  }

  /// What a proof of the batch shows: keccak256(state before ‖ state after ‖ batch output).
  public var publicInput: Bytes32 {
    commit.batchOutput(upgradeHash: upgradeHash).publicInput(
      before: previous.stateCommitment, after: commit.newStateCommitment)
  }
}

extension StoredBatchInfo {
  /// Batch 0, which L1 is deployed with.
  ///
  /// The commitment is the constant of the deployment; it only feeds the hash chain and nothing reproduces it.
  /// Source: zksync-os-server `lib/l1_sender`.
  ///
  /// - Parameter stateCommitment: of the state before block 1.
  public static func genesis(stateCommitment: Bytes32) -> StoredBatchInfo {
    StoredBatchInfo(
      batchNumber: .genesis, stateCommitment: stateCommitment, l1TransactionCount: 0,
      priorityOperationsHash: BatchCommitment.emptyRollingHash, l2LogsRoot: .zero, commitment: genesisCommitment)
  }

  /// Batch 0 of a chain that begins without any account, whose tree holds nothing but its two sentinels.
  public static let ofEmptyChain = genesis(
    stateCommitment: Bytes32(
      UInt256(
        l0: 0x3a46_a6ac_4cf2_f330, l1: 0xb3b5_d3bd_0f46_ba7c, l2: 0x0937_e7e2_ee56_db7b, l3: 0x6e6e_7044_cb23_7fa3)))

  /// 0x753b52ab98b0062963a4b2ea1c061c4ab522f53f50b8fefe0a52760cbcc9e183.
  public static let genesisCommitment = Bytes32(
    UInt256(
      l0: 0x0a52_760c_bcc9_e183, l1: 0xb522_f53f_50b8_fefe, l2: 0x63a4_b2ea_1c06_1c4a, l3: 0x753b_52ab_98b0_0629))
}
