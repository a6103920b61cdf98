import AnvilState
import Files
import Foundation
import Primitives
import Testing
import Transactions

/// `l1-setup` of matter-labs/anvil-zksync: dumps that anvil made of chains with a whole deployed ecosystem.
private let root = ProcessInfo.processInfo.environment["L1_STATES"]

@Suite("State dumps that anvil made", .enabled(if: root != nil, "L1_STATES is not set"))
struct RealStatesTests {
  @Test(arguments: ["v26", "v27", "v28", "v29"]) func isReadWhole(version: String) throws {
    var reader = try StateDumpReader(path: "\(root ?? "")/state/\(version)-l1-state-payload.txt")
    var accounts = 0
    var best: UInt64?
    var blocks: [UInt64: StateDump.Block] = [:]
    var outcomes: [Bytes32: StateDump.Outcome] = [:]
    while let item = try reader.next() {
      switch item {
      case .environment, .unknownField: break
      case .bestBlock(let number): best = number
      case .account: accounts += 1
      case .block(let block): blocks[block.header.number] = block
      case .outcome(let outcome): outcomes[outcome.transactionHash] = outcome
      }
    }
    #expect(accounts > 60)
    let head = try #require(best)
    #expect(blocks.count == Int(head) + 1)
    for number in 0...head {
      let block = try #require(blocks[number])
      if number > 0 { #expect(block.header.parentHash == blocks[number - 1]?.header.hash) }
      var bloom = Bloom()
      var gas: UInt64 = 0
      for (index, transaction) in block.transactions.enumerated() {
        let outcome = try #require(outcomes[transaction.signed.hash])
        #expect(outcome.transactionIndex == UInt64(index))
        #expect(outcome.blockHash == block.header.hash)
        #expect(outcome.nonce == transaction.signed.nonce)
        #expect(try transaction.signed.recoverSender() == outcome.sender)
        gas += outcome.receipt.gasUsed
        #expect(outcome.receipt.cumulativeGasUsed == gas)
        bloom.formUnion(outcome.receipt.bloom)
      }
      #expect(block.header.gasUsed == gas)
      #expect(block.header.logsBloom == bloom)
    }
  }
}
