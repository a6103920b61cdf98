// Blocks are proved after the tree has moved on: the oracle answers from the version before them.

import Primitives
import ProverInput
import StateTree
import Testing
import ZKsyncOS

@Suite("Old versions of the tree")
struct OldVersionTests {
  @Test("slots keep the values that they had, on every page of leaves")
  func values() throws {
    let contract = Vector.repeated(9)
    func key(_ slot: Int) -> Bytes32 { FlatKey.of(contract, Bytes32(UInt256(UInt64(slot)))) }
    let leaves = (1...200).map { (key: key($0), value: Bytes32(UInt256(UInt64($0)))) }
    let temporary = try TemporaryTree(leaves)
    _ = try temporary.tree.apply(
      version: 1, writes: (100...400).map { (key($0), Bytes32(UInt256(UInt64($0 + 1000)))) })
    let view = try temporary.tree.view(at: 0)
    let block = ProvingBlock(
      context: Vector.empty(.v0_0_5).context(.v0_0_5), transactions: [], before: view.commitment)
    for slot in [1, 70, 99, 100, 130, 200, 201, 400] {
      // A view of its own each time, so that no earlier question has loaded the page.
      var oracle = BlockOracle(block, tree: try temporary.tree.view(at: 0), state: MemoryState())
      var question = WordStream()
      question.append(contract)
      question.append(Bytes32(UInt256(UInt64(slot))))
      var answer = WordStream()
      try oracle.answer(OracleQuery(.slot, question.words), into: &answer)
      var expected = WordStream()
      expected.append(slot > 200)
      expected.append(slot > 200 ? .zero : Bytes32(UInt256(UInt64(slot))))
      #expect(answer.words == expected.words, "slot \(slot)")
    }
  }
}
