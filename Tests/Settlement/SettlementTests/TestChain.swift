// A chain in memory: blocks of deposits, with their records and the state after each.

import Chain
import Cryptography
import Primitives
import Settlement
import Synchronization
import Transactions
import ZKsyncOS

final class TestChain: SettlementChain {
  struct Missing: Error {}

  private struct Content {
    var records: [ReplayRecord] = []
    /// After each block; the first is that before block 1.
    var states = [MemoryState()]
    var hashes = BlockHashes()
    /// Blocks that were asked for, in order: what had to be executed again.
    var asked: [UInt64] = []
  }

  private let content = Mutex(Content())

  private let currentStream = Mutex(BlockStream(head: 0))

  var stream: BlockStream { currentStream.withLock { $0 } }

  /// As after a restart of the process: no block is in memory any more.
  func restart() {
    let head = content.withLock { UInt64($0.records.count) }
    currentStream.withLock { $0 = BlockStream(head: head) }
  }

  /// Blocks whose records were read.
  var asked: [UInt64] { content.withLock { $0.asked } }

  func forgetQuestions() { content.withLock { $0.asked = [] } }

  func record(_ number: UInt64) throws -> ReplayRecord? {
    content.withLock { content in
      content.asked.append(number)
      return number <= content.records.count ? content.records[Int(number) - 1] : nil
    }
  }

  func state(after number: UInt64) throws -> any StateView & Sendable {
    try content.withLock { content in
      guard number < content.states.count else { throw Missing() }
      return content.states[Int(number)]
    }
  }

  /// Changes a stored record, for tests of damage.
  func damage(_ number: UInt64, _ body: (inout ReplayRecord) -> Void) {
    content.withLock { body(&$0.records[Int(number) - 1]) }
  }

  /// Changes the state before block `number`, as a store with a bug would.
  func damageState(before number: UInt64, _ body: (inout MemoryState) -> Void) {
    content.withLock { body(&$0.states[Int(number) - 1]) }
  }

  /// Adds a block of `count` deposits to accounts that no block before had, and some that it had.
  @discardableResult
  func extend(deposits count: Int = 2) throws -> SealedBlock {
    let (number, state, hashes) = content.withLock { content in
      (UInt64(content.records.count + 1), content.states[content.states.count - 1], content.hashes)
    }
    let context = BlockContext(
      chainID: 270, number: number, timestamp: 1_753_350_000 + number, blockHashes: hashes,
      coinbase: Address(truncating: 0xc0))
    let transactions = try (0..<UInt64(count)).map { index in try deposit(number, index) }
    var executor = try BlockExecutor(context: context, state: state)
    for transaction in transactions {
      guard case .included = try executor.execute(transaction) else { throw Missing() }
    }
    let output = try executor.seal()
    let record = ReplayRecord(
      context: context, firstPriorityID: number * 100, transactions: transactions, blockHash: output.blockHash,
      outputHash: output.outputHash)
    var next = state
    next.apply(output)
    content.withLock { content in
      content.records.append(record)
      content.states.append(next)
      content.hashes = content.hashes.appending(output.blockHash)
    }
    let block = SealedBlock(record: record, output: output)
    stream.publish(block)
    return block
  }

  /// To one of eleven accounts, so that blocks both create accounts and change old ones.
  private func deposit(_ block: UInt64, _ index: UInt64) throws -> RecoveredTransaction {
    let recipient: UInt64 = 0x2000 + (block * 7 + index) % 11
    let request = L1Request(
      kind: .priority, from: Address(truncating: UInt256(0x1000 + index)),
      to: Address(truncating: UInt256(recipient)), gasLimit: 1_000_000, gasPerPubdataLimit: 800, maxFeePerGas: 1000,
      nonce: block * 100 + index, value: UInt256(block + index), toMint: 2_000_000_000,
      refundRecipient: Address(truncating: UInt256(0x3000 + block)))
    return try RecoveredTransaction(.request(request))
  }
}
