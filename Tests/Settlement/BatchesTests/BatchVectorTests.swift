// Worked values of the batch formats, computed from the layouts of the contracts.

import Batches
import Cryptography
import Primitives
import SettlementTesting
import StateTree
import Testing
import ZKsyncOS

@Suite("Batch formats")
struct BatchVectorTests {
  /// Batch 1 after genesis: one deposit, three bytes of pubdata.
  static let genesis = StoredBatchInfo.genesis(
    stateCommitment: word("6e6e7044cb237fa30937e7e2ee56db7bb3b5d3bd0f46ba7c3a46a6ac4cf2f330"))

  static let depositHash = word("a1e697d08d5bd4ae1fd8f354190352c4c192431427b26768939da54f63aaf672")

  static var first: Batch {
    let log = L2ToL1Log(
      transactionNumber: 0, sender: Address(truncating: 0x8001), key: depositHash, value: Bytes32(1 as UInt256))
    let output = BatchCommitment(
      chainID: 270, firstTimestamp: 1_753_350_000, lastTimestamp: 1_753_350_000,
      dataAvailability: BatchCommitment.dataAvailability(pubdata: [1, 2, 3]), l1TransactionCount: 1,
      l1RollingHash: Keccak256.hash(BatchCommitment.emptyRollingHash, depositHash), logsRoot: L2ToL1LogTree([log]).root)
    let state = StateCommitment(
      root: word("08da20879eebed16fbd14e50b427bb97c8737aa860e6519877757e238df83a15"), leafCount: 3
    ).hash
    return Batch(
      previous: genesis, commit: CommitBatchInfo(output, number: 1, stateCommitment: state, pubdata: [1, 2, 3]),
      blocks: 1...1,
      protocolVersion: .current)
  }

  @Test("The hash of batch 0 is the one that L1 is deployed with")
  func genesisHash() {
    #expect(Self.genesis.hash == word("23d94f3627a0cbc43568b1809eef2734e263688abc225857bd8669ff3aea84cb"))
    #expect(Self.genesis.encoded.count == 256)
    #expect(StoredBatchInfo.ofEmptyChain == Self.genesis)
  }

  @Test("The parts of batch 1")
  func parts() {
    let commit = Self.first.commit
    #expect(commit.newStateCommitment == word("f14380e61f470ba4753ad185ac312563c27c21fee68ae60f5c00d31659fc2e2c"))
    #expect(
      commit.priorityOperationsHash == word("37b4a63ccbdcc2dce5463a6ed42a4fdb4b7de2406cf101d50c4bd3b3e798eb33"))
    #expect(commit.l2LogsRoot == word("589f6445b44e426b8d0b9c68ea6dc17026da6d784352d5c2f6d70b96b1482207"))
    #expect(
      commit.dataAvailabilityCommitment == word("b04fbafc751d57a91802a6578dcd620bb6e219fda8bca64ec041eb66be665747"))
  }

  @Test("Commitment, stored hash and public input of batch 1")
  func hashes() {
    let batch = Self.first
    #expect(
      batch.stored.commitment == word("14fbfa8b08728e420cc1784f492e83fe9dc75aa94e75059aec2d19fd33ac1033"))
    #expect(batch.stored.hash == word("f1491627ccc8700084028bf51db4718717816a751c7d4a15d3e432caaa9a94fa"))
    #expect(batch.publicInput == word("4c6842fd2f78ced4d8020fe828757fe3544816ca7fecacbbe787a8ba8ca32d82"))
  }

  @Test("The operator's data availability input: its first 97 bytes are what the commitment hashes")
  func operatorInput() {
    let empty = CommitBatchInfo.operatorInput(pubdata: [])
    #expect(empty.count == 130)
    #expect(
      Keccak256.hash(Array(empty[..<97]))
        == word("3f4ac5f08506f06588b9ba3b876e6ec07e788bb04e7efa53bd7b4e29262df410"))
    let three = CommitBatchInfo.operatorInput(pubdata: [1, 2, 3])
    #expect(Keccak256.hash(Array(three[..<97])) == Self.first.commit.dataAvailabilityCommitment)
    #expect(Array(three[97..<101]) == [0, 1, 2, 3])
    #expect(three.suffix(32).allSatisfy { $0 == 0 })
  }

  @Test("The call that commits batch 1")
  func calldata() {
    let batch = Self.first
    let data = batch.commit.commitData(previous: batch.previous)
    #expect(data.count == 897 && data[0] == 0)
    let call = batch.commit.commitCalldata(previous: batch.previous)
    #expect(call.count == 1092)
    #expect(
      Array(call.prefix(4))
        == Array(
          Keccak256.hash(
            Array("commitBatchesSharedBridge(uint256,uint256,uint256,bytes)".utf8)
          ).bytes.prefix(4)))
    #expect(Keccak256.hash(call) == word("8f5cb7993940a547b0394b299ae8b1d287bf6c2fc8d34ee2c9f5b788f6276f82"))
  }

  @Test("An upgrade changes the commitment and the public input, and nothing else")
  func upgrade() {
    var batch = Self.first
    let plain = batch
    batch.upgradeHash = word(String(repeating: "11", count: 32))
    #expect(batch.stored.commitment != plain.stored.commitment)
    #expect(batch.publicInput != plain.publicInput)
    #expect(
      batch.commit.commitCalldata(previous: batch.previous) == plain.commit.commitCalldata(previous: plain.previous))
  }

  @Test("The form on disk: fixed fields, then the operator's input; the block has the batch's number")
  func storedForm() {
    func number(_ value: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    let batch = Self.first, previous = batch.previous, commit = batch.commit
    let words: [Bytes32] = [
      commit.priorityOperationsHash, commit.l2LogsRoot, commit.dataAvailabilityCommitment,
    ]
    var expected = [ProtocolVersion.current.rawValue] + number(0) + previous.stateCommitment.bytes + number(0)
    expected += previous.priorityOperationsHash.bytes + previous.l2LogsRoot.bytes + previous.commitment.bytes
    expected += number(1) + commit.newStateCommitment.bytes + number(1) + words.flatMap(\.bytes)
    expected += number(1_753_350_000) + number(1_753_350_000) + number(270)
    expected += Bytes32.zero.bytes + commit.operatorInput
    #expect(batch.encoded == expected)
    #expect(Batch(decoding: expected[...]) == batch)
    #expect(Batch(decoding: expected.prefix(344)) == nil)
  }
}
