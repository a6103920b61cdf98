import Airbender
// What a prover input proves, computed from its words: against the results of the real guests, and under damage.

import Primitives
import ProverInput
import Settlement
import StateTree
import StorageTesting
import Testing
import Transactions
import ZKsyncOS

@Suite("Verification of prover inputs")
struct StreamVerifierTests {
  let directory = TemporaryDirectory()

  /// The words of a block over an empty state, and the result that our own execution leads to.
  func words(
    _ context: BlockContext, _ transactions: [VMTransaction]
  ) throws -> (words: [UInt32], publicInput: Bytes32) {
    let state = MemoryState()
    var executor = try BlockExecutor(context: context, state: state)
    for transaction in transactions {
      guard case .included = try executor.execute(transaction) else { throw TestChain.Missing() }
    }
    let output = try executor.seal()
    let tree = try StateTree.open(directory: directory.path + "/\(context.protocolVersion.name)-\(context.number)")
    let before = try tree.commitment(at: 0)
    let reads = output.touchedSlots.filter { $0.initial == $0.current }.map(\.flatKey)
    let (after, witness) = try tree.apply(
      version: 1, writes: output.storageWrites.map { (key: $0.flatKey, value: $0.value) }, witnessing: reads)
    let block = ProvingBlock(context: context, transactions: transactions.map(\.encoded), before: before)
    let words = try NativeGenerator.words(block, accesses: output.accesses, witness: witness, state: state)
    let commitment = BatchCommitment(output, context: context)
    return (words, commitment.publicInput(before: before.hash, after: after.hash))
  }

  func context(_ version: ProtocolVersion, _ number: UInt64) -> BlockContext {
    BlockContext(protocolVersion: version, chainID: 270, number: number, timestamp: 42, gasLimit: 80_000_000)
  }

  static var transfer: VMTransaction {
    let from = Address([UInt8](repeating: 0x11, count: 20)) ?? .zero
    return VMTransaction(
      L1Request(
        kind: .priority, from: from, to: Address([UInt8](repeating: 0x22, count: 20)) ?? .zero, gasLimit: 1_000_000,
        gasPerPubdataLimit: 800, maxFeePerGas: 0, nonce: 0, value: 5, toMint: 7, refundRecipient: from))
  }

  /// x10 … x17 of the real guests after the same blocks.
  static let guestResults: [(ProtocolVersion, hasTransfer: Bool, registers: String)] = [
    (.v0_0_4, false, "e09e7918 c85206f4 035410f6 7667bf58 94821aca 32618e85 5aaa9f57 cc16e078"),
    (.v0_0_5, false, "86218700 2c50d919 d5a5ea6c ad162b78 9cb0ecba 5545f052 b46d7bab 60d24f51"),
    (.v0_0_4, true, "55a8dce7 1a0b088f cf642b11 5065be7a 72061a42 6b899d6b 4afd4822 517f9662"),
    (.v0_0_5, true, "e2aa4dc2 740540ed 1ec342e5 00fc2633 05095947 1e9c625e 60b90f17 06f63364"),
  ]

  @Test("The words lead to the public input that the real guest leaves in its registers", arguments: 0..<4)
  func guests(_ index: Int) throws {
    let (version, hasTransfer, text) = Self.guestResults[index]
    let made = try words(context(version, hasTransfer ? 5 : 1), hasTransfer ? [Self.transfer] : [])
    let registers = text.split(separator: " ").compactMap { UInt32($0, radix: 16) }
    let result = try StreamVerifier.run(made.words, version: version)
    #expect(result.publicInput == PublicInputRegisters.bytes(registers))
    #expect(result.publicInput == made.publicInput)
    #expect(result.context == context(version, hasTransfer ? 5 : 1))
  }

  @Test("No single changed word goes unnoticed, but for those that nothing depends on")
  func changedWords() throws {
    let (words, publicInput) = try words(context(.v0_0_5, 5), [Self.transfer])
    var unnoticed: [Int] = []
    // All words outside of the block hashes, of which a transfer reads none.
    for index in words.indices where !(39..<2087).contains(index) {
      var changed = words
      changed[index] ^= 1
      do throws(StreamFault) {
        try StreamVerifier.check(changed, version: .v0_0_5, publicInput: publicInput)
        unnoticed.append(index)
      } catch {}
    }
    // Gas per pubdata and native price matter to L2 transactions only; the mix hash to an opcode. The twelve words after
    // the state before the block are not used by the guest either.
    let metadata = Set(9..<25).union(2087..<2095)
    let state = words.count - unnoticedTail(words)
    let wrong = unnoticed.filter { !metadata.contains($0) && !(state..<state + 12).contains($0) }
    #expect(wrong == [])
    #expect(unnoticed.count < 45)
  }

  /// Words from the unused part of the state before the block to the end.
  private func unnoticedTail(_ words: [UInt32]) -> Int {
    let start = words.indices.last { index in
      words[index] == 22 && index + 22 < words.count && words[index + 9] == 2 && words[index + 10] == 0
    }
    return words.count - (start ?? 0) - 11
  }

  @Test("Words cut off anywhere, and words too many, are refused without a trap")
  func lengths() throws {
    let (words, publicInput) = try words(context(.v0_0_5, 5), [Self.transfer])
    for length in stride(from: 0, to: words.count, by: 7) {
      #expect(throws: StreamFault.self) {
        try StreamVerifier.check(Array(words[..<length]), version: .v0_0_5, publicInput: publicInput)
      }
    }
    #expect(throws: StreamFault.trailingWords(1)) {
      try StreamVerifier.check(words + [0], version: .v0_0_5, publicInput: publicInput)
    }
  }

  @Test("The input of one protocol version does not prove the block under the other")
  func versions() throws {
    let (words, publicInput) = try words(context(.v0_0_5, 5), [Self.transfer])
    #expect(throws: StreamFault.self) {
      try StreamVerifier.check(words, version: .v0_0_4, publicInput: publicInput)
    }
  }
}
