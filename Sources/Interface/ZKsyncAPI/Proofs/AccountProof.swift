import Cryptography
import Primitives
import StateTree
import ZKsyncOS

/// Slots of an account after a batch, proven: the answer of `zks_getProof`.
///
/// Whoever holds a commitment to the state can check it without the node. Source: zksync-os-server,
/// `docs/src/design/zks_getProof.md`.
public struct AccountProof: Hashable, Sendable {
  public struct Slot: Hashable, Sendable {
    /// The key within the account's storage.
    public var key: Bytes32
    public var proof: KeyProof

    public init(key: Bytes32, proof: KeyProof) {
      self.key = key
      self.proof = proof
    }
  }

  public var address: Address
  public var preimage: StateCommitmentPreimage
  public var slots: [Slot]

  public init(address: Address, preimage: StateCommitmentPreimage, slots: [Slot]) {
    self.address = address
    self.preimage = preimage
    self.slots = slots
  }

  /// What a sound proof shows.
  public struct Findings: Hashable, Sendable {
    /// The root that all paths lead to, with the leaf count that the answer claims.
    public var state: StateCommitment
    /// The value of each slot; `nil` where it was never written, and so is zero.
    public var values: [Bytes32?]
  }

  /// Why the answer proves nothing.
  public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Without a path there is no root.
    case noSlots
    case unsound(slot: Bytes32, KeyProof.Failure)

    public var description: String {
      switch self {
      case .noSlots: "no slot is proven, so there is no root"
      case .unsound(let slot, let failure): "slot \(slot): \(failure)"
      }
    }
  }

  /// Follows every path. That they agree says nothing yet: the findings are true of the state that
  /// ``StateCommitmentPreimage/hash(root:)`` or ``StateCommitment/hash`` commits to, which has to be known from elsewhere.
  public func verify() throws(Failure) -> Findings {
    guard let first = slots.first else { throw .noSlots }
    let path =
      switch first.proof {
      case .existing(let leaf): leaf
      case .absent(let left, _): left
      }
    guard let root = path.root else { throw .unsound(slot: first.key, .wrongLength) }
    var findings = Findings(state: StateCommitment(root: root, leafCount: preimage.nextFreeSlot), values: [])
    for slot in slots {
      do throws(KeyProof.Failure) {
        let key = FlatKey.of(address, slot.key)
        findings.values.append(try slot.proof.verify(key: key, against: findings.state))
      } catch {
        throw .unsound(slot: slot.key, error)
      }
    }
    return findings
  }
}

/// What is hashed together with the root to commit to the chain's state after a batch.
public struct StateCommitmentPreimage: Hashable, Sendable {
  /// Leaves of the tree, the guards among them.
  public var nextFreeSlot: UInt64
  /// The last block of the batch.
  public var blockNumber: UInt64
  /// BLAKE2s of the hashes of the last 256 blocks, the oldest first, zero for those before the first.
  public var last256BlockHashes: Bytes32
  /// Seconds, of the last block of the batch.
  public var lastBlockTimestamp: UInt64

  public init(nextFreeSlot: UInt64, blockNumber: UInt64, last256BlockHashes: Bytes32, lastBlockTimestamp: UInt64) {
    self.nextFreeSlot = nextFreeSlot
    self.blockNumber = blockNumber
    self.last256BlockHashes = last256BlockHashes
    self.lastBlockTimestamp = lastBlockTimestamp
  }

  /// - Parameter hashes: those of the blocks up to and with the last.
  public init(state: StateCommitment, blockNumber: UInt64, hashes: BlockHashes, timestamp: UInt64) {
    var hasher = Blake2s256()
    for hash in hashes.hashes.reversed() { hasher.update(hash) }
    self.init(
      nextFreeSlot: state.leafCount, blockNumber: blockNumber, last256BlockHashes: hasher.finalize(),
      lastBlockTimestamp: timestamp)
  }

  /// The commitment to the chain's state: BLAKE2s of the root and all of this, numbers big-endian.
  ///
  /// Batches of protocol versions up to 0.0.5 commit to root and leaf count only, ``StateCommitment/hash``; later ones
  /// to this.
  public func hash(root: Bytes32) -> Bytes32 {
    var hasher = Blake2s256()
    func update(_ number: UInt64) { withUnsafeBytes(of: number.bigEndian) { hasher.update($0) } }
    hasher.update(root)
    update(nextFreeSlot)
    update(blockNumber)
    hasher.update(last256BlockHashes)
    update(lastBlockTimestamp)
    return hasher.finalize()
  }
}
