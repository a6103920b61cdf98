// A real state tree of three blocks behind the port of the API.

import EthereumAPI
import Primitives
import StateTree
import StorageTesting
import Synchronization
import ZKsyncOS

final class TestProver: StateProver {
  static let newest: UInt64 = 3
  private let directory = TemporaryDirectory()
  private let opened = Mutex<StateTree?>(nil)

  /// Made when first asked for. Block n writes n × 100 to slot n of the token and n to slot 1.
  var tree: StateTree {
    get throws {
      try opened.withLock { opened in
        if let opened { return opened }
        let tree = try StateTree.open(directory: directory.file("tree"))
        for block in 1...Self.newest {
          var writes = [(key: FlatKey.of(token, topic(1)), value: topic(block))]
          if block > 1 { writes.append((FlatKey.of(token, topic(block)), topic(block * 100))) }
          try tree.apply(version: block, writes: writes)
        }
        opened = tree
        return tree
      }
    }
  }

  func preimage(_ block: UInt64, _ state: StateCommitment) -> StateCommitmentPreimage {
    let hashes = BlockHashes(newestFirst: (1...block + 1).map { topic($0) }.reversed())
    return StateCommitmentPreimage(state: state, blockNumber: block, hashes: hashes, timestamp: 1_000 + block)
  }

  private func check(_ block: UInt64) throws(StateProofError) {
    switch block {
    case 0: throw .pruned(0, oldest: 1)
    case 1...Self.newest: return
    case 4: throw .notYet(4, newest: Self.newest)
    case 666: throw .failed("disk on fire")
    default: throw .noSuchBlock(block, newest: 4)
    }
  }

  func commitment(after block: UInt64) throws(StateProofError) -> StateCommitment {
    try check(block)
    do { return try tree.commitment(at: block) } catch { throw .failed("\(error)") }
  }

  func prove(_ slots: [Bytes32], of address: Address, after block: UInt64) throws(StateProofError) -> AccountProof {
    try check(block)
    do {
      let view = try tree.view(at: block)
      let proofs = try view.proofs(for: slots.map { FlatKey.of(address, $0) })
      return AccountProof(
        address: address, preimage: preimage(block, view.commitment),
        slots: zip(slots, proofs).map { AccountProof.Slot(key: $0, proof: $1) })
    } catch { throw .failed("\(error)") }
  }
}
